//! `extends`: what a cube or view has from the one before it.

use expect_test::{Expect, expect};

use super::{check, file};
use crate::parse::model;

/// The parent stands behind its child, in another file.
const PARENT: &str = r#"
cubes:
  - name: base
    sql: SELECT * FROM {CUBE} WHERE x
    sql_alias: b
    public: false
    access_policy: [{ role: "*" }]
    joins: { users: { relationship: manyToOne, sql: "{CUBE}.u = {users.id}" } }
    dimensions:
      id: { type: number, sql: "{CUBE}.id", primary_key: true }
      town: { type: string, sql: "{users.id}" }
    measures:
      - { name: count, type: count }
      - { name: total, type: sum, sql: "{CUBE.id}" }
    segments: [{ name: big, sql: "{CUBE}.x > 1" }]
    pre_aggregations: [{ name: main, measures: [total], dimensions: [users.id, base.id] }]
    hierarchies: [{ name: h, levels: [town, id] }]
  - { name: users, sql_table: users, dimensions: [{ name: id, type: number, sql: id, public: true }] }
views:
  - { name: narrow, cubes: [{ join_path: base, includes: [total] }], meta: { a: 1 } }
"#;

fn child(text: &str, expect: Expect) {
    let model = model(&[file(text), file(PARENT)]).unwrap_or_else(|error| panic!("{error}"));
    let cube = model.cube("child").unwrap();
    let members = cube.dimensions.values().map(|d| format!("{}: {}", d.name, d.row_sql().unwrap()));
    let measures = cube.measures.values().filter_map(|m| Some(format!("{}: {}", m.name, m.sql.as_ref()?)));
    let joins = cube.joins.iter().map(|join| format!("join {}: {}", join.to, join.on));
    let rollups = cube.pre_aggregations.iter().flat_map(|rollup| {
        rollup.references().map(|reference| format!("{} stores {reference}", rollup.name))
    });
    let source = format!("{:?}", cube.source);
    let policies =
        format!("public {}, policies {:?}", cube.public, cube.access_policy.as_ref().map(Vec::len));
    let lines: Vec<_> =
        [source, policies].into_iter().chain(members).chain(measures).chain(joins).chain(rollups).collect();
    expect.assert_eq(&lines.join("\n"));
}

#[test]
fn everything_is_inherited_and_cube_means_the_child() {
    child(
        "cubes: [{ name: child, extends: base }]",
        expect![[r#"
        Query(Template { pieces: [Text("SELECT * FROM "), Table("child"), Text(" WHERE x")] })
        public false, policies Some(1)
        child.id: {child}.id
        child.town: {child.users.id}
        child.total: {child.id}
        join users: {child}.u = {child.users.id}
        child.main stores child.total
        child.main stores child.users.id
        child.main stores child.base.id"#]],
    );
}

#[test]
fn what_the_child_says_takes_the_place_of_what_it_has() {
    child(
        r#"
cubes:
  - name: child
    extends: middle
    sql_table: others
    public: true
    access_policy: [{ group: all }]
    measures: [{ name: total, type: max, sql: y }, { name: least, type: min, sql: "{CUBE.id}" }]
    pre_aggregations: [{ name: main, measures: [least] }]
  - name: middle
    extends: base
    joins: []
    dimensions: [{ name: town, type: string, sql: "{CUBE}.town" }]
"#,
        expect![[r#"
            Table(Template { pieces: [Text("others")] })
            public true, policies Some(2)
            child.id: {child}.id
            child.town: {child}.town
            child.total: y
            child.least: {child.id}
            join users: {child}.u = {child.users.id}
            child.main stores child.least"#]],
    );
}

#[test]
fn views_are_extended_too() {
    check(
        r#"
cubes: [{ name: a, sql_table: a, measures: [{ name: n, type: count }, { name: m, type: count }] }]
views:
  - { name: wide, extends: narrow, cubes: [{ join_path: a, includes: [m] }] }
  - { name: narrow, public: true, cubes: [{ join_path: a, includes: [n] }] }
"#,
        expect![[r#"
            a.n <- a.n: Field { "n": Int64 }
            a.m <- a.m: Field { "m": Int64 }
            wide.n <- a.n: Field { "n": Int64 }
            wide.m <- a.m: Field { "m": Int64 }
            narrow.n <- a.n: Field { "n": Int64 }
        "#]],
    );
}

#[test]
fn circles_and_strangers_are_told() {
    check(
        r#"
cubes:
  - { name: a, extends: b, sql_table: a }
  - { name: b, extends: c, sql_table: b }
  - { name: c, extends: a, sql_table: c }
  - { name: d, extends: nobody, sql_table: d, colour: red }
  - { name: e, extends: d }
  - { name: f, extends: f, sql_table: f }
"#,
        expect![[r#"
            m.yml:3:25: a: `extends` goes in a circle: b → c → a → b
            m.yml:4:25: b: `extends` goes in a circle: c → a → b → c
            m.yml:5:25: c: `extends` goes in a circle: a → b → c → a
            m.yml:6:25: d: there is no `nobody` to extend
            m.yml:6:55: d: `colour` is not supported here
            m.yml:8:25: f: `extends` goes in a circle: f → f"#]],
    );
}
