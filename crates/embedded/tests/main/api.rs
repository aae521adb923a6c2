//! The API's own contract: shapes, limits, orders, errors, tokens, long polling, faults.

use std::time::Duration;

use embedded::{Stack, api::Fault};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::harness::{load, post, stack, token, token_of};

async fn check_error(query: Value, status: u16, body: Value) {
    let stack = stack(|_| {}).await;
    assert_eq!(load(&stack, &query).await, (status, body), "{query}");
}

fn error(text: &str) -> Value {
    json!({ "error": text })
}

fn user_error(text: &str) -> Value {
    json!({ "error": text, "type": "UserError" })
}

#[tokio::test]
async fn errors_of_the_real_server() {
    let count = |with: Value| {
        let mut query = json!({ "measures": ["orders.count"] });
        query.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        query
    };
    for (query, status, body) in [
        (
            json!({}),
            400,
            error(
                "Query should contain either measures, dimensions or timeDimensions with granularities in order to be valid",
            ),
        ),
        (count(json!({ "foo": 1 })), 400, error("Invalid query format: \"foo\" is not allowed")),
        (
            json!({ "measures": ["orders"] }),
            400,
            error(
                "Invalid query format: \"measures[0]\" with value \"orders\" fails to match the required pattern: /^[a-zA-Z0-9_]+\\.[a-zA-Z0-9_]+$/",
            ),
        ),
        (json!({ "measures": "orders.count" }), 500, error("TypeError: array?.some is not a function")),
        (json!({ "measures": ["orders.nope"] }), 400, user_error("'nope' not found for path 'orders.nope'")),
        (
            json!({ "measures": ["nope.count"] }),
            400,
            user_error("Cube 'nope' not found for path 'nope.count'"),
        ),
        (
            json!({ "dimensions": ["orders.nope"] }),
            400,
            user_error("'nope' not found for path 'orders.nope'"),
        ),
        (
            json!({ "measures": ["part.count"], "dimensions": ["orders.orderstatus"] }),
            400,
            user_error("Can't find join path to join 'orders', 'part'"),
        ),
        (
            json!({ "dimensions": ["orders.clerk"], "limit": -1 }),
            400,
            error("Invalid query format: \"limit\" must be greater than or equal to 0"),
        ),
        (
            json!({ "dimensions": ["orders.clerk"], "limit": 50_001 }),
            500,
            error("Error: The query limit has been exceeded."),
        ),
        (
            count(json!({ "order": { "orders.count": "up" } })),
            400,
            error("Invalid query format: \"order.orders.count\" must be one of [asc, desc]"),
        ),
        (
            count(json!({ "cacheMode": "bogus" })),
            400,
            error(
                "Invalid query format: \"cacheMode\" must be one of [stale-if-slow, stale-while-revalidate, must-revalidate, no-cache]",
            ),
        ),
        (
            count(json!({ "filters": [{ "member": "orders.clerk", "operator": "like", "values": ["x"] }] })),
            400,
            error("Invalid query format: \"filters[0]\" does not match any of the allowed types"),
        ),
        (
            count(json!({ "filters": [{ "member": "orders.clerk", "operator": "equals" }] })),
            400,
            error("Values required for filter: {\"member\":\"orders.clerk\",\"operator\":\"equals\"}"),
        ),
        (
            count(
                json!({ "dimensions": ["orders.clerk"], "filters": [{ "or": [{ "member": "orders.count", "operator": "gt", "values": ["6"] }, { "member": "orders.clerk", "operator": "equals", "values": ["x"] }] }] }),
            ),
            400,
            user_error(
                "You cannot use dimension and measure in same condition: {\"or\":[{\"member\":\"orders.count\",\"operator\":\"gt\",\"values\":[\"6\"]},{\"member\":\"orders.clerk\",\"operator\":\"equals\",\"values\":[\"x\"]}]}",
            ),
        ),
        (
            count(
                json!({ "filters": [{ "member": "orders.custkey", "operator": "equals", "values": ["abc"] }] }),
            ),
            400,
            error("Error: invalid input syntax for type numeric: \"abc\""),
        ),
        (
            count(json!({ "timeDimensions": [{ "dimension": "orders.orderdate", "dateRange": "garbage" }] })),
            400,
            error("Can't parse date: 'garbage'"),
        ),
        (
            count(
                json!({ "timeDimensions": [{ "dimension": "orders.orderdate", "granularity": "fortnight" }] }),
            ),
            400,
            user_error("Granularity \"fortnight\" does not exist in dimension orders.orderdate"),
        ),
        (
            count(json!({ "timezone": "Mars/Olympus" })),
            400,
            error("Invalid query format: \"timezone\" must be a valid IANA time zone, got \"Mars/Olympus\""),
        ),
        (
            json!({ "dimensions": ["region.regionkey"] }),
            500,
            error(
                "Error: You requested hidden member: 'region__regionkey'. Please make it visible using `public: true`. Please note primaryKey fields are `public: false` by default: https://cube.dev/docs/schema/reference/joins#setting-a-primary-key.",
            ),
        ),
    ] {
        check_error(query, status, body).await;
    }
}

