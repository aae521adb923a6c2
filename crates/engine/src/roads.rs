//! The roads of a leaf: which one it takes, and which one is left when that fails.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

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

/// The road of a whole query: the one that was chosen, and whether it could be kept.
#[derive(Debug)]
pub(crate) struct Road {
    chosen: &'static str,
    fell_back: AtomicBool,
}

impl Road {
    /// The road that the leaves share.
    pub(crate) fn of(leaves: &[Arc<RoutedLeaf>]) -> Self {
        let mut roads = leaves.iter().map(|leaf| leaf.road());
        Self::chosen(match roads.next() {
            None => "none",
            Some(first) if roads.all(|road| road == first) => first,
            Some(_) => "mixed",
        })
    }

    /// A query without leaves.
    pub(crate) fn none() -> Self {
        Self::chosen("none")
    }

    fn chosen(chosen: &'static str) -> Self {
        Self { chosen, fell_back: AtomicBool::new(false) }
    }

    /// Cube answers for a rollup that cannot be read.
    pub(crate) fn fall_back(&self) {
        self.fell_back.store(true, Ordering::Relaxed);
    }

    /// `rollup`, `cube`, `mixed`, `none`, or `fallback` when Cube answered for a rollup.
    pub(crate) fn name(&self) -> &'static str {
        if self.fell_back.load(Ordering::Relaxed) { "fallback" } else { self.chosen }
    }
}
