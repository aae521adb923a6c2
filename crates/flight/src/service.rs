//! The Flight service: a table of contents, one line per call.
//!
//! Our own type, because the blanket implementation for Flight SQL services answers GetSchema, PollFlightInfo and
//! ListFlights itself and announces actions that are not there.

use std::{pin::Pin, sync::Arc};

use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo, HandshakeRequest,
    HandshakeResponse, PollInfo, PutResult, SchemaAsIpc, SchemaResult, Ticket,
    flight_service_server::FlightService,
    sql::{
        ActionCancelQueryRequest, ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest,
        Any, Command, ProstMessageExt,
    },
};
use arrow_ipc::writer::IpcWriteOptions;
use arrow_schema::SchemaRef;
use auth::{AuthError, Authenticator, KeyRing};
use chrono::Utc;
use engine::{Chunk, Engine};
use futures::{Stream, StreamExt, stream};
use prost::Message;
use tonic::{
    Request, Response, Status, Streaming,
    metadata::{Ascii, MetadataValue},
};

use crate::{
    authn::{self, Call, REQUEST_ID},
    command::{self, endpoint, ingest, metadata, metadata::Metadata, prepared, session, statement},
    config::Config,
    encode::{Compression, Encoder, Encoding, Texts},
    metadata::of_result,
    metrics, parameters,
    peer::Peer,
    running::Running,
    session::Session,
    status::CallError,
    unclaimed::{Claim, Unclaimed},
};

/// Flight SQL for one engine. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    pub(crate) engine: Engine,
    pub(crate) config: Config,
    pub(crate) auth: Arc<Authenticator>,
    pub(crate) running: Running,
    pub(crate) unclaimed: Unclaimed,
}

/// What DoAction serves.
const ACTIONS: [(&str, &str); 8] = [
    ("CreatePreparedStatement", "Reads a statement: ActionCreatePreparedStatementRequest"),
    ("ClosePreparedStatement", "Forgets a statement: ActionClosePreparedStatementRequest"),
    ("SetSessionOptions", "Sets options of the session: SetSessionOptionsRequest"),
    ("GetSessionOptions", "Tells the options of the session: GetSessionOptionsRequest"),
    ("CloseSession", "Ends a session: CloseSessionRequest"),
    ("CancelFlightInfo", "Stops a query that runs on this replica: CancelFlightInfoRequest"),
    ("CancelQuery", "Stops a query that runs on this replica: ActionCancelQueryRequest"),
    ("RenewFlightEndpoint", "Lets an endpoint live for longer: RenewFlightEndpointRequest"),
];

