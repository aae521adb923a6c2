//! The types of the store's columns, and what its catalogue calls them.

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, TimeUnit};

const KEY: &str = "cubestore.type";
const SKETCH: &str = "hyperloglog";

/// Marks a column of bytes as sketches; the mark survives in Parquet files.
pub(crate) fn sketch(field: Field) -> Field {
    field.with_metadata([(KEY.to_owned(), SKETCH.to_owned())].into())
}

/// What `information_schema.columns` says; the number is the scale, the precision is not told.
///
/// Stores before 1.6 keep decimals of a scale above 5 with scale 10, and say so.
pub(crate) fn catalogue_name(field: &Field, before_1_6: bool) -> String {
    match field.data_type() {
        DataType::Int64 => "int".to_owned(),
        DataType::Float64 => "float".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::Binary => field.metadata().get(KEY).map_or("bytes", String::as_str).to_owned(),
        DataType::Decimal128(precision, scale) => {
            let scale = if before_1_6 && *scale > 5 { 10 } else { *scale };
            let word = if *precision > 18 { "decimal96" } else { "decimal" };
            format!("{word}({scale})")
        }
        _ => "text".to_owned(),
    }
}

/// What `system.tables` says.
pub(crate) fn debug_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Int64 => "Int".to_owned(),
        DataType::Float64 => "Float".to_owned(),
        DataType::Boolean => "Boolean".to_owned(),
        DataType::Timestamp(..) => "Timestamp".to_owned(),
        DataType::Binary => "Bytes".to_owned(),
        DataType::Decimal128(precision, scale) => {
            format!("Decimal {{ scale: {scale}, precision: {precision} }}")
        }
        _ => "String".to_owned(),
    }
}

/// The columns of an answer: of the engine's types those that leave the store. Gives a type back that none does.
pub(crate) fn answered(columns: &Schema) -> Result<Schema, DataType> {
    let field = |field: &FieldRef| match field.data_type() {
        known if leaves_store(known) => Ok(Field::new(field.name(), of_store(known), true)),
        other => Err(other.clone()),
    };
    Ok(Schema::new(columns.fields().iter().map(field).collect::<Result<Vec<_>, _>>()?))
}

fn leaves_store(data_type: &DataType) -> bool {
    data_type.is_integer()
        || data_type.is_floating()
        || data_type.is_string()
        || matches!(
            data_type,
            DataType::Null
                | DataType::Boolean
                | DataType::Binary
                | DataType::LargeBinary
                | DataType::BinaryView
                | DataType::Decimal128(..)
                | DataType::Timestamp(..)
        )
}

/// The columns of a table: of any types those that the store has.
pub(crate) fn kept(columns: &Schema) -> Schema {
    let field = |field: &FieldRef| {
        let kept = Field::new(field.name(), of_store(field.data_type()), true);
        kept.with_metadata(field.metadata().clone())
    };
    Schema::new(columns.fields().iter().map(field).collect::<Vec<_>>())
}

fn of_store(data_type: &DataType) -> DataType {
    match data_type {
        data_type if data_type.is_integer() => DataType::Int64,
        DataType::Float16 | DataType::Float32 => DataType::Float64,
        DataType::Timestamp(..) | DataType::Date32 => DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::LargeBinary | DataType::BinaryView => DataType::Binary,
        DataType::Boolean | DataType::Float64 | DataType::Binary | DataType::Decimal128(..) => {
            data_type.clone()
        }
        _ => DataType::Utf8,
    }
}
