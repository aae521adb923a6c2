//! The roads of a leaf: which one it takes, and which one is left when that fails.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use cube_api::NotExact;
use datafusion::logical_expr::LogicalPlan;
use preagg::{Route, Scan};
use semantic::{Access, Model, RowRules, Scoped, SecurityContext};
use sql::{Expanded, Leaf, NotExpanded};

use crate::{access, error::Result, metrics};

/// The roads that a query may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Roads {
    /// A rollup where one answers, Cube for everything else.
    #[default]
    Auto,
    /// Rollups, or an error.
    Rollup,
    /// Cube alone.
    Cube,
}

/// A leaf with its road.
#[derive(Debug)]
pub(crate) struct RoutedLeaf {
    pub(crate) id: usize,
    pub(crate) leaf: Leaf,
    pub(crate) scoped: Scoped<Access>,
    pub(crate) route: Route,
    /// The same query for Cube's API.
    pub(crate) request: std::result::Result<cube_api::Request, NotExact>,
    /// Its rolling measures, or bins that no store cuts, computed here; `None` when there are none.
    pub(crate) windows: Option<std::result::Result<Windows, NotExpanded>>,
}

/// A leaf in parts that are computed above the rollups.
#[derive(Debug)]
pub(crate) struct Windows {
    pub(crate) leaves: Vec<Arc<RoutedLeaf>>,
    pub(crate) logical: LogicalPlan,
}

/// What roads are chosen by.
pub(crate) struct Guide<'a> {
    pub(crate) model: &'a Model,
    pub(crate) tables: &'a preagg::Tables,
    pub(crate) rules: RowRules,
    pub(crate) context: &'a SecurityContext,
    pub(crate) roads: Roads,
}

impl Guide<'_> {
    /// The road of each leaf.
    pub(crate) fn routed(&self, leaves: &[Leaf]) -> Result<Vec<Arc<RoutedLeaf>>> {
        let leaves = leaves.iter().enumerate();
        leaves.map(|(id, leaf)| Ok(Arc::new(self.choose(id, leaf.clone())?))).collect()
    }

    fn choose(&self, id: usize, leaf: Leaf) -> Result<RoutedLeaf> {
        let scoped = access::narrow(&leaf, self.model, self.rules, self.context);
        let request = cube_api::translate(&leaf.query, self.model);
        let mut windows = if leaf.contextual { Some(self.windows(&leaf)?) } else { None };
        let route = match &windows {
            _ if self.roads == Roads::Cube => Route::Source { refused: Vec::new() },
            // The parts have reasons of their own.
            Some(Ok(_)) => Route::Source { refused: Vec::new() },
            Some(Err(_)) | None => preagg::choose(&scoped, self.model, self.tables),
        };
        if windows.is_none() && self.roads != Roads::Cube && matches!(route, Route::Source { .. }) {
            windows = self.rebinned(&leaf)?.map(Ok);
        }
        Ok(RoutedLeaf { id, leaf, scoped, route, request, windows })
    }

    /// The leaf by finer bins, if a rollup has them. Otherwise its own reasons say more.
    fn rebinned(&self, leaf: &Leaf) -> Result<Option<Windows>> {
        let Some(Expanded { leaves, logical }) = sql::rebin(leaf, self.model)? else { return Ok(None) };
        let leaves = self.routed(&leaves)?;
        Ok(leaves.iter().all(|part| part.scan().is_some()).then_some(Windows { leaves, logical }))
    }

    fn windows(&self, leaf: &Leaf) -> Result<std::result::Result<Windows, NotExpanded>> {
        Ok(match sql::expand(leaf, self.model)? {
            Ok(Expanded { leaves, logical }) => Ok(Windows { leaves: self.routed(&leaves)?, logical }),
            Err(why) => Err(why),
        })
    }
}

impl RoutedLeaf {
    /// The parts that are read in its place, if a rollup has each of them.
    pub(crate) fn rolled(&self) -> Option<&Windows> {
        let windows = self.windows.as_ref()?.as_ref().ok()?;
        windows.leaves.iter().all(|part| part.scan().is_some()).then_some(windows)
    }

    /// Itself, or the parts that it was taken apart into.
    pub(crate) fn parts(&self) -> Vec<&Self> {
        match &self.windows {
            Some(Ok(windows)) => windows.leaves.iter().map(|part| &**part).collect(),
            Some(Err(_)) | None => vec![self],
        }
    }

    /// Counts the rollups that do not fit.
    pub(crate) fn count_refusals(&self) {
        for refused in self.parts().into_iter().flat_map(|part| part.route.refused()) {
            refused.reasons.iter().for_each(|reason| metrics::refused(reason.code()));
        }
    }

    /// Whether rollups alone answer it.
    pub(crate) fn is_rolled_up(&self) -> bool {
        self.scan().is_some() || self.rolled().is_some()
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
            Route::Source { .. } if self.rolled().is_some() => "rollup",
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
