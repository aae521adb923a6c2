//! Where a pre-aggregation lists a member. Known since the model was read: a choice looks every member of a query up in
//! every pre-aggregation.

use std::collections::HashMap;

use super::{Bins, Grain, JoinTree, Model, NoBins, PreAggregation, Reference};
use crate::{granularity::Granularity, name::MemberName};

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
    times: Vec<StoredBins>,
}

/// A stored time with its bins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBins {
    /// The time.
    pub time: Reference,
    /// The name of its bins.
    pub grain: Grain,
    /// Where they start, as far as that is known.
    pub bins: Result<Bins, NoBins>,
}

impl Holds {
    /// Looks through its lists.
    pub fn of(rollup: &PreAggregation, model: &Model) -> Self {
        let times = rollup.time_dimensions.iter().map(|time| (List::Times, &time.dimension));
        let all = rollup.measures.iter().map(|reference| (List::Measures, reference));
        let all = all.chain(rollup.dimensions.iter().map(|reference| (List::Dimensions, reference)));
        let all = all.chain(rollup.segments.iter().map(|reference| (List::Segments, reference)));
        let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
        for (list, reference) in all.chain(times) {
            by_name.entry(reference.member.clone()).or_default().push((list, reference.clone()));
        }
        let times = rollup.time_dimensions.iter().map(|time| StoredBins {
            time: time.dimension.clone(),
            grain: time.granularity.clone(),
            bins: time.dimension.bins(&time.granularity, model),
        });
        let times = times.collect();
        Self { by_name, tree: JoinTree::of(rollup.references().map(|reference| &reference.path)), times }
    }

    /// The stored times.
    pub fn times(&self) -> &[StoredBins] {
        &self.times
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

impl Reference {
    /// The bins of a time in a granularity, by the standard name or by that of its own.
    ///
    /// # Errors
    ///
    /// When they are not the same to everybody.
    pub fn bins(&self, grain: &Grain, model: &Model) -> Result<Bins, NoBins> {
        match grain {
            Grain::Standard(granularity) if !self.is_replaced(*granularity, model) => {
                Ok(Bins::of(*granularity))
            }
            Grain::Standard(_) => Err(NoBins::Name),
            Grain::Custom(name) => model.granularity(&self.member, name).ok_or(NoBins::Name)?.bins(),
        }
    }

    /// True when the time, or one that it is made of, has other bins of this name than everybody else.
    pub fn is_replaced(&self, granularity: Granularity, model: &Model) -> bool {
        let replaces =
            |at: &Self| model.dimension(&at.member).is_some_and(|dimension| dimension.replaces(granularity));
        self.reached(model).iter().any(replaces)
    }
}

impl Model {
    /// What a pre-aggregation lists.
    pub fn holds(&self, pre_aggregation: &MemberName) -> Option<&Holds> {
        self.holds.get(pre_aggregation)
    }
}
