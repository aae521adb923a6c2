//! The exact grain: each group of the query is one stored row, so that values need not be added up.

use semantic::{Granularity, Output, PreAggregation, model::Reference};

use crate::wanted::Wanted;

/// The first stored key that the query neither groups by nor fixes to one value; `None` at the exact grain.
pub(super) fn summed_over(wanted: &Wanted<'_>, rollup: &PreAggregation) -> Option<String> {
    let mut keys = rollup.dimensions.iter().chain(&rollup.segments);
    let key = keys.find(|key| !wanted.groups_by(key) && !wanted.is_fixed(key)).map(ToString::to_string);
    let time = || {
        let mut times = rollup.standard_times();
        times
            .find(|(time, stored)| {
                !groups_by_bin(wanted, time, *stored) && !is_one_bin(wanted, time, *stored)
            })
            .map(|(time, stored)| format!("{time}.{stored}"))
    };
    key.or_else(time)
}

fn groups_by_bin(wanted: &Wanted<'_>, time: &Reference, stored: Granularity) -> bool {
    wanted.query.keys().any(|output| match output {
        Output::Time(member, granularity) => *granularity == stored && wanted.source(member) == time,
        Output::Dimension(member) => {
            stored == Granularity::Day && wanted.is_date(member) && wanted.source(member) == time
        }
        Output::Segment(_) | Output::Measure(_) => false,
    })
}

fn is_one_bin(wanted: &Wanted<'_>, time: &Reference, stored: Granularity) -> bool {
    match wanted.range(time) {
        Some((Some(from), Some(to))) => stored.starts_at(from) && stored.next(from) == Some(to),
        _ => false,
    }
}
