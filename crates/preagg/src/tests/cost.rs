//! What a choice costs in a wide model. Run with `cargo test --release -p preagg cost -- --ignored --nocapture`.

use std::{fmt::Write, time::Instant};

use semantic::{Filter, Model, Value};

use super::setup::{built, member, parsed, query, scoped};
use crate::choose;

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
