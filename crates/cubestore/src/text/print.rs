//! Arrow values as the store would have printed them. An Arrow column whose type is not the announced one
//! means what its text would mean, so the way between the two types leads through here: both wires then give
//! the same value or the same error. Never knows the announced type.

use std::fmt::{Display, Write as _};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, ByteArrayType, ByteViewType, Date32Type, Date64Type, Decimal32Type, Decimal64Type,
    Decimal128Type, Decimal256Type, DecimalType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayAccessor};
use arrow_schema::{DataType, TimeUnit};

use super::Cell;
use super::parse::time::{DAY, civil};

/// Printed values, one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Printed {
    pub(crate) text: Vec<u8>,
    pub(crate) cells: Vec<Cell>,
}

/// Prints an array, or `None` for a type that the store does not print.
pub(crate) fn print(array: &dyn Array) -> Option<Printed> {
    use DataType as T;
    Some(match array.data_type() {
        T::Null => Printed { text: Vec::new(), cells: vec![Cell::NULL; array.len()] },
        T::Boolean => each(array.as_boolean(), display),
        T::Int8 => primitive::<Int8Type>(array, display),
        T::Int16 => primitive::<Int16Type>(array, display),
        T::Int32 => primitive::<Int32Type>(array, display),
        T::Int64 => primitive::<Int64Type>(array, display),
        T::UInt8 => primitive::<UInt8Type>(array, display),
        T::UInt16 => primitive::<UInt16Type>(array, display),
        T::UInt32 => primitive::<UInt32Type>(array, display),
        T::UInt64 => primitive::<UInt64Type>(array, display),
        T::Float32 => primitive::<Float32Type>(array, display),
        T::Float64 => primitive::<Float64Type>(array, display),
        T::Decimal32(_, scale) => decimal::<Decimal32Type>(array, *scale),
        T::Decimal64(_, scale) => decimal::<Decimal64Type>(array, *scale),
        T::Decimal128(_, scale) => decimal::<Decimal128Type>(array, *scale),
        T::Decimal256(_, scale) => decimal::<Decimal256Type>(array, *scale),
        T::Timestamp(unit, _) => timestamp(array, *unit),
        T::Date32 => primitive::<Date32Type>(array, |day, out| moment(i64::from(day) * DAY, out)),
        T::Date64 => primitive::<Date64Type>(array, moment),
        T::Utf8 => bytes::<arrow_array::types::Utf8Type>(array, raw),
        T::LargeUtf8 => bytes::<arrow_array::types::LargeUtf8Type>(array, raw),
        T::Utf8View => views::<arrow_array::types::StringViewType>(array, raw),
        T::Binary => bytes::<arrow_array::types::BinaryType>(array, hex),
        T::LargeBinary => bytes::<arrow_array::types::LargeBinaryType>(array, hex),
        T::BinaryView => views::<arrow_array::types::BinaryViewType>(array, hex),
        T::FixedSizeBinary(_) => each(array.as_fixed_size_binary(), hex),
        _ => return None,
    })
}

fn each<A: ArrayAccessor>(array: A, print: impl Fn(A::Item, &mut Vec<u8>)) -> Printed {
    let mut printed = Printed::default();
    for row in 0..array.len() {
        if array.is_null(row) {
            printed.cells.push(Cell::NULL);
            continue;
        }
        let at = printed.text.len();
        print(array.value(row), &mut printed.text);
        let cell = Cell::new(at, printed.text.len() - at);
        printed.cells.push(cell.expect("a printed batch stays far below the length of a message"));
    }
    printed
}

fn primitive<T: ArrowPrimitiveType>(array: &dyn Array, print: impl Fn(T::Native, &mut Vec<u8>)) -> Printed {
    each(array.as_primitive::<T>(), print)
}

fn bytes<T: ByteArrayType>(array: &dyn Array, print: impl Fn(&[u8], &mut Vec<u8>)) -> Printed {
    each(array.as_bytes::<T>(), |value, out| print(value.as_ref(), out))
}

fn views<T: ByteViewType>(array: &dyn Array, print: impl Fn(&[u8], &mut Vec<u8>)) -> Printed {
    each(array.as_byte_view::<T>(), |value, out| print(value.as_ref(), out))
}

fn raw(value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(value);
}

fn display(value: impl Display, out: &mut Vec<u8>) {
    // Rust's own text of a number is what the store prints: no exponent, `2` for 2.0, `NaN`, `inf`.
    push(out, format_args!("{value}"));
}

fn push(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    std::io::Write::write_fmt(out, text).expect("a Vec takes everything");
}

fn hex(value: &[u8], out: &mut Vec<u8>) {
    let mut text = String::with_capacity(2 + 2 * value.len());
    text.push_str("0x");
    value.iter().for_each(|byte| write!(text, "{byte:02X}").expect("a String takes everything"));
    out.extend_from_slice(text.as_bytes());
}

fn decimal<T: DecimalType>(array: &dyn Array, scale: i8) -> Printed {
    primitive::<T>(array, |value, out| {
        // The library cuts the text at a precision: ask for more digits than any type has.
        let text = T::format_decimal(value, u8::MAX, scale);
        let shortest = match text.split_once('.') {
            Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
            Some(_) => text.trim_end_matches('0'),
            // A negative scale makes as many zeros of zero.
            None if text.bytes().all(|digit| digit == b'0') => "0",
            None => &text,
        };
        out.extend_from_slice(shortest.as_bytes());
    })
}

fn timestamp(array: &dyn Array, unit: TimeUnit) -> Printed {
    match unit {
        TimeUnit::Second => primitive::<TimestampSecondType>(array, |value, out| {
            // Beyond the milliseconds' range the text is of no year that can be read back: an error then.
            moment(value.saturating_mul(1_000), out);
        }),
        TimeUnit::Millisecond => primitive::<TimestampMillisecondType>(array, moment),
        TimeUnit::Microsecond => {
            primitive::<TimestampMicrosecondType>(array, |value, out| moment(value.div_euclid(1_000), out))
        }
        TimeUnit::Nanosecond => {
            primitive::<TimestampNanosecondType>(array, |value, out| moment(value.div_euclid(1_000_000), out))
        }
    }
}

/// `2024-01-02T03:04:05.678Z` of milliseconds since 1970.
fn moment(millis: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil(millis.div_euclid(DAY));
    let rest = millis.rem_euclid(DAY);
    let (seconds, millis) = (rest / 1_000, rest % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match year {
        0..=9999 => push(out, format_args!("{year:04}")),
        _ => push(out, format_args!("{year:+05}")),
    }
    push(out, format_args!("-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"));
}
