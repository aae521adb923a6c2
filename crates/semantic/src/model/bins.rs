//! Bins of time by arithmetic: those of the standard granularities, and those that a time dimension declares as far as
//! they are the same in every year and to whoever computes them. Times are wall-clock milliseconds.

use chrono::{Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime};

use super::{CustomGranularity, Interval};
use crate::granularity::{Granularity, millis, moment, parse_iso};

const DAY: i64 = 86_400_000;
const WEEK: i64 = 7 * DAY;
/// The first Monday since 1970.
const MONDAY: i64 = 4 * DAY;

/// Where bins start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bins {
    /// With every so many months.
    Months {
        /// Months of a bin.
        count: i64,
        /// The month since 1970 of one start, below `count`.
        first: i64,
        /// Milliseconds between the start of the month and that of the bin.
        behind: i64,
    },
    /// With every so many milliseconds.
    Lengths {
        /// Milliseconds of a bin.
        length: i64,
        /// The first start since 1970, below `length`.
        first: i64,
    },
}

/// How bins are cut by the standard functions: the start of a bin is `date_trunc(unit, t - by) + by`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The standard granularity.
    pub unit: Granularity,
    /// A count of months, days, hours, minutes or seconds.
    pub by: Option<(i64, Granularity)>,
}

/// Why bins are not the same to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NoBins {
    /// Cube divides by the length of a month, which differs.
    #[error("Cube takes the months in them for numbers of days")]
    Months,
    /// The start of the current year.
    #[error("they begin anew with every year; give it an `origin`")]
    Year,
    /// `sql` of a calendar.
    #[error("they are rows of a calendar")]
    Calendar,
    /// The name of a standard granularity.
    #[error("their name is that of standard ones, which are others")]
    Name,
    /// An origin or offset that moves bins of one month in another way than those of the next.
    #[error("its `origin` or `offset` does not move all of them alike")]
    Moved,
}

impl Bins {
    /// Those of a standard granularity.
    pub fn of(granularity: Granularity) -> Self {
        let months = |count| Self::Months { count, first: 0, behind: 0 };
        match granularity {
            Granularity::Year => months(12),
            Granularity::Quarter => months(3),
            Granularity::Month => months(1),
            Granularity::Week => Self::Lengths { length: WEEK, first: MONDAY },
            finer => Self::Lengths { length: finer.next(0).unwrap_or(DAY), first: 0 },
        }
    }

    /// The start of the bin that holds `at`; `None` outside the calendar.
    pub fn floor(self, at: i64) -> Option<i64> {
        match self {
            Self::Lengths { length, first } => {
                at.checked_sub(first)?.div_euclid(length).checked_mul(length)?.checked_add(first)
            }
            Self::Months { count, first, behind } => {
                let month = month_of(moment(at.checked_sub(behind)?)?);
                let start = (month - first).div_euclid(count) * count + first;
                start_of(start)?.checked_add(behind)
            }
        }
    }

    /// The start of the bin behind the one that starts at `start`; `None` outside the calendar.
    pub fn next(self, start: i64) -> Option<i64> {
        match self {
            Self::Lengths { length, .. } => start.checked_add(length),
            Self::Months { count, behind, .. } => {
                let month = month_of(moment(start.checked_sub(behind)?)?);
                start_of(month + count)?.checked_add(behind)
            }
        }
    }

    /// True when a bin starts at `at`.
    pub fn starts_at(self, at: i64) -> bool {
        self.floor(at) == Some(at)
    }

    /// About how many milliseconds one lasts.
    pub fn length(self) -> i64 {
        match self {
            Self::Lengths { length, .. } => length,
            Self::Months { count, .. } => count * 30 * DAY,
        }
    }

    /// True when bins of `finer` add up to whole bins of this one.
    pub fn is_made_of(self, finer: Self) -> bool {
        match (self, finer) {
            (Self::Lengths { length, first }, Self::Lengths { length: part, first: start })
                if length % part == 0 =>
            {
                (first - start) % part == 0
            }
            (Self::Months { behind, .. }, Self::Lengths { length, first }) if DAY % length == 0 => {
                (behind - first) % length == 0
            }
            (
                Self::Months { count, first, behind },
                Self::Months { count: part, first: start, behind: moved },
            ) => behind == moved && count % part == 0 && (first - start) % part == 0,
            _ => false,
        }
    }

