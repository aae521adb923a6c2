//! What is said about pre-aggregations that are built and never read.

use chrono::NaiveDate;

use super::setup::parsed;
use crate::planner::Planner;

const HEAD: &str = r#"
cubes:
  - name: orders
    sql_table: orders
    joins:
      - { name: users, relationship: many_to_one, sql: "{CUBE}.u = {users}.id" }
      - { name: items, relationship: one_to_many, sql: "{CUBE.id} = {items.o}" }
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: status, sql: status, type: string }
      - { name: at, sql: at, type: time }
    measures:
      - { name: count, type: count }
      - { name: total, sql: x, type: sum }
      - { name: people, sql: u, type: count_distinct }
      - { name: recent, sql: u, type: count_distinct, rolling_window: { trailing: 7 day } }
    pre_aggregations:
"#;
const TAIL: &str = r#"
  - name: users
    sql_table: users
    dimensions: [{ name: id, sql: id, type: number, primary_key: true }, { name: city, sql: city, type: string }]
    measures: [{ name: count, type: count }]
    pre_aggregations: [{ name: ids, dimensions: [id, city] }]
  - name: items
    sql_table: items
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: o, sql: o, type: number }
      - { name: sku, sql: sku, type: string }
"#;

fn check(rollups: &[&str], expected: &[&str]) {
    let rollups: Vec<_> = rollups.iter().map(|rollup| format!("      - {{ {rollup} }}\n")).collect();
    let model = parsed(&format!("{HEAD}{}{TAIL}", rollups.concat()));
    let now = NaiveDate::from_ymd_opt(2026, 6, 17).unwrap().and_hms_opt(12, 0, 0).unwrap();
    let found = Planner::new(&model).lint(chrono_tz::UTC, now);
    let found: Vec<_> =
        found.iter().map(|f| format!("{} {}", f.pre_aggregation.member(), f.flaw.code())).collect();
    assert_eq!(found, expected, "{rollups:?}");
}

#[test]
fn flaws() {
    let fine = "name: fine, measures: [count], dimensions: [status], time_dimension: at, granularity: day";
    let coarse =
        "name: coarse, measures: [count], dimensions: [status], time_dimension: at, granularity: month";
    for (rollups, expected) in [
        (&[coarse, fine][..], &[][..]),
        (&[fine, coarse], &["coarse shadowed"]),
        (&["name: a, measures: [count]", "name: b, measures: [count, total]"], &[]),
        (&["name: a, measures: [count, people], dimensions: [status]", "name: b, measures: [people]"], &[]),
        (&["name: a, measures: [people], dimensions: [status]"], &[]),
        (&["name: a, measures: [people], dimensions: [status, id]"], &["a grain"]),
        (&["name: a, measures: [people], time_dimension: at, granularity: minute"], &["a grain"]),
        (&["name: a, measures: [people], time_dimension: at, granularity: hour"], &[]),
        (&["name: a, measures: [recent], time_dimension: at, granularity: day"], &["a rolling"]),
        (&["name: a, measures: [users.count], dimensions: [users.city]"], &["a foreign"]),
        (&["name: a, measures: [total], dimensions: [status, items.sku]"], &["a multiplied"]),
        (&["name: a, measures: [people], dimensions: [items.sku]"], &[]),
        (&["name: a"], &["a empty"]),
        (
            &[
                "name: p, measures: [count], dimensions: [status]",
                "name: j, type: rollup_join, measures: [count], dimensions: [users.city], rollups: [p, users.ids]",
            ],
            &["j broken"],
        ),
    ] {
        check(rollups, expected);
    }
}
