//! The roads of a leaf: which one it takes, and which one is left when that fails.

use std::sync::Arc;

use cube_api::NotExact;
use preagg::{Route, Scan};
use semantic::{Access, Model, Scoped};
use sql::Leaf;

use crate::metrics;

/// A leaf with its road.
#[derive(Debug)]
pub(crate) struct RoutedLeaf {
    pub(crate) id: usize,
    pub(crate) leaf: Leaf,
    pub(crate) scoped: Scoped<Access>,
    pub(crate) route: Route,
    /// The same query for Cube's API.
    pub(crate) request: Result<cube_api::Request, NotExact>,
}

impl RoutedLeaf {
    pub(crate) fn choose(
        id: usize,
        leaf: Leaf,
        scoped: Scoped<Access>,
        model: &Model,
        tables: &preagg::Tables,
    ) -> Self {
        let route = preagg::choose(&scoped, model, tables);
        for refused in route.refused() {
            refused.reasons.iter().for_each(|reason| metrics::refused(reason.code()));
        }
        let request = cube_api::translate(&leaf.query, model);
        Self { id, leaf, scoped, route, request }
    }

    pub(crate) fn scan(&self) -> Option<&Scan> {
        match &self.route {
            Route::Rollup { scan, .. } => Some(scan),
            Route::Source { .. } => None,
        }
    }

    /// The road's name in metrics and EXPLAIN.
    pub(crate) fn road(&self) -> &'static str {
        match &self.route {
            Route::Rollup { .. } => "rollup",
            Route::Source { .. } => "cube",
        }
    }
}

/// The road of a whole query.
pub(crate) fn road_of(leaves: &[Arc<RoutedLeaf>]) -> &'static str {
    let mut roads = leaves.iter().map(|leaf| leaf.road());
    match roads.next() {
        None => "none",
        Some(first) if roads.all(|road| road == first) => first,
        Some(_) => "mixed",
    }
}
