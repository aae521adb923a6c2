//! The store's own tables: `information_schema` and `system`.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{
            ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
            new_null_array,
        },
        datatypes::{DataType, Field, Schema, TimeUnit},
        error::ArrowError,
    },
    datasource::MemTable,
    error::DataFusionError,
};

use super::catalogue::{Catalogue, Table};
use crate::store_types::{catalogue_name, debug_name};

/// The schemas that are not the user's.
pub(super) const SCHEMAS: [&str; 2] = ["information_schema", "system"];

const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

type Columns = Vec<(&'static str, ArrayRef)>;

/// A system table as it is now.
pub(super) fn table(
    schema: &str,
    name: &str,
    catalogue: &Catalogue,
) -> Result<Option<Arc<MemTable>>, DataFusionError> {
    let tables = catalogue.all();
    let columns = match (schema, name) {
        ("information_schema", "tables") => information_tables(&tables),
        ("information_schema", "columns") => information_columns(&tables, catalogue.abilities.first_engine),
        ("information_schema", "schemata") => vec![("schema_name", texts(schemata(&tables)))],
        ("system", "tables") => system_tables(&tables),
        _ => return Ok(None),
    };
    let rows = batch(columns)?;
    Ok(Some(Arc::new(MemTable::try_new(rows.schema(), vec![vec![rows]])?)))
}

fn batch(columns: Columns) -> Result<RecordBatch, ArrowError> {
    let fields = columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    RecordBatch::try_new(schema, columns.into_iter().map(|(_, column)| column).collect())
}

fn texts(values: impl IntoIterator<Item = impl AsRef<str>>) -> ArrayRef {
    Arc::new(values.into_iter().map(Some).collect::<StringArray>())
}

fn schemata(tables: &[Arc<Table>]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for table in tables {
        if !names.contains(&&*table.schema) {
            names.push(&table.schema);
        }
    }
    names
}

fn information_tables(tables: &[Arc<Table>]) -> Columns {
    let never = || new_null_array(&TIMESTAMP, tables.len());
    vec![
        ("table_schema", texts(tables.iter().map(|table| &table.schema))),
        ("table_name", texts(tables.iter().map(|table| &table.name))),
        ("build_range_end", never()),
        ("seal_at", never()),
    ]
}

fn information_columns(tables: &[Arc<Table>], first_engine: bool) -> Columns {
    let columns =
        || tables.iter().flat_map(|table| table.columns.fields().iter().map(move |field| (table, field)));
    vec![
        ("table_schema", texts(columns().map(|(table, _)| &table.schema))),
        ("table_name", texts(columns().map(|(table, _)| &table.name))),
        ("column_name", texts(columns().map(|(_, field)| field.name()))),
        ("data_type", texts(columns().map(|(_, field)| catalogue_name(field, first_engine)))),
    ]
}

fn system_tables(tables: &[Arc<Table>]) -> Columns {
    let schemata = schemata(tables);
    let count = tables.len();
    let schema_id =
        |table: &Arc<Table>| schemata.iter().position(|name| *name == table.schema).unwrap_or(0) as i64 + 1;
    let all = |truth: bool| -> ArrayRef { Arc::new(BooleanArray::from(vec![truth; count])) };
    let same = |text: &str| texts(std::iter::repeat_n(text.to_owned(), count));
    let no_text = || new_null_array(&DataType::Utf8, count);
    let no_number = || new_null_array(&DataType::Int64, count);
    let no_time = || new_null_array(&TIMESTAMP, count);
    vec![
        ("id", Arc::new(Int64Array::from_iter_values(1..=count as i64))),
        ("schema_id", Arc::new(Int64Array::from_iter_values(tables.iter().map(schema_id)))),
        ("table_schema", texts(tables.iter().map(|table| &table.schema))),
        ("table_name", texts(tables.iter().map(|table| &table.name))),
        ("columns", texts(tables.iter().map(|table| debug_columns(table)))),
        ("locations", same("None")),
        ("import_format", same("None")),
        ("has_data", all(true)),
        ("is_ready", all(true)),
        ("unique_key_column_indices", no_text()),
        ("aggregate_columns", same("[]")),
        ("seq_column_index", no_number()),
        ("partition_split_threshold", no_number()),
        ("created_at", Arc::new(TimestampMicrosecondArray::from(vec![0; count]))),
        ("build_range_end", no_time()),
        ("seal_at", no_time()),
        ("sealed", all(false)),
        ("select_statement", no_text()),
        ("extension", no_text()),
    ]
}

/// The columns in the way that the store's own language prints its values.
fn debug_columns(table: &Table) -> String {
    let column = |(index, field): (usize, &Arc<Field>)| {
        format!(
            "Column {{ name: {:?}, column_type: {}, column_index: {index} }}",
            field.name(),
            debug_name(field.data_type())
        )
    };
    let columns: Vec<_> = table.columns.fields().iter().enumerate().map(column).collect();
    format!("[{}]", columns.join(", "))
}
