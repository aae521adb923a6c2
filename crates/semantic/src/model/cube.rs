//! Cubes, as the data model declares them.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use crate::{
    model::{AccessPolicy, Dimension, Measure, PreAggregation, Reference, RefreshKey, Segment},
    name::MemberName,
    template::Template,
};

/// A cube, with what it has from the cube that it extends.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cube {
    /// Its name.
    pub name: Arc<str>,
    /// Where its rows come from.
    #[serde(flatten)]
    pub source: CubeSource,
    /// `sql_alias`: replaces the name in column and table names of the store.
    pub sql_alias: Option<String>,
    /// The name of the source that its SQL is for.
    pub data_source: Option<String>,
    /// Shown to people.
    pub title: Option<String>,
    /// Shown to people.
    pub description: Option<String>,
    /// False: no table of its own, its members are reached through views.
    pub public: bool,
    /// Whatever the author says of it.
    pub meta: Option<serde_json::Value>,
    /// When its data counts as new.
    pub refresh_key: Option<RefreshKey>,
    /// `calendar`: its times say what months and years are.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub calendar: bool,
    /// `rewrite_queries`
    pub rewrite_queries: Option<bool>,
    /// Joins to other cubes, in declaration order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub joins: Vec<Join>,
    /// Dimensions, in declaration order.
    #[serde(serialize_with = "super::written::values")]
    pub dimensions: IndexMap<Arc<str>, Dimension>,
    /// Measures, in declaration order.
    #[serde(serialize_with = "super::written::values")]
    pub measures: IndexMap<Arc<str>, Measure>,
    /// Segments, in declaration order.
    #[serde(serialize_with = "super::written::values")]
    pub segments: IndexMap<Arc<str>, Segment>,
    /// Ways from coarse to fine, in declaration order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hierarchies: Vec<Hierarchy>,
    /// Pre-aggregations, in declaration order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pre_aggregations: Vec<PreAggregation>,
    /// Who sees what; `None` where nothing is said.
    pub access_policy: Option<Vec<AccessPolicy>>,
}

/// Where a cube's rows come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum CubeSource {
    /// `sql_table`
    #[serde(rename = "sql_table")]
    Table(Template),
    /// `sql`
    #[serde(rename = "sql")]
    Query(Template),
}

/// A join to another cube.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Join {
    /// The cube on the other side.
    #[serde(rename = "name")]
    pub to: Arc<str>,
    /// Rows on the other side.
    pub relationship: Relationship,
    /// The condition.
    #[serde(rename = "sql")]
    pub on: Template,
}

/// How many rows a row of this cube meets on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Relationship {
    /// `one_to_one`
    OneToOne,
    /// `one_to_many`: rows of this cube are repeated.
    OneToMany,
    /// `many_to_one`: seen from the other side, its rows are repeated.
    ManyToOne,
}

/// Dimensions from coarse to fine, shown to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hierarchy {
    /// `cube.name`
    #[serde(serialize_with = "super::written::own_name")]
    pub name: MemberName,
    /// Shown to people.
    pub title: Option<String>,
    /// Whether it is shown.
    pub public: bool,
    /// From coarse to fine.
    pub levels: Vec<Reference>,
}

impl Cube {
    /// The dimensions that make up the primary key.
    pub fn primary_key(&self) -> impl Iterator<Item = &Dimension> {
        self.dimensions.values().filter(|dimension| dimension.primary_key)
    }

    /// True when who sees what of the cube is said by a policy, or by masks that a policy anywhere may put on.
    pub fn has_policy(&self) -> bool {
        self.access_policy.is_some() || self.masked().next().is_some()
    }

    /// The members that have a mask.
    pub fn masked(&self) -> impl Iterator<Item = &MemberName> {
        let measures = self.measures.values().filter(|measure| measure.mask.is_some()).map(|m| &m.name);
        measures.chain(self.dimensions.values().filter(|d| d.mask.is_some()).map(|d| &d.name))
    }

    /// Every template that shapes the cube's own rows and values; the conditions of its joins are not among them.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let source = match &self.source {
            CubeSource::Table(sql) | CubeSource::Query(sql) => sql,
        };
        let freshness = self.refresh_key.iter().filter_map(|key| key.sql.as_ref());
        let dimensions = self.dimensions.values().flat_map(|d| d.templates().chain(d.more_templates()));
        let measures = self.measures.values().flat_map(|m| m.templates().chain(m.more_templates()));
        std::iter::once(source)
            .chain(freshness)
            .chain(dimensions)
            .chain(measures)
            .chain(self.segments.values().map(|segment| &segment.sql))
    }
}
