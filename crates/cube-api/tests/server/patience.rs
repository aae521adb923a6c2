//! Waiting, deadlines and repetition.

use std::time::Duration;

use axum::body::Body;
use cube_api::{Client, Config, Error, ErrorKind};
use futures::StreamExt;
use tokio::time::{Instant, sleep};

use super::{at, by_status, call, continue_wait, load, no_secret, now, pieces, rows, serve, serve_with};

#[tokio::test]
async fn the_identical_request_is_repeated_while_cube_asks_for_patience() {
    let server = serve(|seen| match seen.index {
        0 | 1 => continue_wait(),
        _ => now(200, rows(&[("new", 3)])),
    })
    .await;
    assert_eq!(server.rows(&by_status()).await.unwrap(), ["new | 3"]);
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    for request in &seen {
        assert_eq!(request.path, "/cubejs-api/v1/load");
        assert_eq!(request.query, seen[0].query);
        assert_eq!(request.headers["authorization"], "sentinel.token.of-the-caller");
        assert_eq!(request.headers["x-request-id"], "query-17");
        assert_eq!(request.headers["content-type"], "application/json");
    }
}

#[tokio::test]
async fn patience_ends_at_the_deadline() {
    let server = serve(|_| continue_wait()).await;
    let started = Instant::now();
    let error = server.rows_within(&by_status(), Duration::from_millis(450)).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_millis(700));
    assert!(matches!(error, Error::Timeout { rounds: 3..=5, .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_silent_server_and_a_slow_body_end_at_the_deadline() {
    let silent = serve(|_| {
        Box::pin(async {
            sleep(Duration::from_secs(60)).await;
            now(200, "").await
        })
    })
    .await;
    let slow = serve(|_| {
        let drops = futures::stream::unfold(0, |at| async move {
            sleep(Duration::from_millis(50)).await;
            Some((Ok::<_, std::io::Error>(axum::body::Bytes::from_static(b" ")), at + 1))
        });
        now(200, Body::from_stream(drops))
    })
    .await;
    for server in [silent, slow] {
        let started = Instant::now();
        let error = server.rows_within(&by_status(), Duration::from_millis(300)).await.unwrap_err();
        assert!(matches!(error, Error::Timeout { rounds: 0, .. }), "{error}");
        assert!(started.elapsed() < Duration::from_millis(500));
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn silence_is_noticed_before_the_deadline() {
    let config = Config { silence_timeout: Duration::from_millis(100), retries: 0, ..Config::default() };
    let server = serve_with(config, |_| {
        Box::pin(async {
            sleep(Duration::from_secs(60)).await;
            now(200, "").await
        })
    })
    .await;
    let error = server.error().await;
    assert!(matches!(error, Error::Unreachable { attempts: 1, .. }), "{error}");
}

#[tokio::test]
async fn what_is_overloaded_or_broken_off_is_repeated() {
    for status in [429, 502, 503, 504] {
        let server = serve(move |seen| match seen.index {
            0 => now(status, "<html>try later</html>"),
            _ => now(200, rows(&[("new", 3)])),
        })
        .await;
        assert_eq!(server.rows(&by_status()).await.unwrap(), ["new | 3"], "{status}");
    }
    let server = serve(|seen| match seen.index {
        0 => now(200, pieces(vec![Ok(r#"{"data":{"#), Err(std::io::ErrorKind::BrokenPipe.into())])),
        1 => continue_wait(),
        2 => now(502, ""),
        _ => now(200, rows(&[("new", 3)])),
    })
    .await;
    assert_eq!(server.rows(&by_status()).await.unwrap(), ["new | 3"]);
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn repetition_is_bounded() {
    let server = serve(|_| now(502, "<html>Bad Gateway</html>")).await;
    let error = server.error().await;
    assert!(matches!(error, Error::Unavailable { status: 502, attempts: 3 }), "{error}");
    assert_eq!(server.seen().len(), 3);
    let never = serve_with(Config { retries: 0, ..Config::default() }, |_| now(503, "")).await;
    assert!(matches!(never.error().await, Error::Unavailable { status: 503, attempts: 1 }));
}

#[tokio::test]
async fn a_server_in_trouble_meets_no_storm() {
    let server = serve(|_| now(503, "")).await;
    for _ in 0..60 {
        server.rows(&by_status()).await.unwrap_err();
    }
    // Ten of the reserve, and one per five requests.
    let repeated = server.seen().len() - 60;
    assert!((20..=22).contains(&repeated), "{repeated}");
}

#[tokio::test]
async fn mistakes_are_not_repeated() {
    for (status, body) in [
        (400, r#"{"error":"no"}"#),
        (403, r#"{"error":"Invalid token"}"#),
        (404, ""),
        (500, r#"{"error":"TypeError"}"#),
        (200, "<html></html>"),
    ] {
        let server = serve(move |_| now(status, body)).await;
        server.error().await;
        assert_eq!(server.seen().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn nobody_listens() {
    let address = serve(|_| continue_wait()).await.address;
    let client = Client::new(at(address, Config::default())).unwrap();
    let error = load(&client, &by_status(), Duration::from_secs(5)).next().await.unwrap().unwrap_err();
    no_secret(&error);
    assert!(matches!(error, Error::Unreachable { attempts: 3, .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(client.ready(call(Duration::from_secs(5)).deadline).await.is_err());
}
