//! What a reply holds, as pieces that can be decoded one by one, in any order and on any thread. Owns the
//! choice between decoding a piece and handing it on; never knows sockets, tasks or how many pieces wait.

use std::sync::Arc;

use arrow_array::RecordBatch;

use crate::codec::reply::Body;
use crate::error::Result;
use crate::ipc;
use crate::ipc::IpcMessage;
use crate::shape::Shape;
use crate::text::{BATCH_ROWS, Rows};

// Up to here decoding takes some microseconds, which is what another thread takes to wake up.
const SMALL_VALUES: usize = 1024;
const SMALL_BYTES: usize = 32 << 10;

/// A piece of an answer: some of its rows, in order.
#[derive(Debug, Clone)]
pub enum Chunk {
    /// Still in the store's IPC encoding.
    Ipc(IpcMessage),
    /// Decoded.
    Batch(RecordBatch),
}

/// The undecoded pieces of a reply.
#[derive(Debug)]
pub struct Pieces {
    shape: Shape,
    rest: Rest,
    /// The answer's row that the next piece begins with.
    row: u64,
}

#[derive(Debug)]
enum Rest {
    Text { rows: Rows, next: usize },
    Arrow(ipc::Stream),
    Nothing,
}

/// A piece that only waits for someone with the time to decode it.
#[derive(Debug)]
pub struct Piece {
    shape: Shape,
    content: Content,
    first: u64,
}

#[derive(Debug)]
enum Content {
    Text { rows: Rows, from: usize, to: usize },
    Arrow { source: Arc<ipc::Source>, batch: ipc::Batch },
}

impl Pieces {
    /// Takes a reply apart; `first` is the answer's row that it begins with.
    pub fn new(body: Body, shape: Shape, first: u64) -> Result<Self> {
        let rest = match body {
            Body::Text(rows) => {
                rows.check(&shape)?;
                Rest::Text { rows, next: 0 }
            }
            Body::Arrow { data, .. } => Rest::Arrow(ipc::Stream::open(data, &shape)?),
            // Also the answer to a query whose result is empty: the store then has no columns to speak of.
            Body::Completed => Rest::Nothing,
        };
        Ok(Self { shape, rest, row: first })
    }

    /// The answer's row that comes after the pieces taken so far.
    pub fn row(&self) -> u64 {
        self.row
    }

    fn take(&mut self) -> Result<Option<Piece>> {
        let (content, rows) = match &mut self.rest {
            Rest::Nothing => return Ok(None),
            Rest::Text { rows, next } => {
                let (from, to) = (*next, rows.len().min(*next + BATCH_ROWS));
                if from == to {
                    return Ok(None);
                }
                *next = to;
                (Content::Text { rows: rows.clone(), from, to }, (to - from) as u64)
            }
            Rest::Arrow(stream) => {
                let Some(batch) = stream.batch()? else { return Ok(None) };
                let rows = batch.rows();
                (Content::Arrow { source: stream.source().clone(), batch }, rows)
            }
        };
        let piece = Piece { shape: self.shape.clone(), content, first: self.row };
        self.row = self.row.saturating_add(rows);
        Ok(Some(piece))
    }
}

impl Iterator for Pieces {
    type Item = Result<Piece>;

    fn next(&mut self) -> Option<Self::Item> {
        let piece = self.take();
        if piece.is_err() {
            // What follows a broken piece cannot be found.
            self.rest = Rest::Nothing;
        }
        piece.transpose()
    }
}

impl Piece {
    /// Decodes the piece.
    pub fn batch(self) -> Result<RecordBatch> {
        match self.content {
            Content::Text { rows, from, to } => rows.batch(&self.shape, from..to, self.first),
            Content::Arrow { source, batch } => batch.decode(&source, &self.shape, self.first),
        }
    }

    /// Hands the piece on as it is, if it already is what was announced and its body has at most `max_body`
    /// bytes; decodes it otherwise.
    pub fn chunk(self, max_body: usize) -> Result<Chunk> {
        if let Content::Arrow { source, batch } = &self.content
            && let Some(message) = batch.forward(source, &self.shape, max_body)?
        {
            return Ok(Chunk::Ipc(message));
        }
        self.batch().map(Chunk::Batch)
    }

    /// Decoding takes less than moving the work to another thread.
    pub(crate) fn is_small(&self) -> bool {
        match &self.content {
            Content::Text { from, to, .. } => (to - from) * self.shape.width() <= SMALL_VALUES,
            Content::Arrow { batch, .. } => batch.len() <= SMALL_BYTES,
        }
    }
}
