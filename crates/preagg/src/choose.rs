//! Picks the cheapest rollup that answers a query.

use std::cmp::Reverse;

use semantic::{
    Access, MemberName, Model, PreAggregation, Scoped,
    model::{Bins, Holds},
};

use crate::{
    cover::{Covered, Depth, cover},
    refusal::{Refusal, Refused},
    scan::Scan,
    tables::Tables,
    wanted::Wanted,
};

/// Where the rows of a query come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Route {
    /// A rollup in the store.
    Rollup {
        /// The read.
        scan: Box<Scan>,
        /// Rollups that do not fit.
        refused: Vec<Refused>,
        /// Rollups that fit too and cost more.
        costlier: Vec<MemberName>,
    },
    /// Cube itself.
    Source {
        /// Every rollup of the query's cubes, with reasons.
        refused: Vec<Refused>,
    },
}

impl Route {
    /// The rollups that do not fit.
    pub fn refused(&self) -> &[Refused] {
        match self {
            Self::Rollup { refused, .. } | Self::Source { refused } => refused,
        }
    }
}

/// Picks the route of a query that the access stage has looked at.
pub fn choose(leaf: &Scoped<Access>, model: &Model, tables: &Tables) -> Route {
    let query = leaf.get().query();
    let Some(wanted) = Wanted::of(query, model) else { return Route::Source { refused: Vec::new() } };
    let candidates =
        wanted.tree.cubes().filter_map(|cube| model.cube(cube)).flat_map(|c| &c.pre_aggregations);
    if let Some(why) = leaf.get().unknown() {
        let reasons = vec![Refusal::RulesUnknown(why.clone())];
        let refused = candidates
            .map(|rollup| Refused { pre_aggregation: rollup.name.clone(), reasons: reasons.clone() })
            .collect();
        return Route::Source { refused };
    }
    let mut fitting = Vec::new();
    let mut refused = Vec::new();
    for rollup in candidates {
        match cover(&wanted, rollup, tables, Depth::Fits) {
            Ok(covered) => fitting.push((rollup, covered)),
            Err(reasons) => refused.push(Refused { pre_aggregation: rollup.name.clone(), reasons }),
        }
    }
    cheapest(fitting, refused, &wanted, tables)
}

fn cheapest(
    mut fitting: Vec<(&PreAggregation, Covered)>,
    refused: Vec<Refused>,
    wanted: &Wanted<'_>,
    tables: &Tables,
) -> Route {
    // Rows decide only where they are known for all; otherwise an uncounted table would always win or lose.
    let counted = fitting.iter().all(|(_, covered)| covered.rows.is_some());
    fitting.sort_by_cached_key(|(rollup, covered)| {
        let rows = if counted { covered.rows } else { None };
        (rows, shape_cost(rollup, wanted.model), covered.tables, &rollup.name)
    });
    let mut fitting = fitting.into_iter();
    let chosen = fitting.next().and_then(|(rollup, _)| cover(wanted, rollup, tables, Depth::Bound).ok());
    match chosen {
        None => Route::Source { refused },
        Some(covered) => {
            let costlier = fitting.map(|(rollup, _)| rollup.name.clone()).collect();
            Route::Rollup { scan: Box::new(covered.scan(wanted)), refused, costlier }
        }
    }
}

/// No time first, then coarser bins, then fewer columns.
pub(crate) fn shape_cost(rollup: &PreAggregation, model: &Model) -> (Option<Reverse<i64>>, usize) {
    let times = model.holds(&rollup.name).into_iter().flat_map(Holds::times);
    let finest = times.map(|time| time.bins.map_or(0, Bins::length)).min();
    (finest.map(Reverse), rollup.references().count())
}
