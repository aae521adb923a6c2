//! Which record batches may go on as they are: those that a decode would not change in a single bit, and that
//! cannot lead their reader out of bounds. Anything that only *may* need a change answers no, and the decode
//! decides; anything that no honest writer makes is an error. Never decodes.
//!
//! The rule for times: a timestamp column goes on only if no value of it has a part below one millisecond.

use std::ops::Range;

use arrow_buffer::bit_util;
use arrow_schema::{DataType, Field, TimeUnit};
use bytes::Bytes;

use super::Source;
use super::layout::{Column, Layout};
use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::text::parse::decimal::Target;

/// A record batch in IPC form, without the schema message: ready to be handed on under the announced schema.
#[derive(Debug, Clone)]
pub struct IpcMessage {
    /// The FlatBuffers `Message`.
    pub metadata: Bytes,
    /// The buffers it describes.
    pub body: Bytes,
    /// Its rows.
    pub rows: usize,
}

/// Whether a batch is what was announced.
pub(super) fn fits(layout: &Layout, body: &[u8], source: &Source, shape: &Shape) -> Result<bool> {
    let sources = source.schema().fields().iter();
    for ((source, field), column) in sources.zip(shape.fields()).zip(&layout.columns) {
        if !column_fits(layout.rows, column, body, source.data_type(), field)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn column_fits(rows: usize, column: &Column, body: &[u8], source: &DataType, field: &Field) -> Result<bool> {
    // Readers elsewhere may map the buffers in place, for which the format asks eight bytes of alignment.
    let aligned = column.buffers.iter().all(|buffer| buffer.start % 8 == 0);
    if !aligned || source != field.data_type() || (column.null_count > 0 && !field.is_nullable()) {
        return Ok(false);
    }
    let [validity, values @ ..] = column.buffers.as_slice() else { return Ok(false) };
    let validity = (column.null_count > 0).then(|| &body[validity.clone()]);
    if let Some(validity) = validity {
        check_validity(validity, rows, column.null_count)?;
    }
    values_fit(rows, (validity, values), body, source)
}

/// A count that disagrees with the bits would be believed by some readers and not by others.
fn check_validity(validity: &[u8], rows: usize, null_count: usize) -> Result<()> {
    let (whole, rest) = (rows / 8, rows % 8);
    let mut valid: usize = validity[..whole].iter().map(|byte| byte.count_ones() as usize).sum();
    valid += (0..rest).filter(|bit| bit_util::get_bit(&validity[whole..], *bit)).count();
    if rows - valid != null_count {
        return Err(Error::malformed("an Arrow column counts its NULLs wrongly"));
    }
    Ok(())
}

fn values_fit(
    rows: usize,
    (validity, values): (Option<&[u8]>, &[Range<usize>]),
    body: &[u8],
    data_type: &DataType,
) -> Result<bool> {
    let [first, rest @ ..] = values else { return Ok(false) };
    let raw = &body[first.clone()];
    // Below a NULL there may be anything: an aggregate leaves the number there that it began with.
    let is_null = |row: usize| validity.is_some_and(|validity| !bit_util::get_bit(validity, row));
    match (data_type, rest) {
        (DataType::Utf8, [data]) => strings_fit(rows, raw, &body[data.clone()]),
        (DataType::Binary, [data]) => offsets(rows, raw, body[data.clone()].len()).map(|_| true),
        (DataType::Timestamp(TimeUnit::Microsecond, None), []) => Ok(whole::<1_000>(rows, raw, is_null)),
        (DataType::Timestamp(TimeUnit::Nanosecond, None), []) => Ok(whole::<1_000_000>(rows, raw, is_null)),
        (DataType::Decimal128(precision, scale), []) => {
            let target = Target::new(*precision, *scale);
            let (values, _) = raw[..rows * 16].as_chunks();
            let mut values = values.iter().enumerate();
            Ok(values.all(|(row, value)| target.holds(i128::from_le_bytes(*value)) || is_null(row)))
        }
        _ => Ok(true),
    }
}

// The unit is a constant, because dividing by one is a multiplication.
fn whole<const UNIT: i64>(rows: usize, raw: &[u8], is_null: impl Fn(usize) -> bool) -> bool {
    let (values, _) = raw[..rows * 8].as_chunks();
    let mut values = values.iter().enumerate();
    values.all(|(row, value)| i64::from_le_bytes(*value) % UNIT == 0 || is_null(row))
}

fn strings_fit(rows: usize, raw: &[u8], data: &[u8]) -> Result<bool> {
    const BROKEN: Error = Error::malformed("an Arrow text is not UTF-8");
    let used = offsets(rows, raw, data.len())?;
    let text = simdutf8::basic::from_utf8(&data[used]).map_err(|_| BROKEN)?;
    let boundaries = boundaries(rows, raw).split_first();
    let Some((first, ends)) = boundaries.filter(|_| !text.is_ascii()) else { return Ok(true) };
    // A character that two values share passes the check of the whole, so every boundary is looked at.
    let base = i32::from_le_bytes(*first);
    let cut = |end: &[u8; 4]| !text.is_char_boundary((i32::from_le_bytes(*end) - base) as usize);
    if ends.iter().any(cut) { Err(BROKEN) } else { Ok(true) }
}

fn boundaries(rows: usize, raw: &[u8]) -> &[[u8; 4]] {
    let (boundaries, _) = raw.as_chunks();
    if rows == 0 { &[] } else { &boundaries[..=rows] }
}

/// Checks the offsets of a column of texts or bytes, and says which part of the data they use.
fn offsets(rows: usize, raw: &[u8], data: usize) -> Result<Range<usize>> {
    let offsets = boundaries(rows, raw);
    let at = |offset: &[u8; 4]| i32::from_le_bytes(*offset);
    let (Some(first), Some(last)) = (offsets.first().map(at), offsets.last().map(at)) else {
        return Ok(0..0);
    };
    let grows = offsets.windows(2).all(|pair| at(&pair[0]) <= at(&pair[1]));
    match (usize::try_from(first), usize::try_from(last)) {
        (Ok(first), Ok(last)) if grows && last <= data => Ok(first..last),
        _ => Err(Error::malformed("an Arrow column's offsets lead outside its data")),
    }
}
