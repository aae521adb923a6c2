//! A column under construction: scalars of one member become an Arrow array of the announced type.

use std::sync::Arc;

use arrow_array::{
    ArrayRef,
    builder::{
        BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder, StringBuilder,
        TimestampMicrosecondBuilder,
    },
};
use arrow_schema::{DataType, Field, TimeUnit};

use super::{cursor::Scalar, number, time};
use crate::error::{Error, Misfit};

#[derive(Debug)]
pub(super) struct Column {
    nullable: bool,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Boolean(BooleanBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    Decimal { builder: Decimal128Builder, precision: u8, scale: i8 },
    Text(StringBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    Date(Date32Builder),
}

impl Column {
    pub(super) fn new(field: &Field) -> Result<Self, Error> {
        let values = match field.data_type() {
            DataType::Boolean => Values::Boolean(BooleanBuilder::new()),
            DataType::Int64 => Values::Int(Int64Builder::new()),
            DataType::Float64 => Values::Float(Float64Builder::new()),
            DataType::Decimal128(precision, scale) => {
                let builder = Decimal128Builder::new().with_data_type(field.data_type().clone());
                Values::Decimal { builder, precision: *precision, scale: *scale }
            }
            DataType::Utf8 => Values::Text(StringBuilder::new()),
            DataType::Timestamp(TimeUnit::Microsecond, None) => {
                Values::Timestamp(TimestampMicrosecondBuilder::new())
            }
            DataType::Date32 => Values::Date(Date32Builder::new()),
            other => return Err(Error::Schema(format!("column `{}` is {other}", field.name()))),
        };
        Ok(Self { nullable: field.is_nullable(), values })
    }

    #[inline]
    pub(super) fn append(&mut self, scalar: &Scalar<'_>) -> Result<(), Misfit> {
        match (&mut self.values, scalar) {
            (_, Scalar::Null) => return self.append_null(),
            (Values::Text(builder), Scalar::Text(text)) => builder.append_value(text),
            // A text member over numbers or truth values is sent as such by the source, as text by CubeStore.
            (Values::Text(builder), Scalar::Number(text)) => builder.append_value(text),
            (Values::Text(builder), Scalar::Bool(value)) => {
                builder.append_value(if *value { "true" } else { "false" });
            }
            (Values::Int(builder), _) => builder.append_value(number::integer(exact(scalar)?)?),
            (Values::Decimal { builder, precision, scale }, _) => {
                builder.append_value(number::decimal(exact(scalar)?, *precision, *scale)?);
            }
            (Values::Float(builder), Scalar::Text(text)) => builder.append_value(number::float(text)?),
            (Values::Float(builder), Scalar::Number(text)) => builder.append_value(number::float(text)?),
            (Values::Timestamp(builder), Scalar::Text(text)) => builder.append_value(time::timestamp(text)?),
            (Values::Date(builder), Scalar::Text(text)) => builder.append_value(time::date(text)?),
            (Values::Boolean(builder), _) => builder.append_value(truth(scalar)?),
            (Values::Float(_), Scalar::Bool(_)) => return Err(Misfit::Unreadable),
            (Values::Timestamp(_) | Values::Date(_), Scalar::Bool(_) | Scalar::Number(_)) => {
                return Err(Misfit::Unreadable);
            }
        }
        Ok(())
    }

    // The only columns without NULL are counts, and Cube's rollups count nothing as NULL where the source says 0.
    fn append_null(&mut self) -> Result<(), Misfit> {
        match (self.nullable, &mut self.values) {
            (false, Values::Int(builder)) => builder.append_value(0),
            (false, _) => return Err(Misfit::Null),
            (true, Values::Boolean(builder)) => builder.append_null(),
            (true, Values::Int(builder)) => builder.append_null(),
            (true, Values::Float(builder)) => builder.append_null(),
            (true, Values::Decimal { builder, .. }) => builder.append_null(),
            (true, Values::Text(builder)) => builder.append_null(),
            (true, Values::Timestamp(builder)) => builder.append_null(),
            (true, Values::Date(builder)) => builder.append_null(),
        }
        Ok(())
    }

    pub(super) fn finish(self) -> ArrayRef {
        match self.values {
            Values::Boolean(mut builder) => Arc::new(builder.finish()),
            Values::Int(mut builder) => Arc::new(builder.finish()),
            Values::Float(mut builder) => Arc::new(builder.finish()),
            Values::Decimal { mut builder, .. } => Arc::new(builder.finish()),
            Values::Text(mut builder) => Arc::new(builder.finish()),
            Values::Timestamp(mut builder) => Arc::new(builder.finish()),
            Values::Date(mut builder) => Arc::new(builder.finish()),
        }
    }
}

fn exact<'a>(scalar: &'a Scalar<'_>) -> Result<&'a str, Misfit> {
    match scalar {
        Scalar::Text(text) => Ok(text),
        Scalar::Number(text) => number::check_unrounded(text).map(|()| *text),
        Scalar::Null | Scalar::Bool(_) => Err(Misfit::Unreadable),
    }
}

// Some sources have no boolean type and send 1 and 0.
fn truth(scalar: &Scalar<'_>) -> Result<bool, Misfit> {
    let text = match scalar {
        Scalar::Bool(value) => return Ok(*value),
        Scalar::Text(text) => text,
        Scalar::Number(text) => *text,
        Scalar::Null => return Err(Misfit::Null),
    };
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Misfit::Unreadable),
    }
}
