//! Every key of Cube's data model is read into the model, whether or not anything here uses it yet.

use expect_test::{Expect, expect, expect_file};

use super::{file, fixtures::parsed};
use crate::{Model, print};

const EVERYTHING: &str = include_str!("../../../tests/fixtures/everything.yml");

fn everything() -> Model {
    parsed(&[file(EVERYTHING)])
}

#[test]
fn every_key_is_kept() {
    let printed: serde_json::Value = serde_json::from_str(&print::model(&everything()).unwrap()).unwrap();
    let mut kept = String::new();
    paths(&printed, "", &mut kept);
    expect_file!["../../../tests/fixtures/everything.txt"].assert_eq(&kept);
}

/// Every key with the values that it has; members by name.
fn paths(value: &serde_json::Value, at: &str, out: &mut String) {
    match value {
        serde_json::Value::Object(map) => {
            map.iter().for_each(|(key, value)| paths(value, &format!("{at} {key}"), out));
        }
        serde_json::Value::Array(items) if items.iter().any(serde_json::Value::is_object) => {
            for item in items {
                let name = item.get("name").and_then(|name| name.as_str()).unwrap_or("-");
                paths(item, &format!("{at} {name}"), out);
            }
        }
        value => out.push_str(&format!("{}: {value}\n", at.trim_start())),
    }
}

fn dimension(name: &str, expect: Expect) {
    let model = everything();
    let dimension = &model.cube("orders").unwrap().dimensions[name];
    let shown = |sql: Option<&crate::template::Template>| sql.map_or("-".to_owned(), ToString::to_string);
    let (formula, row) = (shown(dimension.formula.expression()), shown(dimension.row_sql()));
    let is_column = model.table("orders").unwrap().column(name).is_some();
    expect.assert_eq(&format!("{formula}\nin a row: {row}\na column: {is_column}"));
}

#[test]
fn formulas_become_expressions() {
    dimension(
        "level",
        expect![[r#"
        CASE WHEN ({orders.price} > 100) THEN 'it''s high' WHEN ({orders}.price IS NULL) THEN ({orders.status}) ELSE 'low' END
        in a row: CASE WHEN ({orders.price} > 100) THEN 'it''s high' WHEN ({orders}.price IS NULL) THEN ({orders.status}) ELSE 'low' END
        a column: true"#]],
    );
    dimension(
        "place",
        expect![[r#"
        ({orders}.lat) || ',' || ({orders}.lon)
        in a row: ({orders}.lat) || ',' || ({orders}.lon)
        a column: true"#]],
    );
    dimension(
        "in_currency",
        expect![[r#"
        CASE {orders.currency} WHEN 'EUR' THEN ({orders.price}) ELSE ({orders.price} * 1.1) END
        in a row: CASE {orders.currency} WHEN 'EUR' THEN ({orders.price}) ELSE ({orders.price} * 1.1) END
        a column: true"#]],
    );
    dimension(
        "currency",
        expect![[r#"
        -
        in a row: -
        a column: false"#]],
    );
    dimension(
        "items_count",
        expect![[r#"
        {orders.items.count}
        in a row: -
        a column: true"#]],
    );
    dimension(
        "bucket",
        expect![[r#"
        CASE WHEN {orders.total} > 9 THEN 'a' END
        in a row: -
        a column: true"#]],
    );
}

#[test]
fn measures_say_what_they_need() {
    let model = everything();
    let line = |measure: &crate::Measure| {
        let (rolling, staged) = (measure.is_rolling(), measure.is_multi_stage());
        (rolling || staged)
            .then(|| format!("{}: rolling {rolling}, staged {staged}\n", measure.name.member()))
    };
    let lines: String = model.cube("orders").unwrap().measures.values().filter_map(line).collect();
    expect![[r#"
        rolling: rolling true, staged false
        to_date: rolling true, staged false
        running: rolling true, staged false
        old_running: rolling true, staged false
        prior: rolling false, staged true
        share: rolling false, staged true
        place_of: rolling false, staged true
        switched: rolling false, staged true
    "#]]
    .assert_eq(&lines);
}
