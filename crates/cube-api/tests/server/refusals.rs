//! What Cube says no to, and what a proxy says in its place.

use arrow_schema::Schema;
use cube_api::{Config, Error, ErrorKind, translate};
use futures::StreamExt;
use std::{sync::Arc, time::Duration};

use super::{by_status, call, no_secret, now, rows, serve, serve_with};
use crate::build::MODEL;

async fn check(status: u16, body: &'static str, kind: ErrorKind, text: &str) {
    let server = serve_with(Config { retries: 0, ..Config::default() }, move |_| now(status, body)).await;
    let error = server.error().await;
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn refusals() {
    check(
        400,
        r#"{"type":"UserError","error":"'nope' not found for path 'orders.nope'"}"#,
        ErrorKind::User,
        "Cube refused the query: 'nope' not found for path 'orders.nope'",
    )
    .await;
    check(
        403,
        r#"{"error":"Invalid token"}"#,
        ErrorKind::Auth,
        "Cube refused the caller's credential: Invalid token",
    )
    .await;
    check(403, "<html>Forbidden</html>", ErrorKind::Auth, "Cube refused the caller's credential: HTTP 403")
        .await;
    check(
        500,
        r#"{"error":"Error: You requested hidden member: 'users__email'. Please make it visible."}"#,
        ErrorKind::User,
        "Cube refused the query: Error: You requested hidden member: 'users__email'. Please make it visible.",
    )
    .await;
    check(
        500,
        r#"{"error":"TypeError: array?.some is not a function"}"#,
        ErrorKind::Failed,
        "Cube failed with HTTP 500: see the gateway's log",
    )
    .await;
    check(
        502,
        "<html>Bad Gateway</html>",
        ErrorKind::Unavailable,
        "Cube's API is not available: HTTP 502 (tried 1 times)",
    )
    .await;
    check(
        404,
        "<html>Cannot POST</html>",
        ErrorKind::Config,
        "there is no Cube API at the configured address (HTTP 404): check `url` and `base_path`",
    )
    .await;
    check(
        200,
        r#"{"error":"Error: something"}"#,
        ErrorKind::User,
        "Cube refused the query: Error: something",
    )
    .await;
    check(
        200,
        "<!DOCTYPE html><html>login</html>",
        ErrorKind::Malformed,
        "Cube's API sent a malformed answer: it is no JSON object",
    )
    .await;
}

#[tokio::test]
async fn a_redirect_does_not_carry_the_token_away() {
    let server = serve(|_| {
        Box::pin(async {
            let response = axum::response::Response::builder().status(307).header("location", "/elsewhere");
            response.body(axum::body::Body::empty()).unwrap()
        })
    })
    .await;
    assert_eq!(server.error().await.kind(), ErrorKind::Config);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_credential_that_fits_no_header_is_refused_here() {
    let server = serve(|_| now(200, rows(&[]))).await;
    let request = translate(&by_status(), &MODEL).unwrap();
    let schema = request.schema(&MODEL).unwrap();
    let broken = cube_api::Call { credential: "sentinel\n", ..call(Duration::from_secs(1)) };
    let error = server.client.load(&request, schema, broken).next().await.unwrap().unwrap_err();
    no_secret(&error);
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_schema_of_another_request_is_refused() {
    let server = serve(|_| now(200, rows(&[]))).await;
    let request = translate(&by_status(), &MODEL).unwrap();
    let schema = Arc::new(Schema::empty());
    let mut batches = server.client.load(&request, schema, call(Duration::from_secs(1)));
    assert!(matches!(batches.next().await, Some(Err(Error::Schema(_)))));
}
