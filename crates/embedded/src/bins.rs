//! Bins of time in the words of the engine behind the dev stack.

use semantic::{
    granularity::iso,
    model::{Bins, Cut},
};

/// The start of the bin that a wall-clock time lies in; `None` where only Cube knows.
pub(crate) fn start(bins: Bins, wall: &str) -> Option<String> {
    // Lengths are counted from an origin, as sources do; what a store is asked is another formula.
    if let (Bins::Lengths { length, first }, true) = (bins, is_own(bins)) {
        let origin = format!("CAST('{}' AS TIMESTAMP(6))", iso(first));
        let bin =
            format!("date_bin(INTERVAL '{length} milliseconds', CAST({wall} AS TIMESTAMP(6)), {origin})");
        return Some(format!("CAST({bin} AS TIMESTAMP(6))"));
    }
    let Cut { unit, by } = bins.cut()?;
    let Some((count, of)) = by else { return Some(format!("date_trunc('{unit}', {wall})")) };
    let interval = format!("INTERVAL '{count} {of}'");
    Some(format!("(date_trunc('{unit}', {wall} - {interval}) + {interval})"))
}

fn is_own(bins: Bins) -> bool {
    bins.cut().is_none_or(|cut| cut.by.is_some())
}
