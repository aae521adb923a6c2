//! What a caller may see, and whether the server is ready.

use std::time::Duration;

use cube_api::{Config, ErrorKind};

use super::{call, no_secret, now, serve, serve_with};
use crate::build::member;

#[tokio::test]
async fn members_that_cube_shows_are_visible() {
    let meta = r#"{"cubes":[
        {"name":"orders","measures":[{"name":"orders.count","isVisible":true},{"name":"orders.total","isVisible":false}],
         "dimensions":[{"name":"orders.status"}],"segments":[{"name":"orders.big","isVisible":true}],"folders":[]},
        {"name":"sales","type":"view","measures":[],"dimensions":[{"name":"sales.country"},{"name":"not a name"}]}]}"#;
    let server = serve(move |_| now(200, meta)).await;
    let visible = server.client.visible_members(call(Duration::from_secs(5))).await.unwrap();
    let mut names: Vec<_> = visible.iter().map(ToString::to_string).collect();
    names.sort();
    assert_eq!(names, ["orders.big", "orders.count", "orders.status", "sales.country"]);
    assert!(!visible.contains(&member("orders.total")));
    let seen = &server.seen()[0];
    assert_eq!(seen.path, "/cubejs-api/v1/meta");
    assert_eq!(seen.headers["authorization"], "sentinel.token.of-the-caller");
}

#[tokio::test]
async fn a_model_that_cannot_be_read_hides_nothing_by_accident() {
    for (status, body, kind) in [
        (200, r#"{"cubes":[{"measures":[{}]}]}"#, ErrorKind::Malformed),
        (200, r#"{"compilerId":"x"}"#, ErrorKind::Malformed),
        (403, r#"{"error":"API scope is missing: meta"}"#, ErrorKind::Auth),
    ] {
        let server = serve(move |_| now(status, body)).await;
        let error = server.client.visible_members(call(Duration::from_secs(5))).await.unwrap_err();
        no_secret(&error);
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn readiness() {
    for (status, body, kind) in [
        (200, r#"{"health":"HEALTH"}"#, None),
        (500, r#"{"health":"DOWN"}"#, Some(ErrorKind::Unavailable)),
        (503, "", Some(ErrorKind::Unavailable)),
        (404, "", Some(ErrorKind::Config)),
    ] {
        let server = serve_with(Config::default(), move |_| now(status, body)).await;
        let outcome = server.client.ready(call(Duration::from_secs(5)).deadline).await;
        assert_eq!(outcome.err().map(|error| error.kind()), kind, "{status}");
        let seen = &server.seen()[0];
        assert_eq!(seen.path, "/readyz");
        assert!(!seen.headers.contains_key("authorization"));
    }
}
