//! `system.queries` and `system.refusals`: what callers asked of this process lately. Each sees their own.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use semantic::ContextHash;

use super::Cell;
use crate::{caller::Caller, metrics::Ended, roads::RoutedLeaf};

/// Queries that are remembered, of all callers.
const KEPT: usize = 1_000;
/// Bytes of a statement that are.
const LONGEST_SQL: usize = 10_000;

/// The last queries, newest first.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<VecDeque<Query>>);

/// Who asked what, and why rollups were not used for it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    principal: Arc<str>,
    context: ContextHash,
    request_id: Arc<str>,
    started: DateTime<Utc>,
    sql: String,
    refusals: Vec<Refusal>,
}

#[derive(Debug)]
struct Query {
    asked: Asked,
    ended: Ended,
}

#[derive(Debug, Clone)]
struct Refusal {
    leaf: usize,
    pre_aggregation: Option<String>,
    code: &'static str,
    reason: Option<String>,
}

impl Asked {
    pub(crate) fn new(caller: &Caller, request_id: &Arc<str>, sql: &str, started: DateTime<Utc>) -> Self {
        Self {
            principal: caller.principal.clone(),
            context: caller.context.hash(),
            request_id: request_id.clone(),
            started,
            sql: sql[..sql.floor_char_boundary(LONGEST_SQL)].to_owned(),
            refusals: Vec::new(),
        }
    }

    /// Notes why rollups were not used. A caller who is shown a part of the model reads no names of the rest.
    pub(crate) fn refused(&mut self, leaves: &[Arc<RoutedLeaf>], restricted: bool) {
        for leaf in leaves {
            for refused in leaf.route.refused() {
                self.refusals.extend(refused.reasons.iter().map(|reason| Refusal {
                    leaf: leaf.id,
                    pre_aggregation: (!restricted).then(|| refused.pre_aggregation.to_string()),
                    code: reason.code(),
                    reason: (!restricted || reason.names_nothing()).then(|| reason.to_string()),
                }));
            }
        }
    }

    fn is_of(&self, caller: &Caller) -> bool {
        self.principal == caller.principal && self.context == caller.context.hash()
    }
}

impl History {
    /// Remembers a query that ended.
    pub(crate) fn add(&self, asked: Asked, ended: Ended) {
        let mut queries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queries.truncate(KEPT - 1);
        queries.push_front(Query { asked, ended });
    }

    pub(super) fn queries(&self, caller: &Caller) -> Vec<Vec<Cell>> {
        self.of(caller, |Query { asked, ended }| {
            vec![vec![
                (&*asked.request_id).into(),
                Cell::Time(asked.started.timestamp_micros()),
                Cell::Double(ended.took.as_secs_f64() * 1e3),
                ended.road.into(),
                ended.status.into(),
                ended.rows.into(),
                ended.bytes.into(),
                asked.sql.as_str().into(),
            ]]
        })
    }

    pub(super) fn refusals(&self, caller: &Caller) -> Vec<Vec<Cell>> {
        self.of(caller, |Query { asked, .. }| {
            let row = |refusal: &Refusal| {
                vec![
                    (&*asked.request_id).into(),
                    Cell::from(refusal.leaf as u64),
                    refusal.pre_aggregation.clone().into(),
                    refusal.code.into(),
                    refusal.reason.clone().into(),
                ]
            };
            asked.refusals.iter().map(row).collect()
        })
    }

    fn of(&self, caller: &Caller, rows: impl Fn(&Query) -> Vec<Vec<Cell>>) -> Vec<Vec<Cell>> {
        let queries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queries.iter().filter(|query| query.asked.is_of(caller)).flat_map(rows).collect()
    }
}
