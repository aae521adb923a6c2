//! Cubes of a query apart from each other: which rollups have the parts, and what keeps a query whole.

use expect_test::{Expect, expect};
use semantic::{Model, Output, SemanticQuery, model::Apart};

use super::setup::{built, parsed, query, scoped};
use crate::{Dialect, Route, choose, render};

const SHOP: &str = r#"
cubes:
  - name: orders
    sql_table: orders
    joins: [{ name: users, relationship: many_to_one, sql: "{CUBE}.user_id = {users.id}" }]
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: user, sql: "{CUBE}.user_id", type: number, public: false }
      - { name: status, sql: status, type: string }
    measures: [{ name: count, type: count }]
    pre_aggregations:
      - { name: by_user, measures: [count], dimensions: [user, status] }
      - { name: by_city, measures: [count], dimensions: [CUBE.users.city] }
  - name: users
    sql_table: users
    joins:
      - { name: regions, relationship: many_to_one, sql: "{CUBE}.region_id = {regions}.id" }
      - { name: phones, relationship: one_to_many, sql: "{CUBE}.id = {phones}.user_id" }
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: region_id, sql: region_id, type: number }
      - { name: city, sql: city, type: string }
      - { name: grown, sql: "CASE WHEN age > 17 THEN 'yes' ELSE 'no' END", type: string }
    measures: [{ name: ages, type: sum, sql: age }]
    pre_aggregations:
      - { name: each, measures: [ages], dimensions: [id, city, region_id, grown] }
      - { name: called, measures: [ages], dimensions: [id, city, CUBE.phones.number] }
  - name: regions
    sql_table: regions
    dimensions: [{ name: id, sql: id, type: number, primary_key: true }, { name: name, sql: name, type: string }]
    pre_aggregations:
      - { name: names, dimensions: [id, name] }
  - name: phones
    sql_table: phones
    dimensions: [{ name: user_id, sql: user_id, type: number }, { name: number, sql: number, type: string }]
views:
  - name: sales
    cubes:
      - { join_path: orders, includes: "*" }
      - { join_path: orders.users, includes: [city, grown, ages] }
      - { join_path: orders.users.regions, includes: [name] }
      - { join_path: orders.users.phones, includes: [number] }
"#;

/// What the store is asked for each part of each way to take a query apart; `none` where a rollup lacks one.
fn ways(text: &str, outputs: &str) -> Vec<String> {
    let model = parsed(text);
    let query = query(&model, "sales", outputs);
    Apart::all(&query, &model).map(|apart| parts(&query, &apart)).collect()
}

fn parts(query: &SemanticQuery, apart: &Apart) -> String {
    let mut parts: Vec<Vec<Output>> = vec![Vec::new(); apart.cuts.len() + 1];
    for output in &query.outputs {
        parts[apart.part(output.member()).unwrap()].push(output.clone());
    }
    for (place, cut) in apart.cuts.iter().enumerate() {
        for [near, far] in &cut.keys {
            parts[cut.from].push(Output::Dimension(near.clone()));
            parts[place + 1].push(Output::Dimension(far.clone()));
        }
    }
    let reads: Vec<_> = parts.into_iter().map(|outputs| read(outputs, &apart.model)).collect();
    reads.join("\n")
}

fn read(outputs: Vec<Output>, model: &Model) -> String {
    let query = SemanticQuery::grouped(outputs, chrono_tz::UTC);
    match choose(&scoped(query, model), model, &built(model)) {
        Route::Rollup { scan, .. } => render(&scan, Dialect { parameters: true }).sql,
        Route::Source { .. } => "none".to_owned(),
    }
}

fn check(outputs: &str, expect: Expect) {
    expect.assert_eq(&ways(SHOP, outputs).join("\n\n"));
}

#[test]
fn each_cube_is_read_from_a_rollup_of_its_own() {
    check(
        "count, status, city",
        expect![[r#"
        SELECT sum(`orders__count`) AS `count_1`, `orders__status` AS `status_2`, `orders__user` AS `foreign_key_1_3` FROM s.orders_by_user AS `orders__by_user` GROUP BY 2, 3
        SELECT `users__city` AS `city_1`, `users__id` AS `primary_key_1_2` FROM s.users_called AS `users__called` GROUP BY 1, 2"#]],
    );
    check(
        "count, name",
        expect![[r#"
        SELECT sum(`orders__count`) AS `count_1`, `orders__user` AS `foreign_key_1_2` FROM s.orders_by_user AS `orders__by_user` GROUP BY 2
        none

        none
        SELECT `regions__name` AS `name_1`, `regions__id` AS `primary_key_1_2` FROM s.regions_names AS `regions__names` GROUP BY 1, 2

        SELECT sum(`orders__count`) AS `count_1`, `orders__user` AS `foreign_key_1_2` FROM s.orders_by_user AS `orders__by_user` GROUP BY 2
        SELECT `users__id` AS `primary_key_1_1`, `users__region_id` AS `foreign_key_2_2` FROM s.users_each AS `users__each` GROUP BY 1, 2
        SELECT `regions__name` AS `name_1`, `regions__id` AS `primary_key_2_2` FROM s.regions_names AS `regions__names` GROUP BY 1, 2"#]],
    );
}

#[test]
fn what_keeps_a_query_whole() {
    let whole = |from: &str, to: &str, outputs: &str| {
        assert!(SHOP.contains(from), "{from}");
        assert_eq!(ways(&SHOP.replace(from, to), outputs), [""; 0], "{to}");
    };
    // A value where there is no row, a measure behind the join, several partners.
    whole("", "", "count, grown");
    whole("", "", "ages, status");
    whole("", "", "count, number");
    whole("", "", "count, city, number");
    let join = "many_to_one, sql: \"{CUBE}.user_id = {users.id}\"";
    whole(join, "one_to_many, sql: \"{CUBE}.user_id = {users.id}\"", "count, city");
    whole(join, "many_to_one, sql: \"{CUBE}.user_id = {users.region_id}\"", "count, city");
    whole(
        join,
        "many_to_one, sql: \"{CUBE}.user_id = {users.id} AND {CUBE.status} = {users.city}\"",
        "count, city",
    );
    whole(join, "many_to_one, sql: \"{CUBE}.user_id <= {users.id}\"", "count, city");
    // Keys of two types.
    let key = "sql: \"{CUBE}.user_id\", type: number";
    whole(key, "sql: \"{CUBE}.user_id\", type: string", "count, city");
    whole(key, "sql: \"{CUBE}.user_id\", type: number, meta: { arrow_type: int64 }", "count, city");
}
