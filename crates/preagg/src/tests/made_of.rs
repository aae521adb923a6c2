//! Joins and lambdas of rollups, and rows instead of groups: the store's SQL, or why there is none.

use expect_test::{Expect, expect};
use semantic::{Filter, Grouping, Model, SemanticQuery};

use super::setup::{during, is, manifest, parsed, query, scoped};
use crate::{Dialect, Route, Tables, choose, render};

const SHOP: &str = r#"
cubes:
  - name: orders
    sql_table: orders
    joins: [{ name: users, relationship: many_to_one, sql: "{CUBE.user_id} = {users.id}" }]
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true, public: true }
      - { name: user_id, sql: user_id, type: number }
      - { name: status, sql: status, type: string }
      - { name: at, sql: at, type: time }
    measures: [{ name: count, type: count }, { name: people, type: count_distinct, sql: user_id }]
    pre_aggregations:
      - { name: by_user, measures: [count], dimensions: [user_id, status] }
      - { name: with_users, type: rollup_join, measures: [count], dimensions: [CUBE.users.city], rollups: [by_user, CUBE.users.each] }
      - { name: batch, measures: [count], dimensions: [status], time_dimension: at, granularity: day, partition_granularity: month }
      - { name: recent, measures: [count], dimensions: [status], time_dimension: at, granularity: day, partition_granularity: month }
      - { name: both, type: rollup_lambda, rollups: [CUBE.batch, CUBE.recent] }
      - { name: single, measures: [count, people], dimensions: [id, status] }
  - name: users
    sql_table: users
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: city, sql: city, type: string }
      - { name: grown, sql: "CASE WHEN age > 17 THEN 'yes' ELSE 'no' END", type: string }
    measures: [{ name: count, type: count }, { name: ages, type: sum, sql: age }]
    pre_aggregations:
      - { name: each, measures: [ages], dimensions: [id, city, grown] }
views:
  - name: sales
    cubes:
      - { join_path: orders, includes: "*" }
      - { join_path: orders.users, prefix: true, includes: "*" }
"#;

/// What is read when only these are built, or why nothing is.
fn read(model: &Model, query: SemanticQuery, built: &[&str], asked: &str) -> String {
    let mut manifest = manifest(model);
    manifest.rollups.retain(|rollup| built.contains(&rollup.pre_aggregation.as_str()));
    for rollup in &mut manifest.rollups {
        if rollup.pre_aggregation == "orders.batch" {
            rollup.tables.truncate(3);
            rollup.tables[2].build_range_end = Some("2024-03-20T23:59:59.999".to_owned());
            rollup.range = Some(("2024-01-01T00:00:00.000".to_owned(), "2024-03-01T00:00:00.000".to_owned()));
        }
    }
    let route = choose(&scoped(query, model), model, &Tables::from_manifest(&manifest).unwrap());
    let of_it = route.refused().iter().find(|refused| refused.pre_aggregation.as_str() == asked);
    match (of_it, &route) {
        (Some(refused), _) => refused.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        (None, Route::Rollup { scan, .. }) => render(scan, Dialect { parameters: true }).sql,
        (None, Route::Source { .. }) => panic!("{asked} is no candidate"),
    }
}

fn check(text: &str, ask: (&str, &str, Filter), (built, asked): (&[&str], &str), expect: Expect) {
    let model = parsed(text);
    let (table, outputs, filter) = ask;
    let mut query = query(&model, table, outputs);
    query.filter = filter;
    expect.assert_eq(&read(&model, query, built, asked));
}

const JOIN: (&[&str], &str) = (&["orders.by_user", "users.each"], "orders.with_users");

#[test]
fn parts_are_joined_by_the_primary_key() {
    let ask = || ("sales", "count, users_city", is("sales.status", "new"));
    check(
        SHOP,
        ask(),
        JOIN,
        expect![
            "SELECT COALESCE(sum(`orders__count`), 0) AS `count_1`, `users__city` AS `users_city_2` FROM s.orders_by_user AS `orders__by_user` LEFT JOIN s.users_each AS `users__each` ON `orders__by_user`.`orders__user_id` = `users__each`.`users__id` WHERE `orders__status` = ? GROUP BY 2"
        ],
    );
    check(
        SHOP,
        ("sales", "count, users_grown", Filter::always()),
        JOIN,
        expect!["`orders.users.grown` is not stored; add `orders.users.grown` to `dimensions`"],
    );
    check(
        SHOP,
        ("sales", "users_ages, users_city", Filter::always()),
        JOIN,
        expect![
            "the joins repeat rows of `orders.users.ages`, so stored values cannot be added up: group by `orders.user_id` too, or store it without"
        ],
    );
    let broken = |from: &str, to: &str, expect: Expect| {
        assert!(SHOP.contains(from), "{from}");
        check(&SHOP.replace(from, to), ask(), JOIN, expect);
    };
    broken(
        "{CUBE.user_id} = {users.id}",
        "{CUBE}.user_id = {users}.id",
        expect![
            "it cannot be read from its rollups: the join of `orders` to `users` is no equality of dimensions"
        ],
    );
    broken(
        "{CUBE.user_id} = {users.id}",
        "{CUBE.user_id} >= {users.id}",
        expect![
            "it cannot be read from its rollups: the join of `orders` to `users` is no equality of dimensions"
        ],
    );
    broken(
        "{CUBE.user_id} = {users.id}",
        "{CUBE.user_id} = {users.city}",
        expect![
            "it cannot be read from its rollups: the join of `orders` to `users` is not by the primary key of `users`"
        ],
    );
    broken(
        "dimensions: [user_id, status] }",
        "dimensions: [status] }",
        expect![
            "it cannot be read from its rollups: `orders.user_id` and `orders.users.id` must both be stored"
        ],
    );
    broken(
        "dimensions: [id, city, grown] }",
        "dimensions: [city, grown] }",
        expect![
            "it cannot be read from its rollups: `orders.user_id` and `orders.users.id` must both be stored"
        ],
    );
    broken(
        "relationship: many_to_one",
        "relationship: one_to_many",
        expect!["it cannot be read from its rollups: a row of `orders` may have several of `users`"],
    );
    broken(
        "[by_user, CUBE.users.each]",
        "[by_user]",
        expect!["it cannot be read from its rollups: it names less than two rollups"],
    );
    broken(
        "[id, city, grown] }",
        "[id, city, grown], external: false }",
        expect!["it is not kept in the store; leave out `external: false`"],
    );
}

