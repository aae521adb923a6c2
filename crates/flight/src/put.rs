//! DoPut, before anything of it is read: its messages may be longer than others, and its end is an end.
//!
//! Everything else keeps gRPC's own limit, because its message is read before anybody knows who sends it.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use arrow_flight::flight_service_server::FlightServiceServer;
use http_body_util::BodyExt;
use tonic::{
    Code,
    body::Body,
    codegen::{BoxFuture, Service as Calls, http},
    server::NamedService,
};

use crate::{service::Service, status};

/// The method whose messages may be longer.
const DO_PUT: &str = "/arrow.flight.protocol.FlightService/DoPut";

/// The Flight service, with what DoPut needs. Cheap to clone.
#[derive(Clone)]
pub struct Served {
    others: FlightServiceServer<Service>,
    put: FlightServiceServer<Service>,
}

impl Served {
    /// The service with messages of DoPut that have at most so many bytes of rows.
    pub fn new(service: Service, rows: usize) -> Self {
        // Beside the rows there are the schema, the command and what gRPC puts around them.
        let longest = rows.saturating_add(1 << 20);
        let put = FlightServiceServer::new(service.clone()).max_decoding_message_size(longest);
        Self { others: FlightServiceServer::new(service), put }
    }
}

impl NamedService for Served {
    const NAME: &'static str = <FlightServiceServer<Service> as NamedService>::NAME;
}

impl Calls<http::Request<Body>> for Served {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if request.uri().path() != DO_PUT {
            return self.others.call(request);
        }
        // A stream that its sender cancels looks as if it had ended well, and half of the rows like all of them.
        self.put.call(request.map(|body| {
            Body::new(body.map_err(|error| match error.code() {
                Code::Cancelled => status::broken_off(),
                _ => error,
            }))
        }))
    }
}
