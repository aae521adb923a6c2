//! Reads `/cubejs-system/v1/pre-aggregations/partitions`: Cube itself says which structure version each partition has,
//! and which tables there are.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use semantic::Granularity;
use serde::Deserialize;

use super::{Built, BuiltTable, TablesError, catalog::wall_clock, is_name, name};
use crate::names;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    pre_aggregation_partitions: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(default)]
    errors: Vec<serde_json::Value>,
    pre_aggregation: Named,
    partitions: Vec<Partition>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Partition {
    table_name: String,
    timezone: Tz,
    #[serde(default)]
    partition_granularity: Option<String>,
    /// Where the build of this partition begins and ends, as wall clocks.
    #[serde(default)]
    build_range_start: Option<String>,
    structure_version: String,
    version_entries: Vec<Entry>,
}

/// A table that there is.
#[derive(Deserialize)]
struct Entry {
    table_name: String,
    content_version: String,
    structure_version: String,
    last_updated_at: u64,
    #[serde(default)]
    naming_version: Option<u32>,
    #[serde(default)]
    build_range_end: Option<String>,
}

/// The tables of each pre-aggregation in each zone.
pub(super) fn built(answer: &str) -> Result<Vec<(String, Built)>, TablesError> {
    let answer: Answer = serde_json::from_str(answer)?;
    let mut built = Vec::new();
    for listed in &answer.pre_aggregation_partitions {
        let id = &listed.pre_aggregation.id;
        if let Some(error) = listed.errors.first() {
            return Err(TablesError::Cube { pre_aggregation: id.clone(), said: error.to_string() });
        }
        let mut zones: BTreeMap<&'static str, (Tz, Vec<&Partition>)> = BTreeMap::new();
        for partition in &listed.partitions {
            let zone = partition.timezone;
            zones.entry(zone.name()).or_insert((zone, Vec::new())).1.push(partition);
        }
        for (zone, partitions) in zones.into_values() {
            built.push((id.clone(), in_zone(id, zone, &partitions)?));
        }
    }
    Ok(built)
}

fn in_zone(id: &str, zone: Tz, listed: &[&Partition]) -> Result<Built, TablesError> {
    let (mut partitions, mut missing) = (BTreeMap::new(), BTreeMap::new());
    for partition in listed {
        let start = start(id, partition)?;
        match table(id, partition)? {
            Some(table) => _ = partitions.insert(start, table),
            None => {
                let looked_for = name::pattern(&partition.table_name, &partition.structure_version);
                missing.insert(start, looked_for);
            }
        }
    }
    let starts = || partitions.keys().chain(missing.keys()).copied().flatten();
    let range = starts().min().zip(starts().max());
    Ok(Built { zone, partitions, missing, range, holds_null_times: range.is_none() })
}

/// The start of a partition. A build range may begin inside the first one.
fn start(id: &str, partition: &Partition) -> Result<Option<i64>, TablesError> {
    let Some(text) = &partition.partition_granularity else { return Ok(None) };
    let value = |what, text: &str| TablesError::value(id, what, text);
    let granularity: Granularity = text.parse().map_err(|_| value("the partition granularity", text))?;
    let begins = partition.build_range_start.as_deref().unwrap_or_default();
    let start = wall_clock(begins).and_then(|at| granularity.floor(at));
    // The name says it too.
    let start = start.filter(|at| partition.table_name.ends_with(&names::partition_suffix(granularity, *at)));
    start.map(Some).ok_or_else(|| value("the start of a partition", begins))
}

/// The newest table of the partition's structure.
fn table(id: &str, partition: &Partition) -> Result<Option<BuiltTable>, TablesError> {
    let of_structure = |entry: &&Entry| {
        entry.table_name == partition.table_name && entry.structure_version == partition.structure_version
    };
    let newest = partition.version_entries.iter().filter(of_structure).max_by_key(|e| e.last_updated_at);
    let Some(entry) = newest else { return Ok(None) };
    let value = |what, text: &str| TablesError::value(id, what, text);
    let name = physical(entry);
    if !is_name(&name) {
        return Err(value("the table name", &name));
    }
    let end = entry.build_range_end.as_deref();
    let end = end.map(|end| wall_clock(end).ok_or_else(|| value("the end of a build", end))).transpose()?;
    Ok(Some(BuiltTable { name, rows: None, build_range_end: end }))
}

fn physical(entry: &Entry) -> String {
    let (content, structure) = (&entry.content_version, &entry.structure_version);
    match entry.naming_version {
        Some(_) => {
            let built_at = entry.last_updated_at / 1000;
            names::physical_table(&entry.table_name, None, content, structure, built_at)
        }
        None => format!("{}_{content}_{structure}_{}", entry.table_name, entry.last_updated_at),
    }
}
