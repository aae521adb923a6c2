//! Members of several cubes: the way to them, rows that joins repeat, and pre-aggregations made of others.

use super::check;
use crate::planner::Policy;

const SHOP: &str = r#"
cubes:
  - name: items
    sql_table: items
    joins: [{ name: orders, relationship: many_to_one, sql: "{CUBE.order_id} = {orders.id}" }]
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: order_id, sql: o, type: number }
      - { name: sku, sql: sku, type: string }
    measures: [{ name: qty, sql: q, type: sum }]
    pre_aggregations:
      - { name: keys, dimensions: [order_id, sku] }
      - { name: with_orders, measures: [CUBE.orders.total, CUBE.orders.users], dimensions: [sku, CUBE.orders.status] }
  - name: orders
    sql_table: orders
    joins:
      - { name: users, relationship: many_to_one, sql: "{CUBE.user_id} = {users.id}" }
      - { name: shops, relationship: many_to_one, sql: "{CUBE.shop_id} = {shops.id}" }
      - { name: items, relationship: one_to_many, sql: "{CUBE.id} = {items.order_id}" }
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: user_id, sql: u, type: number }
      - { name: shop_id, sql: s, type: number }
      - { name: status, sql: status, type: string }
      - { name: at, sql: at, type: time }
      - { name: city, sql: "{users.city}", type: string }
      - { name: n_items, sql: "{items.qty}", type: number, sub_query: true }
    measures:
      - { name: total, sql: x, type: sum }
      - { name: users, sql: u, type: count_distinct }
      - { name: fee, sql: f, type: sum }
      - { name: tax, sql: t, type: sum }
      - { name: gift, sql: g, type: sum }
    pre_aggregations:
      - { name: keyed, measures: [gift], dimensions: [id, users.id] }
      - { name: split, measures: [fee], dimensions: [status, items.sku] }
      - { name: taxes, measures: [tax], dimensions: [id, status] }
      - { name: rj_items, type: rollup_join, measures: [CUBE.tax], dimensions: [CUBE.status, CUBE.items.sku], rollups: [CUBE.taxes, items.keys] }
      - { name: by_city, measures: [total], dimensions: [users.city, status] }
      - { name: sub, measures: [total], dimensions: [n_items] }
      - { name: parts, measures: [total], dimensions: [user_id, status], time_dimension: at, granularity: day }
      - { name: rj, type: rollup_join, measures: [total], dimensions: [status, users.age], rollups: [parts, users.ids] }
      - { name: rj_full, type: rollup_join, measures: [CUBE.total], dimensions: [CUBE.status, CUBE.users.name], rollups: [CUBE.parts, users.ids] }
      - { name: via_user, measures: [users], dimensions: [users.homes.land] }
  - name: users
    sql_table: users
    joins: [{ name: homes, relationship: many_to_one, sql: "{CUBE.home} = {homes.id}" }]
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: home, sql: home, type: number }
      - { name: city, sql: city, type: string }
      - { name: age, sql: age, type: number }
      - { name: name, sql: name, type: string }
    measures: [{ name: count, type: count }]
    pre_aggregations:
      - { name: ids, dimensions: [id, age, name] }
      - { name: cities, measures: [count], dimensions: [city] }
  - name: shops
    sql_table: shops
    joins: [{ name: homes, relationship: many_to_one, sql: "{CUBE.home} = {homes.id}" }]
    dimensions: [{ name: id, sql: id, type: number, primary_key: true }, { name: home, sql: home, type: number }]
  - name: homes
    sql_table: homes
    dimensions: [{ name: id, sql: id, type: number, primary_key: true }, { name: land, sql: land, type: string }]
  - { name: alone, sql_table: alone, measures: [{ name: n, sql: n, type: sum }] }
views:
  - name: sold
    cubes:
      - { join_path: items, includes: [sku, qty] }
      - { join_path: items.orders, includes: [total, status, users] }
  - name: by_user
    cubes: [{ join_path: orders, includes: [users, total] }, { join_path: orders.users.homes, includes: [land] }]
  - name: by_shop
    cubes: [{ join_path: orders, includes: [users, total] }, { join_path: orders.shops.homes, includes: [land] }]
"#;

#[test]
fn the_way_is_part_of_a_name() {
    check(
        SHOP,
        Policy::CUBE,
        &[
            ("m:orders.total d:users.city", "orders.by_city"),
            ("m:orders.total d:orders.city", "orders.by_city"),
            ("d:users.city", "users.cities"),
            ("m:orders.users d:users.city", "none"),
            ("m:by_user.users d:by_user.land", "orders.via_user"),
            ("m:by_shop.users d:by_shop.land", "none"),
            (
                "m:orders.total m:alone.n",
                "error: no joins lead from one of orders, alone to all of the others",
            ),
            ("m:orders.total d:orders.n_items", "orders.sub"),
        ],
    );
}

