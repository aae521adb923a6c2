//! Joined cubes as parts that rollups of their own may have, or why there are none.

use std::sync::Arc;

use chrono::DateTime;
use expect_test::{Expect, expect};
use semantic::parse::{SourceFile, model};

use crate::{Joined, Planner, apart};

const SHOP: &str = r#"
cubes:
  - name: orders
    sql_table: orders
    joins:
      - { name: users, relationship: many_to_one, sql: "{CUBE}.user_id = {users.id}" }
      - { name: notes, relationship: one_to_many, sql: "{CUBE}.id = {notes}.order_id" }
      - { name: shops, relationship: many_to_one, sql: "{CUBE.country} = {shops.country} AND {CUBE.shop} = {shops.number}" }
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: user, sql: user_id, type: number, public: false }
      - { name: country, sql: country, type: string }
      - { name: shop, sql: shop, type: number, public: false, meta: { arrow_type: int64 } }
      - { name: status, sql: status, type: string }
      - { name: at, sql: at, type: time }
    measures:
      - { name: count, type: count }
      - { name: total, type: sum, sql: amount }
      - { name: people, type: count_distinct, sql: user_id }
      - { name: ratio, type: number, sql: "{total} / {count}" }
      - { name: month, type: sum, sql: amount, rolling_window: { trailing: 1 month } }
    segments:
      - { name: big, sql: "{CUBE}.amount > 100" }
    pre_aggregations:
      - { name: keys, dimensions: [id, user, country, shop, at] }
  - name: users
    sql_table: users
    joins:
      - { name: regions, relationship: many_to_one, sql: "{CUBE}.region_id = {regions}.id" }
      - { name: phones, relationship: one_to_many, sql: "{CUBE}.id = {phones}.user_id" }
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: region, sql: "{CUBE}.region_id", type: string, public: false }
      - { name: city, sql: city, type: string }
      - { name: grown, sql: "CASE WHEN age > 17 THEN 'yes' ELSE 'no' END", type: string }
      - { name: joined, sql: joined_at, type: time }
    measures: [{ name: ages, type: sum, sql: age }]
    segments:
      - { name: old, sql: "{CUBE}.age > 90" }
    pre_aggregations: [{ name: keys, dimensions: [id, region, city] }]
  - name: lines
    sql_table: lines
    joins:
      - { name: orders, relationship: many_to_one, sql: "{CUBE}.order_id = {orders.id}" }
      - { name: owners, relationship: many_to_one, sql: "{CUBE}.owner_id = {owners.id}" }
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: owner_id, sql: owner_id, type: number }
    measures: [{ name: pieces, type: sum, sql: pieces }]
    pre_aggregations: [{ name: keys, dimensions: [id, owner_id] }]
  - name: owners
    sql_table: owners
    dimensions: [{ name: id, sql: id, type: number, primary_key: true }, { name: owner, sql: owner, type: string }]
    pre_aggregations: [{ name: keys, dimensions: [id] }]
  - name: regions
    sql_table: regions
    dimensions:
      - { name: id, sql: id, type: string, primary_key: true }
      - { name: region, sql: name, type: string }
    pre_aggregations: [{ name: keys, dimensions: [id] }]
  - name: shops
    sql_table: shops
    joins: [{ name: users, relationship: many_to_one, sql: "{CUBE}.manager = {users.id}" }]
    dimensions:
      - { name: number, sql: number, type: number, primary_key: true, meta: { arrow_type: int64 } }
      - { name: country, sql: country, type: string, primary_key: true }
      - { name: owner, sql: owner, type: string }
      - { name: manager, sql: manager, type: number }
    pre_aggregations: [{ name: keys, dimensions: [number, country, manager] }]
  - name: notes
    sql_table: notes
    dimensions: [{ name: order_id, sql: order_id, type: number }, { name: text, sql: text, type: string }]
  - name: phones
    sql_table: phones
    dimensions: [{ name: user_id, sql: user_id, type: number }, { name: number, sql: number, type: string }]
