//! Lengths of time as the data model writes them: `7 day`, `-1 month`, `1 year 6 months`.

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::granularity::Granularity;

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