#[tokio::test]
async fn requests_of_every_shape() {
    let stack = stack(|_| {}).await;
    let client = reqwest::Client::new();
    let url = format!("{}/cubejs-api/v1/load", stack.cube_url());
    let query = json!({ "measures": ["region.count"] });
    let with_query = reqwest::Url::parse_with_params(&url, [("query", query.to_string())]).unwrap();
    let get = client.get(with_query).header("authorization", token());
    let body: Value = get.send().await.unwrap().json().await.unwrap();
    assert_eq!(body["data"], json!([{ "region.count": "5" }]));
    let (_, body) = post(&stack, &json!({ "query": query.to_string() })).await;
    assert_eq!(body["data"], json!([{ "region.count": "5" }]));
    let (_, body) = post(&stack, &json!({ "query": query, "queryType": "multi" })).await;
    assert_eq!(
        (&body["queryType"], &body["results"][0]["data"]),
        (&json!("regularQuery"), &json!([{ "region.count": "5" }]))
    );
    assert_eq!(post(&stack, &query).await, (400, error("Query param is required")));
    let (status, body) = post(&stack, &json!({ "query": query, "cache": "bogus" })).await;
    assert_eq!(
        (status, &body["error"]),
        (
            400,
            &json!(
                "Invalid query format: \"cacheMode\" must be one of [stale-if-slow, stale-while-revalidate, must-revalidate, no-cache]"
            )
        )
    );
    let broken = client.post(&url).header("authorization", token()).body("{\"query\":").send().await.unwrap();
    assert_eq!(broken.status().as_u16(), 500);
    let none = client.get(&url).header("authorization", token()).send().await.unwrap();
    assert_eq!(none.json::<Value>().await.unwrap(), error("Query param is required"));
    let meta = client.post(url.replace("load", "meta")).send().await.unwrap();
    assert_eq!(
        (meta.status().as_u16(), meta.text().await.unwrap().contains("Cannot POST /cubejs-api/v1/meta")),
        (404, true)
    );
}

#[tokio::test]
async fn tokens() {
    let stack = stack(|_| {}).await;
    let ask = |header: Option<(&'static str, String)>| {
        let request = reqwest::Client::new().get(format!("{}/cubejs-api/v1/meta", stack.cube_url()));
        let request = header.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        async move {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.json::<Value>().await.unwrap()["error"].clone())
        }
    };
    let ok = (200, Value::Null);
    let invalid = (403, json!("Invalid token"));
    let missing = (403, json!("Authorization header isn't set"));
    let authorization = |value: String| Some(("authorization", value));
    assert_eq!(ask(None).await, missing);
    assert_eq!(ask(authorization(String::new())).await, missing);
    assert_eq!(ask(authorization(token())).await, ok);
    assert_eq!(ask(authorization(format!("Bearer {}", token()))).await, ok);
    assert_eq!(ask(Some(("x-cube-authorization", token()))).await, ok);
    assert_eq!(ask(authorization("garbage".to_owned())).await, invalid);
    assert_eq!(ask(authorization(token_of(&json!({}), "another secret"))).await, invalid);
    assert_eq!(ask(authorization(token_of(&json!({ "exp": 1_000 }), "secret"))).await, invalid);
    assert_eq!(ask(authorization(token_of(&json!({ "nbf": 99_999_999_999_u64 }), "secret"))).await, invalid);
}

