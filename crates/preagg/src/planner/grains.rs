//! Which stored bins make up asked ones: the standard granularities and those that a time declares for itself, whose
//! bins depend on zone and year.

use std::sync::Arc;

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use semantic::{
    Granularity, MemberName, Model,
    asked::AskedTime,
    granularity::{millis, moment, parse_iso},
    model::{CustomGranularity, Extent, Interval, RollingWindow},
};

use super::member::{Definition, definition};

/// What bins are computed against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    pub(super) zone: Tz,
    /// On the clock of the zone.
    pub(super) now: NaiveDateTime,
}

/// A granularity and those whose bins add up to its own, coarsest first.
pub(super) fn made_of(name: &str, time: &MemberName, model: &Model, clock: Clock) -> Vec<Arc<str>> {
    match name.parse() {
        Ok(granularity) => chain(granularity).map(|finer| finer.name().into()).collect(),
        Err(_) => {
            let custom = custom(name, time, model).and_then(|custom| least(custom, clock));
            let finer = custom.into_iter().flat_map(chain).map(|finer| finer.name().into());
            std::iter::once(name.into()).chain(finer).collect()
        }
    }
}

/// A granularity of the time's own; a standard name is never one.
pub(super) fn custom<'m>(name: &str, time: &MemberName, model: &'m Model) -> Option<&'m CustomGranularity> {
    match definition(model, time)? {
        Definition::View(shown) => custom(name, shown.member, model),
        Definition::Dimension(dimension) => dimension.granularities.iter().find(|own| *own.name == *name),
        Definition::Measure(_) | Definition::Segment(_) => None,
    }
}

/// The granularity that strict matching looks for: that of the bins, and fine enough for both ends of the range.
pub(super) fn strict(time: &AskedTime, model: &Model, clock: Clock) -> Option<Arc<str>> {
    let range = time.range.as_ref().and_then(|[from, to]| Some((parse_iso(from)?, parse_iso(to)? + 1)));
    let of_range = range.and_then(|(from, to)| Some(common(of_moment(from)?, of_moment(to)?)));
    let Some(name) = &time.granularity else { return of_range.map(|grain| grain.name().into()) };
    let (Some(of_range), Some((from, to))) = (of_range, range) else { return Some(name.as_str().into()) };
    let bins = match name.parse() {
        Ok(granularity) => granularity,
        Err(_) => {
            let custom = custom(name, &time.dimension, model)?;
            if is_aligned(custom, from, to, clock) {
                return Some(name.as_str().into());
            }
            least(custom, clock)?
        }
    };
    Some(common(bins, of_range).name().into())
}

/// The finest granularity that a window is measured in; a window without an end measures nothing.
pub(super) fn of_window(window: &RollingWindow) -> Option<Granularity> {
    let RollingWindow::Fixed { trailing, leading, .. } = window else { return None };
    let unit = |extent: &Option<Extent>| match extent {
        Some(Extent::Interval(interval)) => {
            use Granularity::{Day, Hour, Month, Week, Year};
            let units = [Day, Month, Year, Week, Hour];
            units.into_iter().find(|unit| interval.parts.iter().any(|(_, part)| part == unit))
        }
        Some(Extent::Unbounded) | None => None,
    };
    least_of(unit(leading), unit(trailing))
}

/// The coarsest granularity that makes up both; what is absent asks for nothing.
pub(super) fn least_of(one: Option<Granularity>, other: Option<Granularity>) -> Option<Granularity> {
    match (one, other) {
        (Some(one), Some(other)) => Some(common(one, other)),
        (one, other) => one.or(other),
    }
}

/// A granularity and the finer ones that make it up.
fn chain(granularity: Granularity) -> impl Iterator<Item = Granularity> {
    Granularity::ALL.into_iter().rev().filter(move |finer| granularity.is_made_of(*finer))
}

fn common(one: Granularity, other: Granularity) -> Granularity {
    chain(one).find(|grain| other.is_made_of(*grain)).unwrap_or(Granularity::Second)
}

/// The granularity of which a bin starts at a moment. Cube knows no quarters here, and nothing finer than seconds.
fn of_moment(at: i64) -> Option<Granularity> {
    moment(at)?;
    Some(match Granularity::of_moment(at) {
        Some(Granularity::Quarter) => Granularity::Month,
        Some(granularity) => granularity,
        None => Granularity::Second,
    })
}

