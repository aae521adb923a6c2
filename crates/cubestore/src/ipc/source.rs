//! The schema that an IPC stream says it has. Read here and not by the library, which panics on what it does
//! not know; only flat types are known, because CubeStore has no others. Never knows the announced types.

use std::sync::Arc;

use arrow_ipc as fb;
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::Message;
use super::batch::header;
use crate::error::{Error, Result};
use crate::shape::Shape;

/// The columns of a stream.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    schema: SchemaRef,
}

impl Source {
    /// Reads a schema. Its columns are counted before they are read, and their names compared after.
    pub(super) fn read(message: &Message, shape: &Shape) -> Result<Self> {
        let header = header(&message.metadata)?;
        let schema = header
            .header_as_schema()
            .ok_or(Error::malformed("an Arrow stream does not begin with a schema"))?;
        if schema.endianness() != fb::Endianness::Little {
            return Err(Error::malformed("an Arrow stream is big-endian"));
        }
        let fields = schema.fields().ok_or(Error::malformed("an Arrow schema has no fields"))?;
        if fields.is_empty() {
            // A result without rows may have no columns, like in text.
            return Ok(Self { schema: Arc::new(Schema::empty()) });
        }
        shape.check_width(fields.len())?;
        let fields: Vec<Field> = fields.iter().map(field).collect::<Result<_>>()?;
        shape.check(fields.len(), fields.iter().map(|field| Ok(field.name().as_str())))?;
        Ok(Self { schema: Arc::new(Schema::new(fields)) })
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

fn field(field: fb::Field<'_>) -> Result<Field> {
    if field.dictionary().is_some() {
        return Err(Error::malformed("an Arrow column is dictionary-encoded"));
    }
    let data_type = data_type(field).ok_or(Error::malformed("an Arrow column has an unknown type"))?;
    // Nullability is the announced schema's business: what is said here is not relied on.
    Ok(Field::new(field.name().unwrap_or_default(), data_type, true))
}

fn data_type(field: fb::Field<'_>) -> Option<DataType> {
    Some(match field.type_type() {
        fb::Type::Null => DataType::Null,
        fb::Type::Bool => DataType::Boolean,
        fb::Type::Utf8 => DataType::Utf8,
        fb::Type::LargeUtf8 => DataType::LargeUtf8,
        fb::Type::Utf8View => DataType::Utf8View,
        fb::Type::Binary => DataType::Binary,
        fb::Type::LargeBinary => DataType::LargeBinary,
        fb::Type::BinaryView => DataType::BinaryView,
        fb::Type::FixedSizeBinary => {
            let width = field.type_as_fixed_size_binary()?.byteWidth();
            (width >= 0).then_some(DataType::FixedSizeBinary(width))?
        }
        fb::Type::Int => integer(field.type_as_int()?)?,
        fb::Type::FloatingPoint => match field.type_as_floating_point()?.precision() {
            fb::Precision::SINGLE => DataType::Float32,
            fb::Precision::DOUBLE => DataType::Float64,
            _ => return None,
        },
        fb::Type::Decimal => decimal(field.type_as_decimal()?)?,
        fb::Type::Date => match field.type_as_date()?.unit() {
            fb::DateUnit::DAY => DataType::Date32,
            fb::DateUnit::MILLISECOND => DataType::Date64,
            _ => return None,
        },
        fb::Type::Timestamp => timestamp(field.type_as_timestamp()?)?,
        _ => return None,
    })
}

fn integer(int: fb::Int<'_>) -> Option<DataType> {
    Some(match (int.bitWidth(), int.is_signed()) {
        (8, true) => DataType::Int8,
        (16, true) => DataType::Int16,
        (32, true) => DataType::Int32,
        (64, true) => DataType::Int64,
        (8, false) => DataType::UInt8,
        (16, false) => DataType::UInt16,
        (32, false) => DataType::UInt32,
        (64, false) => DataType::UInt64,
        _ => return None,
    })
}

fn decimal(decimal: fb::Decimal<'_>) -> Option<DataType> {
    let precision = u8::try_from(decimal.precision()).ok().filter(|precision| *precision > 0)?;
    let scale =
        i8::try_from(decimal.scale()).ok().filter(|scale| i32::from(*scale) <= i32::from(precision))?;
    Some(match (decimal.bitWidth(), precision) {
        (32, ..=9) => DataType::Decimal32(precision, scale),
        (64, ..=18) => DataType::Decimal64(precision, scale),
        (256, ..=76) => DataType::Decimal256(precision, scale),
        // CubeStore before 1.6.66 wrote other widths for what are 128 bits.
        (_, ..=38) => DataType::Decimal128(precision, scale),
        _ => return None,
    })
}

fn timestamp(timestamp: fb::Timestamp<'_>) -> Option<DataType> {
    let unit = match timestamp.unit() {
        fb::TimeUnit::SECOND => TimeUnit::Second,
        fb::TimeUnit::MILLISECOND => TimeUnit::Millisecond,
        fb::TimeUnit::MICROSECOND => TimeUnit::Microsecond,
        fb::TimeUnit::NANOSECOND => TimeUnit::Nanosecond,
        _ => return None,
    };
    Some(DataType::Timestamp(unit, timestamp.timezone().map(Arc::from)))
}
