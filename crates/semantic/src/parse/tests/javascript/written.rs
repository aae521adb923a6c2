//! Models as people write them.

use super::js;
use crate::{
    Model,
    model::CubeSource,
    parse::{
        SourceFile, model,
        tests::{check, file, fixtures::parsed},
    },
    template::Template,
};
use expect_test::{Expect, expect};

const YAML: [&str; 3] = [
    include_str!("../../../../tests/fixtures/orders.yml"),
    include_str!("../../../../tests/fixtures/others.yaml"),
    include_str!("../../../../tests/fixtures/views.yml"),
];

#[track_caller]
fn assert_same(javascript: &[SourceFile], yaml: &[&str]) {
    let yaml: Vec<_> = yaml.iter().map(|text| file(text)).collect();
    let (javascript, yaml) = (parsed(javascript), parsed(&yaml));
    for (ours, theirs) in javascript.cubes().zip(yaml.cubes()) {
        assert_eq!(ours, theirs);
    }
    assert!(javascript.cubes().eq(yaml.cubes()));
    assert!(javascript.views().eq(yaml.views()));
}

#[test]
fn a_directory_may_mix_languages() {
    let orders = js(include_str!("../../../../tests/fixtures/orders.js"));
    let views = js(include_str!("../../../../tests/fixtures/views.js"));
    assert_same(&[orders, file(YAML[1]), views], &YAML);
}

#[test]
fn old_keys_and_functions_mean_the_same() {
    let yaml = include_str!("../../../../tests/fixtures/overlap.yml");
    assert_same(&[js(include_str!("../../../../tests/fixtures/overlap.js"))], &[yaml]);
}

#[test]
fn policies_mean_the_same() {
    let yaml = include_str!("../../../../tests/fixtures/rls.yml");
    assert_same(&[js(include_str!("../../../../tests/fixtures/rls.js"))], &[yaml]);
}

#[test]
fn a_model_with_security_contexts_is_read() {
    let model = parsed(&[js(include_str!("../../../../tests/fixtures/js_cube.js"))]);
    let CubeSource::Query(source) = &model.cube("stores").unwrap().source else { panic!("a query") };
    assert_eq!(source.context(), Some("SECURITY_CONTEXT.tenant_store.filter('store_id')"));
}

/// The SQL of a dimension, in Rust's words.
fn sql(sql: &str, expect: Expect) {
    let text = format!(
        "cube('o', {{ sqlTable: 't', joins: {{ u: {{ relationship: 'belongsTo', sql: `${{CUBE}}.u = ${{u}}.id` }} }},
           dimensions: {{ a: {{ type: 'string', sql: 'a' }}, d: {{ type: 'string', sql: {sql} }} }} }});
         cube('u', {{ sql: 'SELECT 1', dimensions: {{ c: {{ type: 'string', sql: 'c' }} }} }});"
    );
    let shown = |model: Model| {
        let formula = model.cube("o").unwrap().dimensions["d"].formula.expression().map(Template::to_string);
        formula.unwrap_or_default()
    };
    let shown = model(&[js(&text)]).map_or_else(|error| error.to_string(), shown);
    expect.assert_eq(&shown);
}

