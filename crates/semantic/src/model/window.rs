//! Rolling windows, shifts of time and stages: measures whose values need more than the rows of their own group.

use serde::Serialize;

use crate::{
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
