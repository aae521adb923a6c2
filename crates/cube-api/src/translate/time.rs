//! Ranges of time: which of Cube's two forms says `from <= t AND t < to` over wall-clock milliseconds.
//!
//! `timeDimensions[].dateRange` is the only form that lets Cube use a rollup, and it is inclusive, so the last
//! millisecond inside is sent. It is exact only when each bound falls on the grain of every rollup that Cube
//! could pick: with its non-strict dates, the default, it compares the bounds with the rollup's bins and loses
//! the whole first bin. Everything else goes as `afterOrOnDate` and `beforeDate`, which are `>=` and `<`, keep
//! milliseconds, and read the source.
//!
//! Cube turns the bounds into UTC, while the meaning is wall-clock: a bound that the clock skips is the end of
//! the skip; one that it shows twice has no single moment, so a wider range is sent and the exact one tested above.

use chrono::{Datelike, MappedLocalTime, TimeZone};
use chrono_tz::{GapInfo, Tz};
use semantic::{
    Column, Filter, MemberName, Output,
    granularity::{iso, millis, moment},
    json::{JsonFilter, JsonTimeDimension},
    model::{Bins, Grain},
};

use super::{
    predicate::{self, Inexact},
    scope::Scope,
};
use crate::request::{NotExact, not_exact::shown};

/// A range that goes as `dateRange`.
pub(super) struct DateRange {
    member: MemberName,
    bounds: [String; 2],
}

impl DateRange {
    /// The time.
    pub(super) fn member(&self) -> &MemberName {
        &self.member
    }
}

/// The `timeDimensions` of a request: the bins, and the range on the first bin of its time or on its own.
pub(super) fn dimensions(
    columns: &[Output],
    range: Option<DateRange>,
    scope: &Scope<'_>,
) -> Vec<JsonTimeDimension> {
    let mut bins: Vec<_> = columns.iter().filter_map(Output::bins).collect();
    // Cube orders by the first entry of a time, and the finest bin decides the others.
    bins.sort_by_key(|(member, grain)| scope.starts(member, grain).map_or(0, Bins::length));
    let entry = |member: &MemberName, granularity: Option<Grain>| JsonTimeDimension {
        dimension: member.asked().to_owned(),
        granularity: granularity.map(|granularity| granularity.to_string()),
        date_range: None,
    };
    let mut entries: Vec<_> =
        bins.into_iter().map(|(member, granularity)| entry(member, Some(granularity))).collect();
    if let Some(DateRange { member, bounds }) = range {
        let at = entries.iter().position(|e| e.dimension == member.asked()).unwrap_or_else(|| {
            entries.push(entry(&member, None));
            entries.len() - 1
        });
        entries[at].date_range = Some(bounds);
    }
    entries
}

/// The conjunct that can go as `dateRange`, by its position, and the range.
pub(super) fn date_range(conjuncts: &[Filter], scope: &Scope<'_>) -> Option<(usize, DateRange)> {
    for (at, part) in conjuncts.iter().enumerate() {
        let Filter::During { member, from: Some(from), to: Some(to) } = part else { continue };
        let column = scope.column(member);
        if column.is_measure() || !is_exact_range(column, *from, *to, scope) {
            continue;
        }
        let bounds = [iso(*from), iso(*to - 1)];
        return Some((at, DateRange { member: member.clone(), bounds }));
    }
    None
}

// A second time in `timeDimensions` could meet a rollup over two times, whose SQL Cube 1.6 gets wrong.
fn is_exact_range(column: &Column, from: i64, to: i64, scope: &Scope<'_>) -> bool {
    let zone = scope.query.zone;
    let is_once = |at| matches!(place(at, zone), Place::Once(moment) if moment == at);
    scope.bins().all(|(member, _)| *member == column.member)
        && is_once(from)
        && is_once(to - 1)
        && is_on_grain(column, from, to, scope)
}

/// True when both bounds start a bin of every rollup over this time that can serve the bins asked for.
fn is_on_grain(column: &Column, from: i64, to: i64, scope: &Scope<'_>) -> bool {
    let reached = column.source.reached(scope.model);
    let bins: Vec<_> = scope.bins().collect();
    // Which rollups Cube takes for bins that a time declares is its own choice.
    let may_serve = |stored: Bins| {
        bins.iter().all(|(_, grain)| match grain {
            Grain::Standard(granularity) => Bins::of(*granularity).is_made_of(stored),
            Grain::Custom(_) => true,
        })
    };
    scope
        .model
        .pre_aggregations()
        .flat_map(|rollup| &rollup.time_dimensions)
        .filter(|time| reached.iter().any(|reached| reached.member == time.dimension.member))
        .all(|time| match time.dimension.bins(&time.granularity, scope.model) {
            // Every bound may cut through one.
            Err(_) => false,
            Ok(stored) => !may_serve(stored) || stored.starts_at(from) && stored.starts_at(to),
        })
}

