//! Rows of a rollup are the rows of the source: random models, random queries, and every rollup that
//! `preagg::choose` gives for one.

mod asked;
mod question;
mod shop;
mod tally;

use chrono_tz::Tz;
use cubestore::{Client, Parameter, Query};
use embedded::{ModelFiles, Stack};
use fastrand::Rng;
use preagg::{Dialect, Manifest, Route, Scan, StoreQuery, Tables};
use semantic::{
    Granularity, MemberName, PreAggregation, RowRules, SecurityContext, SemanticQuery, Value, access,
    parse::SourceFile,
};

use crate::harness::{ask, client, load, rows, stack_in};
use shop::Shop;
use tally::Tally;

/// Queries over one model.
const QUERIES: u64 = 25;

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_rollups_are_those_of_the_source() {
    let dir = tempfile::tempdir().unwrap();
    let (mut tally, mut wrong) = (Tally::default(), Vec::new());
    for seed in 0..cases().div_ceil(QUERIES) {
        let shop = Shop::of(seed);
        let tried = Trial::start(dir.path(), &shop).await;
        for place in 0..QUERIES {
            if let Err(difference) = tried.check(seed * QUERIES + place, &mut tally).await {
                wrong.push(difference);
            }
        }
        tried.stack.shutdown().await;
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases(), wrong.join("\n\n"));
    tally.show(cases());
}

#[expect(clippy::disallowed_methods, reason = "`make soak` asks for more of the same")]
fn cases() -> u64 {
    std::env::var("CUBEFLIGHT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300)
}

/// One model with its tables.
struct Trial {
    stack: Stack,
    client: Client,
    zones: Vec<Tz>,
}

impl Trial {
    async fn start(dir: &std::path::Path, shop: &Shop) -> Self {
        let file = SourceFile { path: "shop.yml".to_owned(), text: shop.text.clone() };
        let stack = stack_in(dir, |config| {
            config.scale = 0.001;
            config.model = ModelFiles::Given(vec![file]);
            config.zones.clone_from(&shop.zones);
        })
        .await;
        let client = client(&stack);
        Self { stack, client, zones: shop.zones.clone() }
    }

    async fn check(&self, seed: u64, tally: &mut Tally) -> Result<(), String> {
        let rng = &mut Rng::with_seed(seed);
        let model = self.stack.model();
        // Now and then a zone that nothing is built for; then hours of another one may do.
        let zones = if rng.u8(..4) == 0 { &shop::ZONES } else { &*self.zones };
        let zone = *rng.choice(zones).expect("every model is built for a zone");
        let by_hours = !self.zones.contains(&zone) && rng.bool();
        let fits = |rollup: &&PreAggregation| {
            !by_hours || rollup.standard_times().any(|(_, stored)| stored == Granularity::Hour)
        };
        let rollups: Vec<_> = model.pre_aggregations().filter(fits).collect();
        let rollup = *rng.choice(&rollups).expect("every model has rollups");
        // A lambda has the members of its rollups.
        let first = rollup.rollups.first().filter(|_| rollup.references().next().is_none());
        let rollup = first.and_then(|name| model.pre_aggregation(name)).unwrap_or(rollup);
        let query = question::of(rollup, model, zone, rng);
        tally.asked();
        let mut right = None;
        for scan in self.fitting(&query) {
            if right.is_none() {
                let (body, columns) = asked::json(&query);
                let (status, answer) = load(&self.stack, &body).await;
                if status != 200 {
                    return Err(format!("seed {seed}: {query}\n{body}\n{answer}"));
                }
                right = Some(sorted(asked::rows(&answer, &columns, &query, model)));
            }
            let read = preagg::render(&scan, Dialect { parameters: true });
            let found = self
                .read(&read)
                .await
                .map_err(|error| format!("seed {seed}: {query}\n{}\n{error}", read.sql))?;
            let expected = right.as_ref().expect("just computed");
            if found != *expected {
                return Err(format!(
                    "seed {seed}: {query}\n{}\n  found    {found:?}\n  expected {expected:?}",
                    read.sql
                ));
            }
            let rollup = model.pre_aggregation(&scan.pre_aggregation).expect("a rollup of the model");
            tally.read(rollup, &scan, &query, model, (!found.is_empty(), read.sql.contains("convert_tz")));
        }
        Ok(())
    }

    /// The read of each rollup that fits.
    fn fitting(&self, query: &SemanticQuery) -> Vec<Scan> {
        let model = self.stack.model();
        let none = SecurityContext::new(serde_json::Map::new());
        let leaf = access::narrow(query.clone(), model, RowRules::Model, &none);
        let scan = |rollup: &PreAggregation| match preagg::choose(&leaf, model, &self.tables_of(&rollup.name))
        {
            Route::Rollup { scan, .. } => Some(*scan),
            Route::Source { .. } => None,
        };
        model.pre_aggregations().filter_map(scan).collect()
    }

    /// The tables of one rollup, as if no other were built.
    fn tables_of(&self, name: &MemberName) -> Tables {
        let all = self.stack.manifest();
        let rollup = self.stack.model().pre_aggregation(name).expect("a rollup of the model");
        let is_part =
            |built: &str| built == name.as_str() || rollup.rollups.iter().any(|part| part.as_str() == built);
        let rollups = all.rollups.iter().filter(|rollup| is_part(&rollup.pre_aggregation));
        let one = Manifest { model_version: all.model_version.clone(), rollups: rollups.cloned().collect() };
        Tables::from_manifest(&one).unwrap()
    }

    async fn read(&self, read: &StoreQuery) -> Result<Vec<Vec<String>>, String> {
        let parameters = read.params.iter().map(|value| match value {
            Value::Text(text) => Parameter::String(text.to_string()),
            other => panic!("{other} is written into the SQL"),
        });
        let query = Query { parameters: parameters.collect(), ..Query::new(&read.sql) };
        let answer = ask(&self.client, query, &read.schema).await.map_err(|error| error.detail().clone())?;
        let rows = rows(&answer).into_iter();
        Ok(sorted(rows.map(|row| row.iter().map(|value| asked::alike(value)).collect()).collect()))
    }
}

fn sorted(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort();
    rows
}