/// The coarsest standard granularity whose bins make up those of a time's own.
fn least(custom: &CustomGranularity, clock: Clock) -> Option<Granularity> {
    let unit = smallest(custom.interval.as_ref()?);
    match &custom.offset {
        Some(offset) => Some(common(unit, smallest(offset))),
        // Cube looks at the origin on the clock of UTC.
        None => Some(common(unit, of_moment(utc(origin(custom, clock)?, clock.zone)?)?)),
    }
}

/// The smallest unit of a length, where several weeks or quarters beside other units count in smaller ones.
fn smallest(interval: &Interval) -> Granularity {
    let unit = interval.parts.iter().map(|(_, unit)| *unit).min().unwrap_or(Granularity::Second);
    let several = interval.parts.iter().any(|(_, other)| *other != unit);
    match unit {
        Granularity::Week if several => Granularity::Day,
        Granularity::Quarter if several => Granularity::Month,
        unit => unit,
    }
}

/// The start of one bin, on the clock of the zone.
pub(super) fn origin(custom: &CustomGranularity, clock: Clock) -> Option<i64> {
    if let Some(origin) = &custom.origin {
        return written(origin, clock.zone);
    }
    let start = NaiveDate::from_ymd_opt(clock.now.year(), 1, 1)?;
    let weeks = matches!(custom.interval.as_ref()?.parts.as_slice(), [(_, Granularity::Week)]);
    let back = if weeks { start.weekday().num_days_from_monday() } else { 0 };
    let start = millis(start.checked_sub_days(Days::new(back.into()))?.and_hms_opt(0, 0, 0)?);
    custom.offset.as_ref().map_or(Some(start), |offset| added(start, offset, 1))
}

/// An origin as the model writes it: on the clock of the zone, unless it says an offset.
fn written(text: &str, zone: Tz) -> Option<i64> {
    let text = text.trim().replacen(' ', "T", 1);
    let minutes = || NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M").ok().map(millis);
    let month = || {
        NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0).map(millis)
    };
    let year = || NaiveDate::from_ymd_opt(text.parse().ok()?, 1, 1)?.and_hms_opt(0, 0, 0).map(millis);
    let offset = || {
        let at = chrono::DateTime::parse_from_rfc3339(&text).ok()?;
        Some(millis(at.with_timezone(&zone).naive_local()))
    };
    parse_iso(&text).or_else(minutes).or_else(offset).or_else(month).or_else(year)
}

fn utc(local: i64, zone: Tz) -> Option<i64> {
    let at = zone.from_local_datetime(&moment(local)?).earliest()?;
    Some(millis(at.with_timezone(&Utc).naive_utc()))
}

/// True when a range is made of whole bins.
fn is_aligned(custom: &CustomGranularity, from: i64, to: i64, clock: Clock) -> bool {
    let steps = |start: i64, end: i64| {
        let interval = custom.interval.as_ref()?;
        let sign = if start <= end { 1 } else { -1 };
        falls_on(start, end, interval, sign)
    };
    let whole = steps(from, to) == Some(true);
    whole && origin(custom, clock).and_then(|origin| steps(origin, from)) == Some(true)
}

/// Whether steps from `start` meet `end`; `None` for steps that lead nowhere.
fn falls_on(start: i64, end: i64, interval: &Interval, sign: i64) -> Option<bool> {
    let mut at = start;
    if let Some(length) = fixed_length(interval) {
        return (length > 0).then(|| (end - start) % length == 0);
    }
    while (end - at) * sign > 0 {
        let next = added(at, interval, sign)?;
        if (next - at) * sign <= 0 {
            return None;
        }
        at = next;
    }
    Some(at == end)
}

fn fixed_length(interval: &Interval) -> Option<i64> {
    let lengths = interval.parts.iter().map(|(count, unit)| {
        let is_fixed = *unit <= Granularity::Week;
        is_fixed.then(|| unit.next(0))?.and_then(|length| length.checked_mul(*count))
    });
    lengths.sum()
}

fn added(at: i64, interval: &Interval, sign: i64) -> Option<i64> {
    interval.parts.iter().try_fold(at, |at, (count, unit)| {
        let count = count.checked_mul(sign)?;
        let months = match unit {
            Granularity::Month => 1,
            Granularity::Quarter => 3,
            Granularity::Year => 12,
            unit => return unit.next(0)?.checked_mul(count)?.checked_add(at),
        };
        let months_of = |count: i64| Some(Months::new(u32::try_from(count.checked_mul(months)?).ok()?));
        let start = moment(at)?;
        let moved = match count {
            0.. => start.checked_add_months(months_of(count)?),
            _ => start.checked_sub_months(months_of(count.checked_neg()?)?),
        };
        moved.map(millis)
    })
}