const LAMBDA: (&[&str], &str) = (&["orders.batch", "orders.recent"], "orders.both");

#[test]
fn each_part_of_a_lambda_begins_where_the_one_before_ends() {
    let since = |from: &str, to: &str| during("orders.at", from, to);
    check(
        SHOP,
        ("orders", "count, at.month", since("2024-02-01", "2024-05-01")),
        LAMBDA,
        expect![
            "SELECT sum(`orders__count`) AS `count_1`, date_trunc('month', `orders__at_day`) AS `at_month_2` FROM (SELECT `orders__status`, `orders__count`, `orders__at_day` FROM s.orders_batch20240201 UNION ALL SELECT `orders__status`, `orders__count`, `orders__at_day` FROM s.orders_batch20240301 UNION ALL SELECT `orders__status`, `orders__count`, `orders__at_day` FROM s.orders_recent20240301 WHERE `orders__at_day` >= to_timestamp('2024-03-21T00:00:00.000') UNION ALL SELECT `orders__status`, `orders__count`, `orders__at_day` FROM s.orders_recent20240401) AS `orders__both` WHERE `orders__at_day` >= to_timestamp('2024-02-01T00:00:00.000') AND `orders__at_day` < to_timestamp('2024-05-01T00:00:00.000') GROUP BY 2"
        ],
    );
    check(
        SHOP,
        ("orders", "count, status", since("2024-01-01", "2024-03-01")),
        LAMBDA,
        expect![
            "SELECT sum(`orders__count`) AS `count_1`, `orders__status` AS `status_2` FROM (SELECT `orders__status`, `orders__count`, `orders__at_day` FROM s.orders_batch20240101 UNION ALL SELECT `orders__status`, `orders__count`, `orders__at_day` FROM s.orders_batch20240201) AS `orders__both` WHERE `orders__at_day` >= to_timestamp('2024-01-01T00:00:00.000') AND `orders__at_day` < to_timestamp('2024-03-01T00:00:00.000') GROUP BY 2"
        ],
    );
    check(
        SHOP,
        ("orders", "count, status", since("2024-05-01", "2024-06-01")),
        LAMBDA,
        expect![
            "SELECT sum(`orders__count`) AS `count_1`, `orders__status` AS `status_2` FROM s.orders_recent20240501 AS `orders__both` WHERE `orders__at_day` >= to_timestamp('2024-05-01T00:00:00.000') AND `orders__at_day` < to_timestamp('2024-06-01T00:00:00.000') GROUP BY 2"
        ],
    );
    let broken = |from: &str, to: &str, expect: Expect| {
        assert!(SHOP.contains(from), "{from}");
        let ask = ("orders", "count, status", since("2024-03-01", "2024-06-01"));
        check(&SHOP.replace(from, to), ask, LAMBDA, expect);
    };
    let newest = "rollup_lambda, rollups: [CUBE.batch, CUBE.recent] }";
    broken(
        newest,
        "rollup_lambda, rollups: [CUBE.batch], union_with_source_data: true }",
        expect![
            "its newest rows come from the source, not from the store; leave out `union_with_source_data`"
        ],
    );
    broken(
        newest,
        "rollup_lambda, rollups: [CUBE.batch, CUBE.single] }",
        expect!["it cannot be read from its rollups: `orders.batch` and `orders.single` hold other members"],
    );
    broken(
        newest,
        "rollup_lambda, rollups: [] }",
        expect!["it cannot be read from its rollups: it names no rollups"],
    );
}

#[test]
fn rows_need_the_keys_that_tell_them_apart() {
    let model = parsed(SHOP);
    let rows = |table: &str, outputs: &str, built: &str, expect: Expect| {
        let mut query = query(&model, table, outputs);
        query.grouping = Grouping::Ungrouped;
        expect.assert_eq(&read(&model, query, &[built], built));
    };
    rows(
        "orders",
        "status, count",
        "orders.single",
        expect![
            "SELECT `orders__status` AS `status_1`, `orders__count` AS `count_2` FROM s.orders_single AS `orders__single`"
        ],
    );
    rows(
        "orders",
        "status, people",
        "orders.single",
        expect!["the query asks for rows, and stored groups do not tell them apart; ask for groups"],
    );
    rows(
        "orders",
        "status, count",
        "orders.by_user",
        expect![
            "the query asks for rows, which only `orders.id` tells apart; add `orders.id` to `dimensions`"
        ],
    );
}
