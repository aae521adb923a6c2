//! The walk over rows: where each value of a range stands. FlatBuffers' own verifier would cost more than
//! everything else together and stops at a million tables, so every step checks its bounds instead.
//! Never looks into a value.

use std::ops::Range;

use super::Cell;
use crate::codec::slots::{http_column_value, http_row, vtable_offset};
use crate::codec::table::{OUTSIDE, follow, span_at, u16_at, u32_at, vtable_of};
use crate::error::{Error, Result};

/// The cells of some rows, column after column.
pub(super) fn gather(bytes: &[u8], start: usize, rows: Range<usize>, width: usize) -> Result<Vec<Cell>> {
    let count = rows.len();
    let mut cells = vec![Cell::NULL; count * width];
    let mut walk = Walk::new(bytes);
    for (row, index) in rows.enumerate() {
        let Some((values, len)) = walk.values(start + 4 * index) else { return Err(OUTSIDE) };
        if len != width {
            return Err(Error::ColumnCount { found: len, announced: width });
        }
        let column = cells[row..].iter_mut().step_by(count);
        for (offset, cell) in (values..).step_by(4).zip(column) {
            let Some(found) = walk.cell(offset) else { return Err(OUTSIDE) };
            *cell = found;
        }
    }
    Ok(cells)
}

struct Walk<'a> {
    bytes: &'a [u8],
    rows: Memo<{ http_row::VALUES }>,
    values: Memo<{ http_column_value::STRING_VALUE }>,
    nulls: Memo<{ http_column_value::STRING_VALUE }>,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, rows: Memo::default(), values: Memo::default(), nulls: Memo::default() }
    }

    /// Position and number of the values of the row behind the offset at `at`.
    #[inline]
    fn values(&mut self, at: usize) -> Option<(usize, usize)> {
        let row = follow(self.bytes, at)?;
        let Some(field) = self.rows.field(self.bytes, row, vtable_of(self.bytes, row)?)? else {
            return Some((0, 0));
        };
        let vector = follow(self.bytes, field)?;
        Some((vector + 4, u32_at(self.bytes, vector)? as usize))
    }

    /// The value behind the offset at `at`.
    #[inline]
    fn cell(&mut self, at: usize) -> Option<Cell> {
        let value = follow(self.bytes, at)?;
        let vtable = vtable_of(self.bytes, value)?;
        // NULLs and values have different vtables: two memos, so that a mixed column does not thrash one.
        let memo = if vtable == self.nulls.vtable { &mut self.nulls } else { &mut self.values };
        let Some(field) = memo.field(self.bytes, value, vtable)? else {
            self.nulls = Memo { vtable, offset: 0 };
            return Some(Cell::NULL);
        };
        let (at, len) = span_at(self.bytes, follow(self.bytes, field)?)?;
        Cell::new(at, len)
    }
}

/// The last vtable seen and where it puts the field of one slot: writers share vtables, so nearly every
/// table of a message asks the same question.
struct Memo<const SLOT: u16> {
    vtable: usize,
    /// From the table's start; zero is absent.
    offset: u16,
}

impl<const SLOT: u16> Default for Memo<SLOT> {
    fn default() -> Self {
        // No vtable stands there: it would have no room.
        Self { vtable: usize::MAX, offset: 0 }
    }
}

impl<const SLOT: u16> Memo<SLOT> {
    /// Position of the field in a table; the outer `None` is a broken message, the inner an absent field: a
    /// `Result` with its rich error would cost a tenth of the walk.
    #[inline]
    fn field(&mut self, bytes: &[u8], table: usize, vtable: usize) -> Option<Option<usize>> {
        if vtable != self.vtable {
            *self = Self { vtable, offset: Self::look_up(bytes, vtable)? };
        }
        Some((self.offset != 0).then_some(table + usize::from(self.offset)))
    }

    #[cold]
    fn look_up(bytes: &[u8], vtable: usize) -> Option<u16> {
        let entry = vtable_offset(SLOT);
        let len = u16_at(bytes, vtable)?;
        if entry + 2 > len { Some(0) } else { u16_at(bytes, vtable + usize::from(entry)) }
    }
}
