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
    /// Its rolling measures, bins that no store cuts, or joins of rollups, computed here; `None` when there are none.
    pub(crate) windows: Option<std::result::Result<Windows, NotExpanded>>,
}

/// A leaf in parts that are computed above the rollups.
#[derive(Debug)]
pub(crate) struct Windows {
    pub(crate) leaves: Vec<Arc<RoutedLeaf>>,
    pub(crate) logical: LogicalPlan,
    /// The model that the parts are asked by, where they have keys of joins that callers may not name. Cube is not asked
    /// for such parts.
    pub(crate) joined: Option<Arc<Model>>,
}

/// What roads are chosen by.
#[derive(Clone, Copy)]
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
        let windows = if leaf.contextual { Some(self.windows(&leaf)?) } else { None };
        // The parts have reasons of their own.
        let in_parts = matches!(windows, Some(Ok(_)));
        let mut routed = RoutedLeaf { windows, ..self.alone(id, leaf, !in_parts) };
        let is_left = routed.windows.is_none() && routed.scan().is_none() && self.roads != Roads::Cube;
        if is_left {
            let windows = self.rebinned(&routed.leaf)?;
            routed.windows =
                windows.map_or_else(|| self.joined(&routed), |windows| Ok(Some(windows)))?.map(Ok);
        }
        Ok(routed)
    }

    /// A leaf that is read as it is.
    fn alone(&self, id: usize, leaf: Leaf, choose: bool) -> RoutedLeaf {
        let scoped = access::narrow(&leaf, self.model, self.rules, self.context);
        let route = match self.roads {
            Roads::Auto | Roads::Rollup if choose => preagg::choose(&scoped, self.model, self.tables),
            _ => Route::Source { refused: Vec::new() },
        };
        RoutedLeaf { id, leaf, scoped, route, windows: None }
    }

    fn parts(&self, leaves: Vec<Leaf>) -> Vec<Arc<RoutedLeaf>> {
        let leaves = leaves.into_iter().enumerate();
        leaves.map(|(id, leaf)| Arc::new(self.alone(id, leaf, true))).collect()
    }

    /// The leaf by finer bins, if a rollup has them. Otherwise its own reasons say more.
    fn rebinned(&self, leaf: &Leaf) -> Result<Option<Windows>> {
        let Some(Expanded { leaves, logical }) = sql::rebin(leaf, self.model)? else { return Ok(None) };
        let leaves = self.parts(leaves);
        Ok(are_rolled_up(&leaves).then_some(Windows { leaves, logical, joined: None }))
    }

    /// The leaf by rollups of cubes that are joined above them, if they have its parts. Nothing is tried where only Cube
    /// knows who may see which rows: its rules are for the joined rows.
    fn joined(&self, leaf: &RoutedLeaf) -> Result<Option<Windows>> {
        if leaf.scoped.get().unknown().is_some() {
            return Ok(None);
        }
        for joined in sql::apart(&leaf.leaf, self.model) {
            let joined = joined?;
            let leaves = Guide { model: &joined.model, ..*self }.parts(joined.leaves.clone());
            if are_rolled_up(&leaves) && find_one_row(&leaves) {
                let logical = joined.plan()?;
                return Ok(Some(Windows { leaves, logical, joined: Some(joined.model) }));
            }
        }
        Ok(None)
    }

    fn windows(&self, leaf: &Leaf) -> Result<std::result::Result<Windows, NotExpanded>> {
        Ok(match sql::expand(leaf, self.model)? {
            Ok(Expanded { leaves, logical }) => {
                Ok(Windows { leaves: self.parts(leaves), logical, joined: None })
            }
            Err(why) => Err(why),
        })
    }
}

/// Whether a rollup has each part.
fn are_rolled_up(parts: &[Arc<RoutedLeaf>]) -> bool {
    parts.iter().all(|part| part.scan().is_some())
}

/// Whether what a key finds was written at once: a row that moved between the builds of two tables is in both.
fn find_one_row(parts: &[Arc<RoutedLeaf>]) -> bool {
    parts.iter().skip(1).filter_map(|part| part.scan()).all(|scan| scan.tables.len() == 1)
}

impl RoutedLeaf {
    /// The parts that are read in its place, if a rollup has each of them.
    pub(crate) fn rolled(&self) -> Option<&Windows> {
        let windows = self.windows.as_ref()?.as_ref().ok()?;
        are_rolled_up(&windows.leaves).then_some(windows)
    }

    /// The same query for Cube's API.
    pub(crate) fn request(&self, model: &Model) -> std::result::Result<cube_api::Request, NotExact> {
        cube_api::translate(&self.leaf.query, model)
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
