//! The built tables of pre-aggregations: which physical table holds which partition. Immutable.
//!
//! There are three sources, and each is a pure function: a builder's manifest, the partitions that Cube's system
//! endpoint lists, and the structure versions that follow from an answer of `/v1/sql`, looked up in the store's catalog.
//! None takes the newest table of a name: tables of another zone or of an older model have the same name, and only the
//! structure version tells them apart.

pub mod catalog;
mod error;
mod load_sql;
mod manifest;
mod name;
mod partitions;

use std::collections::BTreeMap;

use chrono_tz::Tz;
use md5::{Digest, Md5};
use semantic::{MemberName, ModelVersion};

pub use catalog::{Catalog, CatalogRow};
pub use error::TablesError;
pub use load_sql::{Described, described};
pub use manifest::{Manifest, ManifestError, ManifestRollup, ManifestTable};

/// What is known of built tables.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    model: Option<String>,
    rollups: BTreeMap<String, Vec<Built>>,
}

/// The tables of one pre-aggregation in one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The zone whose wall clock the stored times show.
    pub zone: Tz,
    /// By start of the partition; `None` when there is one table for all.
    pub partitions: BTreeMap<Option<i64>, BuiltTable>,
    /// The names that were looked for where there is no table, by start of the partition.
    pub missing: BTreeMap<Option<i64>, String>,
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

impl Tables {
    /// Nobody has said which tables hold which structure version.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// What a builder wrote down.
    pub fn from_manifest(manifest: &Manifest) -> Result<Self, ManifestError> {
        let entry = |entry: &ManifestRollup| Ok((entry.pre_aggregation.clone(), manifest::built(entry)?));
        let rollups: Result<Vec<_>, _> = manifest.rollups.iter().map(entry).collect();
        Ok(Self::of(manifest.model_version.clone(), rollups?))
    }

    /// What `/cubejs-system/v1/pre-aggregations/partitions` lists of a server that has this model.
    pub fn from_partitions(model: &ModelVersion, answer: &str) -> Result<Self, TablesError> {
        Ok(Self::of(model.to_string(), partitions::built(answer)?))
    }

    /// What was found in the store's catalog for the pre-aggregations that `/v1/sql` described.
    pub fn from_catalog(model: &ModelVersion, built: impl IntoIterator<Item = (MemberName, Built)>) -> Self {
        Self::of(model.to_string(), built.into_iter().map(|(name, built)| (name.to_string(), built)))
    }

    fn of(model: String, built: impl IntoIterator<Item = (String, Built)>) -> Self {
        let mut rollups: BTreeMap<String, Vec<Built>> = BTreeMap::new();
        for (name, built) in built {
            let zones = rollups.entry(name).or_default();
            zones.retain(|other| other.zone != built.zone);
            zones.push(built);
        }
        Self { model: Some(model), rollups }
    }

    /// True when nobody has said anything.
    pub fn is_unknown(&self) -> bool {
        self.model.is_none()
    }

    /// True when the tables were built from this version of the model.
    pub fn are_of(&self, model: &ModelVersion) -> bool {
        self.model.as_deref() == Some(model.as_str())
    }

    /// A digest of all that is known: the same tables have the same one on every replica.
    pub fn version(&self) -> String {
        let digest = Md5::digest(format!("{:?}", (&self.model, &self.rollups)));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The tables of a pre-aggregation in the zone that was named first.
    pub fn get(&self, pre_aggregation: &MemberName) -> Option<&Built> {
        self.rollups.get(pre_aggregation.as_str())?.first()
    }

    /// The tables of a pre-aggregation for a zone.
    pub fn built_for(&self, pre_aggregation: &MemberName, zone: Tz) -> Option<&Built> {
        self.rollups.get(pre_aggregation.as_str())?.iter().find(|built| built.zone == zone)
    }

    /// The tables of a pre-aggregation for a zone; those of another one where it was not built for this.
    pub fn in_zone(&self, pre_aggregation: &MemberName, zone: Tz) -> Option<&Built> {
        let built = self.rollups.get(pre_aggregation.as_str())?;
        built.iter().find(|built| built.zone == zone).or(built.first())
    }
}

// The name is written into the store's SQL as it is.
fn is_name(name: &str) -> bool {
    let valid = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    name.split_once('.').is_some_and(|(schema, table)| valid(schema) && valid(table))
}

#[cfg(test)]
mod tests;
