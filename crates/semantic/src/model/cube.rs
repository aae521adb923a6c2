//! Cubes and their members, as the data model declares them.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::{model::PreAggregation, name::MemberName, template::Template, types::ArrowType};

/// A cube.
#[derive(Debug, Clone, PartialEq)]
pub struct Cube {
    /// Its name.
    pub name: Arc<str>,
    /// Where its rows come from.
    pub source: CubeSource,
    /// `sql_alias`: replaces the name in column and table names of the store.
    pub sql_alias: Option<String>,
    /// Shown to people.
    pub title: Option<String>,
    /// Shown to people.
    pub description: Option<String>,
    /// False: no table of its own, its members are reached through views.
    pub public: bool,
    /// Joins to other cubes, in declaration order.
    pub joins: Vec<Join>,
    /// Dimensions, in declaration order.
    pub dimensions: IndexMap<Arc<str>, Dimension>,
    /// Measures, in declaration order.
    pub measures: IndexMap<Arc<str>, Measure>,
    /// Segments, in declaration order.
    pub segments: IndexMap<Arc<str>, Segment>,
    /// Pre-aggregations, in declaration order.
    pub pre_aggregations: Vec<PreAggregation>,
    /// True when the cube has an `access_policy`.
    pub has_policy: bool,
}

/// Where a cube's rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CubeSource {
    /// `sql_table`
    Table(Template),
    /// `sql`
    Query(Template),
}

/// A join to another cube.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// The cube on the other side.
    pub to: Arc<str>,
    /// Rows on the other side.
    pub relationship: Relationship,
    /// The condition.
    pub on: Template,
}

/// How many rows a row of this cube meets on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relationship {
    /// `one_to_one`
    OneToOne,
    /// `one_to_many`: rows of this cube are repeated.
    OneToMany,
    /// `many_to_one`: seen from the other side, its rows are repeated.
    ManyToOne,
}

/// A dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Dimension {
    /// `cube.name`
    pub name: MemberName,
    /// Its declared type.
    pub kind: DimensionType,
    /// Its expression.
    pub sql: Template,
    /// Part of the cube's primary key.
    pub primary_key: bool,
    /// What every member has.
    pub about: About,
}

/// What a member carries beside its meaning.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct About {
    /// Shown to people.
    pub title: Option<String>,
    /// Shown to people.
    pub description: Option<String>,
    /// False: not to be named by callers.
    pub public: bool,
    /// `meta.arrow_type`.
    pub arrow_type: Option<ArrowType>,
}

/// The declared type of a dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of Cube's data model")]
pub enum DimensionType {
    String,
    Number,
    Boolean,
    Time,
}

/// A measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// `cube.name`
    pub name: MemberName,
    /// Its declared type.
    pub kind: MeasureType,
    /// Its expression; only a `count` has none.
    pub sql: Option<Template>,
    /// Conditions on the rows that it counts.
    pub filters: Vec<Template>,
    /// `rolling_window`: rows of other bins take part.
    pub rolling: bool,
    /// What every member has.
    pub about: About,
}

/// The declared type of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

/// A named predicate over a cube's rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// `cube.name`
    pub name: MemberName,
    /// The predicate.
    pub sql: Template,
    /// What every member has.
    pub about: About,
}

impl Cube {
    /// The dimensions that make up the primary key.
    pub fn primary_key(&self) -> impl Iterator<Item = &Dimension> {
        self.dimensions.values().filter(|dimension| dimension.primary_key)
    }

    /// Every template that shapes the cube's own rows and values; the conditions of its joins are not among them.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let source = match &self.source {
            CubeSource::Table(sql) | CubeSource::Query(sql) => sql,
        };
        let measures = self.measures.values().flat_map(|m| m.sql.iter().chain(&m.filters));
        std::iter::once(source)
            .chain(self.dimensions.values().map(|dimension| &dimension.sql))
            .chain(measures)
            .chain(self.segments.values().map(|segment| &segment.sql))
    }
}

impl DimensionType {
    /// The type when the model says nothing closer.
    pub fn arrow_type(self) -> ArrowType {
        match self {
            Self::String => ArrowType::Utf8,
            Self::Number => ArrowType::Float64,
            Self::Boolean => ArrowType::Boolean,
            Self::Time => ArrowType::Timestamp,
        }
    }
}

impl MeasureType {
    /// The type when the model says nothing closer.
    pub fn arrow_type(self) -> ArrowType {
        match self {
            Self::Count | Self::CountDistinct | Self::CountDistinctApprox => ArrowType::Int64,
            Self::Sum | Self::Avg | Self::Min | Self::Max | Self::Number => ArrowType::Float64,
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
        }
    }
}
