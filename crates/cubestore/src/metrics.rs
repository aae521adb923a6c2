//! The store client's metrics. Owns their names and labels; never decides anything by them.

use metrics::{counter, gauge};

use crate::client::Lane;
use crate::codec::reply::Body;
use crate::error::Result;

/// Bytes that came from the store, whatever they were.
pub(crate) fn received(bytes: usize) {
    counter!("cubeflight_store_received_bytes_total").increment(bytes as u64);
}

/// A message of the store, by what became of it.
pub(crate) fn message(kind: &'static str) {
    counter!("cubeflight_store_messages_total", "kind" => kind).increment(1);
}

/// The `kind` of a reply.
pub(crate) fn kind(body: &Result<Body>) -> &'static str {
    match body {
        Ok(Body::Text(_)) => "text",
        Ok(Body::Arrow { .. }) => "arrow",
        Ok(Body::Completed) => "completed",
        Err(_) => "error",
    }
}

/// A connection of a lane was lost or could not be made.
pub(crate) fn lost(lane: Lane) {
    counter!("cubeflight_store_lost_connections_total", "lane" => lane.name()).increment(1);
}

/// Something that is counted while it lives.
#[derive(Debug)]
pub(crate) struct Alive {
    name: &'static str,
    lane: Lane,
}

impl Alive {
    /// A request that waits for its answer.
    pub(crate) fn request(lane: Lane) -> Self {
        Self::new("cubeflight_store_requests_in_flight", lane)
    }

    /// An open socket.
    pub(crate) fn socket(lane: Lane) -> Self {
        Self::new("cubeflight_store_open_sockets", lane)
    }

    fn new(name: &'static str, lane: Lane) -> Self {
        gauge!(name, "lane" => lane.name()).increment(1);
        Self { name, lane }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        gauge!(self.name, "lane" => self.lane.name()).decrement(1);
    }
}
