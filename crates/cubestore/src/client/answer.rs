//! The answer to a query, as streams: decoded in order, as far ahead as there are cores, and no further than
//! it is pulled. Owns the order and the end of an answer; never knows how a piece is decoded.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use arrow_array::RecordBatch;
use futures::stream::{self, BoxStream, Stream, StreamExt};
use tokio::time::timeout;

use super::decoder::Decoder;
use super::pending::Ticket;
use crate::codec::reply::Body;
use crate::decode::{Chunk, Piece, Pieces};
use crate::error::{Error, Result};
use crate::shape::Shape;

/// The rows of an answer, in order; they end at the first error. Dropping it gives up the rest and its memory.
#[must_use = "a stream does nothing unless it is polled"]
pub struct RowStream<T>(Option<BoxStream<'static, Result<T>>>);

impl<T> Stream for RowStream<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(stream) = &mut self.0 else { return Poll::Ready(None) };
        let next = ready!(stream.poll_next_unpin(cx));
        if !matches!(next, Some(Ok(_))) {
            // With the stream goes the message, so its memory is free as soon as the last row is out.
            self.0 = None;
        }
        Poll::Ready(next)
    }
}

/// An answer whose first message has arrived. Its memory is reserved until the rows are taken or dropped.
#[must_use = "an answer holds memory until its rows are taken"]
pub struct Answer {
    first: Body,
    rest: Messages,
    decoder: Decoder,
}

/// The further messages of an answer.
pub(super) struct Messages {
    pub(super) ticket: Ticket,
    pub(super) limit: Duration,
}

impl Messages {
    /// The next one; the store has `limit` for it.
    pub(super) async fn next(&mut self) -> Result<Body> {
        let limit = self.limit;
        timeout(limit, self.ticket.next()).await.unwrap_or(Err(Error::Timeout { waited: limit }))
    }
}

impl Answer {
    pub(super) fn new(first: Body, rest: Messages, decoder: Decoder) -> Self {
        Self { first, rest, decoder }
    }

    /// The rows, decoded to exactly the announced schema.
    pub fn batches(self, shape: Shape) -> RowStream<RecordBatch> {
        self.rows(shape, Piece::batch)
    }

    /// The rows, where a record batch that already is what was announced is not decoded but handed on as the
    /// store encoded it, if its body has at most `max_body` bytes. Text, and batches that need a change, are
    /// decoded; one answer may hold both.
    pub fn chunks(self, shape: Shape, max_body: usize) -> RowStream<Chunk> {
        self.rows(shape, move |piece| piece.chunk(max_body))
    }

    fn rows<T: Send + 'static>(
        self,
        shape: Shape,
        decode: impl Fn(Piece) -> Result<T> + Clone + Send + 'static,
    ) -> RowStream<T> {
        let Self { first, rest, decoder } = self;
        let ahead = decoder.parallelism();
        let decoded = pieces(first, rest, shape).map(move |piece| {
            let (decoder, decode) = (decoder.clone(), decode.clone());
            async move { decoder.run(piece?, decode).await }
        });
        RowStream(Some(decoded.buffered(ahead).boxed()))
    }
}

/// The undecoded pieces of all messages, each message taken apart when its turn comes.
fn pieces(first: Body, rest: Messages, shape: Shape) -> impl Stream<Item = Result<Piece>> + Send {
    let cursor = Cursor { next: Some(first), pieces: None, rest, shape };
    stream::try_unfold(cursor, |mut cursor| async move {
        let piece = cursor.piece().await?;
        Ok(piece.map(|piece| (piece, cursor)))
    })
}

struct Cursor {
    /// A message that came and is not taken apart.
    next: Option<Body>,
    /// The message that is being taken apart, and whether it is the last one.
    pieces: Option<(Pieces, bool)>,
    rest: Messages,
    shape: Shape,
}

impl Cursor {
    async fn piece(&mut self) -> Result<Option<Piece>> {
        loop {
            let row = match &mut self.pieces {
                None => 0,
                Some((pieces, is_last)) => match pieces.next() {
                    Some(piece) => return piece.map(Some),
                    None if *is_last => return Ok(None),
                    None => pieces.row(),
                },
            };
            // Gives up the memory of the message that is done before it waits for the next one.
            self.pieces = None;
            let body = match self.next.take() {
                Some(body) => body,
                None => self.rest.next().await?,
            };
            let is_last = body.is_last();
            self.pieces = Some((Pieces::new(body, self.shape.clone(), row)?, is_last));
        }
    }
}
