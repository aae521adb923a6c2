//! The tables of a session at one moment. A query keeps the one that it was planned over, whatever becomes of the session.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use sql::TemporaryTable;

use super::{TemporaryError, memory::Held};

/// Tables, or why there are none.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    tables: Vec<Arc<Table>>,
    /// What statements over them are remembered by.
    pub(crate) version: u64,
    pub(super) absent: Option<Absent>,
}

/// Why tables that a session may have had are not here.
#[derive(Debug, Clone)]
pub(super) enum Absent {
    /// The replica of that name has them.
    Elsewhere(Arc<str>),
    /// They were given up.
    Gone,
}

/// A table with its rows.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) planned: TemporaryTable,
    /// One for each time that rows were brought.
    pub(super) parts: Vec<Arc<Part>>,
}

/// Rows that came together.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) batches: Vec<RecordBatch>,
    pub(super) held: Held,
}

impl Table {
    pub(crate) fn batches(&self) -> Vec<RecordBatch> {
        self.parts.iter().flat_map(|part| part.batches.iter().cloned()).collect()
    }

    /// Rows, and the bytes that they take.
    pub(crate) fn size(&self) -> (usize, usize) {
        let rows = self.parts.iter().flat_map(|part| &part.batches).map(RecordBatch::num_rows).sum();
        (rows, self.parts.iter().map(|part| part.held.bytes()).sum())
    }
}

impl Snapshot {
    pub(super) fn absent(absent: Absent) -> Self {
        Self { absent: Some(absent), ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.tables.len()
    }

    /// The table of a name, whatever its case: no two differ in nothing else.
    pub(super) fn table(&self, name: &str) -> Option<&Arc<Table>> {
        self.tables.iter().find(|table| table.planned.name.eq_ignore_ascii_case(name))
    }

    /// The very table that was planned.
    pub(crate) fn planned(&self, table: &TemporaryTable) -> Option<&Arc<Table>> {
        self.tables.iter().find(|other| other.planned.id == table.id)
    }

    /// What planning knows of them.
    pub(crate) fn all(&self) -> Vec<TemporaryTable> {
        self.tables.iter().map(|table| table.planned.clone()).collect()
    }

    pub(super) fn without(&self, table: &Table, version: u64) -> Self {
        let others = self.tables.iter().filter(|other| other.planned.id != table.planned.id);
        Self { tables: others.cloned().collect(), version, absent: None }
    }

    /// With one more, in the place of the one that it replaces.
    pub(super) fn with(&self, table: Table, replaced: Option<&Table>) -> Self {
        let others = self.tables.iter();
        let others = others.filter(|other| replaced.is_none_or(|table| table.planned.id != other.planned.id));
        let version = table.planned.id;
        Self { tables: others.cloned().chain([Arc::new(table)]).collect(), version, absent: None }
    }

    /// Why a name that means nothing here may have meant a table.
    pub(crate) fn check(&self) -> Result<(), TemporaryError> {
        match &self.absent {
            None => Ok(()),
            Some(Absent::Elsewhere(node)) => Err(TemporaryError::Elsewhere { node: node.clone() }),
            Some(Absent::Gone) => Err(TemporaryError::Gone),
        }
    }
}
