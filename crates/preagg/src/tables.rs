//! The built tables of pre-aggregations: which physical table holds which partition. Immutable.

use std::collections::{BTreeMap, HashMap};

use chrono_tz::Tz;
use semantic::{MemberName, ModelVersion, granularity::parse_iso};
use serde::{Deserialize, Serialize};

/// What is known of built tables.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    model: Option<String>,
    rollups: HashMap<String, Built>,
}

/// The tables of one pre-aggregation in one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The zone whose wall clock the stored times show.
    pub zone: Tz,
    /// By start of the partition; `None` when there is one table for all.
    pub partitions: BTreeMap<Option<i64>, BuiltTable>,
    /// First and last partition that the builder was asked for.
    pub range: Option<(i64, i64)>,
    /// True when no row was left out for want of a partition, its partition time being NULL.
    pub holds_null_times: bool,
}

/// One physical table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltTable {
    /// `schema.table`
    pub name: String,
    /// Rows, when the builder counted them.
    pub rows: Option<u64>,
    /// Where the build stopped inside the partition; `None` when the partition is whole.
    pub build_range_end: Option<i64>,
}

/// What a builder writes down about the tables that it built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the data model that the tables were built from.
    pub model_version: String,
    /// One entry per pre-aggregation and zone.
    pub rollups: Vec<ManifestRollup>,
}

/// The tables of one pre-aggregation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestRollup {
    /// `cube.name`
    pub pre_aggregation: String,
    /// An IANA name.
    pub zone: Tz,
    /// Starts of the first and last partition, `YYYY-MM-DDTHH:MM:SS.mmm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<(String, String)>,
    /// True when no row was left out for want of a partition, its partition time being NULL. A rollup without
    /// partitions leaves none out.
    #[serde(default)]
    pub holds_null_times: bool,
    /// The tables.
    pub tables: Vec<ManifestTable>,
}

/// One physical table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestTable {
    /// `schema.table`
    pub table: String,
    /// Start of the partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// Rows in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Where the build stopped inside the partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_range_end: Option<String>,
}

/// A manifest that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// A time that is none.
    #[error("`{pre_aggregation}`: `{text}` is no time; write YYYY-MM-DDTHH:MM:SS.mmm")]
    Time {
        /// The entry.
        pre_aggregation: String,
        /// What stands there.
        text: String,
    },
    /// A name that is none.
    #[error("`{0}` is no table name; write `schema.table`")]
    Table(String),
}

impl Tables {
    /// Nobody has said which tables hold which structure version.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// What a builder wrote down.
    pub fn from_manifest(manifest: &Manifest) -> Result<Self, ManifestError> {
        let rollups: Result<_, _> =
            manifest.rollups.iter().map(|entry| Ok((entry.pre_aggregation.clone(), built(entry)?))).collect();
        Ok(Self { model: Some(manifest.model_version.clone()), rollups: rollups? })
    }

    /// True when nobody has said anything.
    pub fn is_unknown(&self) -> bool {
        self.model.is_none()
    }

    /// True when the tables were built from this version of the model.
    pub fn are_of(&self, model: &ModelVersion) -> bool {
        self.model.as_deref() == Some(model.to_string().as_str())
    }

    /// The tables of a pre-aggregation.
    pub fn get(&self, pre_aggregation: &MemberName) -> Option<&Built> {
        self.rollups.get(pre_aggregation.as_str())
    }
}

fn built(entry: &ManifestRollup) -> Result<Built, ManifestError> {
    let time = |text: &String| {
        parse_iso(text).ok_or_else(|| ManifestError::Time {
            pre_aggregation: entry.pre_aggregation.clone(),
            text: text.clone(),
        })
    };
    let mut partitions = BTreeMap::new();
    for table in &entry.tables {
        let built = BuiltTable {
            name: checked_name(&table.table)?,
            rows: table.rows,
            build_range_end: table.build_range_end.as_ref().map(time).transpose()?,
        };
        partitions.insert(table.partition.as_ref().map(time).transpose()?, built);
    }
    let range = entry.range.as_ref().map(|(from, to)| Ok((time(from)?, time(to)?))).transpose()?;
    Ok(Built { zone: entry.zone, partitions, range, holds_null_times: entry.holds_null_times })
}

// The name is written into the store's SQL as it is.
fn checked_name(name: &str) -> Result<String, ManifestError> {
    let valid = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    match name.split_once('.') {
        Some((schema, table)) if valid(schema) && valid(table) => Ok(name.to_owned()),
        _ => Err(ManifestError::Table(name.to_owned())),
    }
}