    /// The standard functions that cut them; `None` where there are none.
    pub fn cut(self) -> Option<Cut> {
        let standard =
            |same: &dyn Fn(Self) -> bool| Granularity::ALL.into_iter().find(|g| same(Self::of(*g)));
        match self {
            Self::Months { count, first, behind } => {
                let unit = standard(&|other| matches!(other, Self::Months { count: c, .. } if c == count))?;
                let by = if behind == 0 { Some((first, Granularity::Month)) } else { units(behind) };
                let by = by.filter(|_| first == 0 || behind == 0)?;
                Some(Cut { unit, by: Some(by).filter(|(count, _)| *count != 0) })
            }
            Self::Lengths { length, first } => {
                let unit =
                    standard(&|other| matches!(other, Self::Lengths { length: l, .. } if l == length))?;
                let Self::Lengths { first: start, .. } = Self::of(unit) else { return None };
                let behind = (first - start).rem_euclid(length);
                // The shorter way.
                let behind = if behind * 2 > length { behind - length } else { behind };
                Some(Cut { unit, by: Some(units(behind)?).filter(|(count, _)| *count != 0) })
            }
        }
    }
}

impl CustomGranularity {
    /// Its bins, or why they are not known.
    ///
    /// # Errors
    ///
    /// When bins depend on the year, on rows, or on how a source divides months.
    pub fn bins(&self) -> Result<Bins, NoBins> {
        let interval = self.interval.as_ref().filter(|_| self.sql.is_none()).ok_or(NoBins::Calendar)?;
        let natural = match interval.parts.as_slice() {
            [(1, unit)] if self.origin.is_none() => Some(*unit),
            _ => None,
        };
        match natural {
            Some(unit) => moved(Bins::of(unit), self.offset.as_ref()),
            None => self.lengths(interval),
        }
    }

    fn lengths(&self, interval: &Interval) -> Result<Bins, NoBins> {
        let length = fixed(interval).ok_or(NoBins::Months)?;
        if length <= 0 {
            return Err(NoBins::Moved);
        }
        let origin = match &self.origin {
            Some(origin) => written(origin).ok_or(NoBins::Moved)?,
            // Every year begins at midnight.
            None if DAY % length == 0 => match &self.offset {
                Some(offset) => fixed(offset).ok_or(NoBins::Moved)?,
                None => 0,
            },
            None => return Err(NoBins::Year),
        };
        Ok(Bins::Lengths { length, first: origin.rem_euclid(length) })
    }
}

fn moved(bins: Bins, offset: Option<&Interval>) -> Result<Bins, NoBins> {
    let Some(offset) = offset else { return Ok(bins) };
    match (bins, fixed(offset), months(offset)) {
        (Bins::Lengths { length, first }, Some(by), _) => {
            Ok(Bins::Lengths { length, first: (first + by).rem_euclid(length) })
        }
        (Bins::Months { count, first, .. }, Some(behind), _) => Ok(Bins::Months { count, first, behind }),
        (Bins::Months { count, first, behind }, None, Some(by)) => {
            Ok(Bins::Months { count, first: (first + by).rem_euclid(count), behind })
        }
        _ => Err(NoBins::Moved),
    }
}

/// Milliseconds, of what is as long wherever it begins.
fn fixed(interval: &Interval) -> Option<i64> {
    let lengths = interval.parts.iter().map(|(count, unit)| {
        let unit = Some(*unit).filter(|unit| *unit <= Granularity::Week)?;
        unit.next(0)?.checked_mul(*count).filter(|length| length.abs() < i64::MAX / 4)
    });
    lengths.sum()
}

fn months(interval: &Interval) -> Option<i64> {
    let months = interval.parts.iter().map(|(count, unit)| match Bins::of(*unit) {
        Bins::Months { count: months, .. } => months.checked_mul(*count),
        Bins::Lengths { .. } => None,
    });
    months.sum()
}

