//! Rolling measures against rows written by hand.

use embedded::{Config, ModelFiles};
use semantic::parse::SourceFile;
use serde_json::{Value, json};

use crate::harness::{load, stack};

const VISITS: &str = r#"
cubes:
  - name: visit
    sql: SELECT column1 AS id, column2 AS page, CAST(column3 AS TIMESTAMP) AS at, column4 AS secs FROM
      (VALUES (1, 'a', '2024-01-31T10:00:00', 1), (2, 'a', '2024-02-29T23:00:00', 2), (3, 'b', '2024-03-01T00:00:00', 4),
              (4, 'a', '2024-03-30T12:00:00', 8), (5, NULL, '2024-03-31T12:00:00', 16), (6, 'b', '2024-05-01T00:00:00', 32)) AS v
    dimensions:
      - { name: id, sql: '{CUBE}.id', type: number, primary_key: true }
      - { name: page, sql: '{CUBE}.page', type: string }
      - { name: at, sql: '{CUBE}.at', type: time }
    measures:
      - { name: secs, type: sum, sql: '{CUBE}.secs', meta: { arrow_type: int64 } }
      - { name: longest, type: max, sql: '{CUBE}.secs', rolling_window: { trailing: 2 month } }
      - { name: all_time, type: sum, sql: '{CUBE}.secs', rolling_window: { trailing: unbounded } }
      - { name: month_back, type: sum, sql: '{CUBE}.secs', rolling_window: { trailing: 1 month } }
      - { name: month_before, type: sum, sql: '{CUBE}.secs', rolling_window: { trailing: 1 month, offset: start } }
      - { name: day_ahead, type: count, rolling_window: { leading: 1 day } }
      - { name: year_to_date, type: sum, sql: '{CUBE}.secs', rolling_window: { type: to_date, granularity: year } }
      - { name: people, type: count_distinct, sql: '{CUBE}.id', rolling_window: { trailing: 1 month } }
"#;

async fn answer(query: Value) -> Value {
    let visits = |config: &mut Config| {
        let file = SourceFile { path: "visit.yml".to_owned(), text: VISITS.to_owned() };
        config.model = ModelFiles::Given(vec![file]);
    };
    let (_, body) = load(&stack(visits).await, &query).await;
    body
}

/// The rows of a query by bins of `at`, in the order of the columns named.
async fn check(measures: &[&str], keys: &[&str], bin: &str, range: [&str; 2], expected: &[&str]) {
    let of_cube = |names: &[&str]| names.iter().map(|name| format!("visit.{name}")).collect::<Vec<_>>();
    let (measures, keys) = (of_cube(measures), of_cube(keys));
    let body = answer(json!({
        "measures": measures, "dimensions": keys, "order": keys.iter().map(|key| (key, "asc")).collect::<Vec<_>>(),
        "timeDimensions": [{ "dimension": "visit.at", "granularity": bin, "dateRange": range }],
    }))
    .await;
    let columns: Vec<_> = [format!("visit.at.{bin}")].into_iter().chain(keys).chain(measures).collect();
    let text = |value: &Value| match value {
        Value::String(text) => text.replace("T00:00:00.000", ""),
        other => other.to_string(),
    };
    let rows = body["data"].as_array().unwrap_or_else(|| panic!("{body}"));
    let mut rows: Vec<_> = rows
        .iter()
        .map(|row| columns.iter().map(|column| text(&row[column])).collect::<Vec<_>>().join(" "))
        .collect();
    rows.sort();
    assert_eq!(rows, expected, "{columns:?}");
}

#[tokio::test]
async fn windows_reach_out_of_the_range_and_fill_empty_bins() {
    let range = ["2024-02-10", "2024-05-31"];
    check(
        &["all_time"],
        &[],
        "month",
        range,
        &["2024-02-01 3", "2024-03-01 31", "2024-04-01 31", "2024-05-01 63"],
    )
    .await;
    check(
        &["longest"],
        &[],
        "month",
        range,
        &["2024-02-01 2", "2024-03-01 16", "2024-04-01 16", "2024-05-01 32"],
    )
    .await;
    let before = ["2024-02-01 1", "2024-03-01 2", "2024-04-01 28", "2024-05-01 null"];
    check(&["month_before"], &[], "month", range, &before).await;
    check(&["year_to_date"], &[], "quarter", range, &["2024-01-01 31", "2024-04-01 63"]).await;
    // A month before the last millisecond of March 30 is that of February 29, which is outside.
    check(
        &["month_back"],
        &[],
        "day",
        ["2024-03-29", "2024-03-31"],
        &["2024-03-29 4", "2024-03-30 12", "2024-03-31 28"],
    )
    .await;
    check(
        &["day_ahead"],
        &[],
        "day",
        ["2024-03-29", "2024-03-31"],
        &["2024-03-29 1", "2024-03-30 1", "2024-03-31 null"],
    )
    .await;
}

#[tokio::test]
async fn groups_are_those_that_every_part_has() {
    let range = ["2024-03-01", "2024-05-31"];
    let alone = [
        "2024-03-01 a 11",
        "2024-03-01 b 4",
        "2024-03-01 null 16",
        "2024-04-01 a 11",
        "2024-04-01 b 4",
        "2024-04-01 null 16",
        "2024-05-01 a 11",
        "2024-05-01 b 36",
        "2024-05-01 null 16",
    ];
    check(&["all_time"], &["page"], "month", range, &alone).await;
    let beside = ["2024-03-01 a 8 11", "2024-03-01 b 4 4", "2024-03-01 null 16 16", "2024-05-01 b 32 36"];
    check(&["secs", "all_time"], &["page"], "month", range, &beside).await;
    let both = ["2024-03-01 31 28", "2024-04-01 31 null", "2024-05-01 63 32"];
    check(&["all_time", "month_back"], &[], "month", range, &both).await;
}

#[tokio::test]
async fn without_bins_a_window_is_nothing_and_without_a_range_bins_are_refused() {
    let body = answer(json!({ "measures": ["visit.month_back", "visit.secs"], "dimensions": ["visit.page"],
        "filters": [{ "member": "visit.month_back", "operator": "gt", "values": ["11"] }] }))
    .await;
    let rows = json!([
        { "visit.page": "b", "visit.month_back": "36", "visit.secs": "36" },
        { "visit.page": null, "visit.month_back": "16", "visit.secs": "16" },
    ]);
    assert_eq!(body["data"], rows, "{body}");
    let bins = json!([{ "dimension": "visit.at", "granularity": "day" }]);
    let body = answer(json!({ "measures": ["visit.all_time"], "timeDimensions": bins })).await;
    assert!(body["error"].as_str().unwrap().contains("without dateRange"), "{body}");
    let body = answer(json!({ "measures": ["visit.people"] })).await;
    assert!(body["error"].as_str().unwrap().contains("its bins do not add up"), "{body}");
}
