//! Catalogs, schemas, tables and keys.

use std::{collections::HashMap, sync::Arc};

use arrow_array::{ArrayRef, BinaryArray, Int32Array, RecordBatch, StringArray, UInt8Array, new_empty_array};
use arrow_flight::{
    IpcMessage, SchemaAsIpc,
    sql::{CommandGetDbSchemas, CommandGetPrimaryKeys, CommandGetTables},
};
use arrow_ipc::writer::IpcWriteOptions;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use semantic::{
    Column, ColumnKind, Model, Table,
    model::TableKind,
    name::{CATALOG, SCHEMA},
};

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

/// The answer to GetPrimaryKeys: the public dimensions of a cube's key.
pub(crate) fn primary_keys(command: &CommandGetPrimaryKeys, model: &Model) -> Result<RecordBatch, CallError> {
    let here = is_catalog(command.catalog.as_deref()) && is_schema(command.db_schema.as_deref());
    let table = model.table(&command.table).filter(|_| here);
    let keys: Vec<&Column> = table
        .map(|table| table.columns().iter().filter(|column| column.primary_key).collect())
        .unwrap_or_default();
    let rows = keys.len();
    batch(vec![
        ("catalog_name", true, texts(vec![Some(CATALOG); rows])),
        ("db_schema_name", true, texts(vec![Some(SCHEMA); rows])),
        ("table_name", false, texts(vec![Some(command.table.as_str()); rows])),
        ("column_name", false, texts(keys.iter().map(|column| Some(column.name())).collect())),
        ("key_name", true, texts(vec![None; rows])),
        (
            "key_sequence",
            false,
            Arc::new(Int32Array::from_iter_values(1..=i32::try_from(rows).unwrap_or(i32::MAX))),
        ),
    ])
}

/// The answer to the three commands about foreign keys: none, since joins are the data model's business.
pub(crate) fn foreign_keys() -> Result<RecordBatch, CallError> {
    let text = || new_empty_array(&DataType::Utf8);
    let rule = || Arc::new(UInt8Array::from(Vec::<u8>::new())) as ArrayRef;
    batch(vec![
        ("pk_catalog_name", true, text()),
        ("pk_db_schema_name", true, text()),
        ("pk_table_name", false, text()),
        ("pk_column_name", false, text()),
        ("fk_catalog_name", true, text()),
        ("fk_db_schema_name", true, text()),
        ("fk_table_name", false, text()),
        ("fk_column_name", false, text()),
        ("key_sequence", false, new_empty_array(&DataType::Int32)),
        ("fk_key_name", true, text()),
        ("pk_key_name", true, text()),
        ("update_rule", false, rule()),
        ("delete_rule", false, rule()),
    ])
}

fn batch(columns: Vec<(&str, bool, ArrayRef)>) -> Result<RecordBatch, CallError> {
    let field = |(name, nullable, array): &(&str, bool, ArrayRef)| {
        Field::new(*name, array.data_type().clone(), *nullable)
    };
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    let arrays = columns.into_iter().map(|(_, _, array)| array).collect();
    RecordBatch::try_new(Arc::new(schema), arrays).map_err(CallError::Encoding)
}

fn texts(values: Vec<Option<&str>>) -> ArrayRef {
    Arc::new(StringArray::from(values))
}

fn kind(table: &Table) -> &'static str {
    match table.kind {
        TableKind::Cube => "TABLE",
        TableKind::View => "VIEW",
    }
}

/// The empty name asks for what has no catalog, of which there is nothing.
fn is_catalog(wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| wanted == CATALOG)
}

fn is_schema(wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| wanted == SCHEMA)
}

/// SQL's LIKE with `%`, `_` and the backslash; no pattern matches all.
fn matches(pattern: Option<&str>, name: &str) -> bool {
    let Some(pattern) = pattern else { return true };
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    // reach[i]: the pattern so far matches the first i letters.
    let mut reach = vec![false; name.len() + 1];
    reach[0] = true;
    let mut letters = pattern.iter();
    while let Some(letter) = letters.next() {
        let mut next = vec![false; name.len() + 1];
        match letter {
            '%' => {
                let first = reach.iter().position(|reached| *reached);
                first.into_iter().for_each(|first| next[first..].fill(true));
            }
            wildcard_or_letter => {
                let literal = match wildcard_or_letter {
                    '_' => None,
                    '\\' => letters.next().or(Some(&'\\')),
                    letter => Some(letter),
                };
                for (position, own) in name.iter().enumerate() {
                    next[position + 1] = reach[position] && literal.is_none_or(|literal| literal == own);
                }
            }
        }
        reach = next;
    }
    reach[name.len()]
}

/// The table's schema as the IPC message that drivers read, with what people are shown of each column.
fn schema_bytes(table: &Table) -> Result<bytes::Bytes, CallError> {
    let fields: Vec<Field> = table
        .columns()
        .iter()
        .map(|column| column.field().as_ref().clone().with_metadata(column_metadata(table, column)))
        .collect();
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let options = IpcWriteOptions::default();
    let IpcMessage(bytes) = SchemaAsIpc::new(&schema, &options).try_into().map_err(CallError::Encoding)?;
    Ok(bytes)
}

fn column_metadata(table: &Table, column: &Column) -> HashMap<String, String> {
    let mut metadata = HashMap::new();
    let mut add = |key: &str, value: String| metadata.insert(format!("ARROW:FLIGHT:SQL:{key}"), value);
    add("CATALOG_NAME", CATALOG.to_owned());
    add("SCHEMA_NAME", SCHEMA.to_owned());
    add("TABLE_NAME", table.name.to_string());
    add("TYPE_NAME", type_name(column).to_owned());
    if let DataType::Decimal128(precision, scale) = DataType::from(column.data_type) {
        add("PRECISION", precision.to_string());
        add("SCALE", scale.to_string());
    }
    add("IS_AUTO_INCREMENT", "0".to_owned());
    add("IS_CASE_SENSITIVE", "1".to_owned());
    add("IS_READ_ONLY", "1".to_owned());
    add("IS_SEARCHABLE", "1".to_owned());
    if let Some(remarks) = remarks(column) {
        add("REMARKS", remarks);
    }
    metadata
}

/// What Cube calls the member's type.
fn type_name(column: &Column) -> &'static str {
    match column.kind {
        ColumnKind::Measure(kind) => kind.name(),
        ColumnKind::Dimension(_) => "dimension",
        ColumnKind::Segment => "segment",
    }
}

fn remarks(column: &Column) -> Option<String> {
    match (&column.title, &column.description) {
        (Some(title), Some(description)) => Some(format!("{title}: {description}")),
        (Some(text), None) | (None, Some(text)) => Some(text.clone()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            (None, "orders", true),
            (Some("%"), "orders", true),
            (Some("orders"), "orders", true),
            (Some("order_"), "orders", true),
            (Some("o%s"), "orders", true),
            (Some("%rd%"), "orders", true),
            (Some(""), "orders", false),
            (Some("Orders"), "orders", false),
            (Some("order"), "orders", false),
            (Some("line_item"), "lineitem", false),
            (Some("line\\_item"), "line_item", true),
            (Some("line\\_item"), "linexitem", false),
            (Some("%%%%%%%%%%%%%%%%%%%%%%%%%%x"), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern:?} {name}");
        }
    }
}
