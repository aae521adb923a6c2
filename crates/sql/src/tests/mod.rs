//! Statements over a small model: leaves, the plan above them, and what is said about what cannot be planned.

mod apart;
mod cubes;
mod guard;
mod joins;
mod leaves;
mod mutated;
mod names;
mod own;
mod predicates;
mod refused;
mod selects;
mod spellings;
mod temporary;
mod using;

use std::sync::Arc;

use chrono::DateTime;
use datafusion::common::ScalarValue;
use expect_test::Expect;
use semantic::{
    Model,
    parse::{SourceFile, model},
};

use crate::{Plan, Planner, Result, Statement};

const MODEL: &str = r#"
cubes:
  - name: orders
    sql_table: orders
    joins:
      - { name: users, relationship: many_to_one, sql: "{CUBE}.user_id = {users.id}" }
      - { name: notes, relationship: one_to_many, sql: "{CUBE}.id = {notes}.order_id" }
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true, public: true, meta: { arrow_type: int64 } }
      - { name: user_id, sql: user_id, type: number, meta: { arrow_type: int64 } }
      - { name: status, sql: status, type: string }
      - { name: City, sql: city, type: string }
      - { name: price, sql: price, type: number, meta: { arrow_type: "decimal(15,2)" } }
      - { name: rate, sql: rate, type: number }
      - { name: paid, sql: paid, type: boolean }
      - { name: createdAt, sql: created_at, type: time, granularities: [{ name: fiscalYear, interval: 1 year, offset: 1 month }, { name: fortnight, interval: 2 weeks, origin: "2024-01-01" }] }
      - { name: day, sql: day, type: time, meta: { arrow_type: date32 } }
    measures:
      - { name: count, type: count }
      - { name: total, type: sum, sql: amount, meta: { arrow_type: "decimal(25,2)" } }
      - { name: lowest, type: min, sql: amount }
      - { name: mean, type: avg, sql: amount }
      - { name: users, type: count_distinct, sql: user_id }
      - { name: users_approx, type: count_distinct_approx, sql: user_id }
      - { name: ratio, type: number, sql: "{total} / {count}" }
      - { name: share, type: number, sql: "SUM({CUBE}.amount) / COUNT(*)" }
      - { name: last_day, type: max, sql: day, meta: { arrow_type: date32 } }
    segments:
      - { name: big, sql: "{CUBE}.amount > 100" }
  - name: users
    sql_table: users
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true, public: true, meta: { arrow_type: int64 } }
      - { name: name, sql: name, type: string }
      - { name: joined, sql: joined_at, type: time }
    measures: [{ name: count, type: count }]
  - name: notes
    sql_table: notes
    dimensions:
      - { name: order_id, sql: order_id, type: number, meta: { arrow_type: int64 } }
      - { name: text, sql: text, type: string }
"#;

fn parsed() -> Arc<Model> {
    let file = SourceFile { path: "m.yml".to_owned(), text: MODEL.to_owned() };
    Arc::new(model(&[file]).unwrap_or_else(|error| panic!("{error}")))
}

fn planned(sql: &str, values: &[ScalarValue]) -> Result<(Statement, Plan)> {
    let planner = Planner::new();
    let statement = planner.prepare(sql, &parsed())?;
    let now = DateTime::from_timestamp_millis(1_709_210_096_789).unwrap();
    let plan = planner.plan(&statement, values, chrono_tz::UTC, now)?;
    Ok((statement, plan))
}

/// The leaves and the plan above them, or the error.
fn check(sql: &str, expect: Expect) {
    check_bound(sql, &[], expect);
}

/// The same for several spellings of one statement.
fn check_alike(statements: &[&str], expect: Expect) {
    let (first, others) = statements.split_first().unwrap();
    let first = shown(first, &[]);
    for other in others {
        assert_eq!(shown(other, &[]), first, "{other}");
    }
    expect.assert_eq(&first);
}

fn check_bound(sql: &str, values: &[ScalarValue], expect: Expect) {
    expect.assert_eq(&shown(sql, values));
}

fn shown(sql: &str, values: &[ScalarValue]) -> String {
    let plan = match planned(sql, values) {
        Ok((_, plan)) => plan,
        Err(error) => return error.to_string(),
    };
    let leaves = plan.leaves.iter().enumerate();
    let leaves: String = leaves
        .map(|(id, leaf)| format!("{id}: {} ({} visible, {} uses)\n", leaf.query, leaf.visible, leaf.uses))
        .collect();
    format!("{leaves}{}", plan.logical.display_indent())
}

/// The announced columns, or the error.
fn check_schema(sql: &str, expect: Expect) {
    let shown = match Planner::new().prepare(sql, &parsed()) {
        Err(error) => error.to_string(),
        Ok(statement) => {
            let field = |field: &Arc<datafusion::arrow::datatypes::Field>| format!("{field}\n");
            let columns: String = statement.schema.fields().iter().map(field).collect();
            let parameters: String = statement.parameters.fields().iter().map(field).collect();
            format!("{columns}{parameters}")
        }
    };
    expect.assert_eq(&shown);
}
