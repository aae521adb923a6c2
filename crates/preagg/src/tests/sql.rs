//! The store's SQL, with parameters and without.

use expect_test::{Expect, expect};
use semantic::{CompareOp, Filter, OrderBy, SemanticQuery, Value};

use super::setup::{compare, during, is, like, member, nonadd, overlap, query, route};
use crate::{Dialect, Route, render};

fn check(query: SemanticQuery, model: &semantic::Model, expect: Expect) {
    let Route::Rollup { scan, .. } = route(query, model) else { panic!("no rollup covers it") };
    let shown = [true, false].map(|parameters| {
        let query = render(&scan, Dialect { parameters });
        let params: Vec<_> = query.params.iter().map(ToString::to_string).collect();
        format!("{} [{}]\n", query.sql, params.join(", "))
    });
    expect.assert_eq(&shown.concat());
}

#[test]
fn keys_measures_order_and_limit() {
    let model = overlap();
    let mut monthly = query(&model, "events", "ts.year, total, kind, max_amount");
    monthly.order = vec![
        OrderBy { output: 1, descending: true, nulls_first: true },
        OrderBy { output: 0, descending: false, nulls_first: false },
    ];
    monthly.limit = Some(10);
    monthly.offset = 5;
    monthly.filter = during("events.ts", "2024-02-01", "2024-04-01");
    monthly.having = compare("events.total", CompareOp::Ge, Value::Float(0.5));
    check(
        monthly,
        &model,
        expect![[r#"
        SELECT date_trunc('year', `events__ts_day`) AS `ts_year_1`, sum(`events__total`) AS `total_2`, `events__kind` AS `kind_3`, max(`events__max_amount`) AS `max_amount_4` FROM (SELECT * FROM s.events_b_kind_day20240201 UNION ALL SELECT * FROM s.events_b_kind_day20240301) AS `events__b_kind_day` WHERE `events__ts_day` >= to_timestamp('2024-02-01T00:00:00.000') AND `events__ts_day` < to_timestamp('2024-04-01T00:00:00.000') GROUP BY 1, 3 HAVING (sum(`events__total`)) >= 0.5 ORDER BY 2 DESC NULLS FIRST, 1 ASC NULLS LAST LIMIT 10 OFFSET 5 []
        SELECT date_trunc('year', `events__ts_day`) AS `ts_year_1`, sum(`events__total`) AS `total_2`, `events__kind` AS `kind_3`, max(`events__max_amount`) AS `max_amount_4` FROM (SELECT * FROM s.events_b_kind_day20240201 UNION ALL SELECT * FROM s.events_b_kind_day20240301) AS `events__b_kind_day` WHERE `events__ts_day` >= to_timestamp('2024-02-01T00:00:00.000') AND `events__ts_day` < to_timestamp('2024-04-01T00:00:00.000') GROUP BY 1, 3 HAVING (sum(`events__total`)) >= 0.5 ORDER BY 2 DESC NULLS FIRST, 1 ASC NULLS LAST LIMIT 10 OFFSET 5 []
    "#]],
    );
}

#[test]
fn predicates() {
    let model = overlap();
    let mut filtered = query(&model, "events", "count");
    let several = |negated| Filter::In {
        member: member("events.tenant_id"),
        values: vec![Value::Int(-1), Value::Decimal { unscaled: 150, scale: 2 }],
        negated,
    };
    filtered.filter = Filter::all([
        is("events.kind", r"a\'b"),
        Filter::any([several(false), several(true)]),
        Filter::Null { member: member("events.device"), negated: true },
        like("events.country", r"100!%\_%", '!'),
        like("events.country", r"a\_%", '\\').negate(),
        Filter::Null { member: member("events.ts"), negated: false },
    ]);
    check(
        filtered,
        &model,
        expect![[r#"
        SELECT COALESCE(sum(`events__count`), 0) AS `count_1` FROM (SELECT * FROM s.events_e_all_hour20240101 UNION ALL SELECT * FROM s.events_e_all_hour20240108 UNION ALL SELECT * FROM s.events_e_all_hour20240115 UNION ALL SELECT * FROM s.events_e_all_hour20240122 UNION ALL SELECT * FROM s.events_e_all_hour20240129 UNION ALL SELECT * FROM s.events_e_all_hour20240205 UNION ALL SELECT * FROM s.events_e_all_hour20240212 UNION ALL SELECT * FROM s.events_e_all_hour20240219 UNION ALL SELECT * FROM s.events_e_all_hour20240226 UNION ALL SELECT * FROM s.events_e_all_hour20240304 UNION ALL SELECT * FROM s.events_e_all_hour20240311 UNION ALL SELECT * FROM s.events_e_all_hour20240318 UNION ALL SELECT * FROM s.events_e_all_hour20240325 UNION ALL SELECT * FROM s.events_e_all_hour20240401 UNION ALL SELECT * FROM s.events_e_all_hour20240408 UNION ALL SELECT * FROM s.events_e_all_hour20240415 UNION ALL SELECT * FROM s.events_e_all_hour20240422 UNION ALL SELECT * FROM s.events_e_all_hour20240429 UNION ALL SELECT * FROM s.events_e_all_hour20240506 UNION ALL SELECT * FROM s.events_e_all_hour20240513 UNION ALL SELECT * FROM s.events_e_all_hour20240520 UNION ALL SELECT * FROM s.events_e_all_hour20240527 UNION ALL SELECT * FROM s.events_e_all_hour20240603 UNION ALL SELECT * FROM s.events_e_all_hour20240610 UNION ALL SELECT * FROM s.events_e_all_hour20240617 UNION ALL SELECT * FROM s.events_e_all_hour20240624) AS `events__e_all_hour` WHERE (`events__kind` = ? AND (`events__tenant_id` IN (-1, 1.50) OR `events__tenant_id` NOT IN (-1, 1.50)) AND `events__device` IS NOT NULL AND `events__country` LIKE ? AND `events__country` NOT LIKE ? AND `events__ts_hour` IS NULL) ['a\''b', '100\%\\_%', 'a\_%']
        SELECT COALESCE(sum(`events__count`), 0) AS `count_1` FROM (SELECT * FROM s.events_e_all_hour20240101 UNION ALL SELECT * FROM s.events_e_all_hour20240108 UNION ALL SELECT * FROM s.events_e_all_hour20240115 UNION ALL SELECT * FROM s.events_e_all_hour20240122 UNION ALL SELECT * FROM s.events_e_all_hour20240129 UNION ALL SELECT * FROM s.events_e_all_hour20240205 UNION ALL SELECT * FROM s.events_e_all_hour20240212 UNION ALL SELECT * FROM s.events_e_all_hour20240219 UNION ALL SELECT * FROM s.events_e_all_hour20240226 UNION ALL SELECT * FROM s.events_e_all_hour20240304 UNION ALL SELECT * FROM s.events_e_all_hour20240311 UNION ALL SELECT * FROM s.events_e_all_hour20240318 UNION ALL SELECT * FROM s.events_e_all_hour20240325 UNION ALL SELECT * FROM s.events_e_all_hour20240401 UNION ALL SELECT * FROM s.events_e_all_hour20240408 UNION ALL SELECT * FROM s.events_e_all_hour20240415 UNION ALL SELECT * FROM s.events_e_all_hour20240422 UNION ALL SELECT * FROM s.events_e_all_hour20240429 UNION ALL SELECT * FROM s.events_e_all_hour20240506 UNION ALL SELECT * FROM s.events_e_all_hour20240513 UNION ALL SELECT * FROM s.events_e_all_hour20240520 UNION ALL SELECT * FROM s.events_e_all_hour20240527 UNION ALL SELECT * FROM s.events_e_all_hour20240603 UNION ALL SELECT * FROM s.events_e_all_hour20240610 UNION ALL SELECT * FROM s.events_e_all_hour20240617 UNION ALL SELECT * FROM s.events_e_all_hour20240624) AS `events__e_all_hour` WHERE (`events__kind` = 'a\\''b' AND (`events__tenant_id` IN (-1, 1.50) OR `events__tenant_id` NOT IN (-1, 1.50)) AND `events__device` IS NOT NULL AND `events__country` LIKE '100\\%\\\\_%' AND `events__country` NOT LIKE 'a\\_%' AND `events__ts_hour` IS NULL) []
    "#]],
    );

    let mut never = query(&model, "events", "count, kind");
    never.filter = Filter::never();
    check(
        never,
        &model,
        expect![[r#"
        SELECT sum(`events__count`) AS `count_1`, `events__kind` AS `kind_2` FROM s.events_f_no_time_kind AS `events__f_no_time_kind` WHERE 1 = 0 GROUP BY 2 []
        SELECT sum(`events__count`) AS `count_1`, `events__kind` AS `kind_2` FROM s.events_f_no_time_kind AS `events__f_no_time_kind` WHERE 1 = 0 GROUP BY 2 []
    "#]],
    );

    let mut segment = query(&model, "events", "count, kind");
    segment.filter = Filter::Segment { member: member("events.paid"), holds: true };
    check(
        segment,
        &model,
        expect![[r#"
        SELECT sum(`events__count`) AS `count_1`, `events__kind` AS `kind_2` FROM s.events_j_paid AS `events__j_paid` WHERE `events__paid` = TRUE GROUP BY 2 []
        SELECT sum(`events__count`) AS `count_1`, `events__kind` AS `kind_2` FROM s.events_j_paid AS `events__j_paid` WHERE `events__paid` = TRUE GROUP BY 2 []
    "#]],
    );
}

#[test]
fn calculated_measures_and_sketches() {
    let model = nonadd();
    check(
        query(&model, "metrics", "margin, plan"),
        &model,
        expect![[r#"
        SELECT (sum(`metrics__revenue`) - sum(`metrics__cost`)) / NULLIF(sum(`metrics__revenue`), 0) AS `margin_1`, `metrics__plan` AS `plan_2` FROM (SELECT * FROM s.metrics_add_day20240101 UNION ALL SELECT * FROM s.metrics_add_day20240201 UNION ALL SELECT * FROM s.metrics_add_day20240301 UNION ALL SELECT * FROM s.metrics_add_day20240401 UNION ALL SELECT * FROM s.metrics_add_day20240501 UNION ALL SELECT * FROM s.metrics_add_day20240601) AS `metrics__add_day` GROUP BY 2 []
        SELECT (sum(`metrics__revenue`) - sum(`metrics__cost`)) / NULLIF(sum(`metrics__revenue`), 0) AS `margin_1`, `metrics__plan` AS `plan_2` FROM (SELECT * FROM s.metrics_add_day20240101 UNION ALL SELECT * FROM s.metrics_add_day20240201 UNION ALL SELECT * FROM s.metrics_add_day20240301 UNION ALL SELECT * FROM s.metrics_add_day20240401 UNION ALL SELECT * FROM s.metrics_add_day20240501 UNION ALL SELECT * FROM s.metrics_add_day20240601) AS `metrics__add_day` GROUP BY 2 []
    "#]],
    );
    check(
        query(&model, "metrics", "users_approx"),
        &model,
        expect![[r#"
        SELECT COALESCE(cardinality(merge(`metrics__users_approx`)), 0) AS `users_approx_1` FROM s.metrics_approx AS `metrics__approx` []
        SELECT COALESCE(cardinality(merge(`metrics__users_approx`)), 0) AS `users_approx_1` FROM s.metrics_approx AS `metrics__approx` []
    "#]],
    );
    check(
        query(&model, "metrics", "users, plans, app, region, day.day"),
        &model,
        expect![[r#"
        SELECT sum(`metrics__users`) AS `users_1`, max(`metrics__plans`) AS `plans_2`, `metrics__app` AS `app_3`, `metrics__region` AS `region_4`, `metrics__day_day` AS `day_day_5` FROM s.metrics_na_ns AS `metrics__na_ns` GROUP BY 3, 4, 5 []
        SELECT sum(`metrics__users`) AS `users_1`, max(`metrics__plans`) AS `plans_2`, `metrics__app` AS `app_3`, `metrics__region` AS `region_4`, `metrics__day_day` AS `day_day_5` FROM s.metrics_na_ns AS `metrics__na_ns` GROUP BY 3, 4, 5 []
    "#]],
    );
}

#[test]
fn decimals_are_compared_between_the_values_that_rounding_would_miss() {
    let model = super::setup::parsed(PRICED);
    let shown = |value: Value, op: CompareOp| {
        let mut filtered = query(&model, "priced", "count");
        filtered.filter = compare("priced.price", op, value);
        match route(filtered, &model) {
            Route::Rollup { scan, .. } => {
                let sql = render(&scan, Dialect { parameters: true }).sql;
                sql.split_once(" WHERE ").unwrap().1.replace("`priced__price`", "p")
            }
            Route::Source { refused } => refused[0].reasons[0].to_string(),
        }
    };
    let decimal = |unscaled, scale| Value::Decimal { unscaled, scale };
    use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
    for (value, op, expected) in [
        (decimal(5, 2), Le, "p <= 0.05"),
        (Value::Int(3), Eq, "p = 3"),
        (decimal(999_999_999_999, 2), Lt, "p < 9999999999.985"),
        (decimal(999_999_999_999, 2), Le, "p < 9999999999.995"),
        (decimal(999_999_999_999, 2), Gt, "p > 9999999999.995"),
        (decimal(999_999_999_999, 2), Ge, "p > 9999999999.985"),
        (decimal(999_999_999_999, 2), Eq, "(p > 9999999999.985 AND p < 9999999999.995)"),
        (decimal(-999_999_999_999, 2), Ne, "(p < -9999999999.995 OR p > -9999999999.985)"),
        (decimal(9_999_999_999_901, 3), Ge, "p > 9999999999.905"),
        (decimal(9_999_999_999_901, 3), Lt, "p < 9999999999.905"),
        (decimal(-9_999_999_999_901, 3), Gt, "p > -9999999999.905"),
        (decimal(9_999_999_999_901, 3), Eq, "1 = 0"),
        (decimal(9_999_999_999_901, 3), Ne, "p IS NOT NULL"),
        (
            decimal(99_999_999_999_999_999, 2),
            Lt,
            "`priced.price` is compared with 999999999999999.99, which the store would round; write fewer digits",
        ),
    ] {
        assert_eq!(shown(value.clone(), op), expected, "{op:?} {value}");
    }
    let mut listed = query(&model, "priced", "count");
    let values = vec![decimal(5, 2), decimal(999_999_999_999, 2)];
    listed.filter = Filter::In { member: member("priced.price"), values, negated: true };
    let Route::Rollup { scan, .. } = route(listed, &model) else { panic!("no rollup covers it") };
    let sql = render(&scan, Dialect { parameters: true }).sql;
    assert!(sql.ends_with("(`priced__price` <> 0.05 AND (`priced__price` < 9999999999.985 OR `priced__price` > 9999999999.995))"), "{sql}");
}

const PRICED: &str = r#"
cubes:
  - name: priced
    sql_table: p
    dimensions: [{ name: price, sql: price, type: number, meta: { arrow_type: "decimal(20,2)" } }]
    measures: [{ name: count, type: count }]
    pre_aggregations: [{ name: all, measures: [count], dimensions: [price] }]
"#;
