//! Answers in parts: some tables of a rollup that share no group, so that each part is read by itself, on any replica.

use std::sync::Arc;

use preagg::{Route, Scan};
use sql::Plan;

use crate::{
    adapt::columns_of_leaf,
    error::{EngineError, Result},
    roads::RoutedLeaf,
};

/// A part of an answer. All parts together are the answer, and no row is in two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// A digest of the tables of the whole answer.
    pub tables: String,
    /// The first table of this part, counted from 0.
    pub from: usize,
    /// The one behind its last.
    pub to: usize,
}

/// Into how many parts an answer is divided.
#[derive(Debug, Clone, Copy)]
pub struct Division {
    /// Parts at most.
    pub most: usize,
    /// Stored rows that are worth a part. Tables whose rows nobody counted are worth none, unless this is 0.
    pub rows: u64,
}

/// The parts of an answer; none when it is better read as a whole, or can only be.
pub(crate) fn divided(plan: &Plan, leaves: &[Arc<RoutedLeaf>], division: Division) -> Vec<Part> {
    let Some(scan) = divisible(plan, leaves) else { return Vec::new() };
    let worth = match (division.rows, scan.rows) {
        (0, _) => usize::MAX,
        (rows, Some(all)) => usize::try_from(all / rows).unwrap_or(usize::MAX),
        (_, None) => 0,
    };
    let (tables, count) = (scan.tables.len(), division.most.min(worth).min(scan.tables.len()));
    if count < 2 {
        return Vec::new();
    }
    let version = scan.version();
    let part = |at: usize| Part {
        tables: version.clone(),
        from: at * tables / count,
        to: (at + 1) * tables / count,
    };
    (0..count).map(part).collect()
}

/// True when the answer still has the tables that the part was made of.
pub(crate) fn has(part: &Part, plan: &Plan, leaves: &[Arc<RoutedLeaf>]) -> bool {
    divisible(plan, leaves).is_some_and(|scan| {
        scan.version() == part.tables && part.from < part.to && part.to <= scan.tables.len()
    })
}

/// The leaves with the tables of the part alone.
pub(crate) fn only(part: &Part, plan: &Plan, leaves: Vec<Arc<RoutedLeaf>>) -> Result<Vec<Arc<RoutedLeaf>>> {
    if !has(part, plan, &leaves) {
        return Err(EngineError::TablesChanged);
    }
    let cut = |leaf: Arc<RoutedLeaf>| {
        let mut leaf = Arc::into_inner(leaf).ok_or(EngineError::TablesChanged)?;
        if let Route::Rollup { scan, .. } = &mut leaf.route {
            scan.keep(part.from..part.to);
        }
        Ok(Arc::new(leaf))
    };
    leaves.into_iter().map(cut).collect()
}

/// The only read behind a plan that shows nothing else, if no group of it has rows of two tables.
fn divisible<'l>(plan: &Plan, leaves: &'l [Arc<RoutedLeaf>]) -> Option<&'l Scan> {
    let [leaf] = leaves else { return None };
    columns_of_leaf(&plan.logical)?;
    let scan = leaf.scan().filter(|scan| scan.disjoint)?;
    let query = &scan.query;
    (query.order.is_empty() && query.limit.is_none() && query.offset == 0).then_some(scan)
}
