//! `system.queries` and `system.refusals`: what callers asked of this process lately. Each sees their own.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use preagg::{Refusal, Refused};
use semantic::ContextHash;

use super::Cell;
use crate::{caller::Caller, metrics::Ended, roads::RoutedLeaf};

/// Queries that are remembered, of all callers.
const KEPT: usize = 1_000;
/// Of so many also the refusals: a model with many rollups has many of them for every query.
const EXPLAINED: usize = 100;
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
    /// Told in full, names included.
    open: bool,
    leaves: Vec<Arc<RoutedLeaf>>,
}

#[derive(Debug)]
struct Query {
    asked: Asked,
    ended: Ended,
}

impl Asked {
    pub(crate) fn new(caller: &Caller, request_id: &Arc<str>, sql: &str, started: DateTime<Utc>) -> Self {
        Self {
            principal: caller.principal.clone(),
            context: caller.context.hash(),
            request_id: request_id.clone(),
            started,
            sql: sql[..sql.floor_char_boundary(LONGEST_SQL)].to_owned(),
            open: false,
            leaves: Vec::new(),
        }
    }

    /// Notes what it reads. A caller who is shown a part of the model reads no names of the rest.
    pub(crate) fn routed(&mut self, leaves: &[Arc<RoutedLeaf>], restricted: bool) {
        self.leaves = leaves.to_vec();
        self.open = !restricted;
    }

    fn refusals(&self) -> Vec<Vec<Cell>> {
        let refused = self.leaves.iter().flat_map(|leaf| {
            let of_leaf = leaf.parts().into_iter().flat_map(|part| part.route.refused());
            of_leaf.flat_map(move |refused| refused.reasons.iter().map(move |reason| (leaf, refused, reason)))
        });
        let row = |(leaf, refused, reason): (&Arc<RoutedLeaf>, &Refused, &Refusal)| {
            let told = self.open || reason.names_nothing();
            vec![
                (&*self.request_id).into(),
                Cell::from(leaf.id as u64),
                self.open.then(|| refused.pre_aggregation.to_string()).into(),
                reason.code().into(),
                told.then(|| reason.to_string()).into(),
            ]
        };
        refused.map(row).collect()
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
        if let Some(old) = queries.get_mut(EXPLAINED) {
            old.asked.leaves = Vec::new();
        }
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
        self.of(caller, |query| query.asked.refusals())
    }

    fn of(&self, caller: &Caller, rows: impl Fn(&Query) -> Vec<Vec<Cell>>) -> Vec<Vec<Cell>> {
        let queries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queries.iter().filter(|query| query.asked.is_of(caller)).flat_map(rows).collect()
    }
}
