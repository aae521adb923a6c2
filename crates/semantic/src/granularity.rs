//! Granularities of time and the grain a moment falls on. Times are wall-clock milliseconds since 1970, without zone.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use serde::{Deserialize, Serialize};

/// A standard granularity, finest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Granularity {
    /// Whole seconds.
    Second,
    /// Whole minutes.
    Minute,
    /// Whole hours.
    Hour,
    /// Days.
    Day,
    /// ISO weeks, from Monday.
    Week,
    /// Calendar months.
    Month,
    /// Calendar quarters.
    Quarter,
    /// Calendar years.
    Year,
}

/// A granularity's name that is no standard one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no granularity; use second, minute, hour, day, week, month, quarter or year")]
pub struct UnknownGranularity(String);

impl Granularity {
    /// All of them, finest first.
    pub const ALL: [Self; 8] = [
        Self::Second,
        Self::Minute,
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
    ];

    /// The name in SQL and in the data model.
    pub fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// True when bins of `finer` add up to whole bins of this one. A week is part of no month.
    pub fn is_made_of(self, finer: Self) -> bool {
        self == finer || (finer < self && finer != Self::Week)
    }

    /// The start of the bin that holds `at`; `None` outside the calendar.
    pub fn floor(self, at: i64) -> Option<i64> {
        let at = moment(at)?;
        let date = at.date();
        let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN);
        Some(millis(match self {
            Self::Second => at.with_nanosecond(0)?,
            Self::Minute => at.with_nanosecond(0)?.with_second(0)?,
            Self::Hour => midnight(date).with_hour(at.hour())?,
            Self::Day => midnight(date),
            Self::Week => {
                midnight(date.checked_sub_days(Days::new(date.weekday().num_days_from_monday().into()))?)
            }
            Self::Month => midnight(date.with_day(1)?),
            Self::Quarter => midnight(date.with_day(1)?.with_month0(date.month0() / 3 * 3)?),
            Self::Year => midnight(date.with_day(1)?.with_month(1)?),
        }))
    }

    /// The start of the bin behind the one that starts at `start`; `None` outside the calendar.
    pub fn next(self, start: i64) -> Option<i64> {
        let months = |n| moment(start)?.checked_add_months(Months::new(n)).map(millis);
        match self {
            Self::Second => start.checked_add(1_000),
            Self::Minute => start.checked_add(60_000),
            Self::Hour => start.checked_add(3_600_000),
            Self::Day => start.checked_add(86_400_000),
            Self::Week => start.checked_add(7 * 86_400_000),
            Self::Month => months(1),
            Self::Quarter => months(3),
            Self::Year => months(12),
        }
    }

    /// The start of the first bin that does not begin before `at`.
    pub fn ceil(self, at: i64) -> Option<i64> {
        let floor = self.floor(at)?;
        if floor == at { Some(at) } else { self.next(floor) }
    }

    /// True when a bin starts at `at`.
    pub fn starts_at(self, at: i64) -> bool {
        self.floor(at) == Some(at)
    }

    /// The coarsest granularity of which a bin starts at `at`; `None` when `at` is not even on a second.
    pub fn of_moment(at: i64) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|granularity| granularity.starts_at(at))
    }
}

/// Wall-clock milliseconds as a date and time.
pub fn moment(at: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_millis(at).map(|at| at.naive_utc())
}

/// A date and time as wall-clock milliseconds; what is finer is cut.
pub fn millis(at: NaiveDateTime) -> i64 {
    at.and_utc().timestamp_millis()
}

/// `YYYY-MM-DDTHH:MM:SS.mmm`, the way both of Cube's wires write a wall-clock time.
pub fn iso(at: i64) -> String {
    moment(at).map_or_else(|| at.to_string(), |at| at.format("%Y-%m-%dT%H:%M:%S%.3f").to_string())
}

/// Reads what [`iso`] writes; a date alone is its midnight.
pub fn parse_iso(text: &str) -> Option<i64> {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f");
    let date = || text.parse::<NaiveDate>().map(|date| date.and_time(NaiveTime::MIN));
    time.or_else(|_| date()).ok().map(millis)
}

impl fmt::Display for Granularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Granularity {
    type Err = UnknownGranularity;