/// A length in the coarsest unit that measures it.
fn units(length: i64) -> Option<(i64, Granularity)> {
    let units = [Granularity::Day, Granularity::Hour, Granularity::Minute, Granularity::Second];
    let whole = |unit: &Granularity| unit.next(0).filter(|unit| length % unit == 0);
    units.into_iter().find_map(|unit| Some((length / whole(&unit)?, unit)))
}

/// An origin on the clock of whatever zone; one that says its own zone is none.
fn written(text: &str) -> Option<i64> {
    let text = text.trim().replacen(' ', "T", 1);
    let minutes = || NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M").ok().map(millis);
    let month = || parse_iso(&format!("{text}-01"));
    let year = || parse_iso(&format!("{text}-01-01"));
    parse_iso(&text).or_else(minutes).or_else(month).or_else(year)
}

fn month_of(at: NaiveDateTime) -> i64 {
    (i64::from(at.year()) - 1970) * 12 + i64::from(at.month0())
}

fn start_of(month: i64) -> Option<i64> {
    let first = NaiveDate::from_ymd_opt(1970, 1, 1)?;
    let count = Months::new(month.unsigned_abs().try_into().ok()?);
    let date = if month < 0 { first.checked_sub_months(count) } else { first.checked_add_months(count) };
    Some(millis(date?.and_time(NaiveTime::MIN)))
}

#[cfg(test)]
mod tests {
    use super::{Bins, Cut, NoBins};
    use crate::{
        granularity::{Granularity, iso, parse_iso},
        model::{CustomGranularity, Interval},
    };
    use proptest::prelude::*;

    fn custom(interval: &str, origin: &str, offset: &str) -> CustomGranularity {
        CustomGranularity {
            name: "own".into(),
            title: None,
            interval: Some(interval.parse().unwrap()),
            origin: Some(origin.to_owned()).filter(|origin| !origin.is_empty()),
            offset: offset.parse().ok(),
            sql: None,
        }
    }

    fn check(interval: &str, origin: &str, offset: &str, at: &str, expected: &str) {
        let shown = match custom(interval, origin, offset).bins() {
            Ok(bins) => {
                let start = bins.floor(parse_iso(at).unwrap()).unwrap();
                format!("{} .. {}", iso(start), iso(bins.next(start).unwrap())).replace(":00:00.000", "")
            }
            Err(why) => format!("{why:?}"),
        };
        assert_eq!(shown, expected, "{interval}, origin {origin}, offset {offset}");
    }

    #[test]
    fn bins_of_ones_own() {
        check("1 quarter", "", "", "2024-03-31", "2024-01-01T00 .. 2024-04-01T00");
        check("1 quarter", "", "1 month", "2024-04-30", "2024-02-01T00 .. 2024-05-01T00");
        check("1 quarter", "", "-1 month", "1969-12-05", "1969-12-01T00 .. 1970-03-01T00");
        check("1 year", "", "1 quarter", "2024-03-31", "2023-04-01T00 .. 2024-04-01T00");
        check("1 month", "", "14 days", "2024-03-14", "2024-02-15T00 .. 2024-03-15T00");
        check("1 month", "", "-1 day", "2024-02-29", "2024-02-29T00 .. 2024-03-31T00");
        check("1 week", "", "-1 day", "2024-03-31", "2024-03-31T00 .. 2024-04-07T00");
        check("1 day", "", "6 hours", "2024-03-31", "2024-03-30T06 .. 2024-03-31T06");
        check("2 weeks", "2024-01-01", "", "2023-12-31", "2023-12-18T00 .. 2024-01-01T00");
        check("5 days", "2024-01-03 12:00", "", "2024-01-03", "2023-12-29T12 .. 2024-01-03T12");
        check("6 hours", "", "1 hour", "2024-01-01", "2023-12-31T19 .. 2024-01-01T01");
        check("1 week", "2024", "", "2024-01-07", "2024-01-01T00 .. 2024-01-08T00");
    }

