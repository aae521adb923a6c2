//! A Flight SQL client that keeps what the gateway announces beside what it sends.

use std::net::SocketAddr;

use arrow::{array::RecordBatch, compute::concat_batches, datatypes::SchemaRef};
use arrow_flight::{
    Action, CancelFlightInfoRequest, CancelFlightInfoResult, FlightData, FlightDescriptor, FlightInfo,
    Ticket,
    error::FlightError,
    flight_service_client::FlightServiceClient,
    sql::{CommandStatementUpdate, DoPutUpdateResult, ProstMessageExt, client::FlightSqlServiceClient},
};
use bytes::Bytes;
use futures::TryStreamExt;
use prost::Message;
use tonic::{
    Code, Request, Status,
    metadata::MetadataMap,
    transport::{Channel, Endpoint},
};

use super::rows::Rows;

/// A client of one gateway with one credential.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) sql: FlightSqlServiceClient<Channel>,
    headers: Vec<(&'static str, String)>,
}

/// The rows of a statement, or what the gateway says instead.
pub(crate) type Answer = Result<Rows, (Code, String)>;

impl Client {
    pub(crate) async fn connect(address: SocketAddr, token: &str) -> Self {
        Self::over(Endpoint::new(format!("http://{address}")).unwrap().connect().await.unwrap(), token)
    }

    /// A client of what a channel leads to.
    pub(crate) fn over(channel: Channel, token: &str) -> Self {
        let mut sql = FlightSqlServiceClient::new_from_inner(
            FlightServiceClient::new(channel).max_decoding_message_size(4 << 20),
        );
        if !token.is_empty() {
            sql.set_token(token.to_owned());
        }
        Self { sql, headers: Vec::new() }
    }

    /// Runs a statement to its end.
    pub(crate) async fn query(&mut self, sql: &str) -> Answer {
        let info = self.info(sql).await?;
        self.read(info).await
    }

    /// What the gateway announces for a statement.
    pub(crate) async fn info(&mut self, sql: &str) -> Result<FlightInfo, (Code, String)> {
        self.sql.execute(sql.to_owned(), None).await.map_err(said)
    }

    /// The rows behind an announcement, from all its endpoints in turn, whose schema they must have.
    pub(crate) async fn read(&mut self, info: FlightInfo) -> Answer {
        let announced = SchemaRef::new(info.clone().try_decode_schema().unwrap());
        let mut batches = Vec::new();
        for endpoint in info.endpoint {
            let (schema, rows) = self.rows_of(endpoint.ticket.unwrap()).await?;
            assert_eq!(schema, announced, "the stream's schema is not the announced one");
            batches.extend(rows);
        }
        Ok(Rows::of(&concat_batches(&announced, &batches).unwrap()))
    }

    /// What a ticket opens.
    pub(crate) async fn rows_of(
        &mut self,
        ticket: Ticket,
    ) -> Result<(SchemaRef, Vec<RecordBatch>), (Code, String)> {
        let mut stream = self.sql.do_get(ticket).await.map_err(said)?;
        let mut batches = Vec::new();
        while let Some(batch) = stream.try_next().await.map_err(said)? {
            batches.push(batch);
        }
        let schema = stream.schema().cloned().expect("a stream that ended well has sent its schema");
        Ok((schema, batches))
    }

    /// The result of an action, and the headers that came with it.
    pub(crate) async fn act(&mut self, action: &str, body: Vec<u8>) -> Result<(MetadataMap, Bytes), Status> {
        let action = Action { r#type: action.to_owned(), body: body.into() };
        let request = self.with_headers(action);
        let response = self.sql.inner_mut().do_action(request).await?;
        let headers = response.metadata().clone();
        let result = response.into_inner().message().await?;
        Ok((headers, result.map(|result| result.body).unwrap_or_default()))
    }

    /// Cancels what an announcement stands for; a number of CancelStatus.
    pub(crate) async fn cancel(&mut self, info: &FlightInfo) -> Result<i32, Code> {
        let request = CancelFlightInfoRequest::new(info.clone()).encode_to_vec();
        let (_, body) = self.act("CancelFlightInfo", request).await.map_err(|status| status.code())?;
        Ok(CancelFlightInfoResult::decode(body).unwrap().status)
    }

    /// Sends a statement that changes something; the headers of the answer and the count of rows.
    pub(crate) async fn update(&mut self, sql: &str) -> Result<(MetadataMap, i64), (Code, String)> {
        let command = CommandStatementUpdate { query: sql.to_owned(), transaction_id: None };
        let descriptor = FlightDescriptor::new_cmd(command.as_any().encode_to_vec());
        let message = FlightData::new().with_descriptor(descriptor);
        let request = self.with_headers(futures::stream::iter([message]));
        let response = self.sql.inner_mut().do_put(request).await.map_err(|status| status_said(&status))?;
        let headers = response.metadata().clone();
        let result = response.into_inner().message().await.unwrap().unwrap();
        Ok((headers, DoPutUpdateResult::decode(result.app_metadata).unwrap().record_count))
    }

    /// The credential that it sends.
    pub(crate) fn credential(&self) -> String {
        self.sql.token().cloned().unwrap_or_default()
    }

    /// A request with the credential and headers of this client.
    pub(crate) fn with_headers<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let bearer = self.sql.token().map(|token| ("authorization", format!("Bearer {token}")));
        let headers = self.headers.iter().map(|(name, value)| (*name, value.clone()));
        for (name, value) in bearer.into_iter().chain(headers) {
            request.metadata_mut().insert(name, value.parse().unwrap());
        }
        request
    }

    /// Sends a header with every call from now on.
    pub(crate) fn header(&mut self, name: &'static str, value: &str) {
        self.sql.set_header(name, value);
        self.headers.push((name, value.to_owned()));
    }

    /// The value of a statement with one row and one column.
    pub(crate) async fn value(&mut self, sql: &str) -> String {
        let rows = self.query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        rows.values[0][0].to_string()
    }

    /// The road that EXPLAIN names, the one of the first leaf.
    pub(crate) async fn road(&mut self, sql: &str) -> String {
        self.explained(sql, "road").await.into_iter().next().unwrap_or_else(|| "none".to_owned())
    }

    /// The names of EXPLAIN's rows with this item.
    pub(crate) async fn explained(&mut self, sql: &str, item: &str) -> Vec<String> {
        let rows = self.query(&format!("EXPLAIN {sql}")).await;
        let rows = rows.unwrap_or_else(|error| panic!("EXPLAIN {sql}: {error:?}"));
        let of_item = rows.values.iter().filter(|row| row[1].to_string() == item);
        of_item.map(|row| row[2].to_string()).collect()
    }
}

/// The token that an answer brings.
pub(crate) fn bearer(headers: &MetadataMap) -> String {
    let header = headers.get("authorization").unwrap().to_str().unwrap();
    header.strip_prefix("Bearer ").unwrap().to_owned()
}

/// Code and text of what the gateway answers.
pub(crate) fn said(error: FlightError) -> (Code, String) {
    match error {
        FlightError::Tonic(status) => status_said(&status),
        other => panic!("not an answer of the gateway: {other}"),
    }
}

/// Code and text of a status.
pub(crate) fn status_said(status: &Status) -> (Code, String) {
    (status.code(), status.message().to_owned())
}