views:
  - name: sales
    cubes:
      - { join_path: orders, includes: "*" }
      - { join_path: orders.users, includes: "*" }
      - { join_path: orders.users.regions, includes: [region] }
      - { join_path: orders.users.phones, includes: [number] }
      - { join_path: orders.notes, includes: [text] }
      - { join_path: orders.shops, includes: [owner] }
  - name: lines_of_orders
    cubes:
      - { join_path: lines, includes: [pieces] }
      - { join_path: lines.orders, includes: [total] }
      - { join_path: lines.owners, includes: [owner] }
  - name: twice
    cubes:
      - { join_path: orders, includes: [count] }
      - { join_path: orders.users, includes: [city] }
      - { join_path: orders.shops.users, includes: [{ name: city, alias: manager }] }
"#;

/// Hands over each way to take the only leaf apart.
fn each(text: &str, sql: &str, mut visit: impl FnMut(Joined<'_>)) {
    let file = SourceFile { path: "m.yml".to_owned(), text: text.to_owned() };
    let model = Arc::new(model(&[file]).unwrap_or_else(|error| panic!("{error}")));
    let planner = Planner::new();
    let statement = planner.prepare(sql, &model).unwrap();
    let now = DateTime::from_timestamp_millis(1_709_210_096_789).unwrap();
    let plan = planner.plan(&statement, &[], chrono_tz::UTC, now).unwrap();
    let [leaf] = plan.leaves.as_slice() else { panic!("{} leaves: {sql}", plan.leaves.len()) };
    apart(leaf, &statement.model).for_each(|way| visit(way.unwrap()));
}

/// The parts of each way, and the plan above them.
fn shown(text: &str, sql: &str) -> String {
    let mut shown = String::new();
    each(text, sql, |way| {
        let leaves = way.leaves.iter().enumerate().map(|(id, leaf)| format!("{id}: {}\n", leaf.query));
        shown.extend(leaves);
        shown.push_str(&format!("{}\n", way.plan().unwrap().display_indent()));
    });
    shown
}

fn check(sql: &str, expect: Expect) {
    expect.assert_eq(&shown(SHOP, sql));
}

/// Nothing is taken apart.
fn whole(text: &str, sql: &str) {
    assert_eq!(shown(text, sql), "", "{sql}");
}

const BY_CITY: &str = "SELECT city, MEASURE(count) FROM sales GROUP BY 1";

#[test]
fn the_sides_of_a_join() {
    check(
        BY_CITY,
        expect![[r#"
        0: [sales.count] by [sales.foreign key 1] in UTC
        1: [] by [sales.city, sales.primary key 1] in UTC
        Projection: leaf.city, leaf.count
          Projection: leaf.city, CAST(CASE WHEN CAST(sum(leaf.count) AS Int64) IS NULL THEN Int64(0) ELSE CAST(sum(leaf.count) AS Int64) END AS Int64) AS count
            Aggregate: groupBy=[[leaf.city]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0)))]]
              Projection: leaf1.city AS city, leaf0.count AS count
                Right Join: leaf1.primary key 1 = leaf0.foreign key 1
                  TableScan: leaf1
                  TableScan: leaf0
    "#]],
    );
}

