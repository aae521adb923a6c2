//! Statements that were read before: their names are resolved and their types known.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use datafusion::common::ScalarValue;
use moka::sync::Cache;
use semantic::{Model, ModelVersion};
use sql::{Plan, PlanError, Planner, Statement};

use crate::{
    error::{EngineError, Result},
    physical::panicked,
    temporary::Snapshot,
};

/// Bytes that statements and their plans may take, as far as that can be told from their text.
const CAPACITY: u64 = 32 << 20;
/// A short statement and its plan.
const LEAST: usize = 8_000;
/// Bytes of plan for a byte of text.
const GROWTH: usize = 20;

/// A model, a text, and the set of temporary tables that it reads; 0 when it reads none.
type Key = (ModelVersion, Arc<str>, u64);

/// A statement that was read.
pub(crate) struct Known {
    pub(crate) statement: Statement,
    /// Its plan in one zone. Set once it was planned to its end without an error, and only for a statement without
    /// parameters.
    planned: OnceLock<(Tz, Plan)>,
}

/// Plans statements and remembers them, per model as its caller sees it.
pub(crate) struct Statements {
    planner: Planner,
    known: Cache<Key, Arc<Known>>,
}

impl Statements {
    pub(crate) fn new() -> Self {
        let weigh =
            |key: &Key, _: &Arc<Known>| u32::try_from(key.1.len() * GROWTH + LEAST).unwrap_or(u32::MAX);
        Self {
            planner: Planner::new(),
            known: Cache::builder().weigher(weigh).max_capacity(CAPACITY).build(),
        }
    }

    /// The statement of a text for a caller with these temporary tables. One that reads none is everybody's: a name
    /// means a temporary table only where it means nothing else.
    pub(crate) fn get(&self, text: &str, model: &Arc<Model>, tables: &Snapshot) -> Result<Arc<Known>> {
        let mut key: Key = (model.identity().clone(), Arc::from(text), 0);
        if let Some(statement) = self.known.get(&key) {
            return Ok(statement);
        }
        key.2 = tables.version;
        if let Some(statement) = self.known.get(&key) {
            return Ok(statement);
        }
        let statement = caught(|| self.planner.prepare_beside(text, model, &tables.all()));
        let statement = statement.map_err(|error| absent(&error, tables).unwrap_or(error))?;
        if !statement.reads_temporary {
            key.2 = 0;
        }
        let known = Arc::new(Known { statement, planned: OnceLock::new() });
        self.known.insert(key, known.clone());
        Ok(known)
    }

    /// Plans a statement with the values of its parameters.
    pub(crate) fn plan(
        &self,
        known: &Known,
        values: &[ScalarValue],
        zone: Tz,
        now: DateTime<Utc>,
    ) -> Result<Plan> {
        match known.planned.get() {
            Some((planned_for, plan))
                if *planned_for == zone && !known.statement.reads_clock && values.is_empty() =>
            {
                Ok(plan.clone())
            }
            _ => caught(|| self.planner.plan(&known.statement, values, zone, now)),
        }
    }

    /// Plans a statement to its end, so that what cannot be planned is told before its schema is announced. One with
    /// parameters has to wait for their values.
    pub(crate) fn check(&self, known: &Known, zone: Tz) -> Result<()> {
        if known.statement.parameters.fields().is_empty() && known.planned.get().is_none() {
            let plan = self.plan(known, &[], zone, Utc::now())?;
            // Another call may have been first.
            let _ = known.planned.set((zone, plan));
        }
        Ok(())
    }
}

/// What is to be told in place of an unknown table, when the session may have had it.
fn absent(error: &EngineError, tables: &Snapshot) -> Option<EngineError> {
    let EngineError::Plan(error) = error else { return None };
    let mut error = &**error;
    while let PlanError::At { error: inner, .. } = error {
        error = inner;
    }
    let unknown = matches!(error, PlanError::UnknownTable { .. });
    tables.check().err().filter(|_| unknown).map(EngineError::from)
}

/// A rule of the planner that panics ends its own statement and nothing else.
fn caught<T>(planning: impl FnOnce() -> Result<T, PlanError>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(planning)) {
        Ok(planned) => Ok(planned?),
        Err(panic) => Err(EngineError::from(panicked(&*panic))),
    }
}