async fn data(stack: &Stack, query: Value) -> Value {
    load(stack, &query).await.1["data"].clone()
}

#[tokio::test]
async fn order_and_limits() {
    let stack = stack(|config| config.cube.default_row_limit = 4).await;
    let flags = json!({ "measures": ["lineitem.count"], "dimensions": ["lineitem.shipmode"] });
    let first = |with: Value| {
        let mut query = flags.clone();
        query.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        query
    };
    let modes = |data: &Value| {
        let rows = data
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["lineitem.shipmode"].as_str().unwrap_or("?").to_owned());
        rows.collect::<Vec<_>>().join(" ")
    };
    for (query, expect) in [
        (first(json!({})), expect!["TRUCK MAIL FOB REG AIR"]),
        (first(json!({ "order": [["lineitem.shipmode", "asc"]] })), expect!["AIR FOB MAIL RAIL"]),
        (first(json!({ "order": { "lineitem.shipmode": "desc" }, "limit": 2 })), expect!["TRUCK SHIP"]),
        (
            first(json!({ "order": [["lineitem.shipmode", "asc"]], "offset": 2, "limit": 2 })),
            expect!["MAIL RAIL"],
        ),
        (json!({ "dimensions": ["lineitem.shipmode"] }), expect!["AIR FOB MAIL RAIL"]),
        (first(json!({ "limit": 0 })), expect![""]),
    ] {
        expect.assert_eq(&modes(&data(&stack, query).await));
    }
    let by_time = json!({ "measures": ["lineitem.count"], "limit": 1,
                          "timeDimensions": [{ "dimension": "lineitem.shipdate", "granularity": "year" }] });
    assert_eq!(data(&stack, by_time).await[0]["lineitem.shipdate.year"], "1992-01-01T00:00:00.000");
    let unordered = data(&stack, first(json!({ "order": [] }))).await;
    assert_eq!(unordered.as_array().unwrap().len(), 4);
    let (_, body) = load(&stack, &first(json!({ "total": true }))).await;
    assert_eq!(body["total"], 7);
}