#[test]
fn chains_and_stars() {
    check(
        "SELECT region, owner, MEASURE(total) FROM sales GROUP BY 1, 2",
        expect![[r#"
        0: [sales.total] by [sales.region, sales.foreign key 1, sales.foreign key 2] in UTC
        1: [] by [sales.owner, sales.primary key 1, sales.primary key 2] in UTC
        Projection: leaf.region, leaf.owner, leaf.total
          Projection: leaf.region, leaf.owner, CAST(sum(leaf.total) AS Float64) AS total
            Aggregate: groupBy=[[leaf.region, leaf.owner]], aggr=[[sum(leaf.total)]]
              Projection: leaf0.region AS region, leaf1.owner AS owner, leaf0.total AS total
                Right Join: leaf1.primary key 1 = leaf0.foreign key 1, leaf1.primary key 2 = leaf0.foreign key 2
                  TableScan: leaf1
                  TableScan: leaf0
        0: [sales.total] by [sales.owner, sales.foreign key 1] in UTC
        1: [] by [sales.region, sales.primary key 1] in UTC
        Projection: leaf.region, leaf.owner, leaf.total
          Projection: leaf.region, leaf.owner, CAST(sum(leaf.total) AS Float64) AS total
            Aggregate: groupBy=[[leaf.region, leaf.owner]], aggr=[[sum(leaf.total)]]
              Projection: leaf1.region AS region, leaf0.owner AS owner, leaf0.total AS total
                Right Join: leaf1.primary key 1 = leaf0.foreign key 1
                  TableScan: leaf1
                  TableScan: leaf0
        0: [sales.total] by [sales.owner, sales.foreign key 1] in UTC
        1: [] by [sales.region, sales.primary key 1] in UTC
        Projection: leaf.region, leaf.owner, leaf.total
          Projection: leaf.region, leaf.owner, CAST(sum(leaf.total) AS Float64) AS total
            Aggregate: groupBy=[[leaf.region, leaf.owner]], aggr=[[sum(leaf.total)]]
              Projection: leaf1.region AS region, leaf0.owner AS owner, leaf0.total AS total
                Right Join: leaf1.primary key 1 = leaf0.foreign key 1
                  TableScan: leaf1
                  TableScan: leaf0
        0: [sales.total] by [sales.foreign key 1, sales.foreign key 2, sales.foreign key 3] in UTC
        1: [] by [sales.owner, sales.primary key 1, sales.primary key 2] in UTC
        2: [] by [sales.region, sales.primary key 3] in UTC
        Projection: leaf.region, leaf.owner, leaf.total
          Projection: leaf.region, leaf.owner, CAST(sum(leaf.total) AS Float64) AS total
            Aggregate: groupBy=[[leaf.region, leaf.owner]], aggr=[[sum(leaf.total)]]
              Projection: leaf2.region AS region, leaf1.owner AS owner, leaf0.total AS total
                Right Join: leaf2.primary key 3 = leaf0.foreign key 3
                  TableScan: leaf2
                  Right Join: leaf1.primary key 1 = leaf0.foreign key 1, leaf1.primary key 2 = leaf0.foreign key 2
                    TableScan: leaf1
                    TableScan: leaf0
        0: [sales.total] by [sales.foreign key 1, sales.foreign key 2, sales.foreign key 3] in UTC
        1: [] by [sales.owner, sales.primary key 1, sales.primary key 2] in UTC
        2: [] by [sales.region, sales.primary key 3] in UTC
        Projection: leaf.region, leaf.owner, leaf.total
          Projection: leaf.region, leaf.owner, CAST(sum(leaf.total) AS Float64) AS total
            Aggregate: groupBy=[[leaf.region, leaf.owner]], aggr=[[sum(leaf.total)]]
              Projection: leaf2.region AS region, leaf1.owner AS owner, leaf0.total AS total
                Right Join: leaf2.primary key 3 = leaf0.foreign key 3
                  TableScan: leaf2
                  Right Join: leaf1.primary key 1 = leaf0.foreign key 1, leaf1.primary key 2 = leaf0.foreign key 2
                    TableScan: leaf1
                    TableScan: leaf0
        0: [sales.total] by [sales.owner, sales.foreign key 1] in UTC
        1: [] by [sales.primary key 1, sales.foreign key 2] in UTC
        2: [] by [sales.region, sales.primary key 2] in UTC
        Projection: leaf.region, leaf.owner, leaf.total
          Projection: leaf.region, leaf.owner, CAST(sum(leaf.total) AS Float64) AS total
            Aggregate: groupBy=[[leaf.region, leaf.owner]], aggr=[[sum(leaf.total)]]
              Projection: leaf2.region AS region, leaf0.owner AS owner, leaf0.total AS total
                Right Join: leaf2.primary key 2 = leaf1.foreign key 2
                  TableScan: leaf2
                  Right Join: leaf1.primary key 1 = leaf0.foreign key 1
                    TableScan: leaf1
                    TableScan: leaf0
        0: [sales.total] by [sales.foreign key 1, sales.foreign key 2, sales.foreign key 3] in UTC
        1: [] by [sales.owner, sales.primary key 1, sales.primary key 2] in UTC
        2: [] by [sales.primary key 3, sales.foreign key 4] in UTC
        3: [] by [sales.region, sales.primary key 4] in UTC
        Projection: leaf.region, leaf.owner, leaf.total
          Projection: leaf.region, leaf.owner, CAST(sum(leaf.total) AS Float64) AS total
            Aggregate: groupBy=[[leaf.region, leaf.owner]], aggr=[[sum(leaf.total)]]
              Projection: leaf3.region AS region, leaf1.owner AS owner, leaf0.total AS total
                Right Join: leaf3.primary key 4 = leaf2.foreign key 4
                  TableScan: leaf3
                  Right Join: leaf2.primary key 3 = leaf0.foreign key 3
                    TableScan: leaf2
                    Right Join: leaf1.primary key 1 = leaf0.foreign key 1, leaf1.primary key 2 = leaf0.foreign key 2
                      TableScan: leaf1
                      TableScan: leaf0
    "#]],
    );
}

#[test]
fn tests_go_where_they_drop_the_same_rows() {
    check(
        "SELECT status, MEASURE(count) FROM sales WHERE city <> 'Rom' AND joined >= '2024-01-01' AND at < '2025-01-01' \
         AND (city IS NULL OR city LIKE 'B%') AND (status = 'new' OR city = 'Bonn') AND big \
         GROUP BY 1 HAVING MEASURE(total) > 3 ORDER BY 2 DESC LIMIT 5 OFFSET 2",
        expect![[r#"
            0: [sales.count, sales.total] by [sales.status, sales.foreign key 1] where sales.at < '2025-01-01T00:00:00.000' AND sales.big in UTC
            1: [] by [sales.city, sales.primary key 1] where sales.city <> 'Rom' AND sales.joined >= '2024-01-01T00:00:00.000' in UTC
            Projection: leaf.status, leaf.count
              Limit: skip=2, fetch=5
                Sort: leaf.count DESC NULLS FIRST
                  Filter: leaf.total > Float64(3)
                    Projection: leaf.status, CAST(CASE WHEN CAST(sum(leaf.count) AS Int64) IS NULL THEN Int64(0) ELSE CAST(sum(leaf.count) AS Int64) END AS Int64) AS count, CAST(sum(leaf.total) AS Float64) AS total
                      Aggregate: groupBy=[[leaf.status]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0))), sum(leaf.total)]]
                        Filter: (leaf.city IS NULL OR leaf.city LIKE Utf8("B%")) AND (leaf.status = Utf8("new") OR leaf.city = Utf8("Bonn"))
                          Projection: leaf0.status AS status, leaf0.count AS count, leaf0.total AS total, leaf1.city AS city
                            Inner Join: leaf1.primary key 1 = leaf0.foreign key 1
                              TableScan: leaf1
                              TableScan: leaf0
        "#]],
    );
}

