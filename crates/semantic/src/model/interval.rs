//! Lengths of time as the data model writes them: `7 day`, `-1 month`, `1 year 6 months`.

use std::{fmt, str::FromStr};

use chrono::Months;
use serde::Serialize;

use crate::granularity::{Granularity, millis, moment};

/// A length of time in calendar units; never without a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// Counts of units, as written.
    pub parts: Vec<(i64, Granularity)>,
}

/// A text that is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no interval; write a number and a unit, like `7 day`")]
pub struct NotAnInterval(String);

/// How far a window reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// `unbounded`
    Unbounded,
    /// So far and no further.
    Interval(Interval),
}

impl Interval {
    /// The wall-clock time this long after `at`; `None` outside the calendar.
    ///
    /// Months come first and end with the month that they lead to, as in PostgreSQL.
    pub fn after(&self, at: i64) -> Option<i64> {
        self.moved(at, 1)
    }

    /// The wall-clock time this long before `at`; `None` outside the calendar.
    pub fn before(&self, at: i64) -> Option<i64> {
        self.moved(at, -1)
    }

    /// The finest of its units.
    pub fn grain(&self) -> Granularity {
        self.parts.iter().map(|(_, unit)| *unit).min().unwrap_or(Granularity::Second)
    }

    fn moved(&self, at: i64, sign: i64) -> Option<i64> {
        let (mut months, mut rest) = (0i64, 0i64);
        for (count, unit) in &self.parts {
            let (length, sum) = match unit {
                Granularity::Year => (12, &mut months),
                Granularity::Quarter => (3, &mut months),
                Granularity::Month => (1, &mut months),
                Granularity::Week => (7 * 86_400_000, &mut rest),
                Granularity::Day => (86_400_000, &mut rest),
                Granularity::Hour => (3_600_000, &mut rest),
                Granularity::Minute => (60_000, &mut rest),
                Granularity::Second => (1_000, &mut rest),
            };
            *sum = count.checked_mul(length)?.checked_mul(sign)?.checked_add(*sum)?;
        }
        let count = Months::new(months.unsigned_abs().try_into().ok()?);
        let at = moment(at)?;
        let at = if months < 0 { at.checked_sub_months(count) } else { at.checked_add_months(count) };
        millis(at?).checked_add(rest)
    }
}

impl FromStr for Interval {
    type Err = NotAnInterval;

    fn from_str(text: &str) -> Result<Self, NotAnInterval> {
        parts(text).map(|parts| Self { parts }).ok_or_else(|| NotAnInterval(text.to_owned()))
    }
}

fn parts(text: &str) -> Option<Vec<(i64, Granularity)>> {
    let words: Vec<_> = text.split_whitespace().collect();
    let pairs = words.chunks(2).map(|pair| match pair {
        [count, unit] => Some((count.parse().ok()?, self::unit(unit)?)),
        _ => None,
    });
    let parts: Vec<_> = pairs.collect::<Option<_>>()?;
    (!parts.is_empty()).then_some(parts)
}

fn unit(word: &str) -> Option<Granularity> {
    let lower = word.to_ascii_lowercase();
    lower.strip_suffix('s').unwrap_or(&lower).parse().ok()
}

impl FromStr for Extent {
    type Err = NotAnInterval;

    fn from_str(text: &str) -> Result<Self, NotAnInterval> {
        match text.trim() {
            "unbounded" => Ok(Self::Unbounded),
            text => text.parse().map(Self::Interval),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.parts.iter().map(|(count, unit)| format!("{count} {unit}")).collect();
        f.write_str(&parts.join(" "))
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unbounded => f.write_str("unbounded"),
            Self::Interval(interval) => interval.fmt(f),
        }
    }
}

impl Serialize for Interval {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Extent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Extent, Interval};
    use crate::granularity::{iso, parse_iso};

    #[test]
    fn intervals_move_along_the_calendar() {
        for (interval, at, before, after) in [
            ("1 month", "2024-03-31T23:59:59.999", "2024-02-29T23:59:59.999", "2024-04-30T23:59:59.999"),
            ("7 day", "2024-03-01T00:00:00.000", "2024-02-23T00:00:00.000", "2024-03-08T00:00:00.000"),
            (
                "1 year -1 day",
                "2024-02-29T12:00:00.000",
                "2023-03-01T12:00:00.000",
                "2025-02-27T12:00:00.000",
            ),
            ("3 hour", "1970-01-01T01:00:00.000", "1969-12-31T22:00:00.000", "1970-01-01T04:00:00.000"),
        ] {
            let (interval, at) = (interval.parse::<Interval>().unwrap(), parse_iso(at).unwrap());
            assert_eq!(iso(interval.before(at).unwrap()), before);
            assert_eq!(iso(interval.after(at).unwrap()), after);
        }
        let endless: Interval = "9223372036854775807 year".parse().unwrap();
        assert_eq!(endless.after(0), None);
    }

    #[test]
    fn intervals_are_read_and_written() {
        for (text, written) in [
            ("7 day", "7 day"),
            ("-1 Days", "-1 day"),
            ("1 year  6 months", "1 year 6 month"),
            ("2 quarters", "2 quarter"),
        ] {
            assert_eq!(text.parse::<Interval>().unwrap().to_string(), written);
        }
        for text in ["", "day", "7", "7 day 1", "seven days", "7 fortnights", "1.5 days"] {
            assert!(text.parse::<Interval>().is_err(), "{text}");
        }
        assert_eq!("unbounded".parse::<Extent>().unwrap(), Extent::Unbounded);
        assert!("bounded".parse::<Extent>().is_err());
    }
}
