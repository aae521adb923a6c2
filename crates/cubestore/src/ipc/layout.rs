//! Where the buffers of a record batch are, checked against its body before anyone reads them: everything is
//! inside, nothing is shared, nothing is compressed, and every buffer is as long as its rows need.
//! Never looks at a value.

use std::ops::Range;
use std::vec;

use arrow_ipc as fb;
use arrow_schema::{DataType, Schema};
use flatbuffers::VectorIter;

use crate::error::{Error, Result};
use crate::text::BATCH_ROWS;

/// The buffers of one column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) null_count: usize,
    /// Validity, and then what the type has.
    pub(super) buffers: Vec<Range<usize>>,
}

/// The buffers of a batch.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) rows: usize,
    pub(super) columns: Vec<Column>,
}

/// Checks a batch's description of a body of `room` bytes.
pub(super) fn layout(batch: &fb::RecordBatch<'_>, schema: &Schema, room: usize) -> Result<Layout> {
    if batch.compression().is_some() {
        return Err(Error::malformed("an Arrow batch is compressed"));
    }
    let rows = rows(batch, room)?;
    let nodes = batch.nodes().ok_or(Error::malformed("an Arrow batch has no columns"))?;
    if nodes.len() != schema.fields().len() {
        return Err(Error::malformed("an Arrow batch has other columns than its schema"));
    }
    let mut buffers = Buffers::new(batch, room)?;
    let columns = schema.fields().iter().zip(nodes.iter());
    let columns = columns
        .map(|(field, node)| {
            let null_count = null_count(node, rows)?;
            buffers.column(field.data_type(), rows, null_count)
        })
        .collect::<Result<_>>()?;
    buffers.finish()?;
    Ok(Layout { rows, columns })
}

/// A row takes at least a bit of some column. Columns of nothing but NULL take none, so what would be a bomb
/// is held to the same rule.
fn rows(batch: &fb::RecordBatch<'_>, room: usize) -> Result<usize> {
    let most = (room as u64).saturating_mul(8).max(BATCH_ROWS as u64);
    let rows = u64::try_from(batch.length()).ok().filter(|rows| *rows <= most);
    rows.map(|rows| rows as usize).ok_or(Error::malformed("an Arrow batch has an impossible number of rows"))
}

fn null_count(node: &fb::FieldNode, rows: usize) -> Result<usize> {
    if usize::try_from(node.length()) != Ok(rows) {
        return Err(Error::malformed("an Arrow column has another length than its batch"));
    }
    let null_count = usize::try_from(node.null_count()).ok().filter(|nulls| *nulls <= rows);
    null_count.ok_or(Error::malformed("an Arrow column has an impossible number of NULLs"))
}

/// The buffers that no column has taken yet.
struct Buffers<'a> {
    rest: VectorIter<'a, fb::Buffer>,
    variadic: vec::IntoIter<i64>,
    /// The length of the body.
    room: usize,
    /// What of it is not given to a buffer yet: buffers that overlap would be copied more than once.
    left: usize,
}

impl<'a> Buffers<'a> {
    fn new(batch: &fb::RecordBatch<'a>, room: usize) -> Result<Self> {
        let buffers = batch.buffers().ok_or(Error::malformed("an Arrow batch has no buffers"))?;
        let variadic: Vec<i64> = batch.variadicBufferCounts().into_iter().flatten().collect();
        Ok(Self { rest: buffers.iter(), variadic: variadic.into_iter(), room, left: room })
    }

    fn column(&mut self, data_type: &DataType, rows: usize, null_count: usize) -> Result<Column> {
        let mut buffers = Vec::with_capacity(3);
        if *data_type != DataType::Null {
            buffers.push(self.next(if null_count > 0 { rows.div_ceil(8) } else { 0 }, 1)?);
        }
        for (least, unit) in values(data_type, rows)? {
            buffers.push(self.next(least, unit)?);
        }
        if matches!(data_type, DataType::Utf8View | DataType::BinaryView) {
            for _ in 0..self.next_variadic()? {
                buffers.push(self.next(0, 1)?);
            }
        }
        Ok(Column { null_count, buffers })
    }

    /// The next buffer, which must have `least` bytes and whole units: the library panics on a broken one.
    fn next(&mut self, least: usize, unit: usize) -> Result<Range<usize>> {
        let buffer = self.rest.next().ok_or(Error::malformed("an Arrow batch has too few buffers"))?;
        let range = self.range(buffer).ok_or(Error::malformed("an Arrow buffer is outside its message"))?;
        if range.len() < least {
            return Err(Error::malformed("an Arrow buffer is too short for its rows"));
        }
        if range.len() % unit != 0 {
            return Err(Error::malformed("an Arrow buffer ends within a value"));
        }
        self.left = self
            .left
            .checked_sub(range.len())
            .ok_or(Error::malformed("the buffers of an Arrow batch overlap"))?;
        Ok(range)
    }

    fn range(&self, buffer: &fb::Buffer) -> Option<Range<usize>> {
        let start = usize::try_from(buffer.offset()).ok()?;
        let end = start.checked_add(usize::try_from(buffer.length()).ok()?)?;
        (end <= self.room).then_some(start..end)
    }

    fn next_variadic(&mut self) -> Result<i64> {
        let count = self.variadic.next().filter(|count| *count >= 0);
        count.ok_or(Error::malformed("an Arrow batch miscounts its variadic buffers"))
    }

    fn finish(mut self) -> Result<()> {
        if self.rest.next().is_some() || self.variadic.next().is_some() {
            return Err(Error::malformed("an Arrow batch has too many buffers"));
        }
        Ok(())
    }
}

/// The least length and the unit of each buffer after the validity.
fn values(data_type: &DataType, rows: usize) -> Result<Vec<(usize, usize)>> {
    use DataType as T;
    // `rows` is at most eight times a message's length, so these products stay far below overflow.
    let offsets = |width: usize| (if rows == 0 { 0 } else { (rows + 1) * width }, width);
    Ok(match data_type {
        T::Null => vec![],
        T::Boolean => vec![(rows.div_ceil(8), 1)],
        T::Utf8 | T::Binary => vec![offsets(4), (0, 1)],
        T::LargeUtf8 | T::LargeBinary => vec![offsets(8), (0, 1)],
        T::Utf8View | T::BinaryView => vec![(rows * 16, 16)],
        T::FixedSizeBinary(width) => {
            let width = usize::try_from(*width).map_err(|_| Error::malformed("a width is negative"))?;
            vec![(rows.saturating_mul(width), 1)]
        }
        other => {
            let width = other.primitive_width().ok_or(Error::malformed("an Arrow type has no width"))?;
            vec![(rows * width, width)]
        }
    })
}
