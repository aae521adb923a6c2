//! The columns of a temporary table: types that every stock client reads, and their exact values.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, RecordBatch, cast::AsArray},
        compute::{CastOptions, cast_with_options},
        datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit, TimestampNanosecondType},
    },
    common::utils::memory::get_record_batch_memory_size,
};

use super::TemporaryError;

/// Columns that a table has at most.
const MOST: usize = 1_000;
/// Bytes that a column of a batch takes beside its values.
const COLUMN: usize = 256;

/// The table's columns for those that a caller sends: nullable, without metadata.
pub(super) fn columns(sent: &Schema) -> Result<SchemaRef, TemporaryError> {
    let wrong = |why: String| Err(TemporaryError::Columns(why));
    if !(1..=MOST).contains(&sent.fields().len()) {
        return wrong(format!("a temporary table has 1 to {MOST} columns"));
    }
    let mut fields: Vec<Field> = Vec::new();
    for field in sent.fields() {
        let name = field.name();
        if name.is_empty() || fields.iter().any(|other| other.name() == name) {
            let name: String = name.chars().take(100).collect();
            return wrong(format!("every column has a name of its own, and `{name}` is none"));
        }
        fields.push(Field::new(name, kept(field.data_type()), true));
    }
    Ok(Arc::new(Schema::new(fields)))
}

/// What the schema that is announced says of such a column.
fn kept(sent: &DataType) -> DataType {
    match sent {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
        other => other.clone(),
    }
}

/// Whether rows with these columns can be added to a table with those.
pub(super) fn check_same(table: &Schema, sent: &Schema) -> Result<(), TemporaryError> {
    let shown = |schema: &Schema| {
        let fields = schema.fields().iter().map(|field| format!("`{}` {}", field.name(), field.data_type()));
        let mut shown = fields.collect::<Vec<_>>().join(", ");
        shown.truncate(shown.floor_char_boundary(300));
        shown
    };
    if table == sent {
        return Ok(());
    }
    let (table, sent) = (shown(table), shown(sent));
    Err(TemporaryError::Columns(format!("the table has the columns {table}, and {sent} were sent")))
}

/// The rows as the table keeps them.
pub(super) fn rows(sent: &RecordBatch, columns: &SchemaRef) -> Result<RecordBatch, TemporaryError> {
    let fields = sent.columns().iter().zip(columns.fields());
    let kept = fields.map(|(column, field)| {
        exact(column, field.data_type()).ok_or_else(|| TemporaryError::Value {
            column: field.name().clone(),
            data_type: field.data_type().to_string(),
        })
    });
    let kept = kept.collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(columns.clone(), kept).map_err(|error| TemporaryError::Columns(error.to_string()))
}

/// The values under another type; `None` when it cannot hold one of them.
fn exact(column: &ArrayRef, data_type: &DataType) -> Option<ArrayRef> {
    if column.data_type() == data_type {
        return Some(column.clone());
    }
    if let DataType::Timestamp(TimeUnit::Nanosecond, _) = column.data_type() {
        let nanos = column.as_primitive::<TimestampNanosecondType>();
        if nanos.iter().flatten().any(|nanos| nanos % 1_000 != 0) {
            return None;
        }
    }
    cast_with_options(column, data_type, &CastOptions { safe: false, ..CastOptions::default() }).ok()
}

/// Bytes that a batch takes. A row is never for nothing: NULLs of no type have no bytes, and reading them takes time.
pub(super) fn bytes(batch: &RecordBatch) -> usize {
    get_record_batch_memory_size(batch).max(batch.num_rows()) + overhead(batch.num_columns())
}

/// Bytes that so many columns of a batch take beside its values.
pub(super) fn overhead(columns: usize) -> usize {
    COLUMN * (columns + 1)
}
