//! What a builder writes down about the tables that it built.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use semantic::granularity::parse_iso;
use serde::{Deserialize, Serialize};

use super::{Built, BuiltTable, is_name};

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

/// The tables of one entry.
pub(super) fn built(entry: &ManifestRollup) -> Result<Built, ManifestError> {
    let time = |text: &String| {
        parse_iso(text).ok_or_else(|| ManifestError::Time {
            pre_aggregation: entry.pre_aggregation.clone(),
            text: text.clone(),
        })
    };
    let mut partitions = BTreeMap::new();
    for table in &entry.tables {
        if !is_name(&table.table) {
            return Err(ManifestError::Table(table.table.clone()));
        }
        let built = BuiltTable {
            name: table.table.clone(),
            rows: table.rows,
            build_range_end: table.build_range_end.as_ref().map(time).transpose()?,
        };
        partitions.insert(table.partition.as_ref().map(time).transpose()?, built);
    }
    let range = entry.range.as_ref().map(|(from, to)| Ok((time(from)?, time(to)?))).transpose()?;
    Ok(Built {
        zone: entry.zone,
        partitions,
        missing: BTreeMap::new(),
        range,
        holds_null_times: entry.holds_null_times,
    })
}
