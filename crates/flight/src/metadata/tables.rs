//! Catalogs, schemas and tables.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, RecordBatch, StringArray};
use arrow_flight::{
    IpcMessage, SchemaAsIpc,
    sql::{CommandGetDbSchemas, CommandGetTables},
};
use arrow_ipc::writer::IpcWriteOptions;
use arrow_schema::{Field, Schema};
use semantic::{
    Model, Table,
    model::TableKind,
    name::{CATALOG, SCHEMA},
};

use super::{columns, pattern::matches};
use crate::status::CallError;

/// The answer to GetCatalogs.
pub(crate) fn catalogs() -> Result<RecordBatch, CallError> {
    batch(vec![("catalog_name", false, texts(vec![Some(CATALOG)]))])
}

/// The answer to GetDbSchemas.
pub(crate) fn db_schemas(command: &CommandGetDbSchemas) -> Result<RecordBatch, CallError> {
    let wanted = is_catalog(command.catalog.as_deref())
        && matches(command.db_schema_filter_pattern.as_deref(), SCHEMA);
    let rows = usize::from(wanted);
    batch(vec![
        ("catalog_name", true, texts(vec![Some(CATALOG); rows])),
        ("db_schema_name", false, texts(vec![Some(SCHEMA); rows])),
    ])
}

/// The answer to GetTableTypes.
pub(crate) fn table_types() -> Result<RecordBatch, CallError> {
    batch(vec![("table_type", false, texts(vec![Some("TABLE"), Some("VIEW")]))])
}

/// The answer to GetTables: cubes are tables, views are views.
pub(crate) fn tables(command: &CommandGetTables, model: &Model) -> Result<RecordBatch, CallError> {
    let pattern = command.table_name_filter_pattern.as_deref();
    let all = is_catalog(command.catalog.as_deref())
        && matches(command.db_schema_filter_pattern.as_deref(), SCHEMA);
    let wanted = |table: &&Table| {
        let types = &command.table_types;
        all && matches(pattern, &table.name) && (types.is_empty() || types.iter().any(|t| t == kind(table)))
    };
    let mut found: Vec<&Table> = model.tables().filter(wanted).collect();
    // Some drivers pass a name where a pattern belongs and read the first row only.
    found.sort_by_key(|table| (pattern != Some(&table.name), table.name.clone()));
    let rows = found.len();
    let mut columns = vec![
        ("catalog_name", true, texts(vec![Some(CATALOG); rows])),
        ("db_schema_name", true, texts(vec![Some(SCHEMA); rows])),
        ("table_name", false, texts(found.iter().map(|table| Some(&*table.name)).collect())),
        ("table_type", false, texts(found.iter().map(|table| Some(kind(table))).collect())),
    ];
    if command.include_schema {
        let schemas: Result<Vec<_>, _> = found.iter().map(|table| schema_bytes(table)).collect();
        let schemas = schemas?;
        let schemas = BinaryArray::from_iter_values(schemas.iter().map(AsRef::<[u8]>::as_ref));
        columns.push(("table_schema", false, Arc::new(schemas)));
    }
    batch(columns)
}

pub(super) fn batch(columns: Vec<(&str, bool, ArrayRef)>) -> Result<RecordBatch, CallError> {
    let field = |(name, nullable, array): &(&str, bool, ArrayRef)| {
        Field::new(*name, array.data_type().clone(), *nullable)
    };
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    let arrays = columns.into_iter().map(|(_, _, array)| array).collect();
    RecordBatch::try_new(Arc::new(schema), arrays).map_err(CallError::Encoding)
}

pub(super) fn texts(values: Vec<Option<&str>>) -> ArrayRef {
    Arc::new(StringArray::from(values))
}

fn kind(table: &Table) -> &'static str {
    match table.kind {
        TableKind::Cube => "TABLE",
        TableKind::View => "VIEW",
    }
}

/// The empty name asks for what has no catalog, of which there is nothing.
pub(super) fn is_catalog(wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| wanted == CATALOG)
}

pub(super) fn is_schema(wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| wanted == SCHEMA)
}

/// The table's schema as the IPC message that drivers read, with what people are shown of each column.
fn schema_bytes(table: &Table) -> Result<bytes::Bytes, CallError> {
    let fields: Vec<Field> = table.columns().iter().map(|column| columns::of_table(table, column)).collect();
    let schema = Schema::new(fields);
    let options = IpcWriteOptions::default();
    let IpcMessage(bytes) = SchemaAsIpc::new(&schema, &options).try_into().map_err(CallError::Encoding)?;
    Ok(bytes)
}
