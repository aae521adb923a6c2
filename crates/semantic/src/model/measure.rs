//! Measures.

use serde::Serialize;

use crate::{
    model::{About, Case, Format, Mask, Reference, RollingWindow, Stages},
    name::MemberName,
    template::Template,
    types::ArrowType,
};

/// A measure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measure {
    /// `cube.name`
    #[serde(serialize_with = "super::written::own_name")]
    pub name: MemberName,
    /// Its declared type.
    #[serde(rename = "type")]
    pub kind: MeasureType,
    /// Its expression; a `count`, a `rank` and a measure with `case` may have none.
    pub sql: Option<Template>,
    /// A choice between expressions, in place of one.
    pub case: Option<Case>,
    /// Conditions on the rows that it counts.
    #[serde(serialize_with = "super::written::conditions", skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Template>,
    /// `rolling_window`: rows of other bins take part.
    pub rolling_window: Option<RollingWindow>,
    /// `cumulative`: the older word for a window without a start.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cumulative: bool,
    /// What makes it a multi-stage measure.
    #[serde(flatten)]
    pub stages: Stages,
    /// What it looks like to whom a policy does not show it.
    pub mask: Option<Mask>,
    /// What is shown of the rows behind a value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drill_members: Vec<Reference>,
    /// Conditions on the rows behind a value.
    #[serde(serialize_with = "super::written::conditions", skip_serializing_if = "Vec::is_empty")]
    pub drill_filters: Vec<Template>,
    /// Shown to people.
    pub format: Option<Format>,
    /// Shown to people.
    pub currency: Option<String>,
    /// Other names that people know it by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// What every member has.
    #[serde(flatten)]
    pub about: About,
}

/// The declared type of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of Cube's data model")]
pub enum MeasureType {
    Count,
    CountDistinct,
    CountDistinctApprox,
    Sum,
    Avg,
    Min,
    Max,
    Number,
    String,
    Time,
    Boolean,
    /// A number whose SQL aggregates by itself.
    NumberAgg,
    /// The place of a group among the others.
    Rank,
    /// The older word for a sum over all time up to a bin.
    RunningTotal,
}

impl Measure {
    /// True when rows of other bins take part.
    pub fn is_rolling(&self) -> bool {
        self.rolling_window.is_some() || self.is_running()
    }

    /// The rows of other bins that take part.
    pub fn window(&self) -> Option<RollingWindow> {
        self.rolling_window.clone().or_else(|| self.is_running().then(RollingWindow::running))
    }

    /// True for the older words for a window without a start.
    fn is_running(&self) -> bool {
        self.cumulative || self.kind == MeasureType::RunningTotal
    }

    /// True when it is computed from other groups than the query's, or for other times.
    pub fn is_multi_stage(&self) -> bool {
        self.stages.is_staged() || self.case.is_some() || self.kind == MeasureType::Rank
    }

    /// True when its values depend on other rows than those of their group: of a window, another time, other groups.
    pub fn is_contextual(&self) -> bool {
        self.is_rolling() || self.is_multi_stage()
    }

    /// Every template that shapes its value.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let choice = self.case.iter().flat_map(Case::templates);
        let order = self.stages.order_by.iter().map(|key| &key.sql);
        self.sql.iter().chain(choice).chain(&self.filters).chain(order)
    }

    /// Every template that shapes what some caller sees of it or of the rows behind it.
    pub(crate) fn more_templates(&self) -> impl Iterator<Item = &Template> {
        self.mask.iter().filter_map(Mask::template).chain(&self.drill_filters)
    }
}

impl MeasureType {
    /// The type when the model says nothing closer.
    pub fn arrow_type(self) -> ArrowType {
        match self {
            Self::Count | Self::CountDistinct | Self::CountDistinctApprox => ArrowType::Int64,
            Self::Sum | Self::Avg | Self::Min | Self::Max | Self::Number => ArrowType::Float64,
            Self::NumberAgg | Self::Rank | Self::RunningTotal => ArrowType::Float64,
            Self::String => ArrowType::Utf8,
            Self::Time => ArrowType::Timestamp,
            Self::Boolean => ArrowType::Boolean,
        }
    }

    /// Counts are never NULL: 0 over nothing.
    pub fn is_count(self) -> bool {
        matches!(self, Self::Count | Self::CountDistinct | Self::CountDistinctApprox)
    }

    /// True when values of bins add up to the value of a coarser bin.
    pub fn is_additive(self) -> bool {
        matches!(self, Self::Count | Self::CountDistinctApprox | Self::Sum | Self::Min | Self::Max)
    }

    /// True when the measure is computed from other measures, not from rows.
    pub fn is_calculated(self) -> bool {
        matches!(self, Self::Number | Self::String | Self::Time | Self::Boolean)
    }

    /// Cube's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::CountDistinct => "count_distinct",
            Self::CountDistinctApprox => "count_distinct_approx",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::Number => "number",
            Self::String => "string",
            Self::Time => "time",
            Self::Boolean => "boolean",
            Self::NumberAgg => "number_agg",
            Self::Rank => "rank",
            Self::RunningTotal => "running_total",
        }
    }
}
