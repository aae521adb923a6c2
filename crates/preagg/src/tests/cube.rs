//! Every query of the recorded ones: Cube's choice, its type, its bins and its tables.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use expect_test::expect;
use semantic::{
    Model,
    asked::{AskedQuery, DEFAULT_LIMIT, Defaults},
    parse::api::Vouched,
};
use serde_json::{Value, json};

use super::corpus::models;
use crate::planner::{Choice, Planner, Policy};

const CASES: &str = include_str!("../../../../tests/fixtures/matching/cube.jsonl");

#[derive(serde::Deserialize)]
struct Case {
    id: String,
    model: String,
    query: Value,
    rollup: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    granularity: Value,
    /// Nothing is recorded where Cube has an error behind its choice.
    tables: Option<Vec<String>>,
    sql: Option<String>,
    #[serde(default)]
    params: Vec<String>,
}

fn choice<'m>(case: &Case, planner: &Planner<'m>) -> Result<Choice<'m>, String> {
    let now = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap().and_hms_opt(12, 0, 0).unwrap();
    let ask = AskedQuery::read(&case.query, Defaults { zone: chrono_tz::UTC, now });
    let ask = ask.map_err(|error| error.to_string())?;
    let ask = AskedQuery { limit: ask.limit.or(Some(DEFAULT_LIMIT)), ..ask };
    planner.choose(&ask, Policy::CUBE, "pre_agg").map_err(|error| error.to_string())
}

fn chosen(case: &Case, model: &Model, planner: &Planner<'_>) -> Result<Value, String> {
    let choice = choice(case, planner)?;
    let parts = choice.chosen.iter().flat_map(|chosen| &chosen.parts).chain(&choice.original);
    let tables = parts.map(|part| crate::names::logical_table("pre_agg", part, model));
    let tables = case.tables.as_ref().map(|_| sorted(tables));
    let Some(chosen) = choice.chosen else { return Ok(json!([null, null, null, tables])) };
    let bins = chosen.times.iter().map(|(time, bins)| json!({"dimension": time, "granularity": bins}));
    let bins: Vec<_> = bins.collect();
    Ok(json!([chosen.rollup.name, chosen.rollup.kind.json_name(), bins, tables]))
}

fn sorted(tables: impl IntoIterator<Item = String>) -> Vec<String> {
    let tables: BTreeSet<_> = tables.into_iter().collect();
    tables.into_iter().collect()
}

/// How many choices are Cube's, by model; all must be.
fn equal_choices(models: &BTreeMap<&str, Model>) -> String {
    let planners: BTreeMap<_, _> = models.iter().map(|(name, model)| (*name, Planner::new(model))).collect();
    let mut figures: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut others = String::new();
    let cases = CASES.lines().map(|line| serde_json::from_str::<Case>(line).unwrap());
    for case in cases.filter(|case| models.contains_key(case.model.as_str())) {
        let name = case.model.as_str();
        let expected = json!([case.rollup, case.kind, case.granularity, case.tables.clone().map(sorted)]);
        let found = chosen(&case, &models[name], &planners[name]);
        let (equal, all) = figures.entry(case.model.clone()).or_default();
        *all += 1;
        // Nothing is chosen where Cube has an error, nor for the cube that is written in JavaScript.
        if found.as_ref().map_or(case.rollup.is_none(), |found| *found == expected) {
            *equal += 1;
        } else {
            others += &format!("{}: {found:?}, and Cube {expected}, for {}\n", case.id, case.query);
        }
    }
    let shown: Vec<_> =
        figures.iter().map(|(model, (equal, all))| format!("{model}: {equal} of {all}\n")).collect();
    print!("{}", shown.concat());
    assert!(others.is_empty(), "{others}");
    shown.concat()
}

#[test]
fn every_choice_is_cubes() {
    expect![[r#"
        ecommerce: 163 of 163
        filters: 127 of 127
        joins: 162 of 162
        nonadd: 131 of 131
        overlap: 175 of 175
        timegran: 167 of 167
    "#]]
    .assert_eq(&equal_choices(&models()));
}

#[test]
fn every_choice_is_cubes_with_the_model_of_its_api() {
    let vouched = Vouched { no_rules: true, no_stages: true };
    let models = BTreeMap::from([("ecommerce", super::api::of_api(vouched))]);
    assert_eq!(equal_choices(&models), "ecommerce: 163 of 163\n");
}

/// Cube's SQL is ours to the letter, but for windows, for values that are not stored, and for a second time, whose
/// column Cube names after the bins of the first.
#[test]
fn the_sql_is_cubes() {
    let models = models();
    let planners: BTreeMap<_, _> = models.iter().map(|(name, model)| (*name, Planner::new(model))).collect();
    let (mut equal, mut others, mut none) = (0, Vec::new(), 0);
    for case in CASES.lines().map(|line| serde_json::from_str::<Case>(line).unwrap()) {
        let Some(expected) = &case.sql else { continue };
        let choice = choice(&case, &planners[case.model.as_str()]).unwrap();
        match choice.chosen.unwrap().sql {
            None => none += 1,
            Some(sql) if sql.text == *expected && sql.params == case.params => equal += 1,
            Some(sql) => others.push(sql.text),
        }
    }
    expect!["506 equal, 24 have none, 10 differ"]
        .assert_eq(&format!("{equal} equal, {none} have none, {} differ", others.len()));
    let of_two_times = |text: &String| text.contains("_two_times") || text.contains("_many_times");
    assert!(others.iter().all(of_two_times), "{others:#?}");
}
