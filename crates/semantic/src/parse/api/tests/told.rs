//! Answers that are not enough, and hidden members.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{ALL, model};

/// Two cubes, joined by keys that are hidden, and a view.
fn meta() -> Value {
    json!({ "cubes": [
        {
            "name": "orders", "type": "cube", "sql": "`SELECT 1`",
            "joins": [{ "name": "users", "relationship": "belongsTo", "sql": "`${CUBE.user_id} = ${users.id}`" }],
            "measures": [
                { "name": "orders.count", "type": "number", "aggType": "count" },
                { "name": "orders.rate", "type": "number", "aggType": "number", "sql": "`${paid} / ${count}`" },
            ],
            "dimensions": [{ "name": "orders.at", "type": "time", "sql": "`at`" }],
            "segments": [{ "name": "orders.big", "sql": "`${CUBE}.amount > 5`" }],
        },
        { "name": "users", "type": "cube", "dimensions": [{ "name": "users.city", "type": "string", "sql": "`city`" }],
          "measures": [], "segments": [] },
        {
            "name": "sales", "type": "view",
            "measures": [{ "name": "sales.n", "type": "number", "aggType": "count", "aliasMember": "orders.count" },
                         { "name": "sales.o_rate", "type": "number", "aggType": "number", "aliasMember": "orders.rate" }],
            "dimensions": [{ "name": "sales.city", "type": "string", "aliasMember": "users.city" }],
            "segments": [{ "name": "sales.o_big" }],
        },
    ]})
}

fn definitions() -> Value {
    json!({ "preAggregations": [{
        "cube": "orders", "preAggregationName": "main", "preAggregation": { "type": "rollup", "external": true },
        "references": { "measures": ["orders.count", "orders.total"], "dimensions": ["orders.users.zip", "orders.big"],
                        "timeDimensions": [{ "dimension": "orders.at", "granularity": "day" }], "rollups": [] },
    }] })
}

fn check(definitions: &Value, meta: &Value, expect: Expect) {
    let shown = match model(&definitions.to_string(), &meta.to_string(), ALL) {
        Err(error) => error.to_string(),
        Ok(model) => {
            let columns = model.tables().flat_map(crate::Table::columns);
            let columns = columns.map(|column| format!("{} <- {}\n", column.member, column.source));
            let hidden = model.cubes().flat_map(|cube| {
                let measures = cube.measures.values().map(|measure| (&measure.name, &measure.about));
                let dimensions =
                    cube.dimensions.values().map(|dimension| (&dimension.name, &dimension.about));
                measures.chain(dimensions).filter(|(_, about)| !about.public)
            });
            columns.chain(hidden.map(|(name, _)| format!("hidden {name}\n"))).collect()
        }
    };
    expect.assert_eq(&shown);
}

/// The first cube, view or definition with another value somewhere.
fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    *document.pointer_mut(pointer).unwrap_or_else(|| panic!("there is no {pointer}")) = value;
    document
}

