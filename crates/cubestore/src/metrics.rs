//! The store client's metrics. Owns their names and labels; never decides anything by them.

use metrics::{counter, describe_counter, describe_gauge, gauge};

use crate::client::Lane;
use crate::codec::reply::Body;
use crate::error::Result;

/// Names and explains the metrics to the recorder; called once.
pub fn describe() {
    describe_counter!("cubeflight_store_received_bytes_total", "Bytes that came from CubeStore");
    describe_counter!("cubeflight_store_messages_total", "Messages of CubeStore, by what became of them");
    describe_counter!("cubeflight_store_lost_connections_total", "Connections that were lost or not made");
    describe_gauge!("cubeflight_store_requests_in_flight", "Queries that wait for CubeStore");
    describe_gauge!("cubeflight_store_open_sockets", "Sockets that are open");
    describe_gauge!("cubeflight_store_pool_sockets", "Sockets of the pool: total, active with a query, idle");
    describe_gauge!("cubeflight_store_pool_waiting_queries", "Queries behind another one on their socket");
}

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

/// The sockets of a lane: those with a query on them, those without, and the queries that wait behind another one.
pub(crate) fn pool(lane: Lane, queries: impl ExactSizeIterator<Item = usize>) {
    let total = queries.len();
    let (active, waiting) = queries.fold((0, 0), |(active, waiting), on_it| {
        (active + usize::from(on_it > 0), waiting + on_it.saturating_sub(1))
    });
    let sockets = |state: &'static str, count: usize| {
        gauge!("cubeflight_store_pool_sockets", "lane" => lane.name(), "state" => state).set(count as f64);
    };
    sockets("total", total);
    sockets("active", active);
    sockets("idle", total - active);
    gauge!("cubeflight_store_pool_waiting_queries", "lane" => lane.name()).set(waiting as f64);
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
