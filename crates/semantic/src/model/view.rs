//! Views: members of cubes under names of the view's own.

use std::sync::Arc;

use serde::Serialize;

use crate::model::{AccessPolicy, Format, JoinPath, MemberTest, Table};

/// A view: members of cubes under names of its own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    /// Its name.
    pub name: Arc<str>,
    /// What SQL sees.
    #[serde(skip)]
    pub table: Table,
    /// Shown to people.
    pub title: Option<String>,
    /// Shown to people.
    pub description: Option<String>,
    /// False: not a table of callers.
    pub public: bool,
    /// Whatever the author says of it.
    pub meta: Option<serde_json::Value>,
    /// Where its members come from.
    pub cubes: Vec<ViewPart>,
    /// How its members are shown to people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<Folder>,
    /// Filters that Cube adds to queries that have none of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub default_filters: Vec<DefaultFilter>,
    /// Who sees what; `None` where nothing is said.
    pub access_policy: Option<Vec<AccessPolicy>>,
}

/// An entry of `cubes`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ViewPart {
    /// How the cube is reached.
    pub join_path: JoinPath,
    /// Its members that the view has.
    pub includes: Includes,
    /// Those that it has not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excludes: Vec<String>,
    /// Whether names begin with the cube's.
    pub prefix: bool,
    /// The cube's name in those names.
    pub alias: Option<String>,
}

/// Members of a cube.
#[derive(Debug, Clone, PartialEq)]
pub enum Includes {
    /// `*`: all that are public.
    All,
    /// These.
    Some(Vec<Include>),
}

/// A member of a cube under a name of the view's own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Include {
    /// In the cube.
    pub name: String,
    /// In the view.
    pub alias: Option<String>,
    /// Shown to people.
    pub title: Option<String>,
    /// Shown to people.
    pub description: Option<String>,
    /// Shown to people.
    pub format: Option<Format>,
    /// Whatever the author says of it.
    pub meta: Option<serde_json::Value>,
}

/// A folder of members.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Folder {
    /// Its name.
    pub name: String,
    /// Shown to people.
    pub title: Option<String>,
    /// What is in it.
    pub includes: FolderItems,
}

/// What is in a folder.
#[derive(Debug, Clone, PartialEq)]
pub enum FolderItems {
    /// `*`
    All,
    /// These.
    Some(Vec<FolderItem>),
}

/// Something in a folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum FolderItem {
    /// A member of the view.
    Member(String),
    /// A folder.
    Folder(Folder),
    /// All members of a part of the view.
    Part {
        /// How the part's cube is reached.
        join_path: JoinPath,
    },
}

/// A filter that Cube adds by itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DefaultFilter {
    /// The test.
    #[serde(flatten)]
    pub test: MemberTest,
    /// Members of the view; a query that filters by one of them is left as it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<String>,
}

impl View {
    /// True when the view has an `access_policy`.
    pub fn has_policy(&self) -> bool {
        self.access_policy.is_some()
    }
}

impl Serialize for Includes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("*"),
            Self::Some(items) => items.serialize(serializer),
        }
    }
}

impl Serialize for FolderItems {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("*"),
            Self::Some(items) => items.serialize(serializer),
        }
    }
}
