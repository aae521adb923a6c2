//! What a choice costs in a wide model. Run with `cargo test --release -p preagg cost -- --ignored --nocapture`.

use std::{fmt::Write, time::Instant};

use chrono::NaiveDate;
use chrono_tz::Tz;
use semantic::{AskedQuery, Filter, Model, Value, asked::Defaults};
use serde_json::json;

use super::setup::{built, member, parsed, query, scoped};
use crate::{
    choose,
    planner::{Planner, Policy},
};

const ROLLUPS: usize = 200;
const MEMBERS: usize = 300;

fn wide() -> Model {
    let mut text = "cubes:\n  - name: wide\n    sql_table: wide\n    dimensions:\n      - { name: at, sql: at, type: time }\n".to_owned();
    for i in 0..MEMBERS / 2 {
        _ = writeln!(text, "      - {{ name: d{i}, sql: d{i}, type: string }}");
    }
    text += "    measures:\n";
    for i in 0..MEMBERS / 2 {
        _ = writeln!(text, "      - {{ name: m{i}, sql: m{i}, type: sum }}");
    }
    text += "    pre_aggregations:\n";
    for i in 0..ROLLUPS {
        let list = |word: &str| {
            (0..MEMBERS / 2)
                .filter(|j| (i + j) % 7 != 0)
                .map(|j| format!("{word}{j}"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (measures, dimensions) = (list("m"), list("d"));
        _ = writeln!(
            text,
            "      - {{ name: r{i}, measures: [{measures}], dimensions: [{dimensions}], time_dimension: at, granularity: day }}"
        );
    }
    parsed(&text)
}

#[test]
#[ignore = "it measures"]
fn choices_in_a_wide_model() {
    let model = wide();
    let tables = built(&model);
    for values in [1, 1_000, 10_000] {
        let mut asked = query(&model, "wide", "d1, m1, m8, at.month");
        let values = (0..values).map(|i| Value::Text(format!("value {i}").into())).collect();
        asked.filter = Filter::In { member: member("wide.d3"), values, negated: false };
        let leaf = scoped(asked, &model);
        let since = Instant::now();
        for _ in 0..100 {
            std::hint::black_box(choose(&leaf, &model, &tables));
        }
        println!(
            "choose, IN of {}: {:?}",
            leaf.get().query().filter.to_string().len(),
            since.elapsed() / 100
        );
    }
}

#[test]
#[ignore = "it measures"]
fn explaining_in_a_wide_model() {
    let model = wide();
    let planner = Planner::new(&model);
    let query = json!({
        "measures": ["wide.m1", "wide.m8"],
        "dimensions": ["wide.d1"],
        "timeDimensions": [{ "dimension": "wide.at", "granularity": "month" }],
        "filters": [{ "member": "wide.d3", "operator": "equals", "values": ["value"] }],
    });
    let now = NaiveDate::from_ymd_opt(2026, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0)).unwrap();
    let ask = AskedQuery::read(&query, Defaults { zone: Tz::UTC, now }).unwrap();
    let since = Instant::now();
    for _ in 0..1_000 {
        std::hint::black_box(planner.choose(&ask, Policy::CUBE, "s").unwrap());
    }
    println!("explain: {:?}", since.elapsed() / 1_000);
}
