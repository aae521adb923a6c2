//! Where a pre-aggregation lists a member. Known since the model was read: a choice looks every member of a query up in
//! every pre-aggregation.

use std::collections::HashMap;

use super::{JoinTree, Model, PreAggregation, Reference};
use crate::name::MemberName;

/// A list of a pre-aggregation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// `measures`
    Measures,
    /// `dimensions`
    Dimensions,
    /// `segments`
    Segments,
    /// `time_dimensions`
    Times,
}

/// The members that a pre-aggregation lists, by name, and the joins behind them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holds {
    by_name: HashMap<MemberName, Vec<(List, Reference)>>,
    tree: JoinTree,
}

impl Holds {
    /// Looks through its lists.
    pub fn of(rollup: &PreAggregation) -> Self {
        let times = rollup.time_dimensions.iter().map(|time| (List::Times, &time.dimension));
        let all = rollup.measures.iter().map(|reference| (List::Measures, reference));
        let all = all.chain(rollup.dimensions.iter().map(|reference| (List::Dimensions, reference)));
        let all = all.chain(rollup.segments.iter().map(|reference| (List::Segments, reference)));
        let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
        for (list, reference) in all.chain(times) {
            by_name.entry(reference.member.clone()).or_default().push((list, reference.clone()));
        }
        Self { by_name, tree: JoinTree::of(rollup.references().map(|reference| &reference.path)) }
    }

    /// True when the list has the member along the same way.
    pub fn has(&self, list: List, reference: &Reference) -> bool {
        let found = self.by_name.get(&reference.member).into_iter().flatten();
        found.into_iter().any(|(of, held)| *of == list && held.path == reference.path)
    }

    /// The joins that its rows come from.
    pub fn tree(&self) -> &JoinTree {
        &self.tree
    }

    /// The first reference to a member, along whatever way.
    pub fn any(&self, member: &MemberName) -> Option<&Reference> {
        self.by_name.get(member)?.first().map(|(_, reference)| reference)
    }
}

impl Model {
    /// What a pre-aggregation lists.
    pub fn holds(&self, pre_aggregation: &MemberName) -> Option<&Holds> {
        self.holds.get(pre_aggregation)
    }
}
