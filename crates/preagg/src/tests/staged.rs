//! Members that are no matter of stored rows: stored or not, nothing is read for them.

use expect_test::{Expect, expect};
use semantic::{CompareOp, Filter, SemanticQuery, Value};

use super::setup::{compare, parsed, query, route, shown};
use crate::{Dialect, Route, render};

const MODEL: &str = r#"
cubes:
  - name: orders
    sql_table: orders
    joins:
      - { name: items, relationship: one_to_many, sql: "{CUBE}.id = {items}.o" }
      - { name: calendar, relationship: many_to_one, sql: "{CUBE}.day = {calendar}.day" }
    dimensions:
      - { name: id, type: number, sql: id, primary_key: true, public: true }
      - { name: status, type: string, sql: status }
      - { name: at, type: time, sql: at, granularities: [{ name: half, interval: 6 months }] }
      - { name: day, type: time, sql: "{calendar.day}" }
      - { name: level, type: string, case: { when: [{ sql: "{status} = 'x'", label: a }] } }
      - { name: place, type: geo, latitude: { sql: a }, longitude: { sql: b } }
      - { name: currency, type: switch, values: [EUR, USD] }
      - { name: by_currency, type: number, case: { switch: currency, when: [{ value: EUR, sql: "1" }] } }
      - { name: bucket, type: string, sql: "{total} > 9", multi_stage: true }
      - { name: items_count, type: number, sql: "{items.count}", sub_query: true }
      - { name: some_count, type: number, sql: "{items.count}", sub_query: true, propagate_filters_to_sub_query: true }
    measures:
      - { name: count, type: count }
      - { name: total, type: sum, sql: x }
      - { name: median, type: number_agg, sql: "MEDIAN({CUBE}.x)" }
      - { name: rolling, type: sum, sql: x, rolling_window: { trailing: 7 day } }
      - { name: running, type: running_total, sql: x }
      - { name: lasting, type: sum, sql: x, rolling_window: { trailing: 1 year } }
      - { name: filtered, type: sum, sql: x, filters: [{ sql: "{CUBE}.y" }], cumulative: true }
      - { name: old, type: sum, sql: x, cumulative: true }
      - { name: share, type: number, sql: "{total} / {rolling}" }
      - { name: prior, type: number, sql: "{total}", multi_stage: true, time_shift: [{ interval: 1 year, type: prior }] }
      - { name: whole, type: sum, sql: "{total}", group_by: [] }
      - { name: place_of, type: rank, order_by: [{ sql: "{total}" }] }
      - { name: chosen, type: number, case: { switch: currency, when: [{ value: EUR, sql: "{total}" }], else: { sql: "{count}" } } }
      - { name: growth, type: number, sql: "{total} / {prior}" }
    pre_aggregations:
      - name: all
        measures: [count, total, median, rolling, running, old, share, prior, whole, place_of, chosen, growth]
        dimensions: [status, level, place, items_count]
      - { name: filtered, measures: [count], dimensions: [some_count] }
      - { name: switched, measures: [count], dimensions: [status, currency] }
      - { name: staged, measures: [count], dimensions: [status, bucket] }
      - { name: halves, measures: [count], dimensions: [status], time_dimension: at, granularity: half }
      - { name: months, measures: [count], dimensions: [items_count], time_dimension: calendar.day, granularity: month }
      - { name: days, measures: [count], dimensions: [items_count], time_dimension: day, granularity: day }
      - { name: by_proxy, measures: [count], dimensions: [items_count], time_dimension: day, granularity: month }
  - { name: items, sql_table: items, measures: [{ name: count, type: count }] }
  - name: calendar
    sql_table: calendar
    calendar: true
    dimensions: [{ name: day, type: time, sql: day, primary_key: true, granularities: [{ name: month, sql: "{CUBE}.m" }] }]
"#;

fn check(rollup: &str, outputs: &str, filter: Filter, expect: Expect) {
    let model = parsed(MODEL);
    let mut query = query(&model, "orders", outputs);
    query.filter = filter;
    let shown = shown(&route(query, &model));
    let (chosen, refused) = shown.split_once('\n').unwrap_or((&shown, ""));
    let line = refused.lines().find(|line| line.starts_with(&format!("orders.{rollup}:")));
    expect.assert_eq(line.unwrap_or(chosen));
}

fn measure(name: &str, expect: Expect) {
    check("all", &format!("{name}, status, level, place, items_count"), Filter::always(), expect);
}

