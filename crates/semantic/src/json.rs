//! Cube's JSON form of a query, read and written in this one place.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The body of a `/load` request. Unknown keys are refused, as Cube does.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct JsonQuery {
    /// `cube.measure`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<String>,
    /// `cube.dimension`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<String>,
    /// Times with granularity or range.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub time_dimensions: Vec<JsonTimeDimension>,
    /// AND-ed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<JsonFilter>,
    /// `[[member, "asc"|"desc"]]`; an empty list means none, an absent one Cube's default order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Vec<(String, Direction)>>,
    /// `cube.segment`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// An IANA name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Rows at most; absent means Cube's default limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Rows to skip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Rows, not groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ungrouped: Option<bool>,
    /// `[[from, to]]`: joins to take, from the cube that the others are joined to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub join_hints: Vec<Vec<String>>,
    /// `compact` is an array per row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat>,
}

/// Ascending or descending; where NULLs go is the source's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "Cube's words")]
pub enum Direction {
    Asc,
    Desc,
}

/// The shape of `data`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "Cube's words")]
pub enum ResponseFormat {
    Default,
    Compact,
}

/// A time with granularity or range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JsonTimeDimension {
    /// `cube.time`
    pub dimension: String,
    /// The bin; absent when only the range counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granularity: Option<String>,
    /// Both ends inside, to the millisecond.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_range: Option<[String; 2]>,
}

/// A predicate, or a group of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum JsonFilter {
    /// All must hold.
    And {
        /// The parts.
        and: Vec<Self>,
    },
    /// One must hold.
    Or {
        /// The parts.
        or: Vec<Self>,
    },
    /// One operator of Cube's.
    Member {
        /// `cube.member`
        member: String,
        /// Cube's word for the operator.
        operator: String,
        /// Strings, numbers, booleans or null; Cube makes strings of them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        values: Vec<Value>,
    },
}

#[cfg(test)]
mod tests {
    use super::JsonQuery;
    use serde_json::json;

    #[test]
    fn round_trip() {
        let body = json!({
            "measures": ["orders.count"],
            "timeDimensions": [{"dimension": "orders.t", "granularity": "day", "dateRange": ["2024-01-01", "2024-01-31"]}],
            "filters": [{"or": [{"member": "orders.s", "operator": "equals", "values": ["a"]}, {"and": []}]}],
            "order": [["orders.count", "desc"]],
            "limit": 10, "timezone": "UTC", "responseFormat": "compact",
        });
        let query: JsonQuery = serde_json::from_value(body.clone()).unwrap();
        assert_eq!(serde_json::to_value(&query).unwrap(), body);
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(serde_json::from_value::<JsonQuery>(json!({"foo": 1})).is_err());
    }
}
