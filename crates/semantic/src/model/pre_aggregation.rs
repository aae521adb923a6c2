//! Pre-aggregations as the data model declares them, references resolved to full join paths.

use serde::Serialize;

use crate::{
    granularity::Granularity,
    model::{Build, Grain, JoinPath},
    name::MemberName,
};

/// A pre-aggregation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreAggregation {
    /// `cube.name`
    #[serde(serialize_with = "super::written::own_name")]
    pub name: MemberName,
    /// Its declared type.
    #[serde(rename = "type")]
    pub kind: PreAggregationKind,
    /// Stored measures.
    #[serde(skip)]
    pub measures: Vec<Reference>,
    /// Stored dimensions.
    #[serde(skip)]
    pub dimensions: Vec<Reference>,
    /// Stored segments, as boolean columns.
    #[serde(skip)]
    pub segments: Vec<Reference>,
    /// Stored times, each at its granularity.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub time_dimensions: Vec<StoredTime>,
    /// The pre-aggregations that a `rollup_join` or `rollup_lambda` is made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rollups: Vec<MemberName>,
    /// `union_with_source_data`: rows newer than the table come from the source.
    pub union_with_source_data: Option<bool>,
    /// One table per bin of the first time dimension.
    pub partition_granularity: Option<Granularity>,
    /// `external: false`: kept in the source, not in CubeStore.
    pub external: bool,
    /// `allow_non_strict_date_range_match`; `None` is Cube's default.
    #[serde(rename = "allow_non_strict_date_range_match")]
    pub non_strict_dates: Option<bool>,
    /// `sql_alias`: replaces the name in table names of the store.
    pub sql_alias: Option<String>,
    /// A word in its own SQL that only Cube can resolve, per caller.
    #[serde(skip)]
    pub context: Option<String>,
    /// How its table is built.
    #[serde(flatten)]
    pub build: Build,
    /// Its references as they are written.
    #[serde(flatten)]
    pub spelled: Spelled,
}

/// References as Cube spells them out, in the order of the resolved lists. Cube sorts by them, and a join follows a
/// path only where it is written from its root on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Spelled {
    /// Of `measures`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<String>,
    /// Of `dimensions`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<String>,
    /// Of `segments`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
}

/// A time that is stored in bins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredTime {
    /// The time dimension.
    #[serde(skip)]
    pub dimension: Reference,
    /// The bins.
    pub granularity: Grain,
    /// The time dimension as it is written.
    #[serde(rename = "dimension")]
    pub spelled: String,
}

/// The declared type of a pre-aggregation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PreAggregationKind {
    /// `rollup`
    Rollup,
    /// `rollup_join`
    RollupJoin,
    /// `rollup_lambda`
    RollupLambda,
    /// `original_sql`
    OriginalSql,
}

/// A member with the way to it. The way is part of its identity: another way means other rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    // First, because names differ more often than ways, and lists of references are searched.
    /// The member, in its own cube.
    pub member: MemberName,
    /// From the root cube to the member's cube.
    pub path: JoinPath,
}

impl Reference {
    /// A reference along `path`, whose last cube owns `member`.
    pub fn new(path: JoinPath, member: MemberName) -> Self {
        Self { path, member }
    }
}

impl PreAggregation {
    /// Every stored reference.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        let times = self.time_dimensions.iter().map(|time| &time.dimension);
        self.measures.iter().chain(&self.dimensions).chain(&self.segments).chain(times)
    }

    /// The stored times whose bins are standard ones.
    pub fn standard_times(&self) -> impl Iterator<Item = (&Reference, Granularity)> {
        self.time_dimensions.iter().filter_map(|time| Some((&time.dimension, time.granularity.standard()?)))
    }

    /// The cube that declares it.
    pub fn cube(&self) -> &str {
        self.name.table()
    }
}

impl PreAggregationKind {
    /// Cube's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rollup => "rollup",
            Self::RollupJoin => "rollup_join",
            Self::RollupLambda => "rollup_lambda",
            Self::OriginalSql => "original_sql",
        }
    }

    /// Cube's word in JSON.
    pub fn json_name(self) -> &'static str {
        match self {
            Self::Rollup => "rollup",
            Self::RollupJoin => "rollupJoin",
            Self::RollupLambda => "rollupLambda",
            Self::OriginalSql => "originalSql",
        }
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.path, self.member.member())
    }
}

impl Serialize for Reference {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
