//! The data model as the API tells it.

use expect_test::expect;
use serde_json::Value;

use super::check;
use crate::harness::{stack, token};

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
