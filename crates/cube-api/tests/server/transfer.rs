//! Bodies that are too long, cut, garbled, or not wanted any more.

use std::{sync::Arc, time::Duration};

use cube_api::{Config, Error, ErrorKind};
use futures::StreamExt;
use tokio::{sync::Notify, time::timeout};

use super::{by_status, now, pieces, rows, serve, serve_with};

#[tokio::test]
async fn rows_arrive_in_their_order_with_the_announced_schema() {
    let answer = r#"{"data":{"members":["orders.count","orders.status"],"dataset":[["7","z"],[null,"a"],["0",null]]}}"#;
    let server = serve(move |_| now(200, answer)).await;
    assert_eq!(server.rows(&by_status()).await.unwrap(), ["z | 7", "a | 0", "NULL | 0"]);
}

#[tokio::test]
async fn other_members_are_an_error() {
    let answer = r#"{"data":{"members":["orders.count","orders.city"],"dataset":[["7","z"]]}}"#;
    let server = serve(move |_| now(200, answer)).await;
    let error = server.error().await;
    assert!(matches!(error, Error::Columns { .. }), "{error}");
}

#[tokio::test]
async fn a_value_that_does_not_fit_names_its_place() {
    let answer =
        r#"{"data":{"members":["orders.status","orders.count"],"dataset":[["a","1"],["b","sentinel"]]}}"#;
    let server = serve(move |_| now(200, answer)).await;
    let error = server.error().await;
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert_eq!(error.to_string(), "row 1 of column `count` does not fit Int64: it cannot be read as one");
}

#[tokio::test]
async fn a_body_that_ends_early_is_no_answer() {
    let whole = rows(&[("a", 1), ("b", 2)]);
    let cut = whole[..whole.len() - 3].to_owned();
    let server = serve(move |_| now(200, cut.clone())).await;
    assert_eq!(server.error().await.kind(), ErrorKind::Malformed);
    let broken_off = serve_with(Config { retries: 0, ..Config::default() }, |_| {
        now(200, pieces(vec![Ok(r#"{"data":"#), Err(std::io::ErrorKind::BrokenPipe.into())]))
    })
    .await;
    assert_eq!(broken_off.error().await.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn text_is_utf8() {
    let server = serve(|_| {
        let mut body = rows(&[("a", 1)]).into_bytes();
        let at = body.iter().position(|b| *b == b'a').unwrap();
        body[at] = 0xff;
        now(200, body)
    })
    .await;
    let error = server.error().await;
    assert_eq!(error.to_string(), "Cube's API sent a malformed answer: it is not UTF-8");
}

/// One byte more than the limit below, behind what opens an answer.
const FILLED: &str = match std::str::from_utf8(&[b' '; 993]) {
    Ok(spaces) => spaces,
    Err(_) => "",
};

#[tokio::test]
async fn a_body_over_the_limit_is_not_read_to_its_end() {
    let config = || Config { max_response_bytes: 1_000, ..Config::default() };
    let announced = serve_with(config(), |_| now(200, " ".repeat(1_001))).await;
    let endless = serve_with(config(), |_| {
        let spaces =
            futures::stream::repeat_with(|| Ok::<_, std::io::Error>(axum::body::Bytes::from_static(b"  ")));
        now(200, axum::body::Body::from_stream(spaces))
    })
    .await;
    let chunked = serve_with(config(), |_| now(200, pieces(vec![Ok("{\"data\":"), Ok(FILLED)]))).await;
    for server in [announced, endless, chunked] {
        let error = server.error().await;
        assert!(matches!(error, Error::TooLarge { limit: 1_000 }), "{error}");
        assert!(error.to_string().contains("max_response_bytes"));
        assert_eq!(server.seen().len(), 1);
    }
    let fits = serve_with(config(), |_| now(200, format!("{}{}", rows(&[("a", 1)]), " ".repeat(800)))).await;
    assert_eq!(fits.rows(&by_status()).await.unwrap(), ["a | 1"]);
}

/// Says so when the server gives a request up.
struct Given(Arc<Notify>);

impl Drop for Given {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[tokio::test]
async fn dropping_the_rows_ends_the_request() {
    let (arrived, given_up) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (arrive, give_up) = (arrived.clone(), given_up.clone());
    let server = serve(move |_| {
        let (arrive, given) = (arrive.clone(), Given(give_up.clone()));
        Box::pin(async move {
            let _given = given;
            arrive.notify_one();
            tokio::time::sleep(Duration::from_secs(60)).await;
            now(200, "").await
        })
    })
    .await;
    let mut batches = server.batches(&by_status(), Duration::from_secs(60));
    tokio::select! {
        _ = batches.next() => panic!("the server says nothing"),
        () = arrived.notified() => {}
    }
    drop(batches);
    timeout(Duration::from_secs(2), given_up.notified()).await.expect("the request was given up");
}
