//! Which rollup answers, and why the others do not.

use expect_test::{Expect, expect};
use semantic::{CompareOp, Filter, Model, Value};

use super::setup::{
    built, compare, during, is, manifest, nonadd, overlap, parsed, query, route, scoped, shown,
};
use crate::{Route, Tables, choose};

fn check(model: &Model, table: &str, outputs: &str, filter: Filter, expect: Expect) {
    let mut query = query(model, table, outputs);
    query.filter = filter;
    expect.assert_eq(&shown(&route(query, model)));
}

/// The chosen rollup only.
fn chosen(model: &Model, table: &str, outputs: &str, filter: Filter) -> Option<String> {
    let mut query = query(model, table, outputs);
    query.filter = filter;
    match route(query, model) {
        Route::Rollup { scan, .. } => Some(scan.pre_aggregation.member().to_owned()),
        Route::Source { .. } => None,
    }
}

#[test]
fn every_reason_is_told() {
    check(
        &overlap(),
        "events",
        "users_approx, kind",
        Filter::always(),
        expect![[r#"
        events.f_no_time_kind before []
        events.a_kind_month: `events.users_approx` is not stored; add `events.users_approx` to `measures`
        events.b_kind_day: `events.users_approx` is not stored; add `events.users_approx` to `measures`
        events.c_country_year: `events.users_approx` is not stored; add `events.users_approx` to `measures`; `events.kind` is not stored; add `events.kind` to `dimensions`
        events.d_country_kind_day: `events.users_approx` is not stored; add `events.users_approx` to `measures`
        events.e_all_hour: `events.users_approx` is not stored; add `events.users_approx` to `measures`
        events.g_no_time_device: `events.users_approx` is not stored; add `events.users_approx` to `measures`; `events.kind` is not stored; add `events.kind` to `dimensions`
        events.h_users_exact: `events.users_approx` is not stored; add `events.users_approx` to `measures`
        events.i_users_month: `events.users_approx` is not stored; add `events.users_approx` to `measures`
        events.j_paid: `events.users_approx` is not stored; add `events.users_approx` to `measures`
        events.k_loaded: `events.users_approx` is not stored; add `events.users_approx` to `measures`; `events.kind` is not stored; add `events.kind` to `dimensions`
        events.l_two_times: `events.users_approx` is not stored; add `events.users_approx` to `measures`; `events.kind` is not stored; add `events.kind` to `dimensions`
        events.m_dims_only: `events.users_approx` is not stored; add `events.users_approx` to `measures`
        events.n_quarter: `events.users_approx` is not stored; add `events.users_approx` to `measures`; `events.kind` is not stored; add `events.kind` to `dimensions`
        events.o_minute: `events.users_approx` is not stored; add `events.users_approx` to `measures`
    "#]],
    );
    check(
        &overlap(),
        "events",
        "count, browser, ts.day",
        Filter::always(),
        expect![[r#"
            source
            events.a_kind_month: `events.browser` is not stored; add `events.browser` to `dimensions`; `events.ts` is stored by month, the query needs day; set its `granularity` to day
            events.b_kind_day: `events.browser` is not stored; add `events.browser` to `dimensions`
            events.c_country_year: `events.browser` is not stored; add `events.browser` to `dimensions`; `events.ts` is stored by year, the query needs day; set its `granularity` to day
            events.d_country_kind_day: `events.browser` is not stored; add `events.browser` to `dimensions`
            events.e_all_hour: `events.browser` is not stored; add `events.browser` to `dimensions`
            events.f_no_time_kind: `events.browser` is not stored; add `events.browser` to `dimensions`; `events.ts` is none of its times; add it to `time_dimensions`
            events.g_no_time_device: `events.ts` is none of its times; add it to `time_dimensions`
            events.h_users_exact: `events.count` is not stored; add `events.count` to `measures`; `events.browser` is not stored; add `events.browser` to `dimensions`
            events.i_users_month: `events.count` is not stored; add `events.count` to `measures`; `events.browser` is not stored; add `events.browser` to `dimensions`; `events.ts` is stored by month, the query needs day; set its `granularity` to day
            events.j_paid: `events.browser` is not stored; add `events.browser` to `dimensions`; `events.ts` is stored by week, the query needs day; set its `granularity` to day
            events.k_loaded: `events.browser` is not stored; add `events.browser` to `dimensions`; `events.ts` is none of its times; add it to `time_dimensions`
            events.l_two_times: `events.browser` is not stored; add `events.browser` to `dimensions`
            events.m_dims_only: `events.count` is not stored; add `events.count` to `measures`; `events.browser` is not stored; add `events.browser` to `dimensions`; `events.ts` is none of its times; add it to `time_dimensions`
            events.n_quarter: `events.ts` is stored by quarter, the query needs day; set its `granularity` to day
            events.o_minute: `events.browser` is not stored; add `events.browser` to `dimensions`
        "#]],
    );
}

#[test]
fn the_cheapest_covering_rollup_wins() {
    let model = overlap();
    for (outputs, filter, expected) in [
        ("count, kind", Filter::always(), Some("f_no_time_kind")),
        ("count, total, kind", Filter::always(), Some("a_kind_month")),
        ("count, kind, ts.year", Filter::always(), Some("a_kind_month")),
        ("count, kind, ts.week", Filter::always(), Some("j_paid")),
        ("count, kind, ts.hour", Filter::always(), Some("e_all_hour")),
        ("count, kind, ts.minute", Filter::always(), Some("o_minute")),
        ("count, kind, ts.second", Filter::always(), None),
        ("count, country", Filter::always(), Some("c_country_year")),
        ("kind, device", Filter::always(), Some("m_dims_only")),
        ("ok_rate, device", Filter::always(), Some("g_no_time_device")),
        ("arpu, kind", Filter::always(), None),
        ("users, kind, country, ts.day", Filter::always(), Some("h_users_exact")),
        ("users, kind", Filter::always(), None),
        ("count, loaded_at.month", Filter::always(), Some("k_loaded")),
        ("count, loaded_at.month, ts.month", Filter::always(), Some("l_two_times")),
        ("count, paid", Filter::always(), Some("j_paid")),
    ] {
        let found = chosen(&model, "events", outputs, filter);
        assert_eq!(found.as_deref(), expected, "{outputs}");
    }
}

#[test]
fn dates_must_fall_on_the_grain() {
    let model = overlap();
    for (from, to, expected) in [
        ("2024-01-01", "2024-03-01", Some("a_kind_month")),
        ("2024-01-05", "2024-03-01", Some("b_kind_day")),
        ("2024-01-05T12:00:00.000", "2024-03-01", Some("e_all_hour")),
        ("2024-01-05T12:00:30.000", "2024-03-01", None),
    ] {
        let found = chosen(&model, "events", "count, total, kind", during("events.ts", from, to));
        assert_eq!(found.as_deref(), expected, "{from} .. {to}");
    }
    // Under OR each bound counts by itself.
    let either = Filter::any([
        during("events.ts", "2024-01-01", "2024-02-01"),
        during("events.ts", "2024-03-01", "2024-03-02"),
    ]);
    assert_eq!(chosen(&model, "events", "count, total, kind", either).as_deref(), Some("b_kind_day"));
}

#[test]
fn a_key_that_is_fixed_makes_the_grain_exact() {
    let model = overlap();
    let in_oslo = || is("events.country", "NO");
    assert_eq!(chosen(&model, "events", "users, kind, ts.day", in_oslo()).as_deref(), Some("h_users_exact"));
    let several = Filter::In {
        member: super::setup::member("events.country"),
        values: vec![Value::Text("NO".into()), Value::Text("SE".into())],
        negated: false,
    };
    assert_eq!(chosen(&model, "events", "users, kind, ts.day", several), None);
    let either = Filter::any([in_oslo(), is("events.kind", "a")]);
    assert_eq!(chosen(&model, "events", "users, kind, ts.day", either), None);
    let one_day = during("events.ts", "2024-02-03", "2024-02-04").and(in_oslo());
    assert_eq!(chosen(&model, "events", "users, kind", one_day).as_deref(), Some("h_users_exact"));
    let two_days = during("events.ts", "2024-02-03", "2024-02-05").and(in_oslo());
    assert_eq!(chosen(&model, "events", "users, kind", two_days), None);
}

#[test]
fn calculated_and_non_additive_measures() {
    let model = nonadd();
    for (outputs, expected) in [
        ("profit, app", Some("add_day")),
        ("profit, app, region", Some("calc")),
        ("margin, plan", Some("add_day")),
        ("arpu, app, day.month", Some("na_app_month")),
        ("arpu, app, day.year", None),
        ("avg_revenue, app, day.day", Some("na_app_day")),
        ("avg_revenue, app, day.month", None),
        ("raw_number, app, region", Some("calc")),
        ("raw_number, app", None),
        ("users_approx, app", Some("approx")),
        ("conv, day.month", Some("na_month")),
        ("users", Some("grand_total")),
        ("cum_revenue, region, day.day", None),
        ("plans, app, region, day.day", Some("na_ns")),
    ] {
        assert_eq!(chosen(&model, "metrics", outputs, Filter::always()).as_deref(), expected, "{outputs}");
    }
}

const JOINED: &str = r#"
cubes:
  - name: items
    sql_table: items
    joins:
      - { name: orders, relationship: many_to_one, sql: "{CUBE}.order_id = {orders}.id" }
    dimensions: [{ name: sku, sql: sku, type: string }]
    measures: [{ name: count, type: count }]
    pre_aggregations:
      - { name: wide, measures: [count, CUBE.orders.total, CUBE.orders.biggest], dimensions: [sku, CUBE.orders.status, CUBE.orders.users.city] }
  - name: orders
    sql_table: orders
    joins:
      - { name: users, relationship: many_to_one, sql: "{CUBE}.user_id = {users}.id" }
      - { name: items, relationship: one_to_many, sql: "{items}.order_id = {CUBE}.id" }
    dimensions: [{ name: status, sql: status, type: string }]
    measures:
      - { name: total, type: sum, sql: amount }
      - { name: biggest, type: max, sql: amount }
    pre_aggregations:
      - { name: own, measures: [total], dimensions: [status] }
      - { name: split, measures: [total], dimensions: [status, CUBE.items.sku] }
      - { name: joined, type: rollup_join, measures: [total], dimensions: [CUBE.users.city], rollups: [own] }
      - { name: kept, measures: [total], dimensions: [status], external: false }
  - name: users
    sql_table: users
    dimensions: [{ name: city, sql: city, type: string }]
views:
  - name: sold
    cubes:
      - { join_path: items, includes: "*" }
      - { join_path: items.orders, includes: "*" }
      - { join_path: items.orders.users, includes: "*" }
  - name: ordered
    cubes:
      - { join_path: orders, includes: "*" }
      - { join_path: orders.users, includes: "*" }
      - { join_path: orders.items, includes: [sku] }
"#;

#[test]
fn joins_that_repeat_rows() {
    let model = parsed(JOINED);
    check(
        &model,
        "sold",
        "total, sku",
        Filter::always(),
        expect![[r#"
            source
            items.wide: the joins repeat rows of `items.orders.total`, so stored values cannot be added up: group by `items.orders.status` too, or store it without
            orders.own: `items.orders.total` is not stored; add `items.orders.total` to `measures`; `items.sku` is not stored; add `items.sku` to `dimensions`
            orders.split: `items.orders.total` is not stored; add `items.orders.total` to `measures`; `orders.items.sku` is stored along another join path, which holds other rows; add `items.sku`
            orders.joined: it cannot be read from its rollups: it names less than two rollups
            orders.kept: it is not kept in the store; leave out `external: false`; `items.orders.total` is not stored; add `items.orders.total` to `measures`; `items.sku` is not stored; add `items.sku` to `dimensions`
        "#]],
    );
    check(
        &model,
        "sold",
        "biggest, city",
        Filter::always(),
        expect![[r#"
            items.wide before []
            orders.own: `items.orders.biggest` is not stored; add `items.orders.biggest` to `measures`; `items.orders.users.city` is not stored; add `items.orders.users.city` to `dimensions`
            orders.split: `items.orders.biggest` is not stored; add `items.orders.biggest` to `measures`; `items.orders.users.city` is not stored; add `items.orders.users.city` to `dimensions`
            orders.joined: it cannot be read from its rollups: it names less than two rollups
            orders.kept: it is not kept in the store; leave out `external: false`; `items.orders.biggest` is not stored; add `items.orders.biggest` to `measures`; `items.orders.users.city` is not stored; add `items.orders.users.city` to `dimensions`
        "#]],
    );
    check(
        &model,
        "ordered",
        "total",
        Filter::always(),
        expect![[r#"
            orders.own before []
            orders.split: the joins repeat rows of `orders.total`, so stored values cannot be added up: group by `orders.status` too, or store it without
            orders.joined: it cannot be read from its rollups: it names less than two rollups
            orders.kept: it is not kept in the store; leave out `external: false`
        "#]],
    );
    check(
        &model,
        "ordered",
        "total, sku",
        Filter::always(),
        expect![[r#"
            source
            items.wide: `orders.total` is not stored; add `orders.total` to `measures`; `items.sku` is stored along another join path, which holds other rows; add `orders.items.sku`
            orders.own: the joins repeat rows of `orders.total`, so stored values cannot be added up: group by `orders.status` too, or store it without; `orders.items.sku` is not stored; add `orders.items.sku` to `dimensions`
            orders.split: the joins repeat rows of `orders.total`, so stored values cannot be added up: group by `orders.status` too, or store it without
            orders.joined: it cannot be read from its rollups: it names less than two rollups
            orders.kept: it is not kept in the store; leave out `external: false`; the joins repeat rows of `orders.total`, so stored values cannot be added up: group by `orders.status` too, or store it without; `orders.items.sku` is not stored; add `orders.items.sku` to `dimensions`
        "#]],
    );
    check(
        &model,
        "users",
        "city",
        Filter::always(),
        expect![[r#"
        source
    "#]],
    );
}

#[test]
fn tables_must_be_known_built_and_whole() {
    let model = overlap();
    let mut monthly = query(&model, "events", "count, total, kind, ts.month");
    let with = |query: &semantic::SemanticQuery, tables: &Tables| {
        let Route::Source { refused } = choose(&scoped(query.clone(), &model), &model, tables) else {
            return "used".to_owned();
        };
        let own = |name| refused.iter().find(|r| r.pre_aggregation.member() == name).unwrap();
        ["a_kind_month", "b_kind_day"]
            .map(|name| {
                own(name).reasons.iter().map(|r| format!("{}: {r}", r.code())).collect::<Vec<_>>().join("; ")
            })
            .join("\n")
    };
    expect![[r#"
        tables_unknown: which tables hold which build is not known; set `[tables] manifest`
        tables_unknown: which tables hold which build is not known; set `[tables] manifest`"#]]
    .assert_eq(&with(&monthly, &Tables::unknown()));
    let other = manifest(&overlap_with_another_version());
    expect![[r#"
        other_model: the built tables belong to another version of the data model; build them again
        other_model: the built tables belong to another version of the data model; build them again"#]]
    .assert_eq(&with(&monthly, &Tables::from_manifest(&other).unwrap()));

    let mut holes = manifest(&model);
    holes.rollups.retain(|rollup| ["events.b_kind_day"].contains(&rollup.pre_aggregation.as_str()));
    holes.rollups[0].tables.remove(2);
    expect![[r#"
        not_built: it is not built; build it, and list its tables
        partition_missing: the partition that starts 2024-03-01T00:00:00.000 is not built; build it, or restrict the time to others"#]]
    .assert_eq(&with(&monthly, &Tables::from_manifest(&holes).unwrap()));
    holes.rollups[0].tables[1].build_range_end = Some("2024-02-10T23:59:59.999".to_owned());
    monthly.filter = during("events.ts", "2024-02-01", "2024-03-01");
    expect![[r#"
        not_built: it is not built; build it, and list its tables
        partition_truncated: the partition that starts 2024-02-01T00:00:00.000 is built only up to 2024-02-10T23:59:59.999; build it again"#]].assert_eq(&with(&monthly, &Tables::from_manifest(&holes).unwrap()));
    monthly.filter = during("events.ts", "2024-01-01", "2024-02-01");
    expect!["used"].assert_eq(&with(&monthly, &Tables::from_manifest(&holes).unwrap()));
    holes.rollups[0].holds_null_times = false;
    monthly.filter = Filter::always();
    expect![[r#"
        not_built: it is not built; build it, and list its tables
        null_times: rows without `events.ts` are in none of its partitions; restrict `events.ts` to a range"#]].assert_eq(&with(&monthly, &Tables::from_manifest(&holes).unwrap()));
}

#[test]
fn another_zone_has_other_tables() {
    let model = overlap();
    let mut query = query(&model, "events", "count, kind, ts.month");
    query.zone = chrono_tz::Europe::Berlin;
    // Without a range the partitions say in which summers the hours are.
    let sql = |query: &semantic::SemanticQuery| match route(query.clone(), &model) {
        Route::Rollup { scan, .. } => crate::render(&scan, crate::Dialect { parameters: true }).sql,
        Route::Source { refused } => {
            refused.iter().map(|refused| refused.reasons[0].code()).collect::<Vec<_>>().join(" ")
        }
    };
    expect!["SELECT sum(`events__count`) AS `count_1`, `events__kind` AS `kind_2`, date_trunc('month', CASE WHEN `events__ts_hour` < to_timestamp('2024-03-31T01:00:00.000') THEN convert_tz(`events__ts_hour`, '+01:00') ELSE convert_tz(`events__ts_hour`, '+02:00') END) AS `ts_month_3` FROM (SELECT * FROM s.events_e_all_hour20240101 UNION ALL SELECT * FROM s.events_e_all_hour20240108 UNION ALL SELECT * FROM s.events_e_all_hour20240115 UNION ALL SELECT * FROM s.events_e_all_hour20240122 UNION ALL SELECT * FROM s.events_e_all_hour20240129 UNION ALL SELECT * FROM s.events_e_all_hour20240205 UNION ALL SELECT * FROM s.events_e_all_hour20240212 UNION ALL SELECT * FROM s.events_e_all_hour20240219 UNION ALL SELECT * FROM s.events_e_all_hour20240226 UNION ALL SELECT * FROM s.events_e_all_hour20240304 UNION ALL SELECT * FROM s.events_e_all_hour20240311 UNION ALL SELECT * FROM s.events_e_all_hour20240318 UNION ALL SELECT * FROM s.events_e_all_hour20240325 UNION ALL SELECT * FROM s.events_e_all_hour20240401 UNION ALL SELECT * FROM s.events_e_all_hour20240408 UNION ALL SELECT * FROM s.events_e_all_hour20240415 UNION ALL SELECT * FROM s.events_e_all_hour20240422 UNION ALL SELECT * FROM s.events_e_all_hour20240429 UNION ALL SELECT * FROM s.events_e_all_hour20240506 UNION ALL SELECT * FROM s.events_e_all_hour20240513 UNION ALL SELECT * FROM s.events_e_all_hour20240520 UNION ALL SELECT * FROM s.events_e_all_hour20240527 UNION ALL SELECT * FROM s.events_e_all_hour20240603 UNION ALL SELECT * FROM s.events_e_all_hour20240610 UNION ALL SELECT * FROM s.events_e_all_hour20240617 UNION ALL SELECT * FROM s.events_e_all_hour20240624) AS `events__e_all_hour` GROUP BY 2, 3"].assert_eq(&sql(&query));
    query.filter = during("events.ts", "2024-03-01", "2024-05-01");
    expect!["SELECT sum(`events__count`) AS `count_1`, `events__kind` AS `kind_2`, date_trunc('month', CASE WHEN `events__ts_hour` < to_timestamp('2024-03-31T01:00:00.000') THEN convert_tz(`events__ts_hour`, '+01:00') ELSE convert_tz(`events__ts_hour`, '+02:00') END) AS `ts_month_3` FROM (SELECT * FROM s.events_e_all_hour20240226 UNION ALL SELECT * FROM s.events_e_all_hour20240304 UNION ALL SELECT * FROM s.events_e_all_hour20240311 UNION ALL SELECT * FROM s.events_e_all_hour20240318 UNION ALL SELECT * FROM s.events_e_all_hour20240325 UNION ALL SELECT * FROM s.events_e_all_hour20240401 UNION ALL SELECT * FROM s.events_e_all_hour20240408 UNION ALL SELECT * FROM s.events_e_all_hour20240415 UNION ALL SELECT * FROM s.events_e_all_hour20240422 UNION ALL SELECT * FROM s.events_e_all_hour20240429) AS `events__e_all_hour` WHERE `events__ts_hour` >= to_timestamp('2024-02-29T23:00:00.000') AND `events__ts_hour` < to_timestamp('2024-04-30T22:00:00.000') GROUP BY 2, 3"].assert_eq(&sql(&query));
    query.filter = during("events.ts", "2024-03-31T02:00:00.000", "2024-05-01");
    expect!["zone zone member_missing zone zone time_missing member_missing measure_missing measure_missing zone member_missing member_missing measure_missing member_missing zone"].assert_eq(&sql(&query));
    query.zone = chrono_tz::Asia::Kolkata;
    query.filter = during("events.ts", "2024-03-01", "2024-05-01");
    expect!["zone zone member_missing zone zone time_missing member_missing measure_missing measure_missing zone member_missing member_missing measure_missing member_missing zone"].assert_eq(&sql(&query));
    query.outputs.pop();
    query.filter = Filter::always();
    assert!(matches!(route(query, &model), Route::Rollup { .. }));
}

#[test]
fn counted_rows_decide_when_all_are_known() {
    let model = overlap();
    let mut counted = manifest(&model);
    for rollup in &mut counted.rollups {
        for table in &mut rollup.tables {
            table.rows = Some(if rollup.pre_aggregation == "events.o_minute" { 1 } else { 100 });
        }
    }
    let tables = Tables::from_manifest(&counted).unwrap();
    let by_kind = scoped(query(&model, "events", "count, kind"), &model);
    let Route::Rollup { scan, .. } = choose(&by_kind, &model, &tables) else { panic!("covered") };
    assert_eq!(scan.pre_aggregation.as_str(), "events.f_no_time_kind", "182 partitions of 1 row cost more");
    counted.rollups.retain(|rollup| rollup.pre_aggregation != "events.f_no_time_kind");
    let tables = Tables::from_manifest(&counted).unwrap();
    let Route::Rollup { scan, .. } = choose(&by_kind, &model, &tables) else { panic!("covered") };
    assert_eq!(scan.pre_aggregation.as_str(), "events.a_kind_month");
}

#[test]
fn having_needs_its_measures_too() {
    let model = overlap();
    let mut by_kind = query(&model, "events", "count, kind");
    by_kind.having = compare("events.users", CompareOp::Gt, Value::Int(5));
    assert!(matches!(route(by_kind.clone(), &model), Route::Source { .. }));
    by_kind.having = compare("events.total", CompareOp::Gt, Value::Int(5));
    let Route::Rollup { scan, .. } = route(by_kind, &model) else { panic!("covered") };
    assert_eq!(scan.pre_aggregation.as_str(), "events.a_kind_month");
    assert!(built(&model).get(&scan.pre_aggregation).is_some());
}

fn overlap_with_another_version() -> Model {
    parsed(&format!("{}\n# changed\n", include_str!("../../../semantic/tests/fixtures/overlap.yml")))
}

#[test]
fn one_column_for_two_members_is_read_by_nobody() {
    let model = parsed(SHARED);
    check(
        &model,
        "both",
        "count, left_name",
        Filter::always(),
        expect![[r#"
        source
        a.ways: it would keep `a.l.top.name` and `a.r.top.name` in one column; leave one of them out
        a.cases: it would keep `a.isNew` and `a.is_new` in one column; leave one of them out; `a.l.top.name` is not stored; add `a.l.top.name` to `dimensions`
    "#]],
    );
}

const SHARED: &str = r#"
cubes:
  - name: a
    sql_table: a
    joins:
      - { name: l, relationship: many_to_one, sql: "{CUBE}.l = {l}.id" }
      - { name: r, relationship: many_to_one, sql: "{CUBE}.r = {r}.id" }
    dimensions:
      - { name: isNew, sql: x, type: string }
      - { name: is_new, sql: y, type: string }
    measures: [{ name: count, type: count }]
    pre_aggregations:
      - { name: ways, measures: [count], dimensions: [CUBE.l.top.name, CUBE.r.top.name] }
      - { name: cases, measures: [count], dimensions: [isNew, is_new] }
  - name: l
    sql_table: l
    joins: [{ name: top, relationship: many_to_one, sql: "{CUBE}.t = {top}.id" }]
    dimensions: [{ name: id, sql: id, type: number, primary_key: true }]
  - name: r
    sql_table: r
    joins: [{ name: top, relationship: many_to_one, sql: "{CUBE}.t = {top}.id" }]
    dimensions: [{ name: id, sql: id, type: number, primary_key: true }]
  - name: top
    sql_table: t
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: name, sql: name, type: string }
views:
  - name: both
    cubes:
      - { join_path: a, includes: [count] }
      - { join_path: a.l.top, includes: [{ name: name, alias: left_name }] }
      - { join_path: a.r.top, includes: [{ name: name, alias: right_name }] }
"#;
