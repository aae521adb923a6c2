//! Statements that were read before: their names are resolved and their types known.

use std::sync::Arc;

use moka::sync::Cache;
use semantic::{Model, ModelVersion};
use sql::{Planner, Statement};

use crate::error::{EngineError, Result};

/// Bytes of statement text that are kept.
const CAPACITY: u64 = 32 << 20;

type Key = (ModelVersion, Arc<str>);

/// Plans statements and remembers them, per model as its caller sees it.
pub(crate) struct Statements {
    pub(crate) planner: Planner,
    known: Cache<Key, Arc<Statement>>,
}

impl Statements {
    pub(crate) fn new() -> Self {
        // A plan is some times as large as its text.
        let weigh = |key: &Key, _: &Arc<Statement>| u32::try_from(key.1.len() + 1_000).unwrap_or(u32::MAX);
        Self {
            planner: Planner::new(),
            known: Cache::builder().weigher(weigh).max_capacity(CAPACITY).build(),
        }
    }

    pub(crate) fn get(&self, text: &str, model: &Arc<Model>) -> Result<Arc<Statement>> {
        let key = (model.identity().clone(), Arc::from(text));
        if let Some(statement) = self.known.get(&key) {
            return Ok(statement);
        }
        let statement = Arc::new(self.planner.prepare(text, model).map_err(EngineError::from)?);
        self.known.insert(key, statement.clone());
        Ok(statement)
    }
}