/// The range in operators.
pub(super) fn exact(
    column: &Column,
    from: Option<i64>,
    to: Option<i64>,
    filter: &Filter,
    scope: &Scope<'_>,
) -> Result<JsonFilter, Inexact> {
    // What zone a computed time is in is the data model's secret.
    if column.is_measure() || is_shifted_in_rollups(column, scope) {
        return Err(Inexact::Above);
    }
    let mut bounds = Vec::new();
    for (operator, at) in operators(from, to) {
        match place(at, scope.query.zone) {
            Place::Once(at) => bounds.push(bound(&column.member, operator, at)),
            Place::Twice => return Err(Inexact::Above),
            Place::Nowhere => return Err(NotExact::Calendar { predicate: shown(filter) }.into()),
        }
    }
    Ok(if bounds.len() == 1 { bounds.swap_remove(0) } else { JsonFilter::And { and: bounds } })
}

/// True when a rollup keeps the time as it is: Cube 1.6 then compares that wall-clock with bounds in UTC.
fn is_shifted_in_rollups(column: &Column, scope: &Scope<'_>) -> bool {
    if matches!(scope.query.zone, Tz::UTC | Tz::Etc__UTC) {
        return false;
    }
    let reached = column.source.reached(scope.model);
    let mut kept = scope.model.pre_aggregations().flat_map(|rollup| &rollup.dimensions);
    kept.any(|kept| reached.iter().any(|reached| reached.member == kept.member))
}

/// Filters that pass every row of the range, however Cube reads its zone: a day more on each side.
pub(super) fn superset(member: &MemberName, from: Option<i64>, to: Option<i64>) -> Vec<JsonFilter> {
    const DAY: i64 = 86_400_000;
    operators(from.map(|at| at.saturating_sub(DAY)), to.map(|at| at.saturating_add(DAY)))
        .filter(|(_, at)| is_in_calendar(*at))
        .map(|(operator, at)| bound(member, operator, at))
        .collect()
}

fn operators(from: Option<i64>, to: Option<i64>) -> impl Iterator<Item = (&'static str, i64)> {
    let from = from.map(|at| ("afterOrOnDate", at));
    from.into_iter().chain(to.map(|at| ("beforeDate", at)))
}

fn bound(member: &MemberName, operator: &str, at: i64) -> JsonFilter {
    predicate::filter(member, operator, [iso(at)])
}

/// Where a wall-clock time stands in its zone.
enum Place {
    /// At one moment, which this wall-clock time shows too.
    Once(i64),
    /// At two moments, when clocks are set back.
    Twice,
    /// Outside the years that Cube reads.
    Nowhere,
}

fn place(at: i64, zone: Tz) -> Place {
    let Some(local) = moment(at).filter(|_| is_in_calendar(at)) else { return Place::Nowhere };
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(_) => Place::Once(at),
        MappedLocalTime::Ambiguous(..) => Place::Twice,
        MappedLocalTime::None => match GapInfo::new(&local, &zone).and_then(|gap| gap.end) {
            Some(end) => Place::Once(millis(end.naive_local())),
            None => Place::Nowhere,
        },
    }
}

fn is_in_calendar(at: i64) -> bool {
    moment(at).is_some_and(|at| (1..=9999).contains(&at.year()))
}

#[cfg(test)]
mod tests {
    use super::{Place, place};
    use chrono_tz::Tz;
    use semantic::granularity::{iso, parse_iso};

    fn check(text: &str, zone: Tz, expected: &str) {
        let shown = match place(parse_iso(text).unwrap(), zone) {
            Place::Once(at) => iso(at),
            Place::Twice => "twice".to_owned(),
            Place::Nowhere => "nowhere".to_owned(),
        };
        assert_eq!(shown, expected, "{text} in {zone}");
    }

    #[test]
    fn clocks_skip_and_repeat() {
        let berlin = Tz::Europe__Berlin;
        check("2023-03-26T01:59:59.999", berlin, "2023-03-26T01:59:59.999");
        check("2023-03-26T02:00:00.000", berlin, "2023-03-26T03:00:00.000");
        check("2023-03-26T02:30:00.000", berlin, "2023-03-26T03:00:00.000");
        check("2023-03-26T03:00:00.000", berlin, "2023-03-26T03:00:00.000");
        check("2023-10-29T01:59:59.999", berlin, "2023-10-29T01:59:59.999");
        check("2023-10-29T02:00:00.000", berlin, "twice");
        check("2023-10-29T02:59:59.999", berlin, "twice");
        check("2023-10-29T03:00:00.000", berlin, "2023-10-29T03:00:00.000");
        check("2023-11-05T00:00:00.000", Tz::America__Havana, "twice");
        check("2023-04-28T00:00:00.000", Tz::Africa__Cairo, "2023-04-28T01:00:00.000");
        check("2023-03-26T02:30:00.000", Tz::UTC, "2023-03-26T02:30:00.000");
        check("0000-12-31T00:00:00.000", Tz::UTC, "nowhere");
    }
}