#[test]
fn repeated_rows_are_read_as_they_are_or_not_at_all() {
    check(
        SHOP,
        Policy::CUBE,
        &[
            ("m:sold.total d:sold.sku d:sold.status", "items.with_orders"),
            ("m:sold.total d:sold.sku", "none"),
            ("m:sold.total d:sold.status", "none"),
            ("m:sold.users d:sold.sku d:sold.status", "items.with_orders"),
            ("m:orders.total d:orders.status", "orders.by_city"),
            ("m:orders.fee d:orders.status d:items.sku", "orders.split"),
            ("m:orders.fee d:orders.status", "none"),
            // A join of rollups does not know whose rows it repeats, but the query does.
            ("m:orders.tax d:items.sku", "none"),
            ("m:orders.tax d:orders.status", "orders.taxes"),
        ],
    );
}

#[test]
fn rows_come_from_the_same_cubes() {
    check(
        SHOP,
        Policy::CUBE,
        &[
            ("m:orders.gift d:orders.id d:users.id rows", "orders.keyed"),
            ("m:orders.gift d:orders.id rows", "none"),
        ],
    );
}

#[test]
fn rollups_are_joined_by_keys_that_they_hold() {
    check(
        SHOP,
        Policy::CUBE,
        &[
            ("m:orders.total d:orders.status d:users.age", "orders.rj"),
            // Written without its root a path is found only whole, and nothing is left out.
            ("m:orders.total d:users.age", "none"),
            ("m:orders.total d:users.name", "orders.rj_full"),
            ("m:orders.total d:users.name f:orders.status/set", "orders.rj_full"),
        ],
    );
    for (broken, why) in [
        (
            SHOP.replace(
                "dimensions: [status, users.age], rollups: [parts, users.ids]",
                "dimensions: [status, users.city], rollups: [by_city, users.ids]",
            ),
            "error: `orders.rj` cannot be put together: there is nothing to join: its rollups hold every join already",
        ),
        (
            SHOP.replace("dimensions: [user_id, status]", "dimensions: [status]"),
            "error: `orders.rj` cannot be put together: none of its rollups has `orders.user_id` among its \
             dimensions, which the join of orders to users needs",
        ),
        (
            SHOP.replace("{CUBE.user_id} = {users.id}", "{CUBE}.u = {users}.id"),
            "error: `orders.rj` cannot be put together: the join of orders to users names columns; write it with \
             dimensions of both cubes",
        ),
    ] {
        check(&broken, Policy::CUBE, &[("m:orders.total", why)]);
    }
}

const LAMBDA: &str = r#"
cubes:
  - name: logs
    sql_table: logs
    dimensions: [{ name: level, sql: l, type: string }, { name: at, sql: at, type: time }]
    measures: [{ name: count, type: count }, { name: size, sql: s, type: sum }]
    pre_aggregations:
      - { name: all, type: rollup_lambda, rollups: [CUBE.old, CUBE.new] }
      - { name: old, measures: [count], dimensions: [level], time_dimension: at, granularity: day, partition_granularity: month }
      - { name: new, measures: [count], dimensions: [level], time_dimension: at, granularity: day, partition_granularity: day }
"#;

#[test]
fn lambdas_are_as_strict_as_their_first_rollup_and_as_alike_as_all() {
    let rows =
        LAMBDA.replace("rollups: [CUBE.old, CUBE.new]", "rollups: [CUBE.old], union_with_source_data: true");
    check(LAMBDA, Policy::CUBE, &[("m:logs.count t:logs.at/month/2024-01-10/2024-01-20", "logs.all")]);
    check(&rows, Policy::CUBE, &[("m:logs.count d:logs.level", "logs.all")]);
    check(&rows, Policy::BEST, &[("m:logs.count d:logs.level", "logs.old")]);
    for (broken, why) in [
        (LAMBDA.replace("partition_granularity: day }", "}"), "`logs.new` needs a `partition_granularity`"),
        (
            LAMBDA.replace("partition_granularity: month", "partition_granularity: hour"),
            "`logs.new` has partitions by day, which do not make up a hour",
        ),
        (
            LAMBDA.replace("new, measures: [count]", "new, measures: [size]"),
            "`logs.new` has other members, or the same in another order",
        ),
        (LAMBDA.replace("rollups: [CUBE.old, CUBE.new]", "rollups: []"), "it names no rollups"),
    ] {
        let error = format!("error: `logs.all` cannot be put together: {why}");
        check(&broken, Policy::CUBE, &[("m:logs.count", &error)]);
    }
}
