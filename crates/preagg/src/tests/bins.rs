//! Bins that a time declares for itself: as stored, of finer ones, and where they are not those of everybody.

use expect_test::{Expect, expect};
use semantic::{Filter, SemanticQuery};

use super::setup::{during, parsed, query, route, shown};
use crate::{Dialect, Route, render};

const MODEL: &str = r#"
cubes:
  - name: orders
    sql_table: orders
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - name: at
        sql: at
        type: time
        granularities:
          - { name: fiscal_year, interval: 1 year, offset: 1 month }
          - { name: fiscal_quarter, interval: 1 quarter, offset: 1 month }
          - { name: sunday_week, interval: 1 week, offset: -1 day }
          - { name: fortnight, interval: 2 weeks, origin: "2024-01-01" }
          - { name: five_days, interval: 5 days }
          - { name: half_year, interval: 6 months }
          - { name: own_day, interval: 1 day, origin: "2024-01-01" }
    measures:
      - { name: count, type: count }
      - { name: people, type: count_distinct, sql: person }
    pre_aggregations:
      - { name: quarters, measures: [count, people], time_dimension: at, granularity: fiscal_quarter }
      - { name: fortnights, measures: [count], time_dimension: at, granularity: fortnight }
      - { name: halves, measures: [count, people], time_dimension: at, granularity: half_year }
      - { name: fives, measures: [count], time_dimension: at, granularity: five_days }
      - { name: days, measures: [count, people], time_dimension: at, granularity: day }
      - { name: months, measures: [count], time_dimension: at, granularity: month, partition_granularity: quarter }
      - { name: weeks, measures: [count, people], time_dimension: at, granularity: week, partition_granularity: month }
      - { name: hours, measures: [count], time_dimension: at, granularity: hour }
"#;

fn check(outputs: &str, filter: Filter, expect: Expect) {
    let model = parsed(MODEL);
    let query = SemanticQuery { filter, ..query(&model, "orders", outputs) };
    expect.assert_eq(&shown(&route(query, &model)));
}

fn sql(outputs: &str, zone: chrono_tz::Tz, filter: Filter, expect: Expect) {
    let model = parsed(MODEL);
    let query = SemanticQuery { filter, zone, ..query(&model, "orders", outputs) };
    expect.assert_eq(&match route(query, &model) {
        Route::Rollup { scan, .. } => render(&scan, Dialect { parameters: true }).sql,
        Route::Source { refused } => format!("{refused:?}"),
    });
}

