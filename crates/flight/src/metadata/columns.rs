//! What is said of a column beside its type, in the metadata of its field.

use std::{collections::HashMap, sync::Arc};

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use semantic::{
    ArrowType, Column, Table,
    name::{CATALOG, SCHEMA},
};

use super::types;

/// The field of a table's column.
pub(super) fn of_table(table: &Table, column: &Column) -> Field {
    let mut metadata = digits(&column.data_type.into());
    let mut add = |key: &str, value: &str| metadata.insert(key_of(key), value.to_owned());
    add("CATALOG_NAME", CATALOG);
    add("SCHEMA_NAME", SCHEMA);
    add("TABLE_NAME", &table.name);
    add("TYPE_NAME", types::name_of(column.data_type));
    add("IS_AUTO_INCREMENT", "0");
    add("IS_CASE_SENSITIVE", truth(column.data_type == ArrowType::Utf8));
    add("IS_READ_ONLY", "1");
    // WHERE chooses rows, and a measure has no value in a row that is grouped.
    add("IS_SEARCHABLE", truth(!column.is_measure()));
    if let Some(remarks) = remarks(column) {
        add("REMARKS", &remarks);
    }
    let (kind, member_type) = column.kind.words();
    metadata.insert("CUBE:MEMBER_KIND".to_owned(), kind.to_owned());
    metadata.extend(member_type.map(|name| ("CUBE:MEMBER_TYPE".to_owned(), name.to_owned())));
    column.field().as_ref().clone().with_metadata(metadata)
}

/// The schema of a statement's rows, with what drivers cannot read off its types.
pub(crate) fn of_result(schema: &Schema) -> SchemaRef {
    let field = |field: &Arc<Field>| field.as_ref().clone().with_metadata(digits(field.data_type()));
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}

/// The schema of a statement's parameters. JDBC's driver binds times in milliseconds, whatever unit it is told, and
/// times are kept no finer.
pub(crate) fn of_parameters(schema: &Schema) -> SchemaRef {
    let field = |field: &Arc<Field>| match field.data_type() {
        DataType::Timestamp(_, zone) => {
            let data_type = DataType::Timestamp(TimeUnit::Millisecond, zone.clone());
            field.as_ref().clone().with_data_type(data_type)
        }
        _ => field.as_ref().clone(),
    };
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}

/// JDBC's driver knows of a decimal's digits only what it is told.
fn digits(data_type: &DataType) -> HashMap<String, String> {
    let (DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale)) = data_type else {
        return HashMap::new();
    };
    HashMap::from([(key_of("PRECISION"), precision.to_string()), (key_of("SCALE"), scale.to_string())])
}

fn key_of(name: &str) -> String {
    format!("ARROW:FLIGHT:SQL:{name}")
}

fn truth(value: bool) -> &'static str {
    if value { "1" } else { "0" }
}

fn remarks(column: &Column) -> Option<String> {
    match (&column.title, &column.description) {
        (Some(title), Some(description)) => Some(format!("{title}: {description}")),
        (Some(text), None) | (None, Some(text)) => Some(text.clone()),
        (None, None) => None,
    }
}
