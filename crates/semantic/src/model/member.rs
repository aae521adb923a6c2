//! What dimensions, measures and segments have in common.

use serde::Serialize;

use crate::{name::MemberName, template::Template, types::ArrowType};

/// What a member carries beside its meaning.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct About {
    /// Shown to people.
    pub title: Option<String>,
    /// Shown to people.
    pub description: Option<String>,
    /// False: not to be named by callers.
    pub public: bool,
    /// Whatever the author says of it.
    pub meta: Option<serde_json::Value>,
    /// `meta.arrow_type`.
    #[serde(skip)]
    pub arrow_type: Option<ArrowType>,
}

/// A named predicate over a cube's rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Segment {
    /// `cube.name`
    #[serde(serialize_with = "super::written::own_name")]
    pub name: MemberName,
    /// The predicate.
    pub sql: Template,
    /// What every member has.
    #[serde(flatten)]
    pub about: About,
}

/// SQL under a key of its own: `{ sql: .. }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sql {
    /// The expression or query.
    pub sql: Template,
}

/// How a value is shown to people; answers hold the value itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Format {
    /// `currency`, `percent`, `link`, `custom-time`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// The text of a link.
    pub label: Option<String>,
    /// The pattern of a custom format.
    pub value: Option<String>,
}

/// What a caller sees whom a policy shows only the mask of a member.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Mask {
    /// An expression.
    Sql(Sql),
    /// The same value in every row.
    Value(serde_json::Value),
}

/// Ascending or descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// `asc`
    Asc,
    /// `desc`
    Desc,
}

impl About {
    /// Narrows the type, as `meta.arrow_type` does.
    pub(crate) fn set_arrow_type(&mut self, data_type: ArrowType) {
        self.arrow_type = Some(data_type);
        let meta = self.meta.get_or_insert_with(|| serde_json::json!({}));
        if let Some(meta) = meta.as_object_mut() {
            meta.insert("arrow_type".to_owned(), data_type.to_string().into());
        }
    }
}

impl Mask {
    /// Its expression, when it has one.
    pub fn template(&self) -> Option<&Template> {
        match self {
            Self::Sql(sql) => Some(&sql.sql),
            Self::Value(_) => None,
        }
    }
}
