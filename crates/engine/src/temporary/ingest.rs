//! Rows that are on their way into a temporary table. All of them get there, or none.

use std::sync::Arc;

use cubestore::{Budget, Reservation};
use datafusion::arrow::{
    array::RecordBatch,
    datatypes::{Schema, SchemaRef},
};
use semantic::Model;
use sql::TemporaryTable;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    Absent, Owner, Place, Session, Snapshot, Temporary, TemporaryError,
    columns::{self, bytes, check_same, overhead},
    memory::Held,
    snapshot::{Part, Table},
};
use crate::{caller::Caller, error::Result, metrics};

/// Bytes of a table's name at most.
const LONGEST_NAME: usize = 255;
/// Tables of a session at most.
const MOST_TABLES: usize = 100;

/// Where rows go.
#[derive(Debug, Clone)]
pub struct Target {
    /// The table, without catalog and schema.
    pub table: String,
    /// What is done when there is none.
    pub if_missing: IfMissing,
    /// What is done when there is one.
    pub if_there: IfThere,
}

/// What becomes of a table that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMissing {
    /// It is made.
    Create,
    /// Nothing is done.
    Fail,
}

/// What becomes of a table that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfThere {
    /// Nothing is done.
    Fail,
    /// The rows are added to its own.
    Append,
    /// It is made anew.
    Replace,
}

/// Rows that have come so far. Dropped before it is finished, it leaves nothing behind.
pub struct Ingest {
    temporary: Arc<Temporary>,
    owner: Owner,
    place: Option<Place>,
    session: Budget,
    target: Target,
    columns: SchemaRef,
    batches: Vec<RecordBatch>,
    rows: u64,
    /// Bytes of `batches`; more is held for what is being read.
    settled: usize,
    held: Held,
    /// For the message that is being read.
    _reading: Reservation,
}

/// Rows that have arrived.
#[derive(Debug)]
pub struct Ingested {
    /// So many.
    pub rows: u64,
    /// Where they are, for the session to carry.
    pub place: Place,
}

impl Temporary {
    /// Begins to take rows with these columns, if the table can be had.
    pub(crate) fn ingest(
        self: &Arc<Self>,
        target: Target,
        sent: &Schema,
        model: &Model,
        caller: &Caller,
    ) -> Result<Ingest> {
        if self.budgets.are_none() {
            return Err(TemporaryError::Off.into());
        }
        check_name(&target.table, model)?;
        let (before, session) = self.session_of(caller)?;
        let columns = columns::columns(sent)?;
        let replaced = before.place_for(&target, &columns)?;
        let table = replaced.map_or(target.table, |table| table.planned.name.to_string());
        let mut held = self.budgets.held(&session)?;
        let settled = overhead(columns.fields().len());
        held.set(settled)?;
        Ok(Ingest {
            temporary: self.clone(),
            owner: Owner::of(caller),
            place: caller.place.clone().filter(|_| before.absent.is_none()),
            session,
            target: Target { table, ..target },
            columns,
            batches: Vec::new(),
            rows: 0,
            settled,
            held,
            _reading: self.budgets.reading()?,
        })
    }

    /// The caller's tables and what they may take. One that ended here begins anew.
    fn session_of(&self, caller: &Caller) -> Result<(Arc<Snapshot>, Budget), TemporaryError> {
        let before = self.of(caller);
        if let Some(Absent::Elsewhere(node)) = &before.absent {
            return Err(TemporaryError::Elsewhere { node: node.clone() });
        }
        let sessions = self.sessions();
        let session = caller.place.as_ref().and_then(|place| sessions.get(&place.session));
        let session = session.filter(|_| before.absent.is_none());
        Ok((before, session.map_or_else(|| self.budgets.of_session(), |session| session.budget.clone())))
    }
}

