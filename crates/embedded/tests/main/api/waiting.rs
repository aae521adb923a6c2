//! Long polling, and what the API does wrong when it is told to.

use std::time::Duration;

use embedded::api::Fault;
use serde_json::{Value, json};

use super::error;
use crate::harness::{load, stack, token};

// On one thread the query may be done before anybody begins to wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_query_is_waited_for_in_turns() {
    let stack = stack(|config| config.cube.continue_wait = Duration::ZERO).await;
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