type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Service {
    /// Takes the collaborators.
    pub fn new(engine: Engine, auth: Arc<Authenticator>, config: Config) -> Self {
        Self { engine, config, auth, running: Running::default(), unclaimed: Unclaimed::default() }
    }

    pub(crate) fn keys(&self) -> &KeyRing {
        self.auth.keys()
    }

    // Not async itself: the request would have to be shared between threads, and streams of messages cannot be.
    fn call<T>(&self, request: &Request<T>) -> impl Future<Output = Result<Call, CallError>> + Send {
        let (metadata, peer) = (request.metadata(), peer(request));
        async move { Call::of(metadata, &peer, &self.auth, &self.unclaimed).await }
    }

    /// Trades a credential for a token of the gateway's own.
    async fn shake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Messages<HandshakeResponse>>, CallError> {
        let (now, from) = (Utc::now(), peer(&request));
        let (metadata, _, mut messages) = request.into_parts();
        let (caller, answers) = match authn::caller(&metadata, &from, &self.auth, now).await {
            Err(AuthError::Missing) => (authn::told(&mut messages, &self.auth).await?, true),
            caller => (caller?, false),
        };
        let token = self.auth.issue(&caller, now).token;
        let answer = session::handshake(token.expose(), &metadata, answers);
        let mut response: Response<Messages<_>> = Response::new(stream::iter(answer.map(Ok)).boxed());
        let header = format!("Bearer {}", token.expose()).parse();
        let header = header.map_err(|_| CallError::Malformed("the token is no header".to_owned()))?;
        response.metadata_mut().insert("authorization", header);
        Ok(response)
    }

    /// How rows are written for one who asked for this compression, and for texts like this.
    pub(crate) fn encoding(&self, compression: Compression, texts: Texts) -> Encoding {
        let Config { max_message_size: limit, keepalive, .. } = self.config;
        Encoding { limit, compression, texts, keepalive }
    }

    async fn info(&self, request: Request<FlightDescriptor>) -> Result<Response<FlightInfo>, CallError> {
        let call = self.call(&request).await?;
        let (info, changed) = self.informed(request.into_inner(), &call).await?;
        let mut response = Response::new(info);
        let session = changed.or_else(|| call.unaware.then(|| call.session.clone()));
        if let Some(session) = session {
            session::hand_out(&mut response, session, self, &call)?;
        }
        Ok(response)
    }

    /// What is announced, and the session if the statement changes it.
    async fn informed(
        &self,
        descriptor: FlightDescriptor,
        call: &Call,
    ) -> Result<(FlightInfo, Option<Session>), CallError> {
        let statement = match command::of_descriptor(&descriptor)? {
            Command::CommandStatementQuery(query) => statement::of_text(&query.query, self, call),
            Command::CommandPreparedStatementQuery(query) => {
                prepared::open(&query.prepared_statement_handle, self, call)?
            }
            other => return Ok((metadata::announce(other, descriptor, self, call).await?, None)),
        };
        if let Some(session) = session::changed(&statement.sql, call)? {
            return Ok((statement::announce_nothing(descriptor)?, Some(session)));
        }
        if let Some(dropped) = session::dropped(&statement.sql)? {
            self.engine.drop_table(&dropped, &call.engine_caller)?;
            return Ok((statement::announce_nothing(descriptor)?, None));
        }
        Ok((statement::announce(statement, descriptor, self, call).await?, None))
    }

    async fn poll(&self, request: Request<FlightDescriptor>) -> Result<Response<PollInfo>, CallError> {
        // Nothing runs before DoGet, so there is never anything left to wait for.
        let response = self.info(request).await?;
        Ok(response.map(|info| {
            let expiration_time = info.endpoint.first().and_then(|endpoint| endpoint.expiration_time);
            PollInfo { info: Some(info), flight_descriptor: None, progress: Some(1.0), expiration_time }
        }))
    }

    async fn schema(&self, request: Request<FlightDescriptor>) -> Result<Response<SchemaResult>, CallError> {
        let call = self.call(&request).await?;
        let schema: SchemaRef = match command::of_descriptor(request.get_ref())? {
            Command::CommandStatementQuery(query) => {
                statement::schema(&statement::of_text(&query.query, self, &call), self, &call).await?
            }
            Command::CommandPreparedStatementQuery(query) => {
                let statement = prepared::open(&query.prepared_statement_handle, self, &call)?;
                statement::schema(&statement, self, &call).await?
            }
            other => {
                let metadata = Metadata::of(other)?;
                metadata.answer(self, &call).await?.schema()
            }
        };
        let options = IpcWriteOptions::default();
        let result = SchemaAsIpc::new(&schema, &options).try_into().map_err(CallError::Encoding)?;
        Ok(Response::new(result))
    }

    async fn rows(&self, request: Request<Ticket>) -> Result<Response<Messages<FlightData>>, CallError> {
        let call = self.call(&request).await?;
        let messages: Messages<FlightData> = match command::of_bytes(&request.get_ref().ticket)? {
            Command::TicketStatementQuery(ticket) => {
                let (rows, encoding) = statement::run(&ticket, self, &call).await?;
                let (schema, watch) = (of_result(rows.schema()), rows.watch());
                Encoder::new(&schema, rows, encoding)?.timed(watch).boxed()
            }
            other => {
                let batch = Metadata::of(other)?.answer(self, &call).await?;
                let encoding = self.encoding(call.compression.unwrap_or_default(), Texts::Plain);
                let schema = batch.schema();
                let rows = stream::iter([Ok::<_, CallError>(Chunk::Batch(batch))]);
                Encoder::new(&schema, rows, encoding)?.boxed()
            }
        };
        Ok(Response::new(messages))
    }

    async fn put(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Messages<PutResult>>, CallError> {
        let call = self.call(&request).await?;
        let keeps = session::is_kept_by(request.metadata());
        let claim = Claim::of(request.metadata(), &peer(&request));
        let mut messages = request.into_inner();
        let first = messages.message().await.map_err(|status| CallError::CutOff(Box::new(status)))?;
        let first = first.ok_or_else(|| CallError::Malformed("the stream has no message".to_owned()))?;
        let descriptor = first.flight_descriptor.clone();
        let descriptor =
            descriptor.ok_or_else(|| CallError::Malformed("the descriptor is missing".to_owned()))?;
        match command::of_descriptor(&descriptor)? {
            Command::CommandPreparedStatementQuery(query) => {
                let handle = &query.prepared_statement_handle;
                let result = prepared::bind(handle, first, messages, self, &call).await?;
                Ok(Response::new(one(result)))
            }
            Command::CommandStatementUpdate(update) => {
                parameters::none(first, messages).await?;
                self.update(&update.query, keeps, &call)
            }
            Command::CommandPreparedStatementUpdate(update) => {
                let statement = prepared::open(&update.prepared_statement_handle, self, &call)?;
                parameters::none(first, messages).await?;
                self.update(&statement.sql, keeps, &call)
            }
            Command::CommandStatementIngest(command) => {
                let (result, session) = ingest::take(command, first, messages, self, &call).await?;
                let given = session
                    .place
                    .clone()
                    .filter(|place| !keeps && call.session.place.as_ref() != Some(place));
                if let Some(place) = given {
                    self.unclaimed.add(claim, place, |place| self.engine.has_session(place));
                }
                let mut response = Response::new(one(result));
                session::hand_out(&mut response, session, self, &call)?;
                Ok(response)
            }
            other => Err(command::not_served(&other)),
        }
    }

    fn update(
        &self,
        sql: &str,
        keeps: bool,
        call: &Call,
    ) -> Result<Response<Messages<PutResult>>, CallError> {
        if let Some(dropped) = session::dropped(sql)? {
            self.engine.drop_table(&dropped, &call.engine_caller)?;
            return Ok(Response::new(one(PutResult { app_metadata: session::updated(0) })));
        }
        let Some(session) = session::changed(sql, call)? else {
            return Err(CallError::Unimplemented("this server reads only: updates are not served"));
        };
        if !keeps {
            let why = "this driver forgets a session that an update changes; run the statement as a query";
            return Err(CallError::Unimplemented(why));
        }
        let mut response = Response::new(one(PutResult { app_metadata: session::updated(0) }));
        session::hand_out(&mut response, session, self, call)?;
        Ok(response)
    }

    async fn act(
        &self,
        request: Request<Action>,
    ) -> Result<Response<Messages<arrow_flight::Result>>, CallError> {
        let call = self.call(&request).await?;
        let Action { r#type, body } = request.into_inner();
        let results = match r#type.as_str() {
            "CreatePreparedStatement" => {
                let request: ActionCreatePreparedStatementRequest = unpacked(&body)?;
                one(arrow_flight::Result { body: prepared::create(&request, self, &call).await? })
            }
            "ClosePreparedStatement" => {
                let request: ActionClosePreparedStatementRequest = unpacked(&body)?;
                prepared::close(&request, self, &call)?;
                stream::empty().boxed()
            }
            "CancelFlightInfo" => one(arrow_flight::Result { body: endpoint::cancel(&body, self, &call)? }),
            "CancelQuery" => {
                let request: ActionCancelQueryRequest = unpacked(&body)?;
                one(arrow_flight::Result { body: endpoint::cancel_query(&request, self, &call)? })
            }
            "RenewFlightEndpoint" => one(arrow_flight::Result { body: endpoint::renew(&body, self, &call)? }),
            "GetSessionOptions" => one(arrow_flight::Result { body: session::get(&body, self, &call)? }),
            "SetSessionOptions" => {
                let (body, session) = session::set(&body, &call)?;
                let mut response = Response::new(one(arrow_flight::Result { body }));
                session::hand_out(&mut response, session, self, &call)?;
                return Ok(response);
            }
            "CloseSession" => {
                let mut response =
                    Response::new(one(arrow_flight::Result { body: session::close(&body, self, &call)? }));
                session::take_back(&mut response)?;
                return Ok(response);
            }
            "BeginTransaction" | "EndTransaction" | "BeginSavepoint" | "EndSavepoint" => {
                return Err(CallError::Unimplemented("this server reads only: there are no transactions"));
            }
            "CreatePreparedSubstraitPlan" => {
                return Err(CallError::Unimplemented("Substrait plans are not served; send SQL"));
            }
            other => {
                return Err(CallError::Malformed(format!("there is no action `{}`", other.escape_debug())));
            }
        };
        Ok(Response::new(results))
    }

    async fn actions(&self, request: &Request<Empty>) -> Result<Response<Messages<ActionType>>, CallError> {
        self.call(request).await?;
        let actions = ACTIONS.map(|(r#type, description)| {
            Ok(ActionType { r#type: r#type.to_owned(), description: description.to_owned() })
        });
        Ok(Response::new(stream::iter(actions).boxed()))
    }
}

#[async_trait::async_trait]
impl FlightService for Service {
    type HandshakeStream = Messages<HandshakeResponse>;
    type ListFlightsStream = Messages<FlightInfo>;
    type DoGetStream = Messages<FlightData>;
    type DoPutStream = Messages<PutResult>;
    type DoExchangeStream = Messages<FlightData>;
    type DoActionStream = Messages<arrow_flight::Result>;
    type ListActionsStream = Messages<ActionType>;

    async fn handshake(
        &self,
        mut request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        let id = identified(&mut request);
        answered("Handshake", id, self.shake(request).await)
    }

    async fn get_flight_info(
        &self,
        mut request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let id = identified(&mut request);
        answered("GetFlightInfo", id, self.info(request).await)
    }

    async fn get_schema(
        &self,
        mut request: Request<FlightDescriptor>,
    ) -> Result<Response<SchemaResult>, Status> {
        let id = identified(&mut request);
        answered("GetSchema", id, self.schema(request).await)
    }

    async fn do_get(&self, mut request: Request<Ticket>) -> Result<Response<Self::DoGetStream>, Status> {
        let id = identified(&mut request);
        answered("DoGet", id, self.rows(request).await)
    }

    async fn do_put(
        &self,
        mut request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoPutStream>, Status> {
        let id = identified(&mut request);
        answered("DoPut", id, self.put(request).await)
    }

    async fn do_action(
        &self,
        mut request: Request<Action>,
    ) -> Result<Response<Self::DoActionStream>, Status> {
        let id = identified(&mut request);
        answered("DoAction", id, self.act(request).await)
    }

    async fn list_actions(
        &self,
        mut request: Request<Empty>,
    ) -> Result<Response<Self::ListActionsStream>, Status> {
        let id = identified(&mut request);
        answered("ListActions", id, self.actions(&request).await)
    }

    async fn poll_flight_info(
        &self,
        mut request: Request<FlightDescriptor>,
    ) -> Result<Response<PollInfo>, Status> {
        let id = identified(&mut request);
        answered("PollFlightInfo", id, self.poll(request).await)
    }

    async fn list_flights(
        &self,
        mut request: Request<Criteria>,
    ) -> Result<Response<Self::ListFlightsStream>, Status> {
        let why = "there is no list of flights; ask for tables with CommandGetTables";
        answered("ListFlights", identified(&mut request), Err(CallError::Unimplemented(why)))
    }

    async fn do_exchange(
        &self,
        mut request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        answered(
            "DoExchange",
            identified(&mut request),
            Err(CallError::Unimplemented("Flight SQL has no use for DoExchange")),
        )
    }
}

/// Who is at the other end of the request's connection.
fn peer<T>(request: &Request<T>) -> Peer {
    request.extensions().get().cloned().unwrap_or_default()
}

fn one<T: Send + 'static>(item: T) -> Messages<T> {
    stream::iter([Ok(item)]).boxed()
}

fn unpacked<M: ProstMessageExt + Default>(body: &[u8]) -> Result<M, CallError> {
    let any = Any::decode(body)?;
    let message = any.unpack::<M>();
    let message =
        message.map_err(|error| CallError::Malformed(format!("the request cannot be read: {error}")))?;
    message.ok_or_else(|| CallError::Malformed("the request is of another type than the action".to_owned()))
}

/// Gives the call an id, unless the caller has given it one that is fit for logs.
fn identified<T>(request: &mut Request<T>) -> MetadataValue<Ascii> {
    let id = authn::request_id(request.metadata());
    request.metadata_mut().insert(REQUEST_ID, id.clone());
    id
}

/// Counts the call. Every answer, an error too, says what the logs know it by.
fn answered<T>(
    method: &'static str,
    id: MetadataValue<Ascii>,
    result: Result<Response<T>, CallError>,
) -> Result<Response<T>, Status> {
    let mut result = result.map_err(Status::from);
    metrics::called(method, result.as_ref().map_or_else(Status::code, |_| tonic::Code::Ok));
    let metadata = match &mut result {
        Ok(response) => response.metadata_mut(),
        Err(status) => status.metadata_mut(),
    };
    metadata.insert(REQUEST_ID, id);
    result
}