#[tokio::test]
async fn the_shape_of_an_answer() {
    let stack = stack(|_| {}).await;
    let query = json!({
        "measures": ["lineitem.count", "lineitem.revenue"], "dimensions": ["lineitem.returnflag"], "limit": 1,
        "timeDimensions": [{ "dimension": "lineitem.shipdate", "granularity": "year", "dateRange": ["1994-01-01", "1994-12-31"] }],
        "order": [["lineitem.returnflag", "asc"]],
    });
    let (_, mut body) = load(&stack, &query).await;
    body["lastRefreshTime"] = json!("now");
    check(
        &body,
        expect![[r#"
        {
          "annotation": {
            "dimensions": {
              "lineitem.returnflag": {
                "shortTitle": "Return flag",
                "title": "Line items Return flag",
                "type": "string"
              }
            },
            "measures": {
              "lineitem.count": {
                "drillMembers": [],
                "drillMembersGrouped": {
                  "dimensions": [],
                  "measures": []
                },
                "shortTitle": "Line items",
                "title": "Line items Line items",
                "type": "number"
              },
              "lineitem.revenue": {
                "drillMembers": [],
                "drillMembersGrouped": {
                  "dimensions": [],
                  "measures": []
                },
                "meta": {
                  "arrow_type": "decimal(25,2)"
                },
                "shortTitle": "Revenue",
                "title": "Line items Revenue",
                "type": "number"
              }
            },
            "segments": {},
            "timeDimensions": {
              "lineitem.shipdate": {
                "meta": {
                  "arrow_type": "date32"
                },
                "shortTitle": "Ship date",
                "title": "Line items Ship date",
                "type": "time"
              },
              "lineitem.shipdate.year": {
                "granularity": {
                  "interval": "1 year",
                  "name": "year",
                  "title": "year"
                },
                "meta": {
                  "arrow_type": "date32"
                },
                "shortTitle": "Ship date",
                "title": "Line items Ship date",
                "type": "time"
              }
            }
          },
          "data": [
            {
              "lineitem.count": "4666",
              "lineitem.returnflag": "A",
              "lineitem.revenue": "168267522.31",
              "lineitem.shipdate": "1994-01-01T00:00:00.000",
              "lineitem.shipdate.year": "1994-01-01T00:00:00.000"
            }
          ],
          "dataSource": "default",
          "dbType": "postgres",
          "extDbType": "cubestore",
          "external": false,
          "lastRefreshTime": "now",
          "query": {
            "dimensions": [
              "lineitem.returnflag"
            ],
            "filters": [],
            "limit": 1,
            "measures": [
              "lineitem.count",
              "lineitem.revenue"
            ],
            "order": [
              {
                "desc": false,
                "id": "lineitem.returnflag"
              }
            ],
            "rowLimit": 1,
            "timeDimensions": [
              {
                "dateRange": [
                  "1994-01-01T00:00:00.000",
                  "1994-12-31T23:59:59.999"
                ],
                "dimension": "lineitem.shipdate",
                "granularity": "year"
              }
            ],
            "timezone": "UTC"
          },
          "slowQuery": false
        }"#]],
    );
    let mut compact = query.clone();
    compact["responseFormat"] = json!("compact");
    check(
        &data(&stack, compact).await,
        expect![[r#"
        {
          "dataset": [
            [
              "A",
              "1994-01-01T00:00:00.000",
              "4666",
              "168267522.31",
              "1994-01-01T00:00:00.000"
            ]
          ],
          "members": [
            "lineitem.returnflag",
            "lineitem.shipdate.year",
            "lineitem.count",
            "lineitem.revenue",
            "lineitem.shipdate"
          ]
        }"#]],
    );
}

#[tokio::test]
async fn the_model_as_the_api_tells_it() {
    let stack = stack(|_| {}).await;
    let request = reqwest::Client::new().get(format!("{}/cubejs-api/v1/meta", stack.cube_url()));
    let body: Value = request.header("authorization", token()).send().await.unwrap().json().await.unwrap();
    let tables = body["cubes"].as_array().unwrap();
    let names: Vec<_> =
        tables.iter().map(|t| format!("{} {} {}", t["name"], t["type"], t["connectedComponent"])).collect();
    expect![[r#"
        "lineitem" "cube" 1
        "orders" "cube" 1
        "region" "cube" 1
        "nation" "cube" 1
        "customer_nation" "cube" 1
        "supplier_nation" "cube" 1
        "customer" "cube" 1
        "supplier" "cube" 1
        "part" "cube" 1
        "partsupp" "cube" 1
        "sales" "view" null"#]]
    .assert_eq(&names.join("\n"));
    let table = |name: &str| tables.iter().find(|table| table["name"] == name).unwrap();
    check(
        table("region"),
        expect![[r#"
        {
          "connectedComponent": 1,
          "dimensions": [
            {
              "isVisible": true,
              "name": "region.name",
              "primaryKey": false,
              "public": true,
              "shortTitle": "Region",
              "suggestFilterValues": true,
              "title": "Region Region",
              "type": "string"
            }
          ],
          "folders": [],
          "hierarchies": [],
          "isVisible": true,
          "measures": [
            {
              "aggType": "count",
              "cumulative": false,
              "cumulativeTotal": false,
              "drillMembers": [],
              "drillMembersGrouped": {
                "dimensions": [],
                "measures": []
              },
              "isVisible": true,
              "name": "region.count",
              "public": true,
              "shortTitle": "Count",
              "title": "Region Count",
              "type": "number"
            }
          ],
          "name": "region",
          "nestedFolders": [],
          "public": true,
          "segments": [],
          "title": "Region",
          "type": "cube"
        }"#]],
    );
    let member = |table: &Value, kind: &str, name: &str| {
        table[kind].as_array().unwrap().iter().find(|member| member["name"] == name).unwrap().clone()
    };
    check(
        &member(table("sales"), "measures", "sales.order_value"),
        expect![[r#"
        {
          "aggType": "sum",
          "aliasMember": "orders.total_price",
          "cumulative": false,
          "cumulativeTotal": false,
          "description": "Value of the orders that the line items belong to",
          "drillMembers": [],
          "drillMembersGrouped": {
            "dimensions": [],
            "measures": []
          },
          "isVisible": true,
          "meta": {
            "arrow_type": "decimal(25,2)"
          },
          "name": "sales.order_value",
          "public": true,
          "shortTitle": "Order value",
          "title": "Sales Order value",
          "type": "number"
        }"#]],
    );
    check(
        &member(table("lineitem"), "dimensions", "lineitem.shipdate"),
        expect![[r#"
        {
          "isVisible": true,
          "meta": {
            "arrow_type": "date32"
          },
          "name": "lineitem.shipdate",
          "primaryKey": false,
          "public": true,
          "shortTitle": "Ship date",
          "suggestFilterValues": true,
          "title": "Line items Ship date",
          "type": "time"
        }"#]],
    );
    check(
        &member(table("lineitem"), "segments", "lineitem.late"),
        expect![[r#"
        {
          "isVisible": true,
          "name": "lineitem.late",
          "public": true,
          "shortTitle": "Late",
          "title": "Line items Late"
        }"#]],
    );
}

fn check(value: &Value, expect: Expect) {
    expect.assert_eq(&serde_json::to_string_pretty(value).unwrap());
}

#[tokio::test]
async fn a_slow_query_is_waited_for_in_turns() {
    let stack = stack(|config| config.cube.continue_wait = Duration::from_millis(1)).await;
    let query = json!({ "measures": ["sales.order_value"], "dimensions": ["sales.customer"], "limit": 1 });
    let mut waits = 0;
    let body = loop {
        let (status, body) = load(&stack, &query).await;
        assert_eq!(status, 200);
        if body != error("Continue wait") {
            break body;
        }
        waits += 1;
        assert!(waits < 10_000);
    };
    assert!(waits > 0 && body["data"].as_array().unwrap().len() == 1, "{waits} {body}");
}

#[tokio::test]
async fn faults() {
    let stack = stack(|_| {}).await;
    let query = json!({ "measures": ["region.count"] });
    let raw = || async {
        let url = format!("{}/cubejs-api/v1/load", stack.cube_url());
        let request = reqwest::Client::new().post(url).header("authorization", token());
        let response = request.json(&json!({ "query": query })).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    stack.cube().fault(Fault::ContinueWait, 2);
    assert_eq!(raw().await, (200, "{\"error\":\"Continue wait\"}".to_owned()));
    assert_eq!(raw().await.1, "{\"error\":\"Continue wait\"}");
    stack.cube().fault(Fault::InternalError, 1);
    assert_eq!(raw().await.0, 500);
    stack.cube().fault(Fault::BadGateway, 1);
    let (status, page) = raw().await;
    assert!(status == 502 && page.starts_with("<html>"), "{page}");
    stack.cube().fault(Fault::TruncatedJson, 1);
    let (status, text) = raw().await;
    assert!(status == 200 && serde_json::from_str::<Value>(&text).is_err(), "{text}");
    stack.cube().fault(Fault::Delay(Duration::from_millis(50)), 1);
    assert!(raw().await.1.contains("\"region.count\":\"5\""));
    assert_eq!(stack.cube().requests(), 6);
    assert_eq!(stack.cube().queries()[0], query.to_string());
}

#[tokio::test]
async fn probes() {
    let stack = stack(|_| {}).await;
    for path in ["readyz", "livez"] {
        let body = reqwest::get(format!("{}/{path}", stack.cube_url()))
            .await
            .unwrap()
            .json::<Value>()
            .await
            .unwrap();
        assert_eq!(body, json!({ "health": "HEALTH" }));
    }
}
