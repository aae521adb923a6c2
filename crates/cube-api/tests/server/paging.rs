//! Pages: all rows, each once.

use std::{num::NonZeroU32, time::Duration};

use cube_api::{Config, Error, ErrorKind, NoOrder};
use futures::StreamExt;
use semantic::{Filter, SemanticQuery};
use serde_json::json;

use super::{Seen, Server, by_status, now, rows, serve, serve_with};
use crate::build::{descending, grouped, ungrouped};

const TABLE: [(&str, u64); 5] = [("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5)];

fn pages_of(size: u32) -> Config {
    Config { row_page_size: NonZeroU32::new(size).unwrap(), ..Config::default() }
}

fn page(seen: &Seen, table: &[(&str, u64)]) -> String {
    let (limit, offset) = seen.page();
    let rest = table.get(offset as usize..).unwrap_or_default();
    rows(&rest[..rest.len().min(limit as usize)])
}

async fn server_of(size: u32, table: &'static [(&'static str, u64)]) -> Server {
    serve_with(pages_of(size), move |seen| now(200, page(&seen, table))).await
}

fn asked(server: &Server) -> Vec<(u64, u64)> {
    server.seen().iter().map(Seen::page).collect()
}

#[tokio::test]
async fn pages_are_asked_for_until_one_is_short() {
    for (size, expected) in [
        (2, vec![(2, 0), (2, 2), (2, 4)]),
        (3, vec![(3, 0), (3, 3)]),
        (5, vec![(5, 0), (5, 5)]),
        (6, vec![(6, 0)]),
        (1, vec![(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5)]),
    ] {
        let server = server_of(size, &TABLE).await;
        assert_eq!(server.rows(&by_status()).await.unwrap(), ["a | 1", "b | 2", "c | 3", "d | 4", "e | 5"]);
        assert_eq!(asked(&server), expected);
        assert_eq!(server.seen()[0].query["order"], json!([["orders.status", "asc"]]));
    }
}

#[tokio::test]
async fn a_cut_below_needs_no_page_behind_it() {
    let cut = |limit, offset| SemanticQuery {
        order: vec![descending(1)],
        limit: Some(limit),
        offset,
        ..by_status()
    };
    for (query, expected) in [
        (cut(3, 0), vec![(2, 0), (1, 2)]),
        (cut(2, 1), vec![(2, 1)]),
        (cut(4, 0), vec![(2, 0), (2, 2)]),
        (cut(9, 2), vec![(2, 2), (2, 4)]),
    ] {
        let server = server_of(2, &TABLE).await;
        let count = server.rows(&query).await.unwrap().len() as u64;
        assert_eq!(count, query.limit.unwrap().min(5 - query.offset));
        assert_eq!(asked(&server), expected);
    }
}

#[tokio::test]
async fn a_page_is_fetched_when_it_is_wanted() {
    let server = server_of(2, &TABLE).await;
    let mut batches = server.batches(&by_status(), Duration::from_secs(5));
    assert_eq!(server.seen().len(), 0);
    for expected in [1, 2] {
        batches.next().await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(server.seen().len(), expected);
    }
}

#[tokio::test]
async fn an_error_on_a_later_page_follows_the_rows_and_ends_the_stream() {
    let server = serve_with(pages_of(2), |seen| match seen.index {
        0 => now(200, page(&seen, &TABLE)),
        _ => now(400, r#"{"error":"gone"}"#),
    })
    .await;
    let mut batches = server.batches(&by_status(), Duration::from_secs(5));
    assert_eq!(batches.next().await.unwrap().unwrap().num_rows(), 2);
    assert_eq!(batches.next().await.unwrap().unwrap_err().kind(), ErrorKind::User);
    assert!(batches.next().await.is_none());
}

#[tokio::test]
async fn a_later_page_is_repeated_like_the_first() {
    let server = serve_with(pages_of(2), |seen| match seen.index {
        1 => now(503, ""),
        _ => now(200, page(&seen, &TABLE)),
    })
    .await;
    assert_eq!(server.rows(&by_status()).await.unwrap().len(), 5);
    assert_eq!(asked(&server), [(2, 0), (2, 2), (2, 2), (2, 4)]);
}

#[tokio::test]
async fn more_rows_than_asked_for_are_an_error() {
    let server = serve_with(pages_of(2), |_| now(200, rows(&TABLE))).await;
    let error = server.error().await;
    assert!(matches!(error, Error::PageOverrun { asked: 2 }), "{error}");
    assert!(error.to_string().contains("row_page_size"));
}

#[tokio::test]
async fn a_limit_that_cube_refuses_names_the_setting() {
    let server = serve(|_| now(500, r#"{"error":"Error: The query limit has been exceeded."}"#)).await;
    let error = server.error().await;
    assert!(matches!(error, Error::PageRefused), "{error}");
    assert!(error.to_string().contains("row_page_size"));
}

#[tokio::test]
async fn a_limit_that_cube_lowers_is_an_error_and_not_the_end() {
    for key in ["limit", "rowLimit"] {
        let server = serve_with(pages_of(2), move |seen| {
            let answer = page(&seen, &TABLE);
            now(200, answer.replacen('{', &format!(r#"{{"query":{{"{key}":1}},"#), 1))
        })
        .await;
        let error = server.error().await;
        assert!(matches!(error, Error::Rewritten { what: "limit", .. }), "{error}");
    }
}

#[tokio::test]
async fn ungrouped_rows_without_a_key_fit_one_page_or_fail() {
    let answer = |seen: &Seen, count: usize| {
        let (limit, offset) = seen.page();
        let left = count.saturating_sub(offset as usize).min(limit as usize);
        json!({"data": {"members": ["orders.city"], "dataset": vec![["Ulm"]; left]}}).to_string()
    };
    let city = ungrouped("city");
    for (count, expected) in [(1, vec![(2, 0)]), (2, vec![(2, 0), (1, 2)])] {
        let server = serve_with(pages_of(2), move |seen| now(200, answer(&seen, count))).await;
        assert_eq!(server.rows(&city).await.unwrap().len(), count);
        assert_eq!(asked(&server), expected);
    }
    let server = serve_with(pages_of(2), move |seen| now(200, answer(&seen, 3))).await;
    let error = server.rows(&city).await.unwrap_err();
    assert!(matches!(error, Error::Unordered { rows: 2, reason: NoOrder::NoUniqueKey }), "{error}");
    assert!(error.to_string().contains("primary key"));
    let cut = SemanticQuery { limit: Some(2), ..city };
    assert_eq!(server.rows(&cut).await.unwrap().len(), 2);
}

#[tokio::test]
async fn nothing_is_asked_for_what_is_known_to_be_empty() {
    let server = server_of(2, &TABLE).await;
    for query in [
        SemanticQuery { limit: Some(0), ..by_status() },
        SemanticQuery { filter: Filter::never(), ..grouped("status count") },
    ] {
        assert_eq!(server.rows(&query).await.unwrap().len(), 0);
    }
    assert_eq!(server.seen().len(), 0);
}
