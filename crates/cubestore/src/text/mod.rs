//! Answers in text rows, straight into typed Arrow arrays: rows are walked once, then every column is parsed
//! on its own. Owns the limits that keep a forged message from costing more than its own size.
//! Never knows sockets or why a type was announced.

mod column;
pub(crate) mod parse;
pub(crate) mod print;
mod walk;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::{RecordBatch, RecordBatchOptions};
use bytes::Bytes;

pub(crate) use column::{Cell, column};

use crate::codec::table::Vector;
use crate::error::{Error, Result};
use crate::shape::Shape;

/// Rows of a batch: few enough for a column's values to stay in the cache between the walk and the parse,
/// and what DataFusion works with.
pub(crate) const BATCH_ROWS: usize = 8192;

/// The rows of one reply, not walked yet.
#[derive(Debug, Clone)]
pub struct Rows {
    bytes: Bytes,
    names: Span,
    rows: Span,
    /// Bytes of values handed out so far, over all batches.
    spent: Arc<AtomicUsize>,
}

/// Where the offsets of a vector are, all of them inside the message.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    start: usize,
    len: usize,
}

impl From<Option<Vector<'_>>> for Span {
    fn from(vector: Option<Vector<'_>>) -> Self {
        vector.map_or_else(Self::default, |vector| Self { start: vector.start(), len: vector.len() })
    }
}

impl Rows {
    pub(crate) fn new(bytes: Bytes, columns: Option<Vector<'_>>, rows: Option<Vector<'_>>) -> Self {
        Self { bytes, names: columns.into(), rows: rows.into(), spent: Arc::default() }
    }

    /// How many rows the reply has.
    pub fn len(&self) -> usize {
        self.rows.len
    }

    /// The reply has no rows; then it may have no column names either.
    pub fn is_empty(&self) -> bool {
        self.rows.len == 0
    }

    /// Names of the columns; none if CubeStore had no row to take them from.
    pub fn names(&self) -> impl Iterator<Item = Result<&str>> {
        Vector::new(&self.bytes, self.names.start, self.names.len).strings()
    }

    /// Checks the answer against what was announced, before any row is read.
    pub(crate) fn check(&self, shape: &Shape) -> Result<()> {
        if self.names.len > 0 {
            shape.check(self.names.len, self.names())?;
        }
        // Row: offset, table, length of its vector. Value: offset and at least an empty table. Nothing is
        // shared in an honest message, so one that tells more rows than fit repeats some of them.
        let least = 16 + 8 * shape.width();
        if self.rows.len > self.bytes.len() / least {
            return Err(Error::malformed("rows overlap"));
        }
        Ok(())
    }

    /// Decodes some of the rows; `first` is the answer's row that they begin with.
    pub(crate) fn batch(&self, shape: &Shape, rows: Range<usize>, first: u64) -> Result<RecordBatch> {
        let count = rows.len();
        let cells = walk::gather(&self.bytes, self.rows.start, rows, shape.width())?;
        self.spend(&cells)?;
        let columns = (0..shape.width()).map(|index| &cells[index * count..(index + 1) * count]);
        let arrays = shape
            .fields()
            .zip(columns)
            .map(|(field, cells)| column(field, &self.bytes, cells, first))
            .collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        RecordBatch::try_new_with_options(shape.schema().clone(), arrays, &options)
            .map_err(|error| Error::malformed_by("rows do not make a batch", error))
    }

    /// Accounts for the values of a batch: together they cannot be longer than the message they stand in.
    fn spend(&self, cells: &[Cell]) -> Result<()> {
        let bytes = cells.iter().map(|cell| cell.len()).sum();
        let before = self.spent.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.bytes.len() {
            return Err(Error::malformed("values overlap"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
