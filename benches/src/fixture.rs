//! What every measurement starts from: a model, its one rollup, and a folder with the gateway's files.

use std::{path::PathBuf, sync::Arc};

use arrow_array::RecordBatch;
use auth::Secret;
use chrono::{TimeDelta, Utc};
use embedded::rollup::SCHEMA;
use preagg::{Manifest, ManifestRollup, ManifestTable, names};
use semantic::{
    Granularity, Model, PreAggregation,
    granularity::iso,
    parse::{self, SourceFile},
};
use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::{Result, data};

const MODEL: &str = include_str!("../model/events.yml");
const VISITS: &str = include_str!("../model/visits.yml");
const SECRET: &str = "only-for-the-benchmark-on-this-machine-0001";

/// A million rows: one per moment.
pub(crate) const LARGE: &str = "SELECT city, device, at, MEASURE(clicks) AS clicks, MEASURE(score) AS score, \
     MEASURE(top_price) AS top_price FROM traffic GROUP BY 1, 2, 3";
/// The same from a rollup with a table for every month, by seconds.
pub(crate) const DIVIDED: &str = "SELECT city, device, DATE_TRUNC('second', at) AS at, MEASURE(clicks) AS clicks, \
     MEASURE(score) AS score, MEASURE(top_price) AS top_price FROM visits GROUP BY 1, 2, 3";
/// Ten rows.
pub(crate) const SMALL: &str = "SELECT city, MEASURE(clicks) AS clicks, MEASURE(top_price) AS top_price FROM traffic \
     GROUP BY 1 ORDER BY 2 DESC LIMIT 10";

/// The model and the files made from it, which end with this value.
pub(crate) struct Fixture {
    pub(crate) model: Arc<Model>,
    /// The rollup's tables, without their schema, and which rows each has.
    pub(crate) tables: Vec<(String, Vec<RecordBatch>)>,
    dir: TempDir,
}

impl Fixture {
    /// One table.
    pub(crate) fn new() -> Result<Self> {
        Self::over(MODEL, |rollup, model| Ok(vec![(None, data::batches(&columns(rollup, model)?)?)]))
    }

    /// A table for every month.
    pub(crate) fn by_month() -> Result<Self> {
        Self::over(VISITS, |rollup, model| {
            let months = data::by_month(&columns(rollup, model)?)?;
            Ok(months.into_iter().map(|(month, rows)| (Some(month), rows)).collect())
        })
    }

    fn over(text: &str, tables: impl FnOnce(&PreAggregation, &Model) -> Result<Tables>) -> Result<Self> {
        let model = Arc::new(parsed(text)?);
        let rollup = model.pre_aggregations().next().ok_or("the model has no pre-aggregation")?;
        let logical = names::logical_table(SCHEMA, rollup, &model);
        let version = names::version("[]");
        let tables = tables(rollup, &model)?.into_iter().map(|(start, rows)| {
            let partition = start.map(|start| (Granularity::Month, start));
            let table = names::physical_table(&logical, partition, &version, &version, 1_750_000_000);
            (table, start, rows)
        });
        let tables: Vec<_> = tables.collect();
        let dir = tempfile::tempdir()?;
        std::fs::create_dir(dir.path().join("model"))?;
        std::fs::write(dir.path().join("model/events.yml"), text)?;
        let manifest = serde_json::to_vec(&manifest(&model, rollup, &tables))?;
        std::fs::write(dir.path().join("manifest.json"), manifest)?;
        let tables = tables.into_iter().map(|(full, _, rows)| {
            let (_, table) = full.split_once('.').ok_or("a physical table has a schema")?;
            Ok((table.to_owned(), rows))
        });
        Ok(Self { tables: tables.collect::<Result<_>>()?, model, dir })
    }

    /// The settings of a gateway in front of the store at `url` that divides answers into so many parts, as a file.
    pub(crate) fn settings(
        &self,
        url: &str,
        (flight, admin): (u16, u16),
        endpoints: usize,
    ) -> Result<PathBuf> {
        let dir = self.dir.path().display();
        let settings = format!(
            "[model]\npath = \"{dir}/model\"\n[access]\nrules = \"model\"\n\
             [tables]\nmanifest = \"{dir}/manifest.json\"\n\
             [store]\nurl = \"{url}\"\n\
             [auth]\njwt_secret = \"{SECRET}\"\n\
             [flight]\nlisten = \"127.0.0.1:{flight}\"\nendpoints = {endpoints}\n[admin]\nlisten = \"127.0.0.1:{admin}\"\n"
        );
        let path = self.dir.path().join(format!("gateway-{flight}.toml"));
        std::fs::write(&path, settings)?;
        Ok(path)
    }

    /// Where a gateway's log goes.
    pub(crate) fn log(&self, port: u16) -> PathBuf {
        self.dir.path().join(format!("gateway-{port}.log"))
    }
}

/// The first month of a table's rows, in milliseconds, and its rows.
type Tables = Vec<(Option<i64>, Vec<RecordBatch>)>;

/// The model of the one table, read and checked.
pub(crate) fn model() -> Result<Model> {
    parsed(MODEL)
}

fn parsed(text: &str) -> Result<Model> {
    Ok(parse::model(&[SourceFile { path: "events.yml".to_owned(), text: text.to_owned() }])?)
}

/// A bearer token that the gateways take.
pub(crate) fn token() -> String {
    let claims = Map::from_iter([("sub".to_owned(), Value::from("bench"))]);
    auth::mint(&Secret::new(SECRET), &claims, Utc::now() + TimeDelta::hours(1)).expose().to_owned()
}

fn manifest(
    model: &Model,
    rollup: &PreAggregation,
    tables: &[(String, Option<i64>, Vec<RecordBatch>)],
) -> Manifest {
    let start = |table: &(String, Option<i64>, Vec<RecordBatch>)| table.1.map(iso);
    let range = tables.first().and_then(start).zip(tables.last().and_then(start));
    let tables = tables.iter().map(|table| ManifestTable {
        table: table.0.clone(),
        partition: start(table),
        rows: Some(table.2.iter().map(|batch| batch.num_rows() as u64).sum()),
        build_range_end: None,
    });
    let rollup = ManifestRollup {
        pre_aggregation: rollup.name.to_string(),
        zone: chrono_tz::UTC,
        range,
        holds_null_times: true,
        tables: tables.collect(),
    };
    Manifest { model_version: model.version().to_string(), rollups: vec![rollup] }
}

/// City, device, time, and three measures.
fn columns(rollup: &PreAggregation, model: &Model) -> Result<[String; 6]> {
    let named = |reference| names::column(reference, model);
    let times = rollup
        .time_dimensions
        .iter()
        .map(|time| names::bins_column(&time.dimension, &time.granularity, model));
    let columns = rollup.dimensions.iter().map(named).chain(times).chain(rollup.measures.iter().map(named));
    let columns: Vec<_> = columns.collect();
    columns.try_into().map_err(|_| "the pre-aggregation has not six columns".into())
}
