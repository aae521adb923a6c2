//! One column of text values into one Arrow array. Owns which parser an announced type has and the way to
//! the row that does not fit; never knows where the cells come from.

use std::sync::Arc;

use arrow_array::builder::BooleanBufferBuilder;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, BinaryArray, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, TimeUnit};

use super::parse::{binary, boolean, decimal, float, integer, time};
use crate::error::{Error, Misfit, Result};

/// Where a value stands in its buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    at: u32,
    len: u32,
}

impl Cell {
    /// SQL NULL.
    pub(crate) const NULL: Self = Self { at: u32::MAX, len: 0 };

    /// A value; `None` where a buffer is longer than FlatBuffers can be.
    pub(crate) fn new(at: usize, len: usize) -> Option<Self> {
        // The end fits, so the start is below u32::MAX unless nothing follows: NULL stays apart.
        u32::try_from(at + len + 1).ok()?;
        Some(Self { at: at as u32, len: len as u32 })
    }

    pub(crate) fn len(self) -> usize {
        self.len as usize
    }

    /// The value's bytes, or `None` for NULL.
    #[inline]
    fn text(self, bytes: &[u8]) -> Option<&[u8]> {
        let at = self.at as usize;
        bytes.get(at..at + self.len())
    }
}

/// A row of the column and why its value does not fit.
type Unfit = (usize, Misfit);

/// Parses a column; `first` is the answer's row that the first cell belongs to.
pub(crate) fn column(field: &Field, bytes: &[u8], cells: &[Cell], first: u64) -> Result<ArrayRef> {
    let array = array(field.data_type(), bytes, cells).and_then(|array| no_null(field, array));
    array.map_err(|(row, misfit)| Error::Value {
        column: field.name().clone(),
        row: first + row as u64,
        data_type: field.data_type().clone(),
        misfit,
    })
}

fn no_null(field: &Field, array: ArrayRef) -> Result<ArrayRef, Unfit> {
    match array.nulls() {
        Some(nulls) if !field.is_nullable() && nulls.null_count() > 0 => {
            let row = (0..nulls.len()).find(|row| nulls.is_null(*row));
            Err((row.unwrap_or_default(), Misfit::Null))
        }
        _ => Ok(array),
    }
}

fn array(data_type: &DataType, bytes: &[u8], cells: &[Cell]) -> Result<ArrayRef, Unfit> {
    use DataType as T;
    match data_type {
        T::Boolean => booleans(bytes, cells),
        T::Int8 => primitive::<Int8Type>(bytes, cells, integer::signed),
        T::Int16 => primitive::<Int16Type>(bytes, cells, integer::signed),
        T::Int32 => primitive::<Int32Type>(bytes, cells, integer::signed),
        T::Int64 => primitive::<Int64Type>(bytes, cells, integer::signed),
        T::UInt8 => primitive::<UInt8Type>(bytes, cells, integer::unsigned),
        T::UInt16 => primitive::<UInt16Type>(bytes, cells, integer::unsigned),
        T::UInt32 => primitive::<UInt32Type>(bytes, cells, integer::unsigned),
        T::UInt64 => primitive::<UInt64Type>(bytes, cells, integer::unsigned),
        T::Float32 => primitive::<Float32Type>(bytes, cells, float::single),
        T::Float64 => primitive::<Float64Type>(bytes, cells, float::double),
        T::Decimal128(precision, scale) => decimals(*precision, *scale, bytes, cells),
        T::Date32 => primitive::<Date32Type>(bytes, cells, time::date),
        T::Timestamp(unit, None) => timestamps(*unit, bytes, cells),
        T::Utf8 => strings(bytes, cells),
        T::Binary => binaries(bytes, cells),
        other => unreachable!("Shape::new takes no {other}"),
    }
}

/// The parsed values and which are NULL.
fn parsed<T: Copy + Default>(
    bytes: &[u8],
    cells: &[Cell],
    parse: impl Fn(&[u8]) -> Result<T, Misfit>,
) -> Result<(Vec<T>, Option<NullBuffer>), Unfit> {
    let mut values = Vec::with_capacity(cells.len());
    for (row, cell) in cells.iter().enumerate() {
        values.push(match cell.text(bytes) {
            Some(text) => parse(text).map_err(|misfit| (row, misfit))?,
            None => T::default(),
        });
    }
    Ok((values, nulls(cells)))
}

/// Which values are NULL, if any is.
fn nulls(cells: &[Cell]) -> Option<NullBuffer> {
    let valid = BooleanBuffer::collect_bool(cells.len(), |row| cells[row] != Cell::NULL);
    Some(NullBuffer::new(valid)).filter(|nulls| nulls.null_count() > 0)
}

