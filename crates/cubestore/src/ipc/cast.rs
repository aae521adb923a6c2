//! A decoded column into the announced type. What already fits goes by reference. A few casts are direct
//! because they are common and exact; everything they cannot do goes the way of the text (see `text::print`),
//! which knows the exact value or the exact error. Never rounds (times are cut to milliseconds, the precision of
//! every road), never makes a NULL.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array};
use arrow_buffer::Buffer;
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Field, TimeUnit};

use crate::error::{Error, Result};
use crate::text::parse::decimal::Target;
use crate::text::parse::time;
use crate::text::{column, print};

/// Whole numbers up to here are themselves as a double.
const EXACT: i64 = 1 << 53;

/// Texts in views may share their bytes, and a copy of each would cost more than the message; up to here
/// nobody minds.
const SHARED: usize = 256 << 20;

/// The column as announced; `first` is the answer's row that it begins with.
pub(super) fn fit(array: &ArrayRef, field: &Field, first: u64) -> Result<ArrayRef> {
    check_views(array)?;
    let nulls_fit = field.is_nullable() || array.logical_null_count() == 0;
    match direct(array, field.data_type()) {
        Some(fitted) if nulls_fit => Ok(fitted),
        // Also where a NULL is one too many: the text road says in which row.
        _ => through_text(array, field, first),
    }
}

pub(super) fn through_text(array: &ArrayRef, field: &Field, first: u64) -> Result<ArrayRef> {
    let printed = print::print(array).ok_or_else(|| Error::ColumnType {
        column: field.name().clone(),
        found: array.data_type().to_string(),
        announced: field.data_type().clone(),
    })?;
    column(field, &printed.text, &printed.cells, first)
}

fn check_views(array: &ArrayRef) -> Result<()> {
    let (views, buffers) = match array.data_type() {
        DataType::Utf8View => (array.as_string_view().views(), array.as_string_view().data_buffers()),
        DataType::BinaryView => (array.as_binary_view().views(), array.as_binary_view().data_buffers()),
        _ => return Ok(()),
    };
    // The length of a text is the low half of its view's first word.
    let told = views.iter().map(|view| *view as u32 as usize).fold(0, usize::saturating_add);
    let there = 16 * views.len() + buffers.iter().map(Buffer::len).sum::<usize>();
    if told > there.max(SHARED) {
        Err(Error::malformed("the texts of an Arrow column overlap"))
    } else {
        Ok(())
    }
}

/// A cast that is as good as the way through the text, or `None` if there is none or a value does not fit.
pub(super) fn direct(array: &ArrayRef, to: &DataType) -> Option<ArrayRef> {
    use DataType as T;
    match (array.data_type(), to) {
        (T::Timestamp(from, zone), T::Timestamp(unit, None)) => {
            // The number is UTC whatever the zone says, and the store's times have none.
            if from == unit && zone.is_none() && has_whole_millis(array, *from)? {
                return Some(array.clone());
            }
            timestamps(array, *from, *unit)
        }
        (T::Decimal128(_, from), T::Decimal128(precision, scale)) if from == scale => {
            let target = Target::new(*precision, *scale);
            let decimals = array.as_primitive::<Decimal128Type>();
            let fits = decimals.iter().flatten().all(|value| target.holds(value));
            fits.then(|| exact(array, to)).flatten()
        }
        (from, to) if from == to => Some(array.clone()),
        (T::Decimal128(_, from), T::Decimal128(_, scale)) if from < scale => exact(array, to),
        (T::Decimal128(_, scale), T::Float64) => decimal_to_double(array, *scale),
        (from, T::Float64) if from.is_integer() => integer_to_double(array),
        (from, T::Decimal128(..)) if from.is_integer() => exact(array, to),
        (from, to) if from.is_integer() && to.is_integer() => exact(array, to),
        (T::LargeUtf8 | T::Utf8View, T::Utf8) => exact(array, to),
        (T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_), T::Binary) => exact(array, to),
        _ => None,
    }
}

/// The library's cast, for pairs of types where it either keeps the value or fails.
fn exact(array: &ArrayRef, to: &DataType) -> Option<ArrayRef> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, to, &strict).ok()
}

/// The raw numbers of a timestamp column, without a copy.
fn moments(array: &ArrayRef) -> Option<Int64Array> {
    Some(exact(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

fn has_whole_millis(array: &ArrayRef, unit: TimeUnit) -> Option<bool> {
    let moments = moments(array)?;
    Some(match unit {
        TimeUnit::Second | TimeUnit::Millisecond => true,
        TimeUnit::Microsecond => moments.iter().flatten().all(|moment| moment % 1_000 == 0),
        TimeUnit::Nanosecond => moments.iter().flatten().all(|moment| moment % 1_000_000 == 0),
    })
}

/// Cuts to milliseconds, downwards like the store's text, and on to the announced unit.
fn timestamps(array: &ArrayRef, from: TimeUnit, to: TimeUnit) -> Option<ArrayRef> {
    let millis = |moment: i64| match from {
        TimeUnit::Second => moment.checked_mul(1_000),
        TimeUnit::Millisecond => Some(moment),
        TimeUnit::Microsecond => Some(moment.div_euclid(1_000)),
        TimeUnit::Nanosecond => Some(moment.div_euclid(1_000_000)),
    };
    let convert = |moment| millis(moment).and_then(|millis| time::in_unit(millis, to).ok()).ok_or(());
    let converted: Int64Array = moments(array)?.try_unary(convert).ok()?;
    exact(&(Arc::new(converted) as ArrayRef), &DataType::Timestamp(to, None))
}

fn integer_to_double(array: &ArrayRef) -> Option<ArrayRef> {
    let integers = exact(array, &DataType::Int64)?;
    let to_double = |value: i64| if value.abs_diff(0) <= EXACT as u64 { Ok(value as f64) } else { Err(()) };
    let doubles: Float64Array = integers.as_primitive::<Int64Type>().try_unary(to_double).ok()?;
    Some(Arc::new(doubles))
}

/// Both numbers are exact, so their quotient is the double that is nearest to the decimal: what the text
/// would give.
fn decimal_to_double(array: &ArrayRef, scale: i8) -> Option<ArrayRef> {
    let divisor = (0..=22).contains(&scale).then(|| 10_f64.powi(i32::from(scale)))?;
    let to_double = |value: i128| {
        if value.unsigned_abs() <= EXACT as u128 { Ok(value as f64 / divisor) } else { Err(()) }
    };
    let doubles: Float64Array = array.as_primitive::<Decimal128Type>().try_unary(to_double).ok()?;
    Some(Arc::new(doubles))
}
