//! The exact grain: each group of the query is one stored row, so that values need not be added up.

use semantic::{
    Granularity, Output, PreAggregation,
    model::{Bins, Grain, StoredBins},
};

use super::made_of::Part;
use crate::wanted::Wanted;

/// The first stored key that the query neither groups by nor fixes to one value; `None` at the exact grain.
pub(super) fn summed_over(
    wanted: &Wanted<'_>,
    rollup: &PreAggregation,
    times: &[StoredBins],
) -> Option<String> {
    let mut keys = rollup.dimensions.iter().chain(&rollup.segments);
    let key = keys.find(|key| !wanted.groups_by(key) && !wanted.is_fixed(key)).map(ToString::to_string);
    let time = || {
        let time = times.iter().find(|stored| !groups_by_bin(wanted, stored) && !is_one_bin(wanted, stored));
        time.map(|stored| format!("{}.{}", stored.time, stored.grain))
    };
    key.or_else(time)
}

/// A stored time whose bins may have rows in two partitions, each with a stored row of its own.
pub(super) fn cut_by_partitions(part: &Part<'_>, wanted: &Wanted<'_>) -> Option<(String, Granularity)> {
    let partition = part.rollup.partition_granularity?;
    let first = part.rollup.time_dimensions.first()?;
    let bins = first.dimension.bins(&first.granularity, wanted.model);
    let within = bins.is_ok_and(|bins| Bins::of(partition).is_made_of(bins));
    (!within).then(|| (format!("{}.{}", first.dimension, first.granularity), partition))
}

fn groups_by_bin(wanted: &Wanted<'_>, stored: &StoredBins) -> bool {
    wanted.query.keys().any(|output| match output {
        Output::Time(member, granularity) => {
            stored.bins == Ok(Bins::of(*granularity)) && *wanted.source(member) == stored.time
        }
        Output::Custom(member, granularity) => {
            let source = wanted.source(member);
            let grain = Grain::Custom(granularity.clone());
            let same = || stored.bins.is_ok() && source.bins(&grain, wanted.model) == stored.bins;
            *source == stored.time && (stored.grain == grain || same())
        }
        Output::Dimension(member) => {
            stored.bins == Ok(Bins::of(Granularity::Day))
                && wanted.is_date(member)
                && *wanted.source(member) == stored.time
        }
        Output::Segment(_) | Output::Measure(_) => false,
    })
}

fn is_one_bin(wanted: &Wanted<'_>, stored: &StoredBins) -> bool {
    match (stored.bins, wanted.range(&stored.time)) {
        (Ok(bins), Some((Some(from), Some(to)))) => bins.starts_at(from) && bins.next(from) == Some(to),
        _ => false,
    }
}
