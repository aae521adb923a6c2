//! Rolling windows, shifts of time and stages: measures whose values need more than the rows of their own group.

use serde::Serialize;

use crate::{
    granularity::Granularity,
    model::{Direction, Extent, Grain, Interval, Reference},
    template::Template,
};

/// `rolling_window`: rows of other bins take part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RollingWindow {
    /// As far as said, around each bin.
    Fixed {
        /// Back in time.
        trailing: Option<Extent>,
        /// Ahead.
        leading: Option<Extent>,
        /// Which end of the bin it is measured from.
        offset: Option<WindowOffset>,
    },
    /// From the start of a longer period up to each bin.
    ToDate {
        /// The period.
        granularity: Grain,
    },
}

/// Which end of a bin a window is measured from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WindowOffset {
    /// `start`
    Start,
    /// `end`
    End,
}

/// How a multi-stage measure differs from one over the rows of a group.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Stages {
    /// `multi_stage`: computed from the groups of another query.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub multi_stage: bool,
    /// The groups, whatever the query asks for; an empty list is the whole.
    pub group_by: Option<Vec<Reference>>,
    /// Keys of the query that the groups leave out.
    pub reduce_by: Option<Vec<Reference>>,
    /// Keys that the groups have beside those of the query.
    pub add_group_by: Option<Vec<Reference>>,
    /// The order of a rank.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order_by: Vec<RankKey>,
    /// Values of other times.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub time_shift: Vec<TimeShift>,
}

/// A key of a rank's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RankKey {
    /// The expression.
    pub sql: Template,
    /// Which way.
    pub dir: Option<Direction>,
}

/// An entry of a measure's `time_shift`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimeShift {
    /// The time that is shifted; every one of the query when it is not said.
    pub time_dimension: Option<Reference>,
    /// How far.
    pub interval: Option<Interval>,
    /// Which way.
    #[serde(rename = "type")]
    pub direction: Option<ShiftDirection>,
    /// A shift that the calendar declares.
    pub name: Option<String>,
}

/// Which way time is shifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ShiftDirection {
    /// `prior`: the value of an earlier time.
    Prior,
    /// `next`: the value of a later time.
    Next,
}

/// The bins of a finer grain that take part in one bin: those that start at `from` or later and before `to`. `None` is
/// without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "said above")]
pub struct WindowBounds {
    pub from: Option<i64>,
    pub to: Option<i64>,
}

impl RollingWindow {
    /// Everything up to the end of each bin.
    pub fn running() -> Self {
        Self::Fixed { trailing: Some(Extent::Unbounded), leading: None, offset: None }
    }

    /// The finest bins that it tells apart, within bins of `bin`; `None` when its units do not make up such bins.
    pub fn grain(&self, bin: Granularity) -> Option<Granularity> {
        let mut units = vec![bin];
        match self {
            Self::Fixed { trailing, leading, .. } => {
                let extents = [trailing, leading].into_iter().flatten();
                units.extend(extents.filter_map(|extent| match extent {
                    Extent::Interval(interval) => Some(interval.grain()),
                    Extent::Unbounded => None,
                }));
            }
            Self::ToDate { granularity } => units.push(granularity.standard()?),
        }
        let grain = *units.iter().min()?;
        units.iter().all(|unit| unit.is_made_of(grain)).then_some(grain)
    }

    /// The bins of `grain` that take part in the bin of `bin` that starts at `start`; `None` outside the calendar.
    ///
    /// As Cube compares: a window from the end of a bin is measured from its last millisecond, which is inside; one
    /// from the start of a bin leaves that start outside.
    pub fn bounds(&self, bin: Granularity, start: i64, grain: Granularity) -> Option<WindowBounds> {
        let next = bin.next(start)?;
        let (trailing, leading, offset) = match self {
            Self::Fixed { trailing, leading, offset } => (trailing, leading, offset),
            Self::ToDate { granularity } => {
                let from = granularity.standard()?.floor(start)?;
                return Some(WindowBounds { from: Some(from), to: Some(next) });
            }
        };
        // Behind the last millisecond of a bin is the start of another.
        let (anchor, behind) = match offset {
            Some(WindowOffset::Start) => (start, 0),
            Some(WindowOffset::End) | None => (next - 1, 1),
        };
        let from = match trailing {
            Some(Extent::Unbounded) => None,
            Some(Extent::Interval(interval)) => Some(grain.ceil(interval.before(anchor)? + behind)?),
            None => Some(grain.ceil(anchor + behind)?),
        };
        let to = match leading {
            Some(Extent::Unbounded) => None,
            Some(Extent::Interval(interval)) => Some(grain.ceil(interval.after(anchor)? + behind)?),
            None => Some(grain.ceil(anchor + behind)?),
        };
        Some(WindowBounds { from, to })
    }
}

