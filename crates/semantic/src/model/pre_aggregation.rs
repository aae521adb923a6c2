//! Pre-aggregations as the data model declares them, references resolved to full join paths.

use crate::{granularity::Granularity, model::JoinPath, name::MemberName};

/// A pre-aggregation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreAggregation {
    /// `cube.name`
    pub name: MemberName,
    /// Its declared type.
    pub kind: PreAggregationKind,
    /// Stored measures.
    pub measures: Vec<Reference>,
    /// Stored dimensions.
    pub dimensions: Vec<Reference>,
    /// Stored segments, as boolean columns.
    pub segments: Vec<Reference>,
    /// Stored times, each at its granularity.
    pub time_dimensions: Vec<(Reference, Granularity)>,
    /// One table per bin of the first time dimension.
    pub partition_granularity: Option<Granularity>,
    /// `external: false`: kept in the source, not in CubeStore.
    pub external: bool,
    /// `allow_non_strict_date_range_match`; `None` is Cube's default.
    pub non_strict_dates: Option<bool>,
    /// `sql_alias`: replaces the name in table names of the store.
    pub sql_alias: Option<String>,
    /// The first word in its own SQL that only Cube can resolve, per caller.
    pub context: Option<String>,
}

/// The declared type of a pre-aggregation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// From the root cube to the member's cube.
    pub path: JoinPath,
    /// The member, in its own cube.
    pub member: MemberName,
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
        let times = self.time_dimensions.iter().map(|(reference, _)| reference);
        self.measures.iter().chain(&self.dimensions).chain(&self.segments).chain(times)
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
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.path, self.member.member())
    }
}
