//! What is checked of a schema and of a batch, while they are still bytes.

use arrow_ipc::{DateUnit, Endianness, Field, IntervalUnit, Precision, RecordBatch, Schema, TimeUnit, Type};
use arrow_schema::DataType;

use super::{IpcError, malformed};

/// Bytes of a value of a fixed size.
const WIDEST: i32 = 1 << 16;

/// Checks that the reader knows every type, and that the types are flat. Answers with the dictionary of each column that
/// has one.
pub(super) fn schema(schema: Schema<'_>) -> Result<Vec<Option<i64>>, IpcError> {
    if schema.endianness() != Endianness::Little {
        return Err(malformed("its numbers are not little-endian"));
    }
    let fields = schema.fields().ok_or_else(|| malformed("a schema has no list of columns"))?;
    for field in fields {
        let column = field.name().ok_or_else(|| malformed("a column has no name"))?;
        if let Err(why) = data_type(field) {
            return Err(IpcError::Type { column: column.chars().take(100).collect(), why });
        }
    }
    Ok(fields.iter().map(|field| field.dictionary().map(|dictionary| dictionary.id())).collect())
}

fn data_type(field: Field<'_>) -> Result<(), &'static str> {
    if let Some(dictionary) = field.dictionary() {
        let number = dictionary.indexType().map(|number| number.bitWidth());
        if !number.is_some_and(|bits| matches!(bits, 8 | 16 | 32 | 64)) {
            return Err("a dictionary is pointed at by integers");
        }
    }
    if field.children().is_some_and(|children| !children.is_empty()) {
        return Err("only flat types are read");
    }
    let known = match field.type_type() {
        Type::Null | Type::Bool | Type::Utf8 | Type::LargeUtf8 | Type::Utf8View => Some(true),
        Type::Binary | Type::LargeBinary | Type::BinaryView => Some(true),
        Type::Int => field.type_as_int().map(|int| matches!(int.bitWidth(), 8 | 16 | 32 | 64)),
        Type::FloatingPoint => field.type_as_floating_point().map(|float| {
            matches!(float.precision(), Precision::HALF | Precision::SINGLE | Precision::DOUBLE)
        }),
        Type::Decimal => field.type_as_decimal().map(|decimal| {
            let digits = match decimal.bitWidth() {
                32 => 9,
                64 => 18,
                128 => 38,
                256 => 76,
                _ => 0,
            };
            (1..=digits).contains(&decimal.precision()) && (-digits..=digits).contains(&decimal.scale())
        }),
        Type::Date => {
            field.type_as_date().map(|date| matches!(date.unit(), DateUnit::DAY | DateUnit::MILLISECOND))
        }
        Type::Time => field.type_as_time().map(|time| match time.unit() {
            TimeUnit::SECOND | TimeUnit::MILLISECOND => time.bitWidth() == 32,
            TimeUnit::MICROSECOND | TimeUnit::NANOSECOND => time.bitWidth() == 64,
            _ => false,
        }),
        Type::Timestamp => field.type_as_timestamp().map(|timestamp| is_unit(timestamp.unit())),
        Type::Duration => field.type_as_duration().map(|duration| is_unit(duration.unit())),
        Type::Interval => field.type_as_interval().map(|interval| {
            matches!(
                interval.unit(),
                IntervalUnit::YEAR_MONTH | IntervalUnit::DAY_TIME | IntervalUnit::MONTH_DAY_NANO
            )
        }),
        Type::FixedSizeBinary => {
            field.type_as_fixed_size_binary().map(|binary| (1..=WIDEST).contains(&binary.byteWidth()))
        }
        _ => return Err("only flat types are read"),
    };
    match known {
        Some(true) => Ok(()),
        Some(false) | None => Err("Arrow has no such type"),
    }
}

fn is_unit(unit: TimeUnit) -> bool {
    matches!(unit, TimeUnit::SECOND | TimeUnit::MILLISECOND | TimeUnit::MICROSECOND | TimeUnit::NANOSECOND)
}

/// Checks that a batch has the parts that its schema asks for, long enough for its rows and within its body, and no more
/// than so many rows.
pub(super) fn batch(
    batch: RecordBatch<'_>,
    schema: &arrow_schema::Schema,
    most: usize,
    body: usize,
) -> Result<(), IpcError> {
    if batch.compression().is_some() {
        return Err(IpcError::Compressed);
    }
    let rows = usize::try_from(batch.length()).map_err(|_| malformed("a batch has less than no rows"))?;
    if rows > most {
        return Err(IpcError::TooManyRows(most));
    }
    let within = |offset: i64, length: i64| {
        let (offset, length) = (usize::try_from(offset).ok()?, usize::try_from(length).ok()?);
        // Arrow begins every buffer at a multiple of eight, and its reader relies on it.
        (offset % 8 == 0 && offset.checked_add(length)? <= body).then_some(length)
    };
    let buffers = batch.buffers().into_iter().flatten();
    let lengths: Option<Vec<usize>> =
        buffers.map(|buffer| within(buffer.offset(), buffer.length())).collect();
    let mut lengths = lengths
        .ok_or_else(|| malformed("a buffer lies outside of its message, or at an odd place in it"))?
        .into_iter();
    let mut variadic = batch.variadicBufferCounts().into_iter().flatten();
    let mut nodes = batch.nodes().into_iter().flatten();
    for field in schema.fields() {
        let node = nodes.next().filter(|node| node.length() == batch.length());
        let nulls = node.and_then(|node| usize::try_from(node.null_count()).ok());
        let nulls = nulls.filter(|nulls| *nulls <= rows);
        let nulls = nulls.ok_or_else(|| malformed("a batch has not one part for each column"))?;
        column(field.data_type(), rows, nulls, &mut lengths, &mut variadic)
            .ok_or_else(|| malformed("a column has too few or too short buffers"))?;
    }
    if nodes.next().is_some() || lengths.next().is_some() || variadic.next().is_some() {
        return Err(malformed("a batch has more parts than its columns"));
    }
    Ok(())
}

/// Takes the buffers of a column; `None` when one is missing or shorter than its rows.
fn column(
    data_type: &DataType,
    rows: usize,
    nulls: usize,
    lengths: &mut impl Iterator<Item = usize>,
    variadic: &mut impl Iterator<Item = i64>,
) -> Option<()> {
    if *data_type == DataType::Null {
        return Some(());
    }
    // So many values of so many bytes each, and no part of another.
    let mut values = |count: usize, width: usize| {
        let length = lengths.next()?;
        (length >= count.checked_mul(width)? && length % width == 0).then_some(())
    };
    let bits = rows.div_ceil(8);
    // Without NULLs the first buffer may be left out.
    values(if nulls == 0 { 0 } else { bits }, 1)?;
    let offsets = if rows == 0 { 0 } else { rows + 1 };
    match data_type {
        DataType::Boolean => values(bits, 1),
        DataType::Utf8 | DataType::Binary => values(offsets, 4).and_then(|()| values(0, 1)),
        DataType::LargeUtf8 | DataType::LargeBinary => values(offsets, 8).and_then(|()| values(0, 1)),
        DataType::Utf8View | DataType::BinaryView => {
            values(rows, 16)?;
            (0..usize::try_from(variadic.next()?).ok()?).try_for_each(|_| values(0, 1))
        }
        DataType::FixedSizeBinary(width) => values(rows, usize::try_from(*width).ok()?),
        fixed => values(rows, fixed.primitive_width()?),
    }
}