#[test]
fn without_its_window_a_measure_is_what_is_stored() {
    let model = parsed(MODEL);
    let unrolled = |outputs: &str, expect: Expect| {
        let query = SemanticQuery { unrolled: true, ..query(&model, "orders", outputs) };
        let text = match route(query, &model) {
            Route::Rollup { scan, .. } => render(&scan, Dialect { parameters: false }).sql,
            route @ Route::Source { .. } => {
                shown(&route).lines().find(|line| line.starts_with("orders.all")).unwrap().to_owned()
            }
        };
        expect.assert_eq(&text);
    };
    unrolled(
        "rolling, status",
        expect![
            "SELECT sum(`orders__rolling`) AS `rolling_1`, `orders__status` AS `status_2` FROM s.orders_all AS `orders__all` GROUP BY 2"
        ],
    );
    // The same sum without a window.
    unrolled(
        "lasting, status",
        expect![
            "SELECT sum(`orders__total`) AS `lasting_1`, `orders__status` AS `status_2` FROM s.orders_all AS `orders__all` GROUP BY 2"
        ],
    );
    unrolled(
        "filtered, status",
        expect!["orders.all: `orders.filtered` is not stored; add `orders.filtered` to `measures`"],
    );
    unrolled("share, status", expect!["orders.all: `orders.rolling` has a rolling window"]);
    unrolled(
        "prior, status",
        expect![
            "orders.all: `orders.prior` is computed in stages, over other groups or times than the query's"
        ],
    );
}

#[test]
fn windows_and_stages_are_not_read_even_where_they_are_stored() {
    measure("rolling", expect!["orders.all: `orders.rolling` has a rolling window"]);
    measure("running", expect!["orders.all: `orders.running` has a rolling window"]);
    measure("old", expect!["orders.all: `orders.old` has a rolling window"]);
    measure("share", expect!["orders.all: `orders.rolling` has a rolling window"]);
    measure(
        "prior",
        expect![
            "orders.all: `orders.prior` is computed in stages, over other groups or times than the query's"
        ],
    );
    measure(
        "whole",
        expect![
            "orders.all: `orders.whole` is computed in stages, over other groups or times than the query's"
        ],
    );
    measure(
        "place_of",
        expect![
            "orders.all: `orders.place_of` is computed in stages, over other groups or times than the query's"
        ],
    );
    measure(
        "chosen",
        expect![
            "orders.all: `orders.chosen` is computed in stages, over other groups or times than the query's"
        ],
    );
    measure(
        "growth",
        expect![
            "orders.all: `orders.prior` is computed in stages, over other groups or times than the query's"
        ],
    );
}

#[test]
fn keys_are_read_where_a_stored_row_says_them() {
    check("all", "count, level, place", Filter::always(), expect!["orders.all before []"]);
    check(
        "all",
        "count, items_count",
        Filter::always(),
        expect!["orders.all before [days, by_proxy, months]"],
    );
    check(
        "filtered",
        "count, some_count",
        Filter::always(),
        expect!["orders.filtered: the value of `orders.some_count` changes with the filters of the query"],
    );
    check(
        "filtered",
        "count",
        compare("orders.some_count", CompareOp::Eq, Value::Int(1)),
        expect!["orders.filtered: the value of `orders.some_count` changes with the filters of the query"],
    );
    check(
        "all",
        "count, bucket",
        Filter::always(),
        expect![
            "orders.all: `orders.bucket` is computed in stages, over other groups or times than the query's; `orders.bucket` is not stored; add `orders.bucket` to `dimensions`"
        ],
    );
    check(
        "all",
        "count, by_currency",
        Filter::always(),
        expect![
            "orders.all: `orders.currency` is a switch, whose values share their rows; `orders.by_currency` is not stored; add `orders.by_currency` to `dimensions`"
        ],
    );
    check(
        "all",
        "median, status, level, place, items_count",
        Filter::always(),
        expect!["orders.all before []"],
    );
    check(
        "all",
        "median, status",
        Filter::always(),
        expect![
            "orders.all: `orders.median` (number_agg) cannot be added up: group by `orders.level` too, or store it without"
        ],
    );
}

#[test]
fn rollups_whose_rows_are_no_groups_of_rows_are_not_read() {
    check(
        "switched",
        "count, status",
        Filter::always(),
        expect!["orders.switched: `orders.currency` is a switch, whose values share their rows"],
    );
    check(
        "staged",
        "count, status",
        Filter::always(),
        expect![
            "orders.staged: `orders.bucket` is computed in stages, over other groups or times than the query's"
        ],
    );
}

#[test]
fn bins_of_ones_own_are_not_taken_for_those_of_the_calendar() {
    check(
        "halves",
        "count, at.quarter",
        Filter::always(),
        expect![
            "orders.halves: `orders.at` is stored by half, and where those begin is not known here: Cube takes the months in them for numbers of days"
        ],
    );
    check(
        "months",
        "count, items_count, day.year",
        Filter::always(),
        expect!["orders.months: `orders.day` is none of its times; add it to `time_dimensions`"],
    );
    check(
        "days",
        "count, day.month",
        Filter::always(),
        expect![
            "orders.days: `orders.calendar.day` has a granularity `month` of its own, whose bins are not known here"
        ],
    );
    check("days", "count, day.year", Filter::always(), expect!["orders.days before []"]);
    check(
        "by_proxy",
        "count, items_count, day.year",
        Filter::always(),
        expect![
            "orders.by_proxy: `orders.day` is stored by month, and where those begin is not known here: their name is that of standard ones, which are others"
        ],
    );
    // What is summed over may be bins of whatever kind.
    check(
        "months",
        "count, items_count",
        Filter::always(),
        expect!["orders.all before [days, by_proxy, months]"],
    );
}
