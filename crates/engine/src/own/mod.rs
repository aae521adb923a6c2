//! The rows of the gateway's own tables, as their caller may see them.

mod catalog;
mod history;
mod pre_aggregations;
mod settings;

use std::sync::Arc;

use datafusion::arrow::{
    array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    datatypes::{DataType, SchemaRef},
};
use sql::OwnTable;

pub(crate) use history::{Asked, History};

use crate::{
    error::{EngineError, Result},
    leaf::QueryContext,
};

/// The rows of a table.
pub(crate) fn rows(table: OwnTable, context: &QueryContext) -> Result<RecordBatch> {
    let rows = match table {
        OwnTable::Schemata => catalog::schemata(&context.temporary),
        OwnTable::Tables => catalog::tables(&context.model, &context.temporary),
        OwnTable::Columns => catalog::columns(&context.model, &context.temporary),
        OwnTable::PreAggregations => {
            pre_aggregations::built(&context.model, &context.shared.tables.current())
        }
        OwnTable::Queries => context.shared.history.queries(&context.caller),
        OwnTable::Refusals => context.shared.history.refusals(&context.caller),
        OwnTable::Settings => settings::shown(&context.shared.config),
    };
    batch(&table.schema(), &rows)
}

/// One value.
#[derive(Debug, Clone)]
enum Cell {
    Null,
    Text(String),
    Int(i64),
    Double(f64),
    /// Microseconds.
    Time(i64),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        i64::try_from(count).map_or(Self::Null, Self::Int)
    }
}

impl<T> From<Option<T>> for Cell
where
    Self: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

fn batch(schema: &SchemaRef, rows: &[Vec<Cell>]) -> Result<RecordBatch> {
    let columns = schema.fields().iter().enumerate();
    let columns = columns.map(|(at, field)| column(field.data_type(), rows.iter().map(move |row| &row[at])));
    let batch = RecordBatch::try_new(schema.clone(), columns.collect());
    batch.map_err(|error| EngineError::Internal(Arc::new(error.into())))
}

fn column<'c>(data_type: &DataType, cells: impl Iterator<Item = &'c Cell>) -> ArrayRef {
    match data_type {
        DataType::Int64 => {
            let number = |cell: &Cell| if let Cell::Int(number) = cell { Some(*number) } else { None };
            Arc::new(cells.map(number).collect::<Int64Array>())
        }
        DataType::Float64 => {
            let number = |cell: &Cell| if let Cell::Double(number) = cell { Some(*number) } else { None };
            Arc::new(cells.map(number).collect::<Float64Array>())
        }
        DataType::Timestamp(..) => {
            let time = |cell: &Cell| if let Cell::Time(micros) = cell { Some(*micros) } else { None };
            Arc::new(cells.map(time).collect::<TimestampMicrosecondArray>())
        }
        _ => {
            let texts =
                cells.map(|cell| if let Cell::Text(text) = cell { Some(text.as_str()) } else { None });
            Arc::new(texts.collect::<StringArray>())
        }
    }
}
