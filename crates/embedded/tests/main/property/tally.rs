//! How many queries read which kinds of rollups. Too few of one, and the test says nothing about it.

use std::collections::BTreeMap;

use preagg::Scan;
use semantic::{
    Filter, Grouping, Model, Output, PreAggregation, SemanticQuery,
    model::{Grain, JoinTree, PreAggregationKind},
};

/// Reads that a thousand queries bring at least, by kind.
const FLOORS: [(&str, u64); 20] = [
    ("all", 400),
    ("with rows", 300),
    ("partitioned", 100),
    ("several tables", 70),
    ("joined", 100),
    ("repeated", 10),
    ("not additive", 10),
    ("calculated", 10),
    ("segment", 30),
    ("coarser bins", 40),
    ("range", 150),
    ("zone", 100),
    ("having", 20),
    ("lambda", 20),
    ("join of rollups", 20),
    ("rows instead of groups", 10),
    ("zone from UTC", 10),
    ("own bins as stored", 10),
    ("own bins from finer ones", 10),
    ("own bins summed over", 5),
];

#[derive(Default)]
pub(super) struct Tally {
    asked: u64,
    read: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(super) fn asked(&mut self) {
        self.asked += 1;
    }

    /// One read of a rollup, whether it had rows, and whether its times are those of another zone.
    pub(super) fn read(
        &mut self,
        rollup: &PreAggregation,
        scan: &Scan,
        query: &SemanticQuery,
        model: &Model,
        (found, shifted): (bool, bool),
    ) {
        let tree = JoinTree::of(rollup.references().map(|reference| &reference.path));
        let measures = || query.measures().filter_map(|m| model.measure(&model.column(m)?.source.member));
        let bins: Vec<_> = query.outputs.iter().filter_map(Output::bins).map(|(_, grain)| grain).collect();
        let is_coarser = |asked: &Grain| rollup.time_dimensions.iter().any(|time| time.granularity != *asked);
        let own: Vec<_> = bins.iter().filter(|grain| grain.standard().is_none()).collect();
        let keeps_own = rollup.time_dimensions.iter().any(|time| time.granularity.standard().is_none());
        let mut ranged = false;
        query.filter.members(&mut |member| {
            ranged |= query
                .filter
                .conjuncts()
                .iter()
                .any(|part| matches!(part, Filter::During { member: time, .. } if time == member));
        });
        let kinds = [
            ("all", true),
            ("with rows", found),
            ("partitioned", rollup.partition_granularity.is_some()),
            ("several tables", scan.tables.len() > 1),
            ("joined", tree.cubes().count() > 1),
            ("repeated", measures().any(|measure| tree.multiplies(measure.name.table(), model))),
            (
                "not additive",
                measures().any(|measure| !measure.kind.is_additive() && !measure.kind.is_calculated()),
            ),
            ("calculated", measures().any(|measure| measure.kind.is_calculated())),
            ("segment", !rollup.segments.is_empty()),
            ("coarser bins", bins.iter().any(is_coarser)),
            ("own bins as stored", own.iter().any(|grain| !is_coarser(grain))),
            ("own bins from finer ones", own.iter().any(|grain| is_coarser(grain))),
            ("own bins summed over", keeps_own && own.is_empty()),
            ("own bins of a zone from UTC", !own.is_empty() && shifted),
            ("range", ranged),
            ("zone", query.zone != chrono_tz::UTC && !rollup.time_dimensions.is_empty()),
            ("lambda", rollup.kind == PreAggregationKind::RollupLambda),
            ("join of rollups", rollup.kind == PreAggregationKind::RollupJoin),
            ("rows instead of groups", query.grouping == Grouping::Ungrouped),
            ("zone from UTC", shifted),
            ("having", !query.having.is_always()),
        ];
        for (kind, _) in kinds.into_iter().filter(|(_, counts)| *counts) {
            *self.read.entry(kind).or_default() += 1;
        }
    }

    /// Prints the counts, and fails where a kind was hardly read.
    pub(super) fn show(&self, cases: u64) {
        for (kind, count) in &self.read {
            println!("soak: {cases} random queries, rollups read, {kind} = {count}, no difference");
        }
        for (kind, floor) in FLOORS {
            let read = self.read.get(kind).copied().unwrap_or_default();
            assert!(
                read * 1000 >= floor * self.asked,
                "only {read} of {} queries read a rollup: {kind}",
                self.asked
            );
        }
    }
}
