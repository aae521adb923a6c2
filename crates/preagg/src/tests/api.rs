//! A model that was read from Cube's API leads to the same rollups as its files.

use std::collections::BTreeMap;

use expect_test::expect;
use semantic::{
    Model,
    json::JsonQuery,
    parse::{
        SourceFile,
        api::{self, Vouched},
        model,
    },
};

use super::{
    corpus::{built, cases, question},
    setup::scoped,
};
use crate::{Route, choose};

const DEFINITIONS: &str = include_str!("../../../semantic/tests/fixtures/api/definitions.json");
const META: &str = include_str!("../../../semantic/tests/fixtures/api/meta.json");

/// The API tells no policies, so the files must have none. Theirs stand at the end.
fn of_files() -> Model {
    let texts = [
        include_str!("../../../semantic/tests/fixtures/orders.yml"),
        include_str!("../../../semantic/tests/fixtures/others.yaml"),
        include_str!("../../../semantic/tests/fixtures/views.yml"),
    ];
    let without_policies =
        |text: &str| text.split("    access_policy:").next().unwrap_or_default().to_owned();
    // Nor does it tell where builds end.
    let is_end = |line: &&str| line.contains("build_range_") || line.contains("sql: \"SELECT DATE");
    let without_ends = |text: &str| {
        text.lines().filter(|line| !is_end(line)).map(|line| format!("{line}\n")).collect::<String>()
    };
    let file = |path: &str, text| SourceFile { path: path.to_owned(), text };
    let stores = include_str!("../../../semantic/tests/fixtures/js_cube.js");
    let mut files = vec![file("stores.js", stores.to_owned())];
    files.extend(texts.map(|text| file("m.yml", without_ends(&without_policies(text)))));
    model(&files).unwrap()
}

pub(super) fn of_api(vouched: Vouched) -> Model {
    api::model(DEFINITIONS, META, vouched).unwrap()
}

/// The rollup with its tables, or nothing; `None` for queries that have no form here.
fn choice(query: &serde_json::Value, model: &Model) -> Option<String> {
    let json: JsonQuery = serde_json::from_value(query.clone()).ok()?;
    let query = question(&json, model).ok()?;
    let zone = query.zone;
    Some(match choose(&scoped(query, model), model, &built(model, zone)) {
        Route::Rollup { scan, .. } => format!("{} {:?}", scan.pre_aggregation, scan.tables),
        Route::Source { .. } => "source".to_owned(),
    })
}

#[test]
fn choices_are_those_of_the_files() {
    let (files, api) = (of_files(), of_api(Vouched { no_rules: true, no_stages: true }));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases().iter().filter(|case| case.model == "ecommerce") {
        let (theirs, ours) = (choice(&case.query, &files), choice(&case.query, &api));
        assert_eq!(ours, theirs, "{}", case.query);
        let Some(ours) = ours else { continue };
        *counts.entry(if ours == "source" { "source" } else { "rollup" }).or_default() += 1;
    }
    expect![[r#"{"rollup": 77, "source": 69}"#]].assert_eq(&format!("{counts:?}"));
}

#[test]
fn nothing_is_read_where_nobody_vouches() {
    let api = of_api(Vouched::default());
    let ecommerce = cases().into_iter().filter(|case| case.model == "ecommerce");
    let choices: Vec<_> = ecommerce.filter_map(|case| choice(&case.query, &api)).collect();
    assert!(choices.len() > 100 && choices.iter().all(|choice| choice == "source"), "{choices:?}");
}
