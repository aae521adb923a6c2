//! What every measurement starts from: the model, its one rollup, and a folder with the gateway's files.

use std::{path::PathBuf, sync::Arc};

use auth::Secret;
use chrono::{TimeDelta, Utc};
use embedded::rollup::SCHEMA;
use preagg::{Manifest, ManifestRollup, ManifestTable, names};
use semantic::{
    Model, PreAggregation,
    parse::{self, SourceFile},
};
use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::{Result, data::ROWS};

const MODEL: &str = include_str!("../model/events.yml");
const SECRET: &str = "only-for-the-benchmark-on-this-machine-0001";

/// A million rows: one per moment.
pub(crate) const LARGE: &str = "SELECT city, device, at, MEASURE(clicks) AS clicks, MEASURE(score) AS score, \
     MEASURE(top_price) AS top_price FROM traffic GROUP BY 1, 2, 3";
/// Ten rows.
pub(crate) const SMALL: &str = "SELECT city, MEASURE(clicks) AS clicks, MEASURE(top_price) AS top_price FROM traffic \
     GROUP BY 1 ORDER BY 2 DESC LIMIT 10";

/// The model and the files made from it, which end with this value.
pub(crate) struct Fixture {
    pub(crate) model: Arc<Model>,
    /// The rollup's table, without its schema.
    pub(crate) table: String,
    /// The columns of that table.
    pub(crate) columns: [String; 6],
    dir: TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Result<Self> {
        let model = Arc::new(model()?);
        let rollup = model.pre_aggregations().next().ok_or("the model has no pre-aggregation")?;
        let logical = names::logical_table(SCHEMA, rollup, &model);
        let version = names::version("[]");
        let full = names::physical_table(&logical, None, &version, &version, 1_750_000_000);
        let dir = tempfile::tempdir()?;
        std::fs::create_dir(dir.path().join("model"))?;
        std::fs::write(dir.path().join("model/events.yml"), MODEL)?;
        let manifest = serde_json::to_vec(&manifest(&model, rollup, &full))?;
        std::fs::write(dir.path().join("manifest.json"), manifest)?;
        let (_, table) = full.split_once('.').ok_or("a physical table has a schema")?;
        Ok(Self { table: table.to_owned(), columns: columns(rollup, &model)?, model, dir })
    }

    /// The settings of a gateway in front of the store at `url`, as a file.
    pub(crate) fn settings(&self, url: &str, (flight, admin): (u16, u16)) -> Result<PathBuf> {
        let dir = self.dir.path().display();
        let settings = format!(
            "[model]\npath = \"{dir}/model\"\n[access]\nrules = \"model\"\n\
             [tables]\nmanifest = \"{dir}/manifest.json\"\n\
             [store]\nurl = \"{url}\"\n\
             [auth]\njwt_secret = \"{SECRET}\"\n\
             [flight]\nlisten = \"127.0.0.1:{flight}\"\n[admin]\nlisten = \"127.0.0.1:{admin}\"\n"
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

/// The model, read and checked.
pub(crate) fn model() -> Result<Model> {
    Ok(parse::model(&[SourceFile { path: "events.yml".to_owned(), text: MODEL.to_owned() }])?)
}

/// A bearer token that the gateways take.
pub(crate) fn token() -> String {
    let claims = Map::from_iter([("sub".to_owned(), Value::from("bench"))]);
    auth::mint(&Secret::new(SECRET), &claims, Utc::now() + TimeDelta::hours(1)).expose().to_owned()
}

fn manifest(model: &Model, rollup: &PreAggregation, table: &str) -> Manifest {
    let table = ManifestTable {
        table: table.to_owned(),
        partition: None,
        rows: Some(ROWS as u64),
        build_range_end: None,
    };
    let rollup = ManifestRollup {
        pre_aggregation: rollup.name.to_string(),
        zone: chrono_tz::UTC,
        range: None,
        holds_null_times: true,
        tables: vec![table],
    };
    Manifest { model_version: model.version().to_string(), rollups: vec![rollup] }
}

fn columns(rollup: &PreAggregation, model: &Model) -> Result<[String; 6]> {
    let references = rollup.dimensions.iter().chain(&rollup.measures);
    let columns: Vec<_> = references.map(|reference| names::column(reference, model)).collect();
    columns.try_into().map_err(|_| "the pre-aggregation has not six columns".into())
}
