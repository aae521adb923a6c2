//! When and how the table of a pre-aggregation is built. None of it changes what the table holds.

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::{
    model::{Interval, Reference, Sql},
    template::Template,
};

/// `refresh_key`: when data counts as new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefreshKey {
    /// After a time.
    pub every: Option<Every>,
    /// The zone of the times in `every`.
    pub timezone: Option<String>,
    /// When the answer of a query changes.
    pub sql: Option<Template>,
    /// Only partitions near the end of the range.
    pub incremental: Option<bool>,
    /// How near.
    pub update_window: Option<Interval>,
    /// Never again.
    pub immutable: Option<bool>,
}

/// `every`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Every {
    /// A length of time.
    Interval(Interval),
    /// Five or six fields of a crontab.
    Cron(String),
}

/// A text that is neither.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither an interval, like `1 hour`, nor a crontab entry, like `0 6 * * *`")]
pub struct NeverRefreshed(String);

/// The keys of a pre-aggregation that say how its table is built.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Build {
    /// When its data counts as old.
    pub refresh_key: Option<RefreshKey>,
    /// Whether it is refreshed without being asked for.
    pub scheduled_refresh: Option<bool>,
    /// Where its first partition starts.
    pub build_range_start: Option<Sql>,
    /// Where its last partition ends.
    pub build_range_end: Option<Sql>,
    /// The indexes of its table.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// The key of a table that a stream fills.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unique_key_columns: Vec<String>,
    /// The types of columns that a stream fills.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output_column_types: Vec<OutputColumn>,
    /// Where a stream is read from.
    pub stream_offset: Option<StreamOffset>,
    /// Whether it is read from the source by queries alone.
    pub read_only: Option<bool>,
    /// Whether it is built from stored results of the cubes' own SQL.
    pub use_original_sql_pre_aggregations: Option<bool>,
}

/// An index of a pre-aggregation's table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<IndexColumn>,
    /// Whether it is grouped by its columns.
    #[serde(rename = "type")]
    pub kind: Option<IndexType>,
}

/// A column of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexColumn {
    /// A stored member.
    Member(Reference),
    /// A column of an `original_sql`, as written.
    Column(String),
}

/// The type of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IndexType {
    /// `regular`
    Regular,
    /// `aggregate`
    Aggregate,
}

/// The type of a column that a stream fills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutputColumn {
    /// The member.
    pub member: Reference,
    /// The store's word for the type.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Where a stream is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StreamOffset {
    /// `earliest`
    Earliest,
    /// `latest`
    Latest,
}

impl FromStr for Every {
    type Err = NeverRefreshed;

    fn from_str(text: &str) -> Result<Self, NeverRefreshed> {
        if let Ok(interval) = text.parse() {
            return Ok(Self::Interval(interval));
        }
        let in_crontab = |c: char| c.is_ascii_alphanumeric() || "*/,-?#".contains(c);
        let fields: Vec<_> = text.split_whitespace().collect();
        let is_cron =
            (5..=6).contains(&fields.len()) && fields.iter().all(|field| field.chars().all(in_crontab));
        if is_cron { Ok(Self::Cron(text.to_owned())) } else { Err(NeverRefreshed(text.to_owned())) }
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interval(interval) => interval.fmt(f),
            Self::Cron(text) => f.write_str(text),
        }
    }
}

impl Serialize for Every {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for IndexColumn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Member(reference) => serializer.collect_str(reference),
            Self::Column(name) => serializer.serialize_str(name),
        }
    }
}
