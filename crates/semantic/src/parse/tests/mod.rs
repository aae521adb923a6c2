//! What is read, and what is said about what is not.

mod extends;
pub(super) mod fixtures;
mod generated;
#[cfg(feature = "javascript")]
mod javascript;
mod kept;
mod problems;
mod round_trip;

use expect_test::{Expect, expect};

use super::{SourceFile, model};

pub(super) fn file(text: &str) -> SourceFile {
    SourceFile { path: "m.yml".to_owned(), text: text.to_owned() }
}

fn check(text: &str, expect: Expect) {
    let shown = match model(&[file(text)]) {
        Ok(model) => {
            let line = |column: &crate::Column| {
                format!("{} <- {}: {}\n", column.member, column.source, column.field())
            };
            model.tables().flat_map(crate::Table::columns).map(line).collect::<String>()
        }
        Err(error) => error.to_string(),
    };
    expect.assert_eq(&shown);
}

const ORDERS: &str = r#"
cubes:
  - name: orders
    sql_table: public.orders
    joins:
      - { name: users, relationship: many_to_one, sql: "{CUBE}.user_id = {users.id}" }
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true, public: true, meta: { arrow_type: int64 } }
      - { name: createdAt, sql: created_at, type: time }
    measures:
      - { name: count, type: count }
      - { name: total, type: sum, sql: amount, meta: { arrow_type: "decimal(18,2)" } }
      - { name: share, type: number, sql: "{total} / {count}", public: false }
    segments:
      - { name: big, sql: "{CUBE}.amount > 100" }
    preAggregations:
      - { name: main, measures: [count, CUBE.total], dimensions: [users.city], timeDimension: createdAt, granularity: day }
  - name: users
    sql: SELECT * FROM users
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: city, sql: city, type: string, title: City }
views:
  - name: sales
    cubes:
      - { join_path: orders, includes: "*", excludes: [id] }
      - { join_path: orders.users, prefix: true, includes: [{ name: city, alias: town }] }
"#;

#[test]
fn cubes_and_views_become_tables() {
    check(
        ORDERS,
        expect![[r#"
            orders.count <- orders.count: Field { "count": Int64 }
            orders.total <- orders.total: Field { "total": nullable Decimal128(18, 2) }
            orders.id <- orders.id: Field { "id": nullable Int64 }
            orders.createdAt <- orders.createdAt: Field { "createdAt": nullable Timestamp(µs) }
            orders.big <- orders.big: Field { "big": nullable Boolean }
            users.city <- users.city: Field { "city": nullable Utf8 }
            sales.count <- orders.count: Field { "count": Int64 }
            sales.total <- orders.total: Field { "total": nullable Decimal128(18, 2) }
            sales.createdAt <- orders.createdAt: Field { "createdAt": nullable Timestamp(µs) }
            sales.users_town <- orders.users.city: Field { "users_town": nullable Utf8 }
            sales.big <- orders.big: Field { "big": nullable Boolean }
        "#]],
    );
}

#[test]
fn rollups_hold_full_paths() {
    let model = model(&[file(ORDERS)]).unwrap();
    let references: Vec<_> = model
        .pre_aggregations()
        .flat_map(crate::PreAggregation::references)
        .map(ToString::to_string)
        .collect();
    assert_eq!(references, ["orders.count", "orders.total", "orders.users.city", "orders.createdAt"]);
}

#[test]
fn a_caller_may_be_shown_less() {
    let whole = model(&[file(ORDERS)]).unwrap();
    let less = whole.restricted(|member| member.as_str() != "orders.total" && member.table() != "sales");
    assert!(less.table("sales").is_none());
    assert!(less.table("orders").unwrap().column("total").is_none());
    assert!(less.table("orders").unwrap().column("count").is_some());
    assert_eq!(whole.version(), less.version());
    assert_ne!(whole.identity(), less.identity());
    assert_eq!(
        less.identity(),
        whole.restricted(|m| m.as_str() != "orders.total" && m.table() != "sales").identity()
    );
}
