//! Catalogs, schemas and tables: those of the data model, and the temporary ones of the caller's session.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, RecordBatch, StringArray};
use arrow_flight::{
    IpcMessage, SchemaAsIpc,
    sql::{CommandGetDbSchemas, CommandGetTables},
};
use arrow_ipc::writer::IpcWriteOptions;
use arrow_schema::{Field, Schema};
use engine::{TEMPORARY, TemporaryTable};
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

/// The answer to GetDbSchemas. That of temporary tables is there while they are.
pub(crate) fn db_schemas(
    command: &CommandGetDbSchemas,
    temporary: &[TemporaryTable],
) -> Result<RecordBatch, CallError> {
    let schemas = [SCHEMA].into_iter().chain((!temporary.is_empty()).then_some(TEMPORARY));
    let wanted: Vec<_> = schemas
        .filter(|schema| {
            is_catalog(command.catalog.as_deref())
                && matches(command.db_schema_filter_pattern.as_deref(), schema)
        })
        .map(Some)
        .collect();
    batch(vec![
        ("catalog_name", true, texts(vec![Some(CATALOG); wanted.len()])),
        ("db_schema_name", false, texts(wanted)),
    ])
}

/// The answer to GetTableTypes.
pub(crate) fn table_types() -> Result<RecordBatch, CallError> {
    batch(vec![("table_type", false, texts(vec![Some(LOCAL_TEMPORARY), Some("TABLE"), Some("VIEW")]))])
}

/// A table to tell of.
struct Told<'t> {
    schema: &'static str,
    name: &'t str,
    kind: &'static str,
    columns: Columns<'t>,
}

enum Columns<'t> {
    Semantic(&'t Table),
    Temporary(&'t Schema),
}

/// JDBC's word for tables that are a session's own.
const LOCAL_TEMPORARY: &str = "LOCAL TEMPORARY";

/// The answer to GetTables: cubes are tables, views are views.
pub(crate) fn tables(
    command: &CommandGetTables,
    model: &Model,
    temporary: &[TemporaryTable],
) -> Result<RecordBatch, CallError> {
    let pattern = command.table_name_filter_pattern.as_deref();
    let wanted = |told: &Told<'_>| {
        let types = &command.table_types;
        is_catalog(command.catalog.as_deref())
            && matches(command.db_schema_filter_pattern.as_deref(), told.schema)
            && matches(pattern, told.name)
            && (types.is_empty() || types.iter().any(|kind| kind == told.kind))
    };
    let semantic = model.tables().map(|table| Told {
        schema: SCHEMA,
        name: &table.name,
        kind: kind(table),
        columns: Columns::Semantic(table),
    });
    let temporary = temporary.iter().map(|table| Told {
        schema: TEMPORARY,
        name: &table.name,
        kind: LOCAL_TEMPORARY,
        columns: Columns::Temporary(&table.schema),
    });
    let mut found: Vec<_> = semantic.chain(temporary).filter(wanted).collect();
    // Some drivers pass a name where a pattern belongs and read the first row only.
    found.sort_by_key(|told| (pattern != Some(told.name), told.name.to_owned()));
    let mut columns = vec![
        ("catalog_name", true, texts(vec![Some(CATALOG); found.len()])),
        ("db_schema_name", true, texts(found.iter().map(|told| Some(told.schema)).collect())),
        ("table_name", false, texts(found.iter().map(|told| Some(told.name)).collect())),
        ("table_type", false, texts(found.iter().map(|told| Some(told.kind)).collect())),
    ];
    if command.include_schema {
        let schemas: Result<Vec<_>, _> = found.iter().map(|told| schema_bytes(&told.columns)).collect();
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
fn schema_bytes(columns: &Columns<'_>) -> Result<bytes::Bytes, CallError> {
    let schema = match columns {
        Columns::Semantic(table) => {
            let fields = table.columns().iter().map(|column| columns::of_table(table, column));
            Schema::new(fields.collect::<Vec<Field>>())
        }
        Columns::Temporary(schema) => columns::of_result(schema).as_ref().clone(),
    };
    let options = IpcWriteOptions::default();
    let IpcMessage(bytes) = SchemaAsIpc::new(&schema, &options).try_into().map_err(CallError::Encoding)?;
    Ok(bytes)
}