#[test]
fn bins_are_read_as_stored_or_made_of_finer_ones() {
    check(
        "count, at.fiscal_quarter",
        Filter::always(),
        expect![[r#"
            orders.quarters before [months, days, hours]
            orders.fortnights: `orders.at` is stored by fortnight, the query needs fiscal_quarter; set its `granularity` to fiscal_quarter
            orders.halves: `orders.at` is stored by half_year, and where those begin is not known here: Cube takes the months in them for numbers of days
            orders.fives: `orders.at` is stored by five_days, and where those begin is not known here: they begin anew with every year; give it an `origin`
            orders.weeks: `orders.at` is stored by week, the query needs fiscal_quarter; set its `granularity` to fiscal_quarter
        "#]],
    );
    check(
        "people, at.fiscal_quarter",
        Filter::always(),
        expect![[r#"
            orders.quarters before []
            orders.fortnights: `orders.people` is not stored; add `orders.people` to `measures`; `orders.at` is stored by fortnight, the query needs fiscal_quarter; set its `granularity` to fiscal_quarter
            orders.halves: `orders.people` (count_distinct) cannot be added up: group by `orders.at.half_year` too, or store it without; `orders.at` is stored by half_year, and where those begin is not known here: Cube takes the months in them for numbers of days
            orders.fives: `orders.people` is not stored; add `orders.people` to `measures`; `orders.at` is stored by five_days, and where those begin is not known here: they begin anew with every year; give it an `origin`
            orders.days: `orders.people` (count_distinct) cannot be added up: group by `orders.at.day` too, or store it without
            orders.months: `orders.people` is not stored; add `orders.people` to `measures`
            orders.weeks: `orders.people` (count_distinct) cannot be added up: group by `orders.at.week` too, or store it without; `orders.at` is stored by week, the query needs fiscal_quarter; set its `granularity` to fiscal_quarter
            orders.hours: `orders.people` is not stored; add `orders.people` to `measures`
        "#]],
    );
    check(
        "count, at.fiscal_year",
        Filter::always(),
        expect![[r#"
            orders.quarters before [months, days, hours]
            orders.fortnights: `orders.at` is stored by fortnight, the query needs fiscal_year; set its `granularity` to fiscal_year
            orders.halves: `orders.at` is stored by half_year, and where those begin is not known here: Cube takes the months in them for numbers of days
            orders.fives: `orders.at` is stored by five_days, and where those begin is not known here: they begin anew with every year; give it an `origin`
            orders.weeks: `orders.at` is stored by week, the query needs fiscal_year; set its `granularity` to fiscal_year
        "#]],
    );
    check(
        "count, at.fortnight",
        Filter::always(),
        expect![[r#"
        orders.fortnights before []
        orders.quarters: bins of `fortnight` of `orders.at` are only read where they are stored: the store has no function for them; set `granularity` to `fortnight`
        orders.halves: bins of `fortnight` of `orders.at` are only read where they are stored: the store has no function for them; set `granularity` to `fortnight`
        orders.fives: bins of `fortnight` of `orders.at` are only read where they are stored: the store has no function for them; set `granularity` to `fortnight`
        orders.days: bins of `fortnight` of `orders.at` are only read where they are stored: the store has no function for them; set `granularity` to `fortnight`
        orders.months: bins of `fortnight` of `orders.at` are only read where they are stored: the store has no function for them; set `granularity` to `fortnight`
        orders.weeks: bins of `fortnight` of `orders.at` are only read where they are stored: the store has no function for them; set `granularity` to `fortnight`
        orders.hours: bins of `fortnight` of `orders.at` are only read where they are stored: the store has no function for them; set `granularity` to `fortnight`
    "#]],
    );
    check(
        "count, at.own_day",
        Filter::always(),
        expect![[r#"
            orders.days before [hours]
            orders.quarters: `orders.at` is stored by fiscal_quarter, the query needs own_day; set its `granularity` to own_day
            orders.fortnights: `orders.at` is stored by fortnight, the query needs own_day; set its `granularity` to own_day
            orders.halves: `orders.at` is stored by half_year, and where those begin is not known here: Cube takes the months in them for numbers of days
            orders.fives: `orders.at` is stored by five_days, and where those begin is not known here: they begin anew with every year; give it an `origin`
            orders.months: `orders.at` is stored by month, the query needs own_day; set its `granularity` to own_day
            orders.weeks: `orders.at` is stored by week, the query needs own_day; set its `granularity` to own_day
        "#]],
    );
    check(
        "count, at.half_year",
        Filter::always(),
        expect![[r#"
            orders.halves before []
            orders.quarters: bins of `half_year` of `orders.at` are only read where they are stored: Cube takes the months in them for numbers of days; set `granularity` to `half_year`
            orders.fortnights: bins of `half_year` of `orders.at` are only read where they are stored: Cube takes the months in them for numbers of days; set `granularity` to `half_year`
            orders.fives: bins of `half_year` of `orders.at` are only read where they are stored: Cube takes the months in them for numbers of days; set `granularity` to `half_year`
            orders.days: bins of `half_year` of `orders.at` are only read where they are stored: Cube takes the months in them for numbers of days; set `granularity` to `half_year`
            orders.months: bins of `half_year` of `orders.at` are only read where they are stored: Cube takes the months in them for numbers of days; set `granularity` to `half_year`
            orders.weeks: bins of `half_year` of `orders.at` are only read where they are stored: Cube takes the months in them for numbers of days; set `granularity` to `half_year`
            orders.hours: bins of `half_year` of `orders.at` are only read where they are stored: Cube takes the months in them for numbers of days; set `granularity` to `half_year`
        "#]],
    );
    check(
        "count, at.five_days",
        Filter::always(),
        expect![[r#"
        source
        orders.quarters: bins of `five_days` of `orders.at` begin anew with every year; give it an `origin`
        orders.fortnights: bins of `five_days` of `orders.at` begin anew with every year; give it an `origin`
        orders.halves: bins of `five_days` of `orders.at` begin anew with every year; give it an `origin`
        orders.fives: bins of `five_days` of `orders.at` begin anew with every year; give it an `origin`
        orders.days: bins of `five_days` of `orders.at` begin anew with every year; give it an `origin`
        orders.months: bins of `five_days` of `orders.at` begin anew with every year; give it an `origin`
        orders.weeks: bins of `five_days` of `orders.at` begin anew with every year; give it an `origin`
        orders.hours: bins of `five_days` of `orders.at` begin anew with every year; give it an `origin`
    "#]],
    );
}

#[test]
fn times_that_are_not_asked_for_are_summed_over() {
    check(
        "people",
        Filter::always(),
        expect![[r#"
            source
            orders.quarters: `orders.people` (count_distinct) cannot be added up: group by `orders.at.fiscal_quarter` too, or store it without
            orders.fortnights: `orders.people` is not stored; add `orders.people` to `measures`
            orders.halves: `orders.people` (count_distinct) cannot be added up: group by `orders.at.half_year` too, or store it without
            orders.fives: `orders.people` is not stored; add `orders.people` to `measures`
            orders.days: `orders.people` (count_distinct) cannot be added up: group by `orders.at.day` too, or store it without
            orders.months: `orders.people` is not stored; add `orders.people` to `measures`
            orders.weeks: `orders.people` (count_distinct) cannot be added up: group by `orders.at.week` too, or store it without
            orders.hours: `orders.people` is not stored; add `orders.people` to `measures`
        "#]],
    );
}

#[test]
fn bins_in_two_partitions_are_stored_twice() {
    check(
        "people, at.week",
        Filter::always(),
        expect![[r#"
            source
            orders.quarters: `orders.people` (count_distinct) cannot be added up: group by `orders.at.fiscal_quarter` too, or store it without; `orders.at` is stored by fiscal_quarter, the query needs week; set its `granularity` to week
            orders.fortnights: `orders.people` is not stored; add `orders.people` to `measures`; `orders.at` is stored by fortnight, the query needs week; set its `granularity` to week
            orders.halves: `orders.people` (count_distinct) cannot be added up: group by `orders.at.half_year` too, or store it without; `orders.at` is stored by half_year, and where those begin is not known here: Cube takes the months in them for numbers of days
            orders.fives: `orders.people` is not stored; add `orders.people` to `measures`; `orders.at` is stored by five_days, and where those begin is not known here: they begin anew with every year; give it an `origin`
            orders.days: `orders.people` (count_distinct) cannot be added up: group by `orders.at.day` too, or store it without
            orders.months: `orders.people` is not stored; add `orders.people` to `measures`; `orders.at` is stored by month, the query needs week; set its `granularity` to week
            orders.weeks: `orders.people` cannot be added up, and `orders.at.week` may lie in two partitions by month; leave out `partition_granularity`
            orders.hours: `orders.people` is not stored; add `orders.people` to `measures`
        "#]],
    );
}

#[test]
fn ranges_fall_on_bins_that_are_known() {
    check(
        "count",
        during("orders.at", "2024-02-01", "2024-05-01"),
        expect![[r#"
            orders.quarters before [months, days, hours]
            orders.fortnights: the bound 2024-02-01T00:00:00.000 of `orders.at` cuts through a stored fortnight; set its `granularity` to month
            orders.halves: `orders.at` is stored by half_year, and where those begin is not known here: Cube takes the months in them for numbers of days
            orders.fives: `orders.at` is stored by five_days, and where those begin is not known here: they begin anew with every year; give it an `origin`
            orders.weeks: the bound 2024-02-01T00:00:00.000 of `orders.at` cuts through a stored week; set its `granularity` to month
        "#]],
    );
    check(
        "people",
        during("orders.at", "2024-02-01", "2024-05-01"),
        expect![[r#"
            orders.quarters before []
            orders.fortnights: `orders.people` is not stored; add `orders.people` to `measures`; the bound 2024-02-01T00:00:00.000 of `orders.at` cuts through a stored fortnight; set its `granularity` to month
            orders.halves: `orders.people` (count_distinct) cannot be added up: group by `orders.at.half_year` too, or store it without; `orders.at` is stored by half_year, and where those begin is not known here: Cube takes the months in them for numbers of days
            orders.fives: `orders.people` is not stored; add `orders.people` to `measures`; `orders.at` is stored by five_days, and where those begin is not known here: they begin anew with every year; give it an `origin`
            orders.days: `orders.people` (count_distinct) cannot be added up: group by `orders.at.day` too, or store it without
            orders.months: `orders.people` is not stored; add `orders.people` to `measures`
            orders.weeks: `orders.people` (count_distinct) cannot be added up: group by `orders.at.week` too, or store it without; the bound 2024-02-01T00:00:00.000 of `orders.at` cuts through a stored week; set its `granularity` to month
            orders.hours: `orders.people` is not stored; add `orders.people` to `measures`
        "#]],
    );
}

#[test]
fn the_store_cuts_with_its_own_functions() {
    use chrono_tz::{Europe::Berlin, UTC};
    sql(
        "count, at.fiscal_quarter",
        UTC,
        Filter::always(),
        expect![
            "SELECT sum(`orders__count`) AS `count_1`, `orders__at_fiscal_quarter` AS `at_fiscal_quarter_2` FROM s.orders_quarters AS `orders__quarters` GROUP BY 2"
        ],
    );
    sql(
        "count, at.fiscal_year",
        UTC,
        Filter::always(),
        expect![
            "SELECT sum(`orders__count`) AS `count_1`, DATE_ADD(date_trunc('year', DATE_SUB(`orders__at_fiscal_quarter`, INTERVAL '1 MONTH')), INTERVAL '1 MONTH') AS `at_fiscal_year_2` FROM s.orders_quarters AS `orders__quarters` GROUP BY 2"
        ],
    );
    sql(
        "count, at.sunday_week",
        UTC,
        Filter::always(),
        expect![
            "SELECT sum(`orders__count`) AS `count_1`, DATE_SUB(date_trunc('week', DATE_ADD(`orders__at_day`, INTERVAL '1 DAY')), INTERVAL '1 DAY') AS `at_sunday_week_2` FROM s.orders_days AS `orders__days` GROUP BY 2"
        ],
    );
    let spring = during("orders.at", "2024-03-31", "2024-04-07");
    sql(
        "count, at.sunday_week",
        Berlin,
        spring,
        expect![
            "SELECT sum(`orders__count`) AS `count_1`, DATE_SUB(date_trunc('week', DATE_ADD(CASE WHEN `orders__at_hour` < to_timestamp('2024-03-31T01:00:00.000') THEN convert_tz(`orders__at_hour`, '+01:00') ELSE convert_tz(`orders__at_hour`, '+02:00') END, INTERVAL '1 DAY')), INTERVAL '1 DAY') AS `at_sunday_week_2` FROM s.orders_hours AS `orders__hours` WHERE `orders__at_hour` >= to_timestamp('2024-03-30T23:00:00.000') AND `orders__at_hour` < to_timestamp('2024-04-06T22:00:00.000') GROUP BY 2"
        ],
    );
}