    fn from_str(text: &str) -> Result<Self, UnknownGranularity> {
        let lower = text.to_ascii_lowercase();
        Self::ALL.into_iter().find(|g| g.name() == lower).ok_or_else(|| UnknownGranularity(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Granularity, iso, parse_iso};
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn at(text: &str) -> i64 {
        parse_iso(text).unwrap()
    }

    fn check(text: &str, expect: Expect) {
        let lines = Granularity::ALL.map(|g| {
            let floor = g.floor(at(text)).unwrap();
            format!("{g}: {} .. {}\n", iso(floor), iso(g.next(floor).unwrap()))
        });
        expect.assert_eq(&lines.concat());
    }

    #[test]
    fn bins() {
        check(
            "2024-02-29T23:59:59.999",
            expect![[r#"
                second: 2024-02-29T23:59:59.000 .. 2024-03-01T00:00:00.000
                minute: 2024-02-29T23:59:00.000 .. 2024-03-01T00:00:00.000
                hour: 2024-02-29T23:00:00.000 .. 2024-03-01T00:00:00.000
                day: 2024-02-29T00:00:00.000 .. 2024-03-01T00:00:00.000
                week: 2024-02-26T00:00:00.000 .. 2024-03-04T00:00:00.000
                month: 2024-02-01T00:00:00.000 .. 2024-03-01T00:00:00.000
                quarter: 2024-01-01T00:00:00.000 .. 2024-04-01T00:00:00.000
                year: 2024-01-01T00:00:00.000 .. 2025-01-01T00:00:00.000
            "#]],
        );
        check(
            "1969-12-31T23:59:59.999",
            expect![[r#"
                second: 1969-12-31T23:59:59.000 .. 1970-01-01T00:00:00.000
                minute: 1969-12-31T23:59:00.000 .. 1970-01-01T00:00:00.000
                hour: 1969-12-31T23:00:00.000 .. 1970-01-01T00:00:00.000
                day: 1969-12-31T00:00:00.000 .. 1970-01-01T00:00:00.000
                week: 1969-12-29T00:00:00.000 .. 1970-01-05T00:00:00.000
                month: 1969-12-01T00:00:00.000 .. 1970-01-01T00:00:00.000
                quarter: 1969-10-01T00:00:00.000 .. 1970-01-01T00:00:00.000
                year: 1969-01-01T00:00:00.000 .. 1970-01-01T00:00:00.000
            "#]],
        );
    }

    #[test]
    fn the_grain_of_a_moment() {
        for (text, grain) in [
            ("2024-01-01T00:00:00.000", Some(Granularity::Year)),
            ("2024-04-01T00:00:00.000", Some(Granularity::Quarter)),
            ("2024-05-01T00:00:00.000", Some(Granularity::Month)),
            ("2024-05-06T00:00:00.000", Some(Granularity::Week)),
            ("2024-05-07T00:00:00.000", Some(Granularity::Day)),
            ("2024-05-07T12:00:00.000", Some(Granularity::Hour)),
            ("2024-05-07T12:00:00.001", None),
        ] {
            assert_eq!(Granularity::of_moment(at(text)), grain, "{text}");
        }
    }

    #[test]
    fn weeks_make_up_nothing_and_days_make_up_weeks() {
        use Granularity::{Day, Month, Quarter, Week, Year};
        for coarse in [Month, Quarter, Year] {
            assert!(!coarse.is_made_of(Week));
        }
        assert!(Week.is_made_of(Day) && Week.is_made_of(Week) && Year.is_made_of(Month));
        assert!(!Day.is_made_of(Month) && !Week.is_made_of(Month));
    }

    proptest! {
        #[test]
        fn bins_tile_the_line(at in -5_000_000_000_000i64..5_000_000_000_000) {
            for g in Granularity::ALL {
                let floor = g.floor(at).unwrap();
                prop_assert!(floor <= at && at < g.next(floor).unwrap());
                prop_assert!(g.starts_at(floor));
                for finer in Granularity::ALL.into_iter().filter(|finer| g.is_made_of(*finer)) {
                    prop_assert!(finer.starts_at(floor));
                }
            }
        }
    }
}
