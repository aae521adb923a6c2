//! Answers, and the frames that carry them.

mod arrow;
mod text;

use std::num::NonZeroUsize;

use bytes::Bytes;
use cubestore::codec::reply;
use datafusion::arrow::{
    array::RecordBatch,
    compute::{CastOptions, cast_with_options},
    datatypes::SchemaRef,
    error::ArrowError,
};

use crate::Error;

/// Longer batches are cut.
pub(super) const ROWS_PER_BATCH: usize = 8_192;

/// What came of a statement.
#[derive(Debug)]
pub(super) enum Answer {
    Rows(Rows),
    /// A statement without columns.
    Nothing,
}

/// Rows, in the types that leave the store.
#[derive(Debug)]
pub(super) struct Rows {
    columns: SchemaRef,
    batches: Vec<RecordBatch>,
    /// In text, an empty answer names its columns only when it is one of groups or of a system table.
    named_when_empty: bool,
}

/// How a caller gets its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Wanted {
    Text,
    /// Arrow, split over at most so many frames.
    Arrow(NonZeroUsize),
}

/// Whom a reply is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct To<'a> {
    pub(super) message_id: u32,
    pub(super) connection_id: Option<&'a str>,
}

impl Rows {
    pub(super) fn new(
        columns: SchemaRef,
        batches: &[RecordBatch],
        named_when_empty: bool,
    ) -> Result<Self, ArrowError> {
        let batches = batches.iter().filter(|batch| batch.num_rows() > 0);
        let batches = batches.map(|batch| converted(batch, &columns)).collect::<Result<_, _>>()?;
        Ok(Self { columns, batches, named_when_empty })
    }

    fn count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

/// A batch in other types of the same values; one that its type cannot hold is an error, never a NULL.
pub(super) fn converted(batch: &RecordBatch, columns: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let converted = batch.columns().iter().zip(columns.fields());
    let exact = CastOptions { safe: false, ..CastOptions::default() };
    let converted = converted.map(|(column, field)| cast_with_options(column, field.data_type(), &exact));
    RecordBatch::try_new(columns.clone(), converted.collect::<Result<_, _>>()?)
}

impl Answer {
    /// The frames of a reply.
    pub(super) fn encode(&self, wanted: Wanted, to: To<'_>) -> Result<Vec<Bytes>, Error> {
        match (self, wanted) {
            (Self::Rows(rows), Wanted::Text) => Ok(vec![text::encode(rows, to)?]),
            (Self::Rows(rows), Wanted::Arrow(frames)) => arrow::encode(rows, frames, to),
            (Self::Nothing, Wanted::Text) => {
                Ok(vec![reply::ResultSet::new([""; 0], 0).finish(to.message_id, to.connection_id)])
            }
            (Self::Nothing, Wanted::Arrow(_)) => Ok(vec![reply::completed(to.message_id, to.connection_id)]),
        }
    }
}