#[test]
fn hidden_members_are_declared() {
    check(
        &definitions(),
        &meta(),
        expect![[r#"
        orders.count <- orders.count
        orders.rate <- orders.rate
        orders.at <- orders.at
        orders.big <- orders.big
        users.city <- users.city
        sales.n <- orders.count
        sales.o_rate <- orders.rate
        sales.city <- orders.users.city
        sales.o_big <- orders.big
        hidden orders.paid
        hidden orders.total
        hidden orders.user_id
        hidden users.id
        hidden users.zip
    "#]],
    );
}

#[test]
fn a_hidden_measure_is_never_added_up() {
    let model = model(&definitions().to_string(), &meta().to_string(), ALL).unwrap();
    let orders = model.cube("orders").unwrap();
    assert!(orders.measures["paid"].is_multi_stage());
    assert!(orders.measures["total"].is_multi_stage());
    assert!(!orders.measures["rate"].is_multi_stage());
}

#[test]
fn a_dimension_of_something_hidden_elsewhere_may_be_a_sub_query() {
    for (sql, may_be) in
        [("`${users.orders_count}`", true), ("`${users.city}`", false), ("`${hidden} + 1`", false)]
    {
        let meta = with(meta(), "/cubes/0/dimensions/0/sql", json!(sql));
        let model = model(&definitions().to_string(), &meta.to_string(), ALL).unwrap();
        let dimension = &model.cube("orders").unwrap().dimensions["at"];
        assert_eq!(
            (dimension.sub_query, dimension.propagate_filters_to_sub_query),
            (may_be, may_be),
            "{sql}"
        );
    }
}

#[test]
fn views_without_one_way_are_refused() {
    let back = json!([{ "name": "orders", "relationship": "hasMany", "sql": "`true`" }]);
    let mut both = meta();
    both["cubes"][1]["joins"] = back;
    check(
        &definitions(),
        &both,
        expect![
            "/v1/meta?extended: sales: how `orders`, `users` are joined is not told by the API; read the model from its files"
        ],
    );
    let apart = with(meta(), "/cubes/0/joins", json!([]));
    check(
        &definitions(),
        &apart,
        expect![
            "/v1/meta?extended: sales: how `orders`, `users` are joined is not told by the API; read the model from its files"
        ],
    );
    let mut two_ways = meta();
    let join = |to: &str| json!({ "name": to, "relationship": "belongsTo", "sql": "`true`" });
    two_ways["cubes"][0]["joins"].as_array_mut().unwrap().push(join("shops"));
    let shops = json!({ "name": "shops", "type": "cube", "joins": [join("users")] });
    two_ways["cubes"].as_array_mut().unwrap().push(shops);
    check(
        &definitions(),
        &two_ways,
        expect![
            "/v1/meta?extended: sales: how `orders`, `users` are joined is not told by the API; read the model from its files"
        ],
    );
    let unknown = with(meta(), "/cubes/2/dimensions/0/aliasMember", json!("people.city"));
    check(
        &definitions(),
        &unknown,
        expect!["/v1/meta?extended: sales: the cube `people` is not public, and the API says nothing of it"],
    );
    let segment = with(meta(), "/cubes/2/segments/0/name", json!("sales.huge"));
    check(
        &definitions(),
        &segment,
        expect![
            "/v1/meta?extended: sales: the API does not say which segment `huge` is; read the model from its files"
        ],
    );
    let mut alias = meta();
    alias["cubes"][2]["measures"][0].as_object_mut().unwrap().remove("aliasMember");
    check(&definitions(), &alias, expect!["/v1/meta?extended: sales: the API does not say what `n` shows"]);
}

#[test]
fn what_is_not_understood_is_named() {
    check(
        &json!(5),
        &meta(),
        expect![
            "/cubejs-system/v1/pre-aggregations: this is not what Cube's API answers: invalid type: integer `5`, expected struct Definitions at line 1 column 1"
        ],
    );
    check(
        &definitions(),
        &json!({ "error": "Forbidden" }),
        expect![
            "/v1/meta?extended: this is not what Cube's API answers: missing field `cubes` at line 1 column 21"
        ],
    );
    check(
        &definitions(),
        &with(meta(), "/cubes/0/sql", json!("`${table()}`")),
        expect![
            "/v1/meta?extended: orders: `table()` is computed; JavaScript is read here and never run: only references can stand in `${..}`; write its value"
        ],
    );
    check(
        &definitions(),
        &with(meta(), "/cubes/0/sql", json!("`")),
        expect![
            "/v1/meta?extended: orders: ``` is no expression; JavaScript is read here and never run: use the model's files"
        ],
    );
    check(
        &definitions(),
        &with(meta(), "/cubes/0/measures/0/aggType", json!("median")),
        expect![[r#"
        /v1/meta?extended: orders.count: the measure type `median` is not supported
        /v1/meta?extended: sales: cube `orders` has no member `count`"#]],
    );
    check(
        &definitions(),
        &with(meta(), "/cubes/0/dimensions/0/sql", json!("`${a.b.c}`")),
        expect!["/v1/meta?extended: orders.at: `{a.b.c}` names no cube and no member"],
    );
    let odd =
        with(definitions(), "/preAggregations/0/references/timeDimensions/0/granularity", json!("fortnight"));
    check(
        &odd,
        &meta(),
        expect![
            "/v1/meta?extended: orders.main: `fortnight` is no granularity; use second, minute, hour, day, week, month, quarter or year, or one that `orders.at` declares"
        ],
    );
    let odd = with(definitions(), "/preAggregations/0/references/measures/0", json!("nowhere.count"));
    check(&odd, &meta(), expect!["/v1/meta?extended: orders.main: `nowhere.count` names no member"]);
}