impl TimeShift {
    /// The first wall-clock time that is shown at `at` or later; `None` outside the calendar, and where months shift times
    /// of a day that is cut.
    ///
    /// Months end with the month that they lead to: a year after February 29 is February 28, as is a year after February
    /// 28, and no day is a year before February 29.
    pub fn source_of(&self, at: i64) -> Option<i64> {
        const DAY: i64 = 86_400_000;
        let interval = self.interval.as_ref()?;
        let by_months = interval.parts.iter().any(|(_, unit)| *unit >= Granularity::Month);
        if by_months && (interval.grain() < Granularity::Month || at.rem_euclid(DAY) != 0) {
            return None;
        }
        let direction = self.direction?;
        let shown = |source| match direction {
            ShiftDirection::Prior => interval.after(source),
            ShiftDirection::Next => interval.before(source),
        };
        let mut source = match direction {
            ShiftDirection::Prior => interval.before(at)?,
            ShiftDirection::Next => interval.after(at)?,
        };
        while shown(source)? < at {
            source += DAY;
        }
        Some(source)
    }
}

impl Stages {
    /// True when anything here changes what the measure is computed over.
    pub fn is_staged(&self) -> bool {
        let grouped = [&self.group_by, &self.reduce_by, &self.add_group_by];
        self.multi_stage
            || grouped.iter().any(|keys| keys.is_some())
            || !self.order_by.is_empty()
            || !self.time_shift.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{RollingWindow, ShiftDirection, TimeShift, WindowOffset};
    use crate::{
        granularity::{Granularity, iso, parse_iso},
        model::Grain,
    };

    fn fixed(trailing: &str, leading: &str, offset: Option<WindowOffset>) -> RollingWindow {
        let extent = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
        RollingWindow::Fixed { trailing: extent(trailing), leading: extent(leading), offset }
    }

    #[test]
    fn a_shift_finds_what_it_shows() {
        use ShiftDirection::{Next, Prior};
        for (interval, direction, at, expected) in [
            ("1 year", Prior, "2025-03-01", "2024-03-01"),
            ("1 year", Prior, "2025-02-28", "2024-02-28"),
            ("1 year", Prior, "2024-02-29", "2023-03-01"),
            ("1 month", Prior, "2024-03-30", "2024-03-01"),
            ("1 month", Prior, "2024-03-29", "2024-02-29"),
            ("1 month", Next, "2024-02-29", "2024-03-29"),
            ("1 month", Next, "2024-03-01", "2024-04-01"),
            ("1 quarter", Prior, "2024-01-01", "2023-10-01"),
            ("7 day", Prior, "2024-03-05T10:30:00", "2024-02-27T10:30:00"),
            ("36 hour", Next, "2024-03-05", "2024-03-06T12:00:00"),
            ("1 month", Prior, "2024-03-05T10:30:00", "none"),
            ("1 month 1 day", Prior, "2024-03-01", "none"),
        ] {
            let shift = TimeShift {
                time_dimension: None,
                interval: Some(interval.parse().unwrap()),
                direction: Some(direction),
                name: None,
            };
            let found = shift.source_of(parse_iso(at).unwrap());
            let expected = (expected != "none").then(|| parse_iso(expected).unwrap());
            assert_eq!(found.map(iso), expected.map(iso), "{interval} {direction:?} {at}");
        }
    }

    #[test]
    fn bounds_are_those_of_cube() {
        use Granularity::{Day, Hour, Month, Quarter, Week};
        let start = Some(WindowOffset::Start);
        let to_date = RollingWindow::ToDate { granularity: Grain::Standard(Granularity::Year) };
        for (window, bin, at, expected) in [
            (fixed("7 day", "", None), Day, "2024-03-05", "day 2024-02-28 .. 2024-03-06"),
            (fixed("7 day", "", None), Month, "2024-03-01", "day 2024-03-25 .. 2024-04-01"),
            // The last millisecond of February is inside March 31 minus a month, and excluded.
            (fixed("1 month", "", None), Day, "2024-03-31", "day 2024-03-01 .. 2024-04-01"),
            (fixed("1 month", "", start), Quarter, "2024-04-01", "month 2024-03-01 .. 2024-04-01"),
            (fixed("3 hour", "", None), Month, "2024-04-01", "hour 2024-04-30T21:00:00.000 .. 2024-05-01"),
            (fixed("1 day", "1 day", None), Day, "2024-03-05", "day 2024-03-05 .. 2024-03-07"),
            (fixed("", "2 day", start), Day, "2024-03-05", "day 2024-03-05 .. 2024-03-07"),
            (fixed("unbounded", "", None), Week, "2024-03-04", "week .. 2024-03-11"),
            (fixed("unbounded", "unbounded", None), Day, "2024-03-04", "day .."),
            (fixed("1 month", "", None), Week, "2024-03-04", "none"),
            (to_date.clone(), Month, "2024-03-01", "month 2024-01-01 .. 2024-04-01"),
            (to_date, Hour, "2024-03-01", "hour 2024-01-01 .. 2024-03-01T01:00:00.000"),
        ] {
            let at = parse_iso(at).unwrap();
            let shown = window.grain(bin).map_or("none".to_owned(), |grain| {
                let bounds = window.bounds(bin, at, grain).unwrap();
                let [from, to] = [bounds.from, bounds.to].map(|at| at.map(iso).unwrap_or_default());
                format!("{grain} {from} .. {to}").replace("T00:00:00.000", "").replace("  ", " ")
            });
            assert_eq!(shown.trim_end(), expected, "{window:?} {bin}");
        }
    }
}
