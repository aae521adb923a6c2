//! The two answers, as far as they are read.

use serde::Deserialize;
use serde_json::Value as Json;

/// `/v1/meta?extended`
#[derive(Deserialize)]
pub(super) struct Meta {
    pub(super) cubes: Vec<MetaCube>,
}

/// A cube or view.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MetaCube {
    pub(super) name: String,
    #[serde(default, rename = "type")]
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) public: Option<bool>,
    #[serde(default)]
    pub(super) meta: Option<Json>,
    #[serde(default)]
    pub(super) extends: Option<String>,
    /// JavaScript, as all SQL of this answer.
    #[serde(default)]
    pub(super) sql: Option<String>,
    #[serde(default)]
    pub(super) joins: Option<Vec<MetaJoin>>,
    #[serde(default)]
    pub(super) measures: Vec<MetaMember>,
    #[serde(default)]
    pub(super) dimensions: Vec<MetaMember>,
    #[serde(default)]
    pub(super) segments: Vec<MetaMember>,
}

/// What `type` says of a cube.
#[derive(Deserialize, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    #[default]
    Cube,
    View,
}

/// A join.
#[derive(Deserialize, Clone)]
pub(super) struct MetaJoin {
    pub(super) name: String,
    pub(super) sql: String,
    pub(super) relationship: String,
}

/// A measure, dimension or segment.
#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(super) struct MetaMember {
    /// `cube.member`
    pub(super) name: String,
    #[serde(default)]
    pub(super) short_title: Option<String>,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
    /// The type of a measure; `type` is that of its values.
    #[serde(default)]
    pub(super) agg_type: Option<String>,
    #[serde(default)]
    pub(super) cumulative: bool,
    #[serde(default)]
    pub(super) primary_key: bool,
    #[serde(default)]
    pub(super) public: Option<bool>,
    #[serde(default)]
    pub(super) meta: Option<Json>,
    #[serde(default)]
    pub(super) sql: Option<String>,
    #[serde(default)]
    pub(super) case: Option<MetaCase>,
    #[serde(default)]
    pub(super) filters: Vec<MetaSql>,
    #[serde(default)]
    pub(super) granularities: Option<Json>,
    /// The member of a cube that a view's member shows.
    #[serde(default)]
    pub(super) alias_member: Option<String>,
}

/// `case` with conditions.
#[derive(Deserialize, Clone)]
pub(super) struct MetaCase {
    pub(super) when: Vec<MetaWhen>,
    #[serde(default, rename = "else")]
    pub(super) otherwise: Option<Json>,
}

/// A condition with what it gives.
#[derive(Deserialize, Clone)]
pub(super) struct MetaWhen {
    pub(super) sql: String,
    pub(super) label: Json,
}

/// `{ sql }`
#[derive(Deserialize, Clone)]
pub(super) struct MetaSql {
    pub(super) sql: String,
}

/// `/cubejs-system/v1/pre-aggregations`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Definitions {
    pub(super) pre_aggregations: Vec<Definition>,
}

/// A pre-aggregation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Definition {
    pub(super) cube: String,
    pub(super) pre_aggregation_name: String,
    pub(super) pre_aggregation: Declared,
    pub(super) references: References,
}

/// What the model says, without references.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Declared {
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) partition_granularity: Option<String>,
    #[serde(default)]
    pub(super) external: Option<bool>,
    #[serde(default)]
    pub(super) union_with_source_data: Option<bool>,
    #[serde(default)]
    pub(super) use_original_sql_pre_aggregations: Option<bool>,
    #[serde(default)]
    pub(super) allow_non_strict_date_range_match: Option<bool>,
    #[serde(default)]
    pub(super) sql_alias: Option<String>,
}

/// References with their full join paths. Segments stand among the dimensions.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct References {
    #[serde(default)]
    pub(super) measures: Vec<String>,
    #[serde(default)]
    pub(super) dimensions: Vec<String>,
    #[serde(default)]
    pub(super) time_dimensions: Vec<TimeReference>,
    #[serde(default)]
    pub(super) rollups: Vec<String>,
}

/// A stored time.
#[derive(Deserialize)]
pub(super) struct TimeReference {
    pub(super) dimension: String,
    #[serde(default)]
    pub(super) granularity: Option<String>,
}
