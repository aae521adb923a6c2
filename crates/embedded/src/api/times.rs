//! Dates as callers write them: wall clock of the query's zone, to the millisecond.

use chrono_tz::Tz;
use semantic::granularity::{Granularity, iso, parse_iso};

use super::refusal::Refusal;
use crate::functions::zone::utc_of;

/// The first moment of a range.
pub(super) fn range_start(text: &str) -> Result<String, Refusal> {
    moment(text).map(iso)
}

/// The last millisecond of a range: of the day when only a date is given.
pub(super) fn range_end(text: &str) -> Result<String, Refusal> {
    let at = moment(text)?;
    Ok(iso(if is_date(text) { end_of_day(at) } else { at }))
}

fn moment(text: &str) -> Result<i64, Refusal> {
    parse_iso(text).ok_or_else(|| Refusal::bad(format!("Can't parse date: '{text}'")))
}

fn is_date(text: &str) -> bool {
    !text.contains('T')
}

/// The last millisecond of the day that `at` is in.
pub(super) fn end_of_day(at: i64) -> i64 {
    let next = Granularity::Day.floor(at).and_then(|day| Granularity::Day.next(day));
    next.map_or(at, |next| next - 1)
}

/// The same moment as the source keeps it.
pub(super) fn in_utc(wall: &str, zone: Tz) -> Result<String, Refusal> {
    Ok(iso(utc_of(moment(wall)?, zone).ok_or_else(|| Refusal::bad(format!("Can't parse date: '{wall}'")))?))
}
