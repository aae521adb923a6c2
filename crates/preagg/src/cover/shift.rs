//! Times of a zone from bins of UTC. Where the zone's clocks differ from UTC by whole hours, its bins of hours and
//! coarser ones are made of hours of UTC; which hours is written into the store's SQL, change by change.

use chrono::{Offset, TimeZone};
use chrono_tz::Tz;
use semantic::{
    Filter,
    granularity::{millis, moment},
    model::Reference,
};

use super::{Pair, made_of::Made};
use crate::{
    refusal::Refusal,
    tables::{Built, Tables},
    wanted::Wanted,
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// More changes than this make a statement nobody wants to read.
const CHANGES: usize = 64;

/// How far the clocks of a zone are from UTC, from when on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shift {
    /// Hours ahead of UTC before the first change.
    pub(crate) first: i64,
    /// Moments in UTC, each with the hours ahead of it from then on.
    pub(crate) changes: Vec<(i64, i64)>,
}

impl Shift {
    /// Between two moments of UTC; `None` where clocks stand between hours, or change too often.
    pub(super) fn of(zone: Tz, (from, to): (i64, i64)) -> Option<Self> {
        let first = hours(zone, from)?;
        let (mut at, mut now, mut changes) = (from.div_euclid(HOUR) * HOUR, first, Vec::new());
        while at < to {
            let next = at.checked_add(DAY)?;
            if hours(zone, next)? != now {
                let change =
                    (1..=24).map(|hour| at + hour * HOUR).find(|at| hours(zone, *at) != Some(now))?;
                now = hours(zone, change)?;
                // Clocks that are moved between two hours leave bins in two pieces.
                if hours(zone, change - 1) != hours(zone, change - HOUR) || changes.len() == CHANGES {
                    return None;
                }
                changes.push((change, now));
                at = change;
            } else {
                at = next;
            }
        }
        Some(Self { first, changes })
    }
}

fn hours(zone: Tz, utc: i64) -> Option<i64> {
    let seconds = i64::from(zone.offset_from_utc_datetime(&moment(utc)?).fix().local_minus_utc());
    (seconds % 3600 == 0).then_some(seconds / 3600)
}

/// What is built in UTC of a rollup that the query asks for in another zone; `None` where no times are asked for, or
/// where only the zone's own tables will do.
pub(super) fn needed<'t>(wanted: &Wanted<'_>, made: &Made<'_>, tables: &'t Tables) -> Option<&'t Built> {
    let [part] = made.parts.as_slice() else { return None };
    let zone = wanted.query.zone;
    let built = tables.in_zone(&part.rollup.name, zone)?;
    if built.zone == zone || !wanted.is_grouped() {
        return None;
    }
    let utc = tables.built_for(&part.rollup.name, Tz::UTC)?;
    (wanted.names_time && !wanted.names_date).then_some(utc)
}

/// The shift of a stored time over all rows that the query can read.
pub(super) fn of(pair: &Pair<'_>, built: &Built, time: &Reference) -> Result<Shift, Refusal> {
    let another = || another_zone(pair, built);
    let (mut from, mut to) = pair.wanted.range(time).unwrap_or_default();
    (from, to) = (bound(pair, from)?, bound(pair, to)?);
    let part = pair.made.parts.first().ok_or_else(another)?;
    let first = part.rollup.time_dimensions.first().map(|first| &first.dimension);
    if let (Some(granularity), Some((first, last)), true) =
        (part.rollup.partition_granularity, built.range, first == Some(time))
    {
        let end = granularity.floor(last).and_then(|last| granularity.next(last));
        from = from.max(granularity.floor(first));
        to = to.into_iter().chain(end).min();
    }
    let span = from.zip(to).ok_or_else(another)?;
    Shift::of(pair.wanted.query.zone, span).ok_or_else(another)
}

/// A bound of a range as the stored times have it.
pub(super) fn bound(pair: &Pair<'_>, wall: Option<i64>) -> Result<Option<i64>, Refusal> {
    match (pair.shifted, wall) {
        (Some(built), Some(wall)) => {
            in_utc(pair.wanted.query.zone, wall).map(Some).ok_or_else(|| another_zone(pair, built))
        }
        _ => Ok(wall),
    }
}

/// The same filter with ranges of times in UTC.
pub(super) fn bounds_in_utc(filter: &Filter, zone: Tz) -> Filter {
    let each = |parts: &[Filter]| parts.iter().map(|part| bounds_in_utc(part, zone)).collect();
    let utc = |wall: Option<i64>| wall.map(|wall| in_utc(zone, wall).expect("cover asked for it"));
    match filter {
        Filter::All(parts) => Filter::All(each(parts)),
        Filter::Any(parts) => Filter::Any(each(parts)),
        Filter::During { member, from, to } => {
            Filter::During { member: member.clone(), from: utc(*from), to: utc(*to) }
        }
        other => other.clone(),
    }
}

pub(super) fn another_zone(pair: &Pair<'_>, built: &Built) -> Refusal {
    Refusal::Zone { built: built.zone, wanted: pair.wanted.query.zone }
}

/// The moment in UTC at which clocks of the zone show `wall`; `None` where none or several do.
fn in_utc(zone: Tz, wall: i64) -> Option<i64> {
    zone.from_local_datetime(&moment(wall)?).single().map(|at| millis(at.naive_utc()))
}

#[cfg(test)]
mod tests {
    use super::{Shift, in_utc};
    use chrono_tz::{Asia::Kolkata, Australia::Lord_Howe, Europe::Berlin, Tz};
    use semantic::granularity::{iso, parse_iso};

    fn shift(zone: Tz, from: &str, to: &str) -> Option<String> {
        let Shift { first, changes } = Shift::of(zone, (parse_iso(from)?, parse_iso(to)?))?;
        let changes: Vec<_> = changes.iter().map(|(at, hours)| format!("; {} {hours}", iso(*at))).collect();
        Some(first.to_string() + &changes.concat())
    }

    #[test]
    fn changes_of_clocks() {
        let year = shift(Berlin, "2024-01-01", "2025-01-01");
        assert_eq!(year.as_deref(), Some("1; 2024-03-31T01:00:00.000 2; 2024-10-27T01:00:00.000 1"));
        assert_eq!(shift(Berlin, "2024-04-01", "2024-10-27").as_deref(), Some("2"));
        assert_eq!(shift(Kolkata, "2024-01-01", "2025-01-01"), None);
        // Half an hour, and only in summer.
        assert_eq!(shift(Lord_Howe, "2024-01-01", "2025-01-01"), None);
        assert_eq!(shift(Berlin, "1900-01-01", "2025-01-01"), None);
    }

    #[test]
    fn bounds_that_clocks_show_once() {
        let at = |wall: &str| in_utc(Berlin, parse_iso(wall).unwrap()).map(iso);
        assert_eq!(at("2024-03-31").as_deref(), Some("2024-03-30T23:00:00.000"));
        assert_eq!(at("2024-10-28").as_deref(), Some("2024-10-27T23:00:00.000"));
        assert_eq!(at("2024-03-31T02:00:00.000"), None);
        assert_eq!(at("2024-10-27T02:00:00.000"), None);
    }
}
