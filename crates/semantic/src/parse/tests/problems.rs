//! What is said about models that cannot be read: every problem, with its place.

use expect_test::expect;

use super::{SourceFile, check, model};

#[test]
fn every_problem_is_reported_with_its_place() {
    check(
        r#"
cubes:
  - name: orders
    sql_table: orders
    colour: red
    dimensions:
      - { name: a, sql: "{nope}", type: string }
      - { name: b, sql: b, type: colour }
      - { name: "c d", sql: b, type: string }
    measures:
      - { name: s, type: sum }
      - { name: t, type: sum, sql: x, meta: { arrow_type: money } }
    pre_aggregations:
      - { name: p, measures: [zzz], time_dimension: a }
      - { name: q, time_dimension: a, granularity: fortnight }
  - sql: SELECT 1
  - name: orders
    sql_table: orders
views:
  - name: v
    cubes:
      - { join_path: orders.nope, includes: "*" }
"#,
        expect![[r#"
            m.yml:5:13: orders: `colour` is not supported here
            m.yml:7:25: orders.a: `{nope}` names no cube and no member
            m.yml:8:34: orders.b: the dimension type `colour` is not supported
            m.yml:9:17: orders: `c d` is no name; use letters, digits and underscores
            m.yml:11:9: orders.s: a `sum` measure needs `sql`
            m.yml:12:59: orders.t: meta.arrow_type: `money` is no Arrow type; use boolean, int64, float64, decimal(p,s), utf8, timestamp or date32
            m.yml:14:9: orders.p: `granularity` is missing
            m.yml:14:31: orders.p: `zzz` names no member
            m.yml:15:52: orders.q: `fortnight` is no granularity; use second, minute, hour, day, week, month, quarter or year, or one that `orders.a` declares
            m.yml:16:5: `name` is missing
            m.yml:17:5: orders: this cube is declared twice
            m.yml:22:22: v: there is no cube `nope`"#]],
    );
}

#[test]
fn broken_files_are_named() {
    check("cubes: [", expect!["m.yml:2:1: while parsing a node, did not find expected node content"]);
    check(
        "cubes:\n  - name: {{ x }}\n",
        expect!["m.yml:2:1: Jinja is not read here; write plain YAML or render the file first"],
    );
    check("cubes:\n  - name: a\n    name: b\n", expect!["m.yml:3:5: duplicated key in mapping"]);
    check("cubes: 5\n", expect!["m.yml:1:8: expected a list"]);
}

#[test]
fn other_languages_are_refused_with_advice() {
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let files = [
        file("stores.ts", include_str!("../../../tests/fixtures/js_cube.js")),
        file("stores.jinja", ""),
        file("stores.yml", include_str!("../../../tests/fixtures/js_cube.js")),
        file("globals.py", "x = 1"),
        file("loop.yml", "cubes:\n{% for x in y %}"),
    ];
    expect![[r#"
        globals.py:1:1: Python is not read here; write the cubes in plain YAML
        loop.yml:2:1: Jinja is not read here; write plain YAML or render the file first
        stores.jinja:1:1: Jinja is not read here; write plain YAML or render the file first
        stores.ts:1:1: TypeScript is not read here; write the cubes in plain YAML or JavaScript
        stores.yml:1:1: this is JavaScript; let the file's name end in `.js`"#]]
    .assert_eq(&model(&files).unwrap_err().to_string());
}

#[test]
fn what_excludes_each_other_is_told() {
    check(
        r#"
cubes:
  - name: a
    sql_table: a
    sql: SELECT 1
    dimensions:
      - { name: both, type: string, sql: x, case: { when: [], else: { label: x } } }
      - { name: place, type: geo, latitude: { sql: x } }
      - { name: currency, type: switch }
      - { name: late, type: string, sql: x, granularities: [{ name: g, interval: 1 month }] }
      - name: at
        type: time
        sql: at
        granularities:
          - { name: none }
          - { name: two, interval: 1 fortnight }
          - { name: three, interval: 1 day, origin: "2024-01-01", offset: 1 hour }
        order: upwards
      - { name: flag, type: boolean, sql: x, primary_key: maybe }
    measures:
      - { name: shifted, type: number, sql: "{n}", multi_stage: true, time_shift: [{ interval: 1 year }] }
      - { name: n, type: count, rolling_window: { type: to_date } }
      - { name: m, type: count, rolling_window: { trailing: all, offset: middle } }
      - { name: s, type: count, group_by: [nothing], drill_members: [nowhere] }
    pre_aggregations:
      - { name: lambda, type: rollup_lambda, rollups: [main, b.main] }
      - { name: join, type: rollup_join }
      - { name: legacy, measures: [n], measure_references: [n] }
      - { name: main, measures: [n], refresh_key: { every: often }, indexes: [{ name: i, columns: [zip] }] }
      - { name: stream, stream_offset: middle, type: table }
    access_policy:
      - { role: a, group: b }
      - { role: a, conditions: [{ unless: x }] }
      - role: a
        member_level: { includes: [n, other] }
        row_level: { filters: [{ member: n, operator: like, values: [1] }, { or: [{ member: "b.n", operator: set }] }] }
  - name: b
    sql_table: b
    joins: [{ name: a, relationship: some, sql: "{CUBE}.x = {a.n}" }]
    measures: [{ name: n, type: count }, { name: n, type: count }, { name: o, type: sum }, { name: p, type: sum }]
    segments: [{ name: n, sql: x }]
    refresh_key: { sql: x, every: 1 day, Every: 2 days }
    hierarchies: [{ name: h }, { name: i, levels: [none] }]
views:
  - name: v
    cubes:
      - { join_path: a }
      - { join_path: b, includes: [n, { name: m }, { alias: x }] }
    folders: [{ name: Some folder, includes: [n, z] }, { includes: [n] }]
    default_filters: [{ member: n, operator: equals, values: [1], unless: [q] }]
    access_policy: [{ group: g, member_level: { excludes: [zz] } }]
"#,
        expect![[r#"
            m.yml:3:5: a: exactly one of `sql_table` and `sql` must be given
            m.yml:7:51: a.both: `sql` and `case` exclude each other
            m.yml:8:9: a.place: `longitude` is missing
            m.yml:9:9: a.currency: `values` is missing
            m.yml:10:60: a.late: only a time dimension has `granularities`
            m.yml:15:13: a.at.none: a granularity needs an `interval`, or `sql` on a calendar cube
            m.yml:16:36: a.at.two: `1 fortnight` is no interval; write a number and a unit, like `7 day`
            m.yml:17:13: a.at.three: `origin` and `offset` exclude each other
            m.yml:18:16: a.at: `upwards` is no order; use asc or desc
            m.yml:19:59: a.flag: expected true or false
            m.yml:21:84: a.shifted: a time shift needs an `interval` and a `type`, or the `name` of a calendar's shift
            m.yml:22:49: a.n: `granularity` is missing
            m.yml:23:61: a.m: `all` is no interval; write a number and a unit, like `7 day`
            m.yml:23:74: a.m: `middle` is no offset; use start or end
            m.yml:24:44: a.s: `nothing` names no member
            m.yml:24:70: a.s: `nowhere` names no member
            m.yml:26:62: a.lambda: `b.main` names no pre-aggregation
            m.yml:27:9: a.join: `rollups` is missing
            m.yml:28:9: a.legacy: `measures` and `measure_references` are one and the same; write one of them
            m.yml:29:60: a.main: `often` is neither an interval, like `1 hour`, nor a crontab entry, like `0 6 * * *`
            m.yml:29:100: a.main: `zip` names no member
            m.yml:30:54: a.stream: the pre-aggregation type `table` is not supported
            m.yml:32:9: a: a policy is for exactly one of `role`, `group` and `groups`
            m.yml:33:33: a: `if` is missing
            m.yml:33:43: a: `unless` is not supported here
            m.yml:35:39: a: `other` names no member
            m.yml:36:55: a: `like` is no operator; use equals, notEquals, contains, notContains, startsWith, notStartsWith, endsWith, notEndsWith, in, notIn, gt, gte, lt, lte, set, notSet, inDateRange, notInDateRange, beforeDate, beforeOrOnDate, afterDate, afterOrOnDate, onTheDate or measureFilter
            m.yml:36:93: a: `a.b.n` is no member of `a` itself
            m.yml:37:5: b: `n` is declared as members of two kinds
            m.yml:39:38: b.a: `some` is no relationship; use one_to_one, one_to_many, many_to_one, has_one, has_many or belongs_to
            m.yml:40:42: b: `n` is declared twice
            m.yml:40:68: b.o: a `sum` measure needs `sql`
            m.yml:40:92: b.p: a `sum` measure needs `sql`
            m.yml:42:49: b: `every` is given twice
            m.yml:43:19: b.h: `levels` is missing
            m.yml:43:52: b.i: `none` names no member
            m.yml:47:9: v: `includes` is missing
            m.yml:48:39: v: cube `b` has no member `m`
            m.yml:48:52: v: `name` is missing
            m.yml:48:61: v: `alias` is not supported here
            m.yml:49:50: v: view `v` has no member `z`
            m.yml:49:56: v: `name` is missing
            m.yml:50:76: v: view `v` has no member `q`
            m.yml:51:60: v: view `v` has no member `zz`"#]],
    );
}
