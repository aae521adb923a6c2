//! Access policies as declared. They are kept, not evaluated: where one stands, only Cube says who sees what.

use serde::Serialize;

use crate::name::MemberName;

/// An entry of `access_policy`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccessPolicy {
    /// Whom it is for.
    #[serde(flatten)]
    pub audience: Audience,
    /// What else must hold for it to apply.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<PolicyCondition>,
    /// The members that it shows.
    pub member_level: Option<MemberLevel>,
    /// The members that it shows as their mask.
    pub member_masking: Option<MemberLevel>,
    /// The rows that it shows.
    pub row_level: Option<RowLevel>,
}

/// Whom a policy is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// A role, or `*`.
    Role(String),
    /// A group, or `*`.
    Group(String),
    /// Any of several groups.
    Groups(Vec<String>),
}

/// A condition on the caller's context, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyCondition {
    /// The condition.
    pub r#if: String,
}

/// Members by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberLevel {
    /// Those it is about; all when nothing is said.
    pub includes: Option<Members>,
    /// Those it is not about.
    pub excludes: Option<Members>,
}

/// Some members or all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// `*`
    All,
    /// These.
    Some(Vec<String>),
}

/// The rows that a policy shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowLevel {
    /// All of them.
    pub allow_all: Option<bool>,
    /// Those that pass every filter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<PolicyFilter>,
}

/// A filter of rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PolicyFilter {
    /// All must hold.
    And(Vec<Self>),
    /// One must hold.
    Or(Vec<Self>),
    /// A test of one member.
    #[serde(untagged)]
    Test(MemberTest),
}

/// A test of one member.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemberTest {
    /// The member of the cube or view itself.
    #[serde(serialize_with = "super::written::own_name")]
    pub member: MemberName,
    /// Cube's operator.
    pub operator: String,
    /// A list, or a reference to the caller's context, as written.
    pub values: Option<serde_json::Value>,
}

impl Serialize for Members {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("*"),
            Self::Some(names) => names.serialize(serializer),
        }
    }
}