#[test]
fn a_join_of_the_statement() {
    check(
        "SELECT u.city, SUM(o.total) FROM orders o JOIN users u ON o.__cubeJoinField = u.__cubeJoinField GROUP BY 1",
        expect![[r#"
            0: [orders.total] by [orders.foreign key 1] in UTC
            1: [] by [orders.users.city, orders.primary key 1] in UTC
            Projection: leaf.users.city, leaf.total
              Projection: leaf.users.city, CAST(sum(leaf.total) AS Float64) AS total
                Aggregate: groupBy=[[leaf.users.city]], aggr=[[sum(leaf.total)]]
                  Projection: leaf1.users.city AS users.city, leaf0.total AS total
                    Right Join: leaf1.primary key 1 = leaf0.foreign key 1
                      TableScan: leaf1
                      TableScan: leaf0
        "#]],
    );
}

#[test]
fn values_that_do_not_add_up_over_keys() {
    for measure in ["people", "ratio", "ages", "month"] {
        whole(SHOP, &format!("SELECT city, MEASURE({measure}), MEASURE(count) FROM sales GROUP BY 1"));
    }
    // Each order is in several groups of its lines.
    whole(SHOP, "SELECT owner, MEASURE(total) FROM lines_of_orders GROUP BY 1");
    assert_ne!(shown(SHOP, "SELECT owner, MEASURE(pieces) FROM lines_of_orders GROUP BY 1"), "");
    whole(SHOP, "SELECT status, city FROM sales");
    whole(SHOP, "SELECT DISTINCT city FROM sales");
    whole(SHOP, "SELECT status, MEASURE(count) FROM sales GROUP BY 1");
}

#[test]
fn members_that_have_a_value_where_there_is_no_row() {
    whole(SHOP, "SELECT grown, MEASURE(count) FROM sales GROUP BY 1");
    whole(SHOP, "SELECT city, MEASURE(count) FROM sales WHERE grown = 'yes' GROUP BY 1");
    whole(SHOP, "SELECT city, MEASURE(count) FROM sales WHERE old GROUP BY 1");
    for sql in ["TRUE", "current_date", "7", "city || ''", "{orders}.city", "COALESCE({CUBE}.city, '')"] {
        whole(&SHOP.replace("{ name: city, sql: city,", &format!("{{ name: city, sql: \"{sql}\",")), BY_CITY);
    }
}

#[test]
fn tests_of_times_stay_where_the_times_are() {
    whole(SHOP, "SELECT city, MEASURE(count) FROM sales WHERE joined IS NULL GROUP BY 1");
    whole(
        SHOP,
        "SELECT city, MEASURE(count) FROM sales WHERE joined >= '2024-01-01' OR status = 'new' GROUP BY 1",
    );
    whole(SHOP, "SELECT city, MEASURE(count) FROM sales WHERE at >= '2024-01-01' OR city = 'Rom' GROUP BY 1");
}

#[test]
fn joins_that_may_find_several_rows() {
    whole(SHOP, "SELECT number, MEASURE(count) FROM sales GROUP BY 1");
    whole(SHOP, "SELECT city, number, MEASURE(count) FROM sales GROUP BY 1, 2");
    whole(SHOP, "SELECT text, MEASURE(count) FROM sales GROUP BY 1");
    let broken = |from: &str, to: &str| {
        assert!(SHOP.contains(from), "{from}");
        whole(&SHOP.replace(from, to), BY_CITY);
    };
    broken("users, relationship: many_to_one", "users, relationship: one_to_many");
    let on = "\"{CUBE}.user_id = {users.id}\"";
    for other in [
        "{CUBE}.user_id = {users.city}",
        "{CUBE}.user_id >= {users.id}",
        "{CUBE}.user_id = {users.id} OR {CUBE}.country = {users.city}",
        "{CUBE}.user_id = {users.id} AND {CUBE}.country = {users.city}",
        "{CUBE}.user_id = {users.id} AND {users.city} = 'Rom'",
        "{CUBE}.user_id + 1 = {users.id}",
        "{CUBE}.unknown = {users.id}",
        "{CUBE.id} = {CUBE.user}",
        "{CUBE.country} = {users.id}",
        "{CUBE.at} = {users.id}",
        "{shops}.number = {users.id}",
    ] {
        broken(on, &format!("\"{other}\""));
    }
    // A key that is listed nowhere is in no rollup.
    broken("dimensions: [id, user, country, shop, at]", "dimensions: [id, country, shop, at]");
    // Of the two parts of a key one is not enough.
    let by_owner = "SELECT owner, MEASURE(count) FROM sales GROUP BY 1";
    assert_ne!(shown(SHOP, by_owner), "");
    whole(&SHOP.replace(" AND {CUBE.shop} = {shops.number}", ""), by_owner);
    // Keys of different types, of a sub-query, and of no primary key at all.
    broken("{ name: user, sql: user_id, type: number,", "{ name: user, sql: user_id, type: string,");
    broken(
        "{ name: user, sql: user_id, type: number,",
        "{ name: user, sql: user_id, type: number, meta: { arrow_type: int64 },",
    );
    broken("{ name: user, sql: user_id,", "{ name: user, sql: '{notes.text}',");
    broken(
        "{ name: id, sql: id, type: number, primary_key: true }\n      - { name: region,",
        "{ name: id, sql: id, type: number }\n      - { name: region,",
    );
}

#[test]
fn one_way_to_each_cube() {
    let sql = "SELECT city, manager, MEASURE(count) FROM twice GROUP BY 1, 2";
    whole(SHOP, sql);
    assert_ne!(shown(SHOP, "SELECT manager, MEASURE(count) FROM twice GROUP BY 1"), "");
}

#[test]
fn nobody_names_keys() {
    let sql = "SELECT \"foreign key 1\" FROM sales";
    let file = SourceFile { path: "m.yml".to_owned(), text: SHOP.to_owned() };
    let model = Arc::new(model(&[file]).unwrap());
    let error = Planner::new().prepare(sql, &model).map(|_| ()).unwrap_err();
    expect!["there is no column `foreign key 1` (line 1, column 8)"].assert_eq(&error.to_string());
    // The parts know of the query's members and the keys, and of no other of the table.
    let mut names = Vec::new();
    each(SHOP, BY_CITY, |way| {
        let columns = way.model.table("sales").unwrap().columns().iter();
        names.extend(columns.map(|column| format!("{} {}", column.name(), column.source)));
    });
    expect![[r#"
        count orders.count
        city users.city
        foreign key 1 orders.user
        primary key 1 users.id"#]]
    .assert_eq(&names.join("\n"));
}
