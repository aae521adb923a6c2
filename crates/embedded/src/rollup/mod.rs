//! Builds the pre-aggregations of a data model from the source tables, as a refresh worker would.
//!
//! Owns the SQL that fills a rollup and the files it ends up in. Never knows who reads them.

mod joins;
mod keys;
mod leaves;
mod members;
mod statement;
mod tables;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::SystemTime,
};

use chrono_tz::Tz;
use datafusion::arrow::{
    array::AsArray,
    datatypes::{DataType, TimestampMillisecondType},
};
use preagg::{Manifest, ManifestRollup};
use semantic::{Granularity, Model, PreAggregation, model::PreAggregationKind, template::Piece};

use crate::{Error, Source, files};

/// The schema that all tables are in.
pub const SCHEMA: &str = "dev_pre_aggregations";

/// Part of the directory's name: tables of another way to build are not taken for ours.
const LAYOUT: u32 = 2;

/// The built tables of one data model over one source.
#[derive(Debug, Clone)]
pub struct Rollups {
    dir: PathBuf,
    manifest: Manifest,
}

/// Why a pre-aggregation cannot be built here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum CannotBuild {
    #[error("a `{0}` is not built here")]
    Kind(&'static str),
    #[error("it stores nothing")]
    Empty,
    #[error("cube `{from}` has no join to `{to}`")]
    NoJoin { from: String, to: String },
    #[error("there is no member `{0}`")]
    NoMember(String),
    #[error("`{0}` refers to itself")]
    Endless(String),
    #[error("only Cube knows what `{0}` is")]
    Context(String),
    #[error("rows of cube `{0}` are repeated by joins and it has no primary key to tell them apart")]
    NoPrimaryKey(String),
    #[error("`{0}` aggregates by itself over rows that joins repeat")]
    OwnAggregate(String),
    #[error("`{0}` and `{1}` would be one column")]
    SharedColumn(String, String),
    #[error("`{0}` is not computed here: it needs more than the rows of its group")]
    Staged(String),
    #[error("the rows of cube `{0}` are not written out here")]
    Source(String),
    #[error("it stores `{0}` in bins of its own")]
    OwnBins(String),
    #[error("it is partitioned, but stores no time")]
    NoTime,
}

/// What fills a rollup.
#[derive(Debug, Clone, PartialEq)]
struct Statement {
    sql: String,
    columns: Vec<Stored>,
    /// The rows come with a last column that holds the start of each row's partition.
    partition: Option<Granularity>,
}

/// A column of a rollup.
#[derive(Debug, Clone, PartialEq)]
struct Stored {
    name: String,
    data_type: DataType,
    sketch: bool,
}

impl Rollups {
    /// Opens the tables of `model` for `zones` under `dir`, building them when they are not there.
    pub async fn open(dir: &Path, model: &Model, source: &Source, zones: &[Tz]) -> Result<Self, Error> {
        let dir = dir.join(directory(model, zones));
        let _lock = files::lock(&dir).await?;
        let path = dir.join("manifest.json");
        if !path.exists() {
            let manifest = build(&dir, model, source, zones).await?;
            write_manifest(&path, &manifest)?;
        }
        let manifest = read_manifest(&path)?;
        Ok(Self { dir, manifest })
    }

    /// What was built.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where the manifest is kept, next to the tables.
    pub fn manifest_path(&self) -> PathBuf {
        self.dir.join("manifest.json")
    }

    /// The names of all tables, without their schema, and their Parquet files.
    pub fn tables(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        let names = self.manifest.rollups.iter().flat_map(|rollup| &rollup.tables);
        names.map(|table| {
            let name = table.table.rsplit('.').next().unwrap_or(&table.table);
            (name, tables::file(&self.dir, name))
        })
    }
}

fn directory(model: &Model, zones: &[Tz]) -> String {
    let others = zones.iter().filter(|zone| **zone != Tz::UTC || zones.len() > 1);
    let others: String = others.map(|zone| format!("-{}", zone.name().replace('/', "."))).collect();
    format!("{}-{LAYOUT}{others}", model.version())
}

async fn build(dir: &Path, model: &Model, source: &Source, zones: &[Tz]) -> Result<Manifest, Error> {
    // Without a manifest these are what an interrupted build left.
    files::remove_with_extension(dir, "parquet")?;
    let mut rollups = Vec::new();
    // Joins and lambdas are read from the tables of others.
    let is_of_others =
        |kind| matches!(kind, PreAggregationKind::RollupJoin | PreAggregationKind::RollupLambda);
    for pre_aggregation in model.pre_aggregations().filter(|other| !is_of_others(other.kind)) {
        let end = end_of_build(pre_aggregation, source).await?;
        for zone in zones {
            match statement::of(pre_aggregation, model, *zone, end) {
                Ok(statement) => {
                    let built = build_one(dir, pre_aggregation, &statement, (model, source), end).await?;
                    rollups.push(ManifestRollup { zone: *zone, ..built });
                }
                Err(reason) => {
                    tracing::warn!(pre_aggregation = %pre_aggregation.name, %reason, "a pre-aggregation is not built");
                }
            }
        }
    }
    Ok(Manifest { model_version: model.version().to_string(), rollups })
}

async fn build_one(
    dir: &Path,
    pre_aggregation: &PreAggregation,
    statement: &Statement,
    (model, source): (&Model, &Source),
    end: Option<i64>,
) -> Result<ManifestRollup, Error> {
    let rows = source.sql(&statement.sql).await?;
    let logical = preagg::names::logical_table(SCHEMA, pre_aggregation, model);
    let names = tables::Names::new(logical, &statement.sql, dir, built_at());
    let written = tables::write(dir, statement, &rows, &names, end)?;
    let tables = written.tables.len();
    tracing::info!(pre_aggregation = %pre_aggregation.name, tables, "built a pre-aggregation");
    Ok(ManifestRollup {
        pre_aggregation: pre_aggregation.name.to_string(),
        zone: Tz::UTC,
        range: written.range,
        holds_null_times: written.holds_null_times,
        tables: written.tables,
    })
}

/// The last moment of a build, where the model sets one: what its SQL gives.
async fn end_of_build(pre_aggregation: &PreAggregation, source: &Source) -> Result<Option<i64>, Error> {
    let sql = pre_aggregation.build.build_range_end.as_ref().map(|sql| sql.sql.pieces.as_slice());
    let Some([Piece::Text(sql)]) = sql else { return Ok(None) };
    let sql = format!("SELECT CAST(last AS TIMESTAMP(3)) FROM ({sql}) AS built(last)");
    let rows = source.sql(&sql).await?;
    let ends = rows.iter().flat_map(|rows| rows.column(0).as_primitive::<TimestampMillisecondType>().iter());
    Ok(ends.flatten().next())
}

fn built_at() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn write_manifest(path: &Path, manifest: &Manifest) -> Result<(), Error> {
    let unfinished = path.with_extension("unfinished");
    let file = File::create(&unfinished).map_err(|e| Error::file(&unfinished, e))?;
    serde_json::to_writer_pretty(file, manifest)
        .map_err(|source| Error::Manifest { path: path.to_owned(), source })?;
    fs::rename(&unfinished, path).map_err(|e| Error::file(path, e))
}

fn read_manifest(path: &Path) -> Result<Manifest, Error> {
    let text = fs::read(path).map_err(|e| Error::file(path, e))?;
    serde_json::from_slice(&text).map_err(|source| Error::Manifest { path: path.to_owned(), source })
}
