//! Bins of a stored time, in the store's words.

use semantic::{
    Granularity, MemberName,
    granularity::iso,
    model::{CustomGranularity, Interval},
};

use crate::planner::{grains, question::Question};

/// The start of the bin that a stored moment lies in.
pub(super) fn cut(column: &str, bins: &str, time: &MemberName, question: &Question<'_>) -> Option<String> {
    if let Ok(granularity) = bins.parse::<Granularity>() {
        return Some(truncated(column, granularity));
    }
    let custom = grains::custom(bins, time, question.model)?;
    let interval = custom.interval.as_ref()?;
    match (natural(interval), &custom.offset) {
        (Some(unit), Some(offset)) => {
            let moved = truncated(&format!("{column} - interval '{offset}'"), unit);
            Some(format!("{moved} + interval '{offset}'"))
        }
        (Some(unit), None) => Some(truncated(column, unit)),
        (None, _) => binned(column, custom, interval, question),
    }
}

fn truncated(column: &str, granularity: Granularity) -> String {
    format!("date_trunc('{granularity}', {column})")
}

fn binned(
    column: &str,
    custom: &CustomGranularity,
    interval: &Interval,
    question: &Question<'_>,
) -> Option<String> {
    let origin = iso(grains::origin(custom, question.clock)?);
    let interval = written(interval);
    Some(format!("DATE_BIN(INTERVAL {interval}, to_timestamp({column}), to_timestamp('{origin}'))"))
}

/// The unit of a length of exactly one.
fn natural(interval: &Interval) -> Option<Granularity> {
    match interval.parts.as_slice() {
        [(1, unit)] => Some(*unit),
        _ => None,
    }
}

/// `'1 YEAR 6 MONTH'`, coarsest first.
fn written(interval: &Interval) -> String {
    let mut parts = interval.parts.clone();
    parts.sort_by_key(|(_, unit)| std::cmp::Reverse(*unit));
    let parts: Vec<_> =
        parts.iter().map(|(count, unit)| format!("{count} {}", unit.name().to_uppercase())).collect();
    format!("'{}'", parts.join(" "))
}
