//! Which stored values answer which measures.

use super::check;
use crate::planner::Policy;

const ORDERS: &str = r#"
cubes:
  - name: orders
    sql_table: orders
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: status, sql: status, type: string }
      - { name: city, sql: city, type: string }
      - { name: at, sql: at, type: time }
    measures:
      - { name: count, type: count }
      - { name: total, sql: x, type: sum }
      - { name: low, sql: x, type: min }
      - { name: high, sql: x, type: max }
      - { name: mean, sql: x, type: avg }
      - { name: users, sql: u, type: count_distinct }
      - { name: sketch, sql: u, type: count_distinct_approx }
      - { name: ratio, sql: "{total} / {count}", type: number }
      - { name: ratio2, sql: "{ratio} * 2", type: number }
      - { name: per_user, sql: "{total} / {users}", type: number }
      - { name: inline, sql: "SUM({CUBE}.x) / COUNT(*)", type: number }
      - { name: week, sql: x, type: sum, rolling_window: { trailing: 7 day } }
      - { name: hours, sql: x, type: sum, rolling_window: { trailing: 1 hour } }
      - { name: ever, sql: x, type: sum, rolling_window: { trailing: unbounded } }
      - { name: month_users, sql: u, type: count_distinct, rolling_window: { trailing: 1 month } }
      - { name: prior, sql: "{total}", type: number, multi_stage: true, time_shift: [{ interval: 1 year, type: prior }] }
    pre_aggregations:
      - { name: day, measures: [count, total, low, high, sketch, ever, week, hours], dimensions: [status, city], time_dimension: at, granularity: day }
      - { name: grain, measures: [users, mean, inline, per_user, month_users, prior], dimensions: [status], time_dimension: at, granularity: day }
      - { name: calc, measures: [ratio, count, low], dimensions: [city] }
      - { name: whole, measures: [users] }
views:
  - name: v
    cubes: [{ join_path: orders, includes: "*" }]
"#;

#[test]
fn values_that_add_up_answer_coarser_groups() {
    check(
        ORDERS,
        Policy::CUBE,
        &[
            ("m:orders.count m:orders.total d:orders.status", "orders.day"),
            ("m:orders.low m:orders.high", "orders.day"),
            ("m:orders.sketch d:orders.city", "orders.day"),
            ("m:orders.users d:orders.status", "none"),
            ("m:orders.users d:orders.status t:orders.at/day", "orders.grain"),
            ("m:orders.users d:orders.status t:orders.at/month", "none"),
            ("m:orders.users t:orders.at/day", "none"),
            ("m:orders.users", "orders.whole"),
            ("m:orders.mean d:orders.status t:orders.at/day", "orders.grain"),
            ("m:orders.mean d:orders.status", "none"),
            ("m:v.users d:v.status t:v.at/day", "orders.grain"),
            ("m:v.count d:v.status", "orders.day"),
        ],
    );
}

#[test]
fn calculated_measures_are_read_from_their_parts_or_as_they_are() {
    check(
        ORDERS,
        Policy::CUBE,
        &[
            ("m:orders.ratio d:orders.status", "orders.day"),
            ("m:orders.ratio2 t:orders.at/week", "orders.day"),
            ("m:orders.ratio d:orders.city f:orders.low/gt/1", "orders.day"),
            ("m:orders.per_user d:orders.status t:orders.at/day", "orders.grain"),
            ("m:orders.per_user d:orders.status", "none"),
            ("m:orders.inline d:orders.status t:orders.at/day", "orders.grain"),
            ("m:orders.inline t:orders.at/day", "none"),
            // One as stored and one from its parts is neither.
            ("m:orders.ratio m:orders.users", "none"),
        ],
    );
}

#[test]
fn windows_need_bins_that_measure_them() {
    check(
        ORDERS,
        Policy::CUBE,
        &[
            ("m:orders.week t:orders.at/day/2024-01-01/2024-01-31", "orders.day"),
            ("m:orders.ever t:orders.at/month/2024-01-01/2024-01-31", "orders.day"),
            ("m:orders.hours t:orders.at/day/2024-01-01/2024-01-31", "none"),
            ("m:orders.month_users d:orders.status t:orders.at/day/2024-01-01/2024-01-31", "none"),
            ("m:orders.prior d:orders.status t:orders.at/day", "orders.grain"),
            ("m:orders.prior d:orders.status t:orders.at/month", "none"),
        ],
    );
    check(
        ORDERS,
        Policy::BEST,
        &[
            ("m:orders.week t:orders.at/day/2024-01-01/2024-01-31", "none"),
            ("m:orders.prior d:orders.status t:orders.at/day", "none"),
        ],
    );
}

#[test]
fn filtered_measures_count_where_values_are_added_up() {
    let cases = |alone: &'static str| {
        [
            ("m:orders.total d:orders.status f:orders.count/gt/1", "orders.day"),
            ("m:orders.total d:orders.status f:orders.mean/gt/1", "none"),
            // Cube asks for the filtered measure only where it is one of those that are asked for.
            ("m:orders.users d:orders.status t:orders.at/day f:orders.total/gt/1", alone),
        ]
    };
    check(ORDERS, Policy::CUBE, &cases("orders.grain"));
    check(ORDERS, Policy::BEST, &cases("none"));
    check(ORDERS, Policy::CUBE, &[("m:orders.nope", "error: the data model has no member `orders.nope`")]);
    check(
        ORDERS,
        Policy::CUBE,
        &[
            (
                "m:orders.total f:or(orders.total/gt/1,orders.status/equals/a)",
                "error: a filter combines dimensions with measures in one `and` or `or`",
            ),
            ("m:orders.total rows f:orders.total/gt/1", "error: a query for rows cannot filter by measures"),
        ],
    );
}
