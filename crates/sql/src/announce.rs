//! The schema that callers are told: types that every stock client reads, no metadata.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit},
    common::DFSchema,
};

use crate::resolve::Copied;

/// The announced form of a plan's schema. Nullability stays, and so do names but those of copies.
pub(crate) fn announced(schema: &DFSchema, copies: &[Copied]) -> SchemaRef {
    let name = |position: usize| {
        let copy = copies.iter().find(|copy| copy.position == position);
        schema.field(copy.map_or(position, |copy| copy.original)).name()
    };
    let field = |(position, field): (usize, &FieldRef)| {
        Field::new(name(position), told(field.data_type()), field.is_nullable())
    };
    let fields: Vec<Field> = schema.fields().iter().enumerate().map(field).collect();
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