impl Ingest {
    /// Holds memory for a message that is about to be decoded.
    pub fn reserve(&mut self, bytes: usize) -> Result<()> {
        let more = bytes.saturating_add(overhead(self.columns.fields().len()));
        Ok(self.held.set(self.held.bytes().saturating_add(more))?)
    }

    /// Bytes that may still come.
    pub fn left(&self) -> usize {
        self.held.left()
    }

    /// Takes rows; `kept` bytes are those of dictionaries, which are needed until all rows have come.
    pub fn push(&mut self, batch: &RecordBatch, kept: usize) -> Result<()> {
        let batch = columns::rows(batch, &self.columns)?;
        let settled = self.settled.saturating_add(bytes(&batch));
        self.held.set(settled.saturating_add(kept))?;
        self.settled = settled;
        self.rows += batch.num_rows() as u64;
        self.batches.push(batch);
        Ok(())
    }

    /// Makes the table of what has come.
    pub fn finish(mut self) -> Result<Ingested> {
        self.held.set(self.settled)?;
        let temporary = self.temporary.clone();
        let mut sessions = temporary.sessions();
        let before = match &self.place {
            Some(place) => {
                let own = sessions.get(&place.session).filter(|session| session.owner == self.owner);
                own.map(|session| session.tables.clone()).ok_or(TemporaryError::Gone)?
            }
            None => Arc::default(),
        };
        // Somebody may have been faster.
        let there = before.place_for(&self.target, &self.columns)?.cloned();
        let added = there.as_ref().filter(|_| self.target.if_there == IfThere::Append);
        let mut parts = added.map(|table| table.parts.clone()).unwrap_or_default();
        parts.push(Arc::new(Part { batches: self.batches, held: self.held }));
        let name = Arc::from(self.target.table.as_str());
        let planned = TemporaryTable { name, schema: self.columns, id: temporary.id() };
        let tables = Arc::new(before.with(Table { planned, parts }, there.as_deref()));
        let place = self.place.unwrap_or_else(|| Place {
            node: temporary.node.clone(),
            process: temporary.process,
            session: Uuid::new_v4(),
        });
        let next = Session { owner: self.owner, tables, budget: self.session, used: Instant::now() };
        let replaced = sessions.insert(place.session, next);
        drop(sessions);
        // Much memory may go with it, which nobody else has to wait for.
        drop((replaced, before, there));
        temporary.begun.notify_one();
        metrics::ingested(self.rows);
        Ok(Ingested { rows: self.rows, place })
    }
}

impl Snapshot {
    /// The table that is there for the target, if it may be; an error where that is not what was asked for.
    fn place_for(&self, target: &Target, columns: &Schema) -> Result<Option<&Arc<Table>>, TemporaryError> {
        let there = self.table(&target.table);
        let name = || target.table.clone();
        match (there, target.if_there, target.if_missing) {
            (Some(_), IfThere::Fail, _) => return Err(TemporaryError::Exists { table: name() }),
            (Some(table), IfThere::Append, _) => check_same(&table.planned.schema, columns)?,
            (Some(_), IfThere::Replace, _) => {}
            // Where the session has ended, that is why.
            (None, _, IfMissing::Fail) => {
                return Err(self.check().err().unwrap_or(TemporaryError::Missing { table: name() }));
            }
            (None, _, IfMissing::Create) if self.len() >= MOST_TABLES => {
                return Err(TemporaryError::TooMany { limit: MOST_TABLES });
            }
            (None, _, IfMissing::Create) => {}
        }
        Ok(there)
    }
}

fn check_name(name: &str, model: &Model) -> Result<(), TemporaryError> {
    if !(1..=LONGEST_NAME).contains(&name.len()) || name.chars().any(char::is_control) {
        return Err(TemporaryError::Name { limit: LONGEST_NAME });
    }
    match model.tables().find(|table| table.name.eq_ignore_ascii_case(name)) {
        Some(table) => Err(TemporaryError::Taken { table: table.name.to_string() }),
        None => Ok(()),
    }
}
