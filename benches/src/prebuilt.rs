//! The least that a Flight server can do: DoGet of batches that lie ready.

use std::net::SocketAddr;

use arrow_array::RecordBatch;
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo, HandshakeRequest,
    HandshakeResponse, PollInfo, PutResult, SchemaResult, Ticket,
    encode::FlightDataEncoderBuilder,
    flight_service_server::{FlightService, FlightServiceServer},
};
use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use tokio::{net::TcpListener, task::JoinSet};
use tonic::{
    Request, Response, Status, Streaming,
    transport::{Server, server::TcpIncoming},
};

use crate::Result;

struct Prebuilt(Vec<RecordBatch>);

/// Starts it on a free port; `tasks` own it.
pub(crate) async fn serve(batches: Vec<RecordBatch>, tasks: &mut JoinSet<()>) -> Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    tasks.spawn(async move {
        let service = FlightServiceServer::new(Prebuilt(batches));
        if let Err(error) = Server::builder().add_service(service).serve_with_incoming(incoming).await {
            eprintln!("bench: the server of prebuilt batches ended: {error}");
        }
    });
    Ok(address)
}

/// Its batches have one ticket.
pub(crate) fn ticket() -> Ticket {
    Ticket::new("prebuilt")
}

type Answer<T> = std::result::Result<Response<T>, Status>;
type Messages<T> = BoxStream<'static, std::result::Result<T, Status>>;

#[tonic::async_trait]
impl FlightService for Prebuilt {
    type HandshakeStream = Messages<HandshakeResponse>;
    type ListFlightsStream = Messages<FlightInfo>;
    type DoGetStream = Messages<FlightData>;
    type DoPutStream = Messages<PutResult>;
    type DoExchangeStream = Messages<FlightData>;
    type DoActionStream = Messages<arrow_flight::Result>;
    type ListActionsStream = Messages<ActionType>;

    async fn do_get(&self, _request: Request<Ticket>) -> Answer<Self::DoGetStream> {
        let batches = stream::iter(self.0.clone()).map(Ok);
        let messages = FlightDataEncoderBuilder::new().build(batches);
        Ok(Response::new(messages.map_err(Status::from).boxed()))
    }

    async fn handshake(
        &self,
        _request: Request<Streaming<HandshakeRequest>>,
    ) -> Answer<Self::HandshakeStream> {
        Err(only_do_get())
    }

    async fn list_flights(&self, _request: Request<Criteria>) -> Answer<Self::ListFlightsStream> {
        Err(only_do_get())
    }

    async fn get_flight_info(&self, _request: Request<FlightDescriptor>) -> Answer<FlightInfo> {
        Err(only_do_get())
    }

    async fn poll_flight_info(&self, _request: Request<FlightDescriptor>) -> Answer<PollInfo> {
        Err(only_do_get())
    }

    async fn get_schema(&self, _request: Request<FlightDescriptor>) -> Answer<SchemaResult> {
        Err(only_do_get())
    }

    async fn do_put(&self, _request: Request<Streaming<FlightData>>) -> Answer<Self::DoPutStream> {
        Err(only_do_get())
    }

    async fn do_exchange(&self, _request: Request<Streaming<FlightData>>) -> Answer<Self::DoExchangeStream> {
        Err(only_do_get())
    }

    async fn do_action(&self, _request: Request<Action>) -> Answer<Self::DoActionStream> {
        Err(only_do_get())
    }

    async fn list_actions(&self, _request: Request<Empty>) -> Answer<Self::ListActionsStream> {
        Err(only_do_get())
    }
}

fn only_do_get() -> Status {
    Status::unimplemented("only DoGet")
}
