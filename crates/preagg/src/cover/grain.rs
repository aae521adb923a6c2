//! The exact grain: each group of the query is one stored row, so that values need not be added up.

use std::fmt;

use semantic::{
    Granularity, PreAggregation,
    model::{Bins, Grain, Reference, StoredBins},
};

use super::made_of::Part;
use crate::wanted::{AskedBins, AskedKey, Wanted};

/// A stored key that a query sums over.
#[derive(Debug, Clone)]
pub(crate) enum Over {
    /// A dimension or segment, or a time of which the query has other bins.
    Key(Reference),
    /// A time in its bins.
    Bins(Reference, Grain),
}

/// The first stored key that the query neither groups by nor fixes to one value; `None` at the exact grain.
pub(super) fn summed_over(
    wanted: &Wanted<'_>,
    rollup: &PreAggregation,
    times: &[StoredBins],
) -> Option<Over> {
    let mut keys = rollup.dimensions.iter().chain(&rollup.segments);
    let key = keys.find(|key| !wanted.is_single(key)).cloned().map(Over::Key);
    let time = || {
        let time = times.iter().find(|stored| !groups_by_bin(wanted, stored) && !is_one_bin(wanted, stored));
        time.map(|stored| Over::Bins(stored.time.clone(), stored.grain.clone()))
    };
    key.or_else(time)
}

/// A stored time whose bins may have rows in two partitions, each with a stored row of its own.
pub(super) fn cut_by_partitions(part: &Part<'_>, wanted: &Wanted<'_>) -> Option<(String, Granularity)> {
    let partition = part.rollup.partition_granularity?;
    let first = wanted.model.holds(&part.rollup.name)?.times().first()?;
    let within = first.bins.is_ok_and(|bins| Bins::of(partition).is_made_of(bins));
    (!within).then(|| (format!("{}.{}", first.time, first.grain), partition))
}

fn groups_by_bin(wanted: &Wanted<'_>, stored: &StoredBins) -> bool {
    wanted.outputs.iter().any(|asked| match &asked.key {
        AskedKey::Bins(bins) | AskedKey::Moment(Some(bins)) => {
            *asked.source == stored.time && bins.are_those_of(stored)
        }
        AskedKey::Moment(None) | AskedKey::Column | AskedKey::Measure(_) => false,
    })
}

impl AskedBins {
    /// True when stored bins are the asked ones.
    pub(super) fn are_those_of(&self, stored: &StoredBins) -> bool {
        stored.grain == self.grain || self.starts.is_ok() && stored.bins == self.starts
    }
}

fn is_one_bin(wanted: &Wanted<'_>, stored: &StoredBins) -> bool {
    match (stored.bins, wanted.range(&stored.time)) {
        (Ok(bins), Some((Some(from), Some(to)))) => bins.starts_at(from) && bins.next(from) == Some(to),
        _ => false,
    }
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => key.fmt(f),
            Self::Bins(time, grain) => write!(f, "{time}.{grain}"),
        }
    }
}
