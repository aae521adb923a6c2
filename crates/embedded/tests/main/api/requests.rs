//! Ways to ask, tokens, and probes.

use serde_json::{Value, json};

use super::error;
use crate::harness::{post, stack, token, token_of};

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

#[tokio::test]
async fn without_a_secret_nobody_may_ask() {
    let stack = stack(|config| config.cube.secret = cubestore::Secret::new("")).await;
    let request = reqwest::Client::new().get(format!("{}/cubejs-api/v1/meta", stack.cube_url()));
    let response = request.header("authorization", token_of(&json!({}), "")).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 403);
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
