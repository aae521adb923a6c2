//! What is refused, with which status and in which words.

use serde_json::{Value, json};

use super::error;
use crate::harness::{load, stack};

async fn check_error(query: Value, status: u16, body: Value) {
    let stack = stack(|_| {}).await;
    assert_eq!(load(&stack, &query).await, (status, body), "{query}");
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
