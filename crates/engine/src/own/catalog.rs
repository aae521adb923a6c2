//! `information_schema`: the cubes and views of the caller's model, the temporary tables of their session, and the
//! gateway's own tables.

use datafusion::arrow::datatypes::{DataType, Schema};
use semantic::{
    Column, Model,
    model::TableKind,
    name::{CATALOG, SCHEMA},
};
use sql::{OwnTable, TEMPORARY};

use super::Cell;
use crate::temporary::Snapshot;

pub(super) fn schemata(temporary: &Snapshot) -> Vec<Vec<Cell>> {
    let mut schemas = vec![SCHEMA];
    schemas.extend((!temporary.all().is_empty()).then_some(TEMPORARY));
    schemas.extend(OwnTable::ALL.into_iter().map(|own| own.name().0));
    schemas.dedup();
    schemas.into_iter().map(|schema| vec![CATALOG.into(), schema.into()]).collect()
}

pub(super) fn tables(model: &Model, temporary: &Snapshot) -> Vec<Vec<Cell>> {
    let semantic = model.tables().map(|table| {
        let kind = match table.kind {
            TableKind::Cube => "BASE TABLE",
            TableKind::View => "VIEW",
        };
        let (title, description) = (table.title.clone().into(), table.description.clone().into());
        vec![CATALOG.into(), SCHEMA.into(), (&*table.name).into(), kind.into(), title, description]
    });
    let temporary = temporary.all();
    let temporary = temporary.iter().map(|table| {
        let name = (&*table.name).into();
        vec![CATALOG.into(), TEMPORARY.into(), name, "LOCAL TEMPORARY".into(), Cell::Null, Cell::Null]
    });
    let own = OwnTable::ALL.into_iter().map(|own| {
        let (schema, table) = own.name();
        vec![CATALOG.into(), schema.into(), table.into(), "SYSTEM VIEW".into(), Cell::Null, Cell::Null]
    });
    semantic.chain(temporary).chain(own).collect()
}

pub(super) fn columns(model: &Model, temporary: &Snapshot) -> Vec<Vec<Cell>> {
    let semantic = model.tables().flat_map(|table| {
        table.columns().iter().zip(1..).map(|(column, position)| {
            let place = [SCHEMA.into(), (&*table.name).into(), column.name().into(), Cell::Int(position)];
            row(place, &column.field().data_type().clone(), column.field().is_nullable(), member(column))
        })
    });
    let own = OwnTable::ALL.into_iter().flat_map(|own| {
        let (schema, table) = own.name();
        plain(schema, table, &own.schema())
    });
    let temporary = temporary.all();
    let temporary = temporary.iter().flat_map(|table| plain(TEMPORARY, &table.name, &table.schema));
    semantic.chain(temporary).chain(own).collect()
}

/// Columns that no member stands behind.
fn plain(schema: &str, table: &str, columns: &Schema) -> Vec<Vec<Cell>> {
    let rows = columns.fields().iter().zip(1..).map(|(field, position)| {
        let place = [schema.into(), table.into(), field.name().as_str().into(), Cell::Int(position)];
        row(place, field.data_type(), true, [const { Cell::Null }; 4])
    });
    rows.collect()
}

fn row(place: [Cell; 4], data_type: &DataType, nullable: bool, member: [Cell; 4]) -> Vec<Cell> {
    let nullable = if nullable { "YES" } else { "NO" };
    let (precision, scale) = match data_type {
        DataType::Decimal128(precision, scale) => {
            (Cell::Int((*precision).into()), Cell::Int((*scale).into()))
        }
        DataType::Int8 => (Cell::Int(8), Cell::Int(0)),
        DataType::Int16 => (Cell::Int(16), Cell::Int(0)),
        DataType::Int32 => (Cell::Int(32), Cell::Int(0)),
        DataType::Int64 => (Cell::Int(64), Cell::Int(0)),
        DataType::Float32 => (Cell::Int(24), Cell::Null),
        DataType::Float64 => (Cell::Int(53), Cell::Null),
        _ => (Cell::Null, Cell::Null),
    };
    let described = [nullable.into(), sql_name(data_type).into(), precision, scale];
    [CATALOG.into()].into_iter().chain(place).chain(described).chain(member).collect()
}

fn member(column: &Column) -> [Cell; 4] {
    let (kind, word) = column.kind.words();
    [kind.into(), word.into(), column.title.clone().into(), column.description.clone().into()]
}

/// SQL's name of a type.
fn sql_name(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Boolean => "boolean",
        DataType::Int8 | DataType::Int16 => "smallint",
        DataType::Int32 => "integer",
        DataType::Int64 => "bigint",
        DataType::Float32 => "real",
        DataType::Float64 => "double precision",
        DataType::Decimal128(..) => "numeric",
        DataType::Date32 => "date",
        DataType::Timestamp(_, None) => "timestamp without time zone",
        DataType::Timestamp(_, Some(_)) => "timestamp with time zone",
        DataType::Binary => "binary varying",
        _ => "character varying",
    }
}
