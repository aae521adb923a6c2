//! Answers: orders, limits, and what stands around the rows.

use expect_test::expect;
use serde_json::{Value, json};

use super::{check, data};
use crate::harness::{load, stack};

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