    #[test]
    fn bins_that_are_not_those_of_everybody() {
        check("6 months", "", "", "2024-01-01", "Months");
        check("1 month", "2024-01-15", "", "2024-01-01", "Months");
        check("1 year 1 day", "", "", "2024-01-01", "Months");
        check("2 weeks", "", "", "2024-01-01", "Year");
        check("5 days", "", "1 day", "2024-01-01", "Year");
        check("1 week", "", "1 month", "2024-01-01", "Moved");
        check("1 month", "", "1 month -1 day", "2024-01-01", "Moved");
        check("2 hours", "2024-01-01T00:00:00Z", "", "2024-01-01", "Moved");
        check("-2 hours", "2024-01-01", "", "2024-01-01", "Moved");
        let calendar = CustomGranularity {
            sql: Some(crate::template::Template::default()),
            ..custom("1 month", "", "")
        };
        assert_eq!(calendar.bins(), Err(NoBins::Calendar));
    }

    #[test]
    fn standard_bins_are_made_of_the_same_ones() {
        for coarse in Granularity::ALL {
            for fine in Granularity::ALL {
                let same = Bins::of(coarse).is_made_of(Bins::of(fine));
                assert_eq!(same, coarse.is_made_of(fine), "{coarse} of {fine}");
            }
        }
    }

    fn some_bins() -> impl Strategy<Value = Bins> {
        let offset = prop_oneof![
            Just(""),
            Just("1 month"),
            Just("-2 months"),
            Just("14 days"),
            Just("-1 day"),
            Just("90 minutes"),
            Just("1 quarter")
        ];
        let natural = prop_oneof![
            Just("1 year"),
            Just("1 quarter"),
            Just("1 month"),
            Just("1 week"),
            Just("1 day"),
            Just("1 hour")
        ];
        let own = prop_oneof![
            Just("2 weeks"),
            Just("5 days"),
            Just("15 minutes"),
            Just("6 hours"),
            Just("1 week 3 days"),
            Just("10 seconds")
        ];
        let origin = prop_oneof![Just("2024-01-01"), Just("2023-02-03T04:05"), Just("1999")];
        let natural = (natural, offset).prop_map(|(interval, offset)| custom(interval, "", offset));
        let own = (own, origin).prop_map(|(interval, origin)| custom(interval, origin, ""));
        let standard = (0..8usize).prop_map(|at| Some(Bins::of(Granularity::ALL[at])));
        let declared = prop_oneof![natural, own].prop_map(|custom| custom.bins().ok());
        prop_oneof![declared, standard].prop_filter_map("not known", |bins| bins)
    }

    /// What the standard functions give.
    fn cut(Cut { unit, by }: Cut, at: i64) -> i64 {
        let by = by.map(|(count, unit)| Interval { parts: vec![(count, unit)] });
        let back = by.as_ref().map_or(at, |by| by.before(at).unwrap());
        let start = unit.floor(back).unwrap();
        by.as_ref().map_or(start, |by| by.after(start).unwrap())
    }

    proptest! {
        #[test]
        fn bins_tile_the_line(bins in some_bins(), at in -2_000_000_000_000i64..4_000_000_000_000) {
            let floor = bins.floor(at).unwrap();
            prop_assert!(floor <= at && at < bins.next(floor).unwrap());
            prop_assert!(bins.starts_at(floor));
            prop_assert_eq!(bins.next(floor), bins.floor(bins.next(floor).unwrap()));
            if let Some(by) = bins.cut() {
                prop_assert_eq!(iso(cut(by, at)), iso(floor));
            }
        }

        #[test]
        fn finer_bins_start_wherever_coarser_ones_do(
            coarse in some_bins(), fine in some_bins(), at in -2_000_000_000_000i64..4_000_000_000_000,
        ) {
            let mut start = coarse.floor(at).unwrap();
            let mut all = true;
            for _ in 0..40 {
                all &= fine.starts_at(start);
                start = coarse.next(start).unwrap();
            }
            // Forty months may do so by chance, never the other way round.
            prop_assert!(all || !coarse.is_made_of(fine));
        }
    }
}
