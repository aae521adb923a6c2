//! Rows as values that can be compared and printed.

use std::fmt;

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::{DataType, Float64Type},
    util::display::{ArrayFormatter, FormatOptions},
};

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Float(f64),
    /// Everything that has one text: exact numbers, texts, times.
    Text(String),
}

/// All rows of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<String>,
    pub(crate) values: Vec<Vec<Cell>>,
}

impl Rows {
    pub(crate) fn of(batch: &RecordBatch) -> Self {
        let columns = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
        let cells: Vec<Vec<Cell>> = batch.columns().iter().map(|column| cells(column)).collect();
        let row = |row: usize| cells.iter().map(|column| column[row].clone()).collect();
        Self { columns, values: (0..batch.num_rows()).map(row).collect() }
    }

    /// The same rows in an order of their own. Floats decide last and by their first digits, because two roads add
    /// them in different orders.
    pub(crate) fn sorted(mut self) -> Self {
        self.values.sort_by_cached_key(|row| {
            let (floats, exact): (Vec<_>, Vec<_>) =
                row.iter().partition(|cell| matches!(cell, Cell::Float(_)));
            // A text may spell NULL.
            let exact: Vec<_> =
                exact.into_iter().map(|cell| (*cell == Cell::Null, cell.to_string())).collect();
            // Adding zero makes one of the two zeros.
            let digits = |cell: &Cell| {
                if let Cell::Float(number) = cell { format!("{:.6e}", number + 0.0) } else { String::new() }
            };
            (exact, floats.into_iter().map(digits).collect::<Vec<_>>())
        });
        self
    }

    /// The first difference to other rows; floats may differ by 1e-9 of their size.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        if self.columns != other.columns {
            return Some(format!("columns {:?} and {:?}", self.columns, other.columns));
        }
        if self.values.len() != other.values.len() {
            return Some(format!("{} and {} rows", self.values.len(), other.values.len()));
        }
        let rows = self.values.iter().zip(&other.values).enumerate();
        let mut different =
            rows.filter(|(_, (left, right))| !left.iter().zip(*right).all(|(left, right)| left.is(right)));
        different.next().map(|(row, (left, right))| format!("row {row}: {left:?} and {right:?}"))
    }
}

impl Cell {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(left), Self::Float(right)) => {
                // Infinities have no distance, and there are many NaNs.
                (left == right || left.is_nan() && right.is_nan())
                    || (left - right).abs() <= 1e-9 * left.abs().max(right.abs())
            }
            (left, right) => left == right,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

fn cells(column: &dyn Array) -> Vec<Cell> {
    if column.data_type() == &DataType::Float64 {
        let values = column.as_primitive::<Float64Type>().iter();
        return values.map(|value| value.map_or(Cell::Null, Cell::Float)).collect();
    }
    let options = FormatOptions::default();
    let text = ArrayFormatter::try_new(column, &options).unwrap();
    let cell = |row| if column.is_null(row) { Cell::Null } else { Cell::Text(text.value(row).to_string()) };
    (0..column.len()).map(cell).collect()
}
