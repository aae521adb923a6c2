//! The recorded queries of a real Cube: its SQL and ours over the same rows of the same tables.

mod tables;

use std::{collections::BTreeMap, sync::Arc};

use chrono::NaiveDate;
use cubestore::{Client, Parameter, Query};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use embedded::store::Format;
use expect_test::expect;
use preagg::planner::{CubeSql, Planner, Policy};
use semantic::{
    Model,
    asked::{AskedQuery, DEFAULT_LIMIT, Defaults},
    parse::{SourceFile, model},
};
use serde_json::Value;

use crate::harness::{ask, client, rows, stack};
use tables::Fill;

const CASES: &str = include_str!("../../../../tests/fixtures/matching/cube.jsonl");

macro_rules! files {
    ($($name:literal),*) => {
        vec![$(($name, include_str!(concat!("../../../semantic/tests/fixtures/", $name)))),*]
    };
}

#[derive(serde::Deserialize)]
struct Case {
    id: String,
    model: String,
    query: Value,
    sql: Option<String>,
    #[serde(default)]
    params: Vec<String>,
}

impl Case {
    /// How many columns an answer has.
    fn width(&self) -> usize {
        let list = |key: &str| self.query[key].as_array().cloned().unwrap_or_default();
        let bins = list("timeDimensions").into_iter().filter(|time| time["granularity"].is_string());
        list("dimensions").len() + bins.count() + list("measures").len()
    }
}

fn models() -> BTreeMap<&'static str, Model> {
    let files = [
        ("overlap", files!("overlap.yml")),
        ("timegran", files!("timegran.yml")),
        ("ecommerce", files!("orders.yml", "others.yaml", "views.yml")),
        ("joins", files!("joins.yml")),
        ("nonadd", files!("nonadd.yml")),
        ("filters", files!("filters.yml")),
    ];
    let read = |(name, files): (&'static str, Vec<(&str, &str)>)| {
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() })
            .collect();
        (name, model(&files).unwrap())
    };
    files.into_iter().map(read).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rows_of_our_sql_are_those_of_cubes() {
    // In text every type can be compared.
    let stack = stack(|config| config.store.format = Format::Text).await;
    let (models, client) = (models(), client(&stack));
    let planners: BTreeMap<_, _> = models.iter().map(|(name, model)| (*name, Planner::new(model))).collect();
    let cases: Vec<Case> = CASES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (name, model) in &models {
        let of_model = || cases.iter().filter(|case| case.model == *name && case.sql.is_some());
        let fill = Fill::of(of_model().map(|case| &case.query), &stack).await;
        for rollup in model.pre_aggregations() {
            fill.register(&stack, rollup, model);
        }
        for case in of_model() {
            let theirs = CubeSql { text: case.sql.clone().unwrap(), params: case.params.clone() };
            let ours = ours(case, &planners[name]);
            let outcome = match (run(&client, &theirs, case.width()).await, ours) {
                (Ok(theirs), Some(ours)) => match run(&client, &ours, case.width()).await {
                    Ok(ours) if ours == theirs && theirs.is_empty() => "equal, no rows".to_owned(),
                    Ok(ours) if ours == theirs => "equal".to_owned(),
                    other => {
                        wrong.push(format!(
                            "{}: {other:?}\n  and Cube's {theirs:?}\n  {}",
                            case.id, ours.text
                        ));
                        continue;
                    }
                },
                (Ok(_), None) => "Cube's alone, ours reads windows above the store".to_owned(),
                (Err(error), None) => format!("neither, Cube's fails: {error}"),
                (Err(error), Some(ours)) => match run(&client, &ours, case.width()).await {
                    Ok(_) => format!("ours alone, Cube's fails: {error}"),
                    Err(_) => format!("both fail: {error}"),
                },
            };
            *found.entry(outcome).or_default() += 1;
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    let lines: Vec<_> = found.iter().map(|(what, count)| format!("{count} {what}\n")).collect();
    expect![[r#"
        6 Cube's alone, ours reads windows above the store
        4 both fail: 'Timestamp(Microsecond, None) + Interval(YearMonth)' can't b
        1 both fail: 'Timestamp(Microsecond, None) = Utf8' can't be evaluated bec
        1 both fail: Divide by zero error
        8 both fail: Function 'sum' requires Interval, but received String (DataT
        15 both fail: Invalid function 'if'
        5 both fail: There isn't a common type to coerce Boolean and Utf8 in ILIK
        436 equal
        36 equal, no rows
        7 neither, Cube's fails: ClusterAggregate on the right side of a LEFT JOIN
        1 neither, Cube's fails: Invalid function 'if'
        2 neither, Cube's fails: ParserError("Expected ), found
        2 neither, Cube's fails: ROLLING_WINDOW")
        1 neither, Cube's fails: customers.credit'
        1 neither, Cube's fails: events.id'
        1 neither, Cube's fails: logs.id'
        1 neither, Cube's fails: metrics.revenue'
        1 neither, Cube's fails: secure_orders.created_at'
        1 neither, Cube's fails: visits_r1m_cumulative__visits.secs'
        3 ours alone, Cube's fails: orders__completed_at_week'
        4 ours alone, Cube's fails: secure_orders__completed_at_week'
        3 ours alone, Cube's fails: visits__left_at_day'
    "#]]
    .assert_eq(&lines.concat());
}

fn ours(case: &Case, planner: &Planner<'_>) -> Option<CubeSql> {
    let now = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap().and_hms_opt(12, 0, 0).unwrap();
    let ask = AskedQuery::read(&case.query, Defaults { zone: chrono_tz::UTC, now }).unwrap();
    let ask = AskedQuery { limit: ask.limit.or(Some(DEFAULT_LIMIT)), ..ask };
    planner.choose(&ask, Policy::CUBE, tables::SCHEMA).unwrap().chosen?.sql
}

/// The rows as texts, in one order.
async fn run(client: &Client, sql: &CubeSql, width: usize) -> Result<Vec<Vec<String>>, String> {
    let parameters = sql.params.iter().cloned().map(Parameter::String).collect();
    // Which of several rows that are equal in the order a limit cuts is anybody's choice.
    let all = sql.text.rsplit_once(" LIMIT ").map_or(&*sql.text, |(all, _)| all);
    let query = Query { parameters, ..Query::new(all) };
    let fields: Vec<_> = (0..width).map(|i| Field::new(format!("c{i}"), DataType::Utf8, true)).collect();
    let answer = ask(client, query, &Arc::new(Schema::new(fields))).await;
    let mut rows = rows(&answer.map_err(|error| short(&error.detail()))?);
    rows.sort();
    Ok(rows)
}

/// What an error says of every query of its kind.
fn short(error: &str) -> String {
    let told = error.lines().next().unwrap_or_default().rsplit("planning: ").next().unwrap_or_default();
    let told = told.split([':', '#']).rfind(|part| part.len() > 8).unwrap_or(told);
    told.split(" for schema").next().unwrap_or(told).trim().chars().take(60).collect()
}
