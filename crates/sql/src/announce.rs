//! The schema that callers are told: types that every stock client reads, no metadata.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
    common::DFSchema,
};

/// The announced form of a plan's schema. Names and nullability stay.
pub(crate) fn announced(schema: &DFSchema) -> SchemaRef {
    let fields = schema.fields().iter();
    let fields: Vec<Field> =
        fields.map(|field| Field::new(field.name(), told(field.data_type()), field.is_nullable())).collect();
    Arc::new(Schema::new(fields))
}

// String views are not read by older JDBC drivers; nanoseconds end in 2262.
fn told(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
        other => other.clone(),
    }
}