fn primitive<T: ArrowPrimitiveType>(
    bytes: &[u8],
    cells: &[Cell],
    parse: impl Fn(&[u8]) -> Result<T::Native, Misfit>,
) -> Result<ArrayRef, Unfit> {
    let (values, nulls) = parsed(bytes, cells, parse)?;
    Ok(Arc::new(PrimitiveArray::<T>::new(values.into(), nulls)))
}

fn decimals(precision: u8, scale: i8, bytes: &[u8], cells: &[Cell]) -> Result<ArrayRef, Unfit> {
    let target = decimal::Target::new(precision, scale);
    let (values, nulls) = parsed(bytes, cells, |text| target.parse(text))?;
    let array = PrimitiveArray::<Decimal128Type>::new(values.into(), nulls)
        .with_precision_and_scale(precision, scale)
        .expect("Shape::new checked precision and scale");
    Ok(Arc::new(array))
}

fn timestamps(unit: TimeUnit, bytes: &[u8], cells: &[Cell]) -> Result<ArrayRef, Unfit> {
    let parse = |text: &[u8]| time::in_unit(time::millis(text)?, unit);
    match unit {
        TimeUnit::Second => primitive::<TimestampSecondType>(bytes, cells, parse),
        TimeUnit::Millisecond => primitive::<TimestampMillisecondType>(bytes, cells, time::millis),
        TimeUnit::Microsecond => primitive::<TimestampMicrosecondType>(bytes, cells, parse),
        TimeUnit::Nanosecond => primitive::<TimestampNanosecondType>(bytes, cells, parse),
    }
}

fn booleans(bytes: &[u8], cells: &[Cell]) -> Result<ArrayRef, Unfit> {
    let mut values = BooleanBufferBuilder::new(cells.len());
    for (row, cell) in cells.iter().enumerate() {
        let value = cell.text(bytes).map(boolean).transpose().map_err(|misfit| (row, misfit))?;
        values.append(value.unwrap_or_default());
    }
    Ok(Arc::new(BooleanArray::new(values.finish(), nulls(cells))))
}

fn strings(bytes: &[u8], cells: &[Cell]) -> Result<ArrayRef, Unfit> {
    let Joined { offsets, values, nulls } = joined(cells, |cell, values| {
        copy(bytes, cell, values);
        Ok(())
    })?;
    let array = StringArray::try_new(offsets, Buffer::from(values), nulls);
    // The library checks the joined values and then every boundary; only a failure needs to know whose it is.
    array.map(|array| Arc::new(array) as ArrayRef).map_err(|_| {
        let broken = |cell: &Cell| cell.text(bytes).is_some_and(|text| std::str::from_utf8(text).is_err());
        (cells.iter().position(broken).unwrap_or_default(), Misfit::NotUtf8)
    })
}

fn binaries(bytes: &[u8], cells: &[Cell]) -> Result<ArrayRef, Unfit> {
    let Joined { offsets, values, nulls } =
        joined(cells, |cell, values| cell.text(bytes).map_or(Ok(()), |text| binary::decode(text, values)))?;
    Ok(Arc::new(BinaryArray::new(offsets, Buffer::from(values), nulls)))
}

/// Values of different lengths behind each other, and where they end.
struct Joined {
    offsets: OffsetBuffer<i32>,
    values: Vec<u8>,
    nulls: Option<NullBuffer>,
}

fn joined(
    cells: &[Cell],
    append: impl Fn(Cell, &mut Vec<u8>) -> Result<(), Misfit>,
) -> Result<Joined, Unfit> {
    let mut values = Vec::with_capacity(cells.iter().map(|cell| cell.len()).sum::<usize>() + BLOCK);
    let mut offsets = Vec::with_capacity(cells.len() + 1);
    offsets.push(0);
    for (row, cell) in cells.iter().enumerate() {
        append(*cell, &mut values).map_err(|misfit| (row, misfit))?;
        offsets.push(i32::try_from(values.len()).map_err(|_| (row, Misfit::OutOfRange))?);
    }
    Ok(Joined { offsets: OffsetBuffer::new(offsets.into()), values, nulls: nulls(cells) })
}

/// As long as a copy of constant length is a move or two.
const BLOCK: usize = 16;

/// Appends a value. Most are short, and a copy of a length that is not known beforehand is a call, so a whole
/// block is copied and what is too much of it cut off again.
#[inline]
fn copy(bytes: &[u8], cell: Cell, values: &mut Vec<u8>) {
    let Some(text) = cell.text(bytes) else { return };
    let block = bytes.get(cell.at as usize..).and_then(<[u8]>::first_chunk::<BLOCK>);
    match block.filter(|_| text.len() <= BLOCK) {
        Some(block) => {
            let end = values.len() + text.len();
            values.extend_from_slice(block);
            values.truncate(end);
        }
        None => values.extend_from_slice(text),
    }
}
