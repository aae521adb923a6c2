//! Primary and foreign keys.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, RecordBatch, UInt8Array};
use arrow_flight::sql::{
    CommandGetCrossReference, CommandGetExportedKeys, CommandGetImportedKeys, CommandGetPrimaryKeys,
    UpdateDeleteRules,
};
use semantic::{
    MemberName, Model,
    model::ForeignKey,
    name::{CATALOG, SCHEMA},
};

use super::tables::{batch, is_catalog, is_schema, texts};
use crate::status::CallError;

/// The answer to GetPrimaryKeys. Views have none: a join may repeat what was one row of a cube.
pub(crate) fn primary_keys(command: &CommandGetPrimaryKeys, model: &Model) -> Result<RecordBatch, CallError> {
    let here = is_catalog(command.catalog.as_deref()) && is_schema(command.db_schema.as_deref());
    let key = if here { model.primary_key(&command.table) } else { Vec::new() };
    let rows = key.len();
    batch(vec![
        ("catalog_name", true, texts(vec![Some(CATALOG); rows])),
        ("db_schema_name", true, texts(vec![Some(SCHEMA); rows])),
        ("table_name", false, texts(vec![Some(command.table.as_str()); rows])),
        ("column_name", false, texts(key.iter().map(|column| Some(column.member())).collect())),
        ("key_name", true, texts(vec![None; rows])),
        ("key_sequence", false, numbers(1..=rows)),
    ])
}

/// The answer to GetImportedKeys: whose rows the rows of a table point to.
pub(crate) fn imported_keys(
    command: &CommandGetImportedKeys,
    model: &Model,
) -> Result<RecordBatch, CallError> {
    let here = is_catalog(command.catalog.as_deref()) && is_schema(command.db_schema.as_deref());
    let mut keys = model.foreign_keys();
    keys.retain(|key| here && *key.from == command.table);
    keys.sort_by(|one, other| one.to.cmp(&other.to));
    foreign_keys(&keys)
}

/// The answer to GetExportedKeys: whose rows point to the rows of a table.
pub(crate) fn exported_keys(
    command: &CommandGetExportedKeys,
    model: &Model,
) -> Result<RecordBatch, CallError> {
    let here = is_catalog(command.catalog.as_deref()) && is_schema(command.db_schema.as_deref());
    let mut keys = model.foreign_keys();
    keys.retain(|key| here && *key.to == command.table);
    keys.sort_by(|one, other| one.from.cmp(&other.from));
    foreign_keys(&keys)
}

/// The answer to GetCrossReference: how the rows of one table point to those of another.
pub(crate) fn cross_reference(
    command: &CommandGetCrossReference,
    model: &Model,
) -> Result<RecordBatch, CallError> {
    let catalogs = [&command.pk_catalog, &command.fk_catalog];
    let schemas = [&command.pk_db_schema, &command.fk_db_schema];
    let here = catalogs.into_iter().all(|catalog| is_catalog(catalog.as_deref()))
        && schemas.into_iter().all(|schema| is_schema(schema.as_deref()));
    let mut keys = model.foreign_keys();
    keys.retain(|key| here && *key.to == command.pk_table && *key.from == command.fk_table);
    foreign_keys(&keys)
}

/// One row per column of each key.
fn foreign_keys(keys: &[ForeignKey]) -> Result<RecordBatch, CallError> {
    let columns: Vec<_> = keys.iter().flat_map(|key| &key.columns).collect();
    let rows = columns.len();
    let text = |of: fn(&(MemberName, MemberName)) -> &str| {
        texts(columns.iter().map(|column| Some(of(column))).collect())
    };
    let catalog = || texts(vec![Some(CATALOG); rows]);
    let schema = || texts(vec![Some(SCHEMA); rows]);
    // A cube is reached by the path of its joins, which is the only name that a join has.
    let names = keys.iter().flat_map(|key| vec![format!("{}.{}", key.from, key.to); key.columns.len()]);
    let names: Vec<_> = names.collect();
    let rule = || Arc::new(UInt8Array::from(vec![UpdateDeleteRules::NoAction as u8; rows])) as ArrayRef;
    batch(vec![
        ("pk_catalog_name", true, catalog()),
        ("pk_db_schema_name", true, schema()),
        ("pk_table_name", false, text(|(_, to)| to.table())),
        ("pk_column_name", false, text(|(_, to)| to.member())),
        ("fk_catalog_name", true, catalog()),
        ("fk_db_schema_name", true, schema()),
        ("fk_table_name", false, text(|(from, _)| from.table())),
        ("fk_column_name", false, text(|(from, _)| from.member())),
        ("key_sequence", false, numbers(keys.iter().flat_map(|key| 1..=key.columns.len()))),
        ("fk_key_name", true, texts(names.iter().map(|name| Some(name.as_str())).collect())),
        ("pk_key_name", true, texts(vec![None; rows])),
        ("update_rule", false, rule()),
        ("delete_rule", false, rule()),
    ])
}

fn numbers(numbers: impl Iterator<Item = usize>) -> ArrayRef {
    Arc::new(Int32Array::from_iter_values(numbers.map(|number| i32::try_from(number).unwrap_or(i32::MAX))))
}