#[test]
fn sql_becomes_templates() {
    let cases = [
        ("`a`", expect!["a"]),
        ("'it''s'", expect!["m.js:2:89: expected `,` or `}` but found `string`"]),
        (r"'it\'s'", expect!["it's"]),
        ("`${CUBE}.a`", expect!["{o}.a"]),
        ("`${ CUBE.a } || ${a}`", expect!["{o.a} || {o.a}"]),
        ("CUBE.a", expect!["{o.a}"]),
        ("() => `${u.c}`", expect!["{o.u.c}"]),
        ("(CUBE, u) => `${CUBE.u.c}`", expect!["{o.u.c}"]),
        ("`(${u.sql()})`", expect!["({u.sql()})"]),
        (
            "`x = ${SECURITY_CONTEXT.tenant.unsafeValue()}`",
            expect!["x = {SECURITY_CONTEXT.tenant.unsafeValue()}"],
        ),
        (
            "`${FILTER_PARAMS.o.d.filter((from, to) => `x >= ${from} AND x < ${to}`)}`",
            expect!["{FILTER_PARAMS.o.d.filter(…)}"],
        ),
        (
            "`${FILTER_GROUP(FILTER_PARAMS.o.a.filter('a'), FILTER_PARAMS.o.d.filter('d'))}`",
            expect!["{FILTER_GROUP(FILTER_PARAMS.o.a.filter('a'), FILTER_PARAMS.o.d.filter('d'))}"],
        ),
        (
            "`two\nlines\\n and \\` and \\${a}`",
            expect![
                "m.js:2:85: o.d: expected SQL without braces of its own; write CHR(123) and CHR(125), or compute the column in a view of the database"
            ],
        ),
        (
            "`'{}'`",
            expect![
                "m.js:2:85: o.d: expected SQL without braces of its own; write CHR(123) and CHR(125), or compute the column in a view of the database"
            ],
        ),
        (
            "`'{CUBE}' || ${a}`",
            expect![
                "m.js:2:85: o: expected SQL without braces of its own; write CHR(123) and CHR(125), or compute the column in a view of the database"
            ],
        ),
        ("`${nope}`", expect!["m.js:2:85: o.d: `{nope}` names no cube and no member"]),
        (
            "`${a ? 'x' : 'y'}`",
            expect![
                "m.js:2:88: o: `a ? 'x' : 'y'` is computed; JavaScript is read here and never run: only references can stand in `${..}`; write its value"
            ],
        ),
        (
            "`${CUBE['a']}`",
            expect![
                "m.js:2:88: o: `CUBE['a']` is computed; JavaScript is read here and never run: only references can stand in `${..}`; write its value"
            ],
        ),
        ("5", expect!["5"]),
        ("null", expect!["m.js:2:62: o.d: `sql` is missing"]),
    ];
    for (text, expect) in cases {
        sql(text, expect);
    }
}

#[test]
fn names_need_no_quotes_where_cube_needs_none() {
    let model = parsed(&[js(
        "cube(`base`, { sqlTable: `b`, dimensions: { x: { sql: `x`, type: `string` }, y: { sql: `y`, type: `string` } } });
         cube(`child`, { extends: base, sql: `SELECT * FROM ${base.sql()}`,
           joins: { base: { relationship: `hasMany`, sql: `${CUBE.x} = ${base}.x` } },
           hierarchies: { h: { levels: [x, CUBE.y] } } });
         view(`all`, { cubes: [{ joinPath: child, includes: `*` },
                               { joinPath: child.base, prefix: true, includes: [`x`] }] });",
    )]);
    let columns = model.table("all").unwrap().columns();
    let shown: Vec<_> = columns.iter().map(|c| format!("{} <- {}", c.member, c.source)).collect();
    assert_eq!(shown, ["all.x <- child.x", "all.y <- child.y", "all.base_x <- child.base.x"]);
    let levels = &model.cube("child").unwrap().hierarchies[0].levels;
    assert_eq!(levels.iter().map(ToString::to_string).collect::<Vec<_>>(), ["child.x", "child.y"]);
}

#[test]
fn texts_keep_their_braces() {
    let text = "cube('o', { sqlTable: 't', title: '{x} {{ y }}', meta: { a: [-1, 1.5, 2e3, null, undefined, { 'b c': `{}` }] } })";
    let model = parsed(&[js(text)]);
    let cube = model.cube("o").unwrap();
    let meta = cube.meta.as_ref().unwrap().to_string();
    expect![[r#"{x} {{ y }} {"a":[-1,1.5,2000,null,null,{"b c":"{}"}]}"#]]
        .assert_eq(&format!("{} {meta}", cube.title.as_deref().unwrap()));
}

#[test]
fn an_empty_file_defines_nothing() {
    check("", expect![""]);
    assert_eq!(parsed(&[js("// nothing yet\n;")]).cubes().count(), 0);
}
