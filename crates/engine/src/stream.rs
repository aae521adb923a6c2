//! The stream of an answer: the permit, the deadline and the count of rows ride in it and end with it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

pub use cubestore::{Chunk, IpcMessage};
use datafusion::arrow::datatypes::SchemaRef;
use futures::{FutureExt, Stream, StreamExt, stream::BoxStream};
use tokio::time::Sleep;

use crate::{
    admission::Permit,
    error::{EngineError, Result},
    metrics::{self, Ended},
    own::{Asked, History},
    roads::Road,
};

/// An answer, batch by batch. Dropping it frees its memory and its place at once; the store has no way to be told.
pub struct BatchStream {
    schema: SchemaRef,
    rows: Option<BoxStream<'static, Result<Chunk>>>,
    deadline: Pin<Box<Sleep>>,
    limit: Duration,
    tally: Tally,
    _permit: Permit,
}

/// What is told of a query when it ends, however it ends.
struct Tally {
    road: Arc<Road>,
    request_id: Arc<str>,
    entry: Option<(Arc<History>, Asked)>,
    times: Times,
    first: Option<Instant>,
    rows: u64,
    bytes: u64,
    status: &'static str,
}

/// When a query came, when its turn came, and when its plan was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) started: Instant,
    pub(crate) entered: Instant,
    pub(crate) planned: Instant,
}

/// How far a query is, and what took how long.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// `rollup`, `cube`, `mixed`, `none` or `fallback`.
    pub road: &'static str,
    /// Until its turn came.
    pub queue: Duration,
    /// Until its plan was made.
    pub plan: Duration,
    /// Until its first rows came; none have when this is absent.
    pub fetch: Option<Duration>,
    /// Rows handed on so far.
    pub rows: u64,
}

/// Where a stream belongs.
pub(crate) struct Origin {
    pub(crate) road: Arc<Road>,
    pub(crate) request_id: Arc<str>,
    /// Where it is remembered when it has ended.
    pub(crate) entry: (Arc<History>, Asked),
    pub(crate) times: Times,
    pub(crate) deadline: tokio::time::Instant,
    pub(crate) limit: Duration,
    pub(crate) permit: Permit,
}

impl BatchStream {
    pub(crate) fn new(schema: SchemaRef, rows: BoxStream<'static, Result<Chunk>>, origin: Origin) -> Self {
        let Origin { road, request_id, entry, times, deadline, limit, permit } = origin;
        let entry = Some(entry);
        let tally =
            Tally { road, request_id, entry, times, first: None, rows: 0, bytes: 0, status: "dropped" };
        Self {
            schema,
            rows: Some(rows),
            deadline: Box::pin(tokio::time::sleep_until(deadline)),
            limit,
            tally,
            _permit: permit,
        }
    }

    /// The announced schema; every batch has it.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Ends it at once: its rows, their memory and its place are given back when this value is dropped.
    pub fn cancel(mut self) {
        self.end("cancelled");
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let Tally { times: Times { started, entered, planned }, first, rows, .. } = &self.tally;
        Progress {
            road: self.tally.road.name(),
            queue: *entered - *started,
            plan: *planned - *entered,
            fetch: first.map(|first| first - *planned),
            rows: *rows,
        }
    }

    fn end(&mut self, status: &'static str) {
        self.tally.status = status;
        // With the rows go their memory and sockets, before anybody drops the stream.
        self.rows = None;
    }

    fn fail(&mut self, error: EngineError) -> Poll<Option<Result<Chunk>>> {
        metrics::failed(error.code());
        tracing::warn!(request_id = &*self.tally.request_id, error = error.detail(), "a query failed");
        self.end("error");
        Poll::Ready(Some(Err(error)))
    }
}

impl Stream for BatchStream {
    type Item = Result<Chunk>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(rows) = &mut self.rows else { return Poll::Ready(None) };
        let next = rows.poll_next_unpin(cx);
        if next.is_pending() && self.deadline.poll_unpin(cx).is_ready() {
            let limit = self.limit;
            return self.fail(EngineError::Deadline(limit));
        }
        match next {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(_))) if self.deadline.deadline() <= tokio::time::Instant::now() => {
                let limit = self.limit;
                self.fail(EngineError::Deadline(limit))
            }
            Poll::Ready(Some(Ok(chunk))) => {
                self.tally.add(&chunk);
                Poll::Ready(Some(Ok(chunk)))
            }
            Poll::Ready(Some(Err(error))) => self.fail(error),
            Poll::Ready(None) => {
                self.end("ok");
                Poll::Ready(None)
            }
        }
    }
}

impl Tally {
    fn add(&mut self, chunk: &Chunk) {
        let (rows, bytes) = match chunk {
            Chunk::Batch(batch) => (batch.num_rows() as u64, batch.get_array_memory_size() as u64),
            Chunk::Ipc(message) => (message.rows as u64, message.body.len() as u64),
        };
        self.first.get_or_insert_with(Instant::now);
        self.rows += rows;
        self.bytes += bytes;
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let took = self.times.started.elapsed();
        let Self { status, rows, bytes, .. } = *self;
        let road = self.road.name();
        let ended = Ended { road, status, took, rows, bytes };
        ended.record();
        if let Some((history, asked)) = self.entry.take() {
            history.add(asked, ended);
        }
        let took_ms = took.as_secs_f64() * 1e3;
        tracing::info!(request_id = &*self.request_id, road, status, rows, took_ms, "a query ended");
    }
}
