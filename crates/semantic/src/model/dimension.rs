//! Dimensions.

use serde::Serialize;

use crate::{
    granularity::Granularity,
    model::{
        About, Case, CustomGranularity, Direction, Format, Interval, Mask, Reference, ShiftDirection, Sql,
    },
    name::MemberName,
    template::Template,
    types::ArrowType,
};

/// A dimension.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dimension {
    /// `cube.name`
    #[serde(serialize_with = "super::written::own_name")]
    pub name: MemberName,
    /// Its declared type.
    #[serde(rename = "type")]
    pub kind: DimensionType,
    /// What its value is computed from.
    #[serde(flatten)]
    pub formula: Formula,
    /// Part of the cube's primary key.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub primary_key: bool,
    /// `sub_query`: a measure of another cube, computed for each row of this one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sub_query: bool,
    /// `propagate_filters_to_sub_query`: its value changes with the filters of the query.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub propagate_filters_to_sub_query: bool,
    /// `multi_stage`: computed from groups, not from a row.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub multi_stage: bool,
    /// The groups that a multi-stage dimension is computed over, beside those of the query.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_group_by: Vec<Reference>,
    /// Granularities of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub granularities: Vec<CustomGranularity>,
    /// On calendar cubes: where a moment lies after a shift.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub time_shift: Vec<CalendarShift>,
    /// What it looks like to whom a policy does not show it.
    pub mask: Option<Mask>,
    /// Shown to people.
    pub format: Option<Format>,
    /// Shown to people.
    pub currency: Option<String>,
    /// The order that people expect of its values.
    pub order: Option<Direction>,
    /// Whether values are proposed to who writes a filter.
    pub suggest_filter_values: Option<bool>,
    /// Where a value leads to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Other names that people know it by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// What every member has.
    #[serde(flatten)]
    pub about: About,
}

/// What the value of a dimension is computed from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Formula {
    /// An expression.
    Sql(Sql),
    /// A choice.
    Case {
        /// As declared.
        case: Case,
        /// The same as SQL.
        #[serde(skip)]
        expression: Template,
    },
    /// A place: `latitude,longitude` as text.
    Geo {
        /// Degrees north.
        latitude: Sql,
        /// Degrees east.
        longitude: Sql,
        /// The text of both.
        #[serde(skip)]
        expression: Template,
    },
    /// No column at all: the values of a switch, one of which a query sets.
    Switch {
        /// Its values.
        values: Vec<String>,
    },
}

/// An entry of `time_shift` of a calendar's time dimension.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalendarShift {
    /// The shift's name, when it is no interval.
    pub name: Option<String>,
    /// How far.
    pub interval: Option<Interval>,
    /// Which way.
    #[serde(rename = "type")]
    pub direction: Option<ShiftDirection>,
    /// The column that holds the shifted moment.
    pub sql: Option<Template>,
}

/// Where a value leads to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Link {
    /// Its name.
    pub name: Option<String>,
    /// Its text.
    pub label: Option<String>,
    /// Its address, as written.
    pub url: Option<String>,
    /// A dashboard, as written.
    pub dashboard: Option<String>,
    /// Shown to people.
    pub icon: Option<String>,
    /// Where it opens.
    pub target: Option<String>,
    /// What is handed over, as written.
    pub params: Option<serde_json::Value>,
}

/// The declared type of a dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of Cube's data model")]
pub enum DimensionType {
    String,
    Number,
    Boolean,
    Time,
    Geo,
    Switch,
}

impl Dimension {
    /// Its value in one row; `None` when a row alone does not say it.
    pub fn row_sql(&self) -> Option<&Template> {
        let of_groups = self.sub_query || self.multi_stage;
        self.formula.expression().filter(|_| !of_groups)
    }

    /// True when its value is no property of a row: rows would have to be repeated, or grouped first.
    pub fn is_staged(&self) -> bool {
        self.multi_stage || matches!(self.formula, Formula::Switch { .. })
    }

    /// True when bins of `granularity` are not those of everybody else.
    pub fn replaces(&self, granularity: Granularity) -> bool {
        self.granularities.iter().any(|custom| custom.replaces() == Some(granularity))
    }

    /// Its granularities that have names of their own.
    pub fn own_granularities(&self) -> impl Iterator<Item = &CustomGranularity> {
        self.granularities.iter().filter(|custom| custom.replaces().is_none())
    }

    /// Every template that shapes its value.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.formula.expression().into_iter()
    }

    /// Every template that shapes what some caller or some bin sees of it.
    pub(crate) fn more_templates(&self) -> impl Iterator<Item = &Template> {
        let bins = self.granularities.iter().filter_map(|custom| custom.sql.as_ref());
        let shifts = self.time_shift.iter().filter_map(|shift| shift.sql.as_ref());
        bins.chain(shifts).chain(self.mask.iter().filter_map(Mask::template))
    }
}

impl Formula {
    /// The expression; a switch has none.
    pub fn expression(&self) -> Option<&Template> {
        match self {
            Self::Sql(sql) => Some(&sql.sql),
            Self::Case { expression, .. } | Self::Geo { expression, .. } => Some(expression),
            Self::Switch { .. } => None,
        }
    }

    pub(crate) fn case(case: Case) -> Self {
        let expression = case.expression();
        Self::Case { case, expression }
    }

    pub(crate) fn geo(latitude: Sql, longitude: Sql) -> Self {
        let mut expression = Template::default();
        expression.text("(").template(&latitude.sql).text(") || ',' || (").template(&longitude.sql).text(")");
        Self::Geo { latitude, longitude, expression }
    }
}

impl DimensionType {
    /// Cube's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Time => "time",
            Self::Geo => "geo",
            Self::Switch => "switch",
        }
    }

    /// The type when the model says nothing closer.
    pub fn arrow_type(self) -> ArrowType {
        match self {
            Self::String | Self::Geo | Self::Switch => ArrowType::Utf8,
            Self::Number => ArrowType::Float64,
            Self::Boolean => ArrowType::Boolean,
            Self::Time => ArrowType::Timestamp,
        }
    }
}
