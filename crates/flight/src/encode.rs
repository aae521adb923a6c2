//! Chunks as Flight messages, none longer than receivers take.

mod texts;
mod writer;

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use arrow_flight::FlightData;
use arrow_schema::SchemaRef;
use engine::Chunk;
use futures::{FutureExt, Stream};
use tokio::time::{Instant, Sleep};
use tonic::Status;

use crate::{
    running::Watch,
    status::{self, CallError},
};
pub(crate) use texts::Texts;
use writer::Writer;

/// How batches are compressed. Some drivers read none of it, so nobody gets it who did not ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Compression {
    #[default]
    None,
    Lz4,
    Zstd,
}

const COMPRESSIONS: [(&str, Compression); 3] =
    [("none", Compression::None), ("lz4", Compression::Lz4), ("zstd", Compression::Zstd)];

impl Compression {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        crate::session::one_of(&COMPRESSIONS, text)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

/// How a stream is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Encoding {
    /// The longest message in bytes.
    pub(crate) limit: usize,
    pub(crate) compression: Compression,
    pub(crate) texts: Texts,
    /// An empty batch is sent after so long without another one.
    pub(crate) keepalive: Option<Duration>,
}

/// A stream of chunks as messages: the schema first, then batches.
pub(crate) struct Encoder<S> {
    chunks: Option<S>,
    writer: Writer,
    ready: VecDeque<FlightData>,
    quiet: Option<Quiet>,
    /// What is told at the end.
    watch: Option<Watch>,
}

/// A stream on which nothing is sent for a while, which some proxies take for a dead one.
struct Quiet {
    interval: Duration,
    until: Pin<Box<Sleep>>,
}

impl<S> Encoder<S> {
    /// Of chunks with this schema, which is announced as `encoding` says. Nothing is told of the stream but its rows.
    pub(crate) fn new(schema: &SchemaRef, chunks: S, encoding: Encoding) -> Result<Self, CallError> {
        let mut writer = Writer::new(schema.clone(), encoding)?;
        let first = writer.schema();
        let quiet = encoding
            .keepalive
            .map(|interval| Quiet { interval, until: Box::pin(tokio::time::sleep(interval)) });
        Ok(Self { chunks: Some(chunks), writer, ready: VecDeque::from([first]), quiet, watch: None })
    }

    /// What took how long is told behind the last row.
    pub(crate) fn timed(self, watch: Watch) -> Self {
        Self { watch: Some(watch), ..self }
    }

    fn end(&mut self) -> Option<Result<FlightData, Status>> {
        self.chunks = None;
        // tonic has no other place for trailers of a stream that ends well.
        self.watch.take().and_then(|watch| watch.progress()).map(|progress| Err(status::ended(&progress)))
    }

    fn fail(&mut self, error: CallError) -> Option<Result<FlightData, Status>> {
        self.chunks = None;
        self.watch = None;
        Some(Err(error.into()))
    }
}

impl<S, E> Stream for Encoder<S>
where
    S: Stream<Item = Result<Chunk, E>> + Unpin,
    CallError: From<E>,
{
    type Item = Result<FlightData, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(message) = this.ready.pop_front() {
                this.quiet.iter_mut().for_each(Quiet::broken);
                return Poll::Ready(Some(Ok(message)));
            }
            let Some(chunks) = &mut this.chunks else { return Poll::Ready(None) };
            let written = match Pin::new(chunks).poll_next(cx) {
                Poll::Ready(Some(Ok(chunk))) => this.writer.chunk(chunk, &mut this.ready),
                Poll::Ready(Some(Err(error))) => Err(CallError::from(error)),
                Poll::Ready(None) => return Poll::Ready(this.end()),
                Poll::Pending if this.quiet.as_mut().is_some_and(|quiet| quiet.is_long(cx)) => {
                    this.writer.nothing(&mut this.ready)
                }
                Poll::Pending => return Poll::Pending,
            };
            if let Err(error) = written {
                return Poll::Ready(this.fail(error));
            }
        }
    }
}

impl Quiet {
    fn is_long(&mut self, cx: &mut Context<'_>) -> bool {
        self.until.poll_unpin(cx).is_ready()
    }

    fn broken(&mut self) {
        let until = Instant::now() + self.interval;
        self.until.as_mut().reset(until);
    }
}

#[cfg(test)]
mod tests;
