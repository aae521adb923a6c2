//! A lost connection does not lose a query, and does not run it twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cubestore::codec::request::Request;
use cubestore::{Budget, Client, Config, ErrorKind, Lane, Query};
use futures::future::join_all;

use super::{ask, echoed, run, until};
use crate::store::{Peer, Store, echo, error};

/// The server's book: which requests it has executed.
type Book = Arc<Mutex<HashMap<(Option<String>, u32), usize>>>;

#[test]
fn after_a_cut_the_identical_bytes_are_sent_under_the_same_ids() {
    run(async {
        let book = Book::default();
        let executed = book.clone();
        let store = Store::start(move |mut peer| {
            let book = book.clone();
            async move {
                let mut requests = Vec::new();
                for _ in 0..3 {
                    let request = peer.request().await.expect("three requests");
                    let key = (request.connection_id.clone(), request.message_id);
                    // Idempotent like CubeStore: a known key only adds a subscriber.
                    book.lock().unwrap().entry(key).or_insert(1);
                    requests.push(request);
                }
                if peer.number == 0 {
                    return;
                }
                for request in &requests {
                    peer.send(echo(request)).await;
                }
                peer.ignore().await;
            }
        })
        .await;
        let client = store.client();
        for answer in join_all(["a", "b", "c"].map(|sql| ask(&client, sql))).await {
            answer.expect("an answer");
        }
        let sent = store.requests();
        assert_eq!(sent.len(), 6);
        assert_eq!(sent[..3], sent[3..]);
        assert_eq!(executed.lock().unwrap().len(), 3, "nothing was executed twice");
    });
}

#[test]
fn an_answered_request_is_not_sent_again() {
    run(async {
        let store = Store::start(|mut peer| async move {
            let first = peer.request().await.expect("a request");
            if peer.number == 0 {
                peer.request().await.expect("another request");
            }
            peer.send(echo(&first)).await;
            if peer.number > 0 {
                peer.ignore().await;
            }
        })
        .await;
        let client = store.client();
        let (a, b) = tokio::join!(ask(&client, "a"), ask(&client, "b"));
        assert_eq!((a.expect("an answer"), b.expect("an answer")), (echoed("a"), echoed("b")));
        assert_eq!(store.statements(), HashMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]));
    });
}

#[test]
fn a_query_that_was_given_up_is_not_sent_again() {
    run(async {
        let store = Store::start(|mut peer| async move {
            let request = peer.request().await.expect("a request");
            if peer.number > 0 {
                peer.send(echo(&request)).await;
                return peer.echo().await;
            }
            peer.request().await.expect("another request");
            tokio::time::sleep(Duration::from_millis(100)).await;
        })
        .await;
        let client = store.client();
        let given_up = tokio::time::timeout(Duration::from_millis(50), ask(&client, "gone"));
        let (gone, stays) = tokio::join!(given_up, ask(&client, "stays"));
        assert!(gone.is_err());
        assert_eq!(stays.expect("an answer"), echoed("stays"));
        assert_eq!(store.statements()["gone"], 1);
    });
}

#[test]
fn a_late_reply_is_thrown_away() {
    run(async {
        let store = Store::start(|mut peer| async move {
            let late = peer.request().await.expect("a request");
            let next = peer.request().await.expect("another request");
            peer.send(echo(&late)).await;
            peer.send(echo(&next)).await;
            peer.echo().await;
        })
        .await;
        let client = store.client();
        let asked = tokio::time::timeout(Duration::from_millis(50), ask(&client, "late")).await;
        assert!(asked.is_err(), "it was dropped before its reply");
        assert_eq!(ask(&client, "next").await.expect("an answer"), echoed("next"));
        assert_eq!(ask(&client, "more").await.expect("an answer"), echoed("more"));
        assert_eq!(store.upgrades().len(), 1, "the socket is not poisoned");
    });
}

#[test]
fn each_close_code_has_its_way_on() {
    for code in [1000, 1013] {
        run(async move {
            let store = Store::start(move |mut peer| async move {
                if peer.number == 0 {
                    peer.request().await.expect("a request");
                    return peer.close(code).await;
                }
                peer.echo().await;
            })
            .await;
            assert_eq!(ask(&store.client(), "a").await.expect("an answer"), echoed("a"), "{code}");
            assert_eq!(store.statements()["a"], 2, "{code}");
        });
    }
}

#[test]
fn a_request_that_is_too_large_fails_alone() {
    run(async {
        let store = Store::start(|mut peer| async move {
            if peer.number == 0 {
                peer.request().await.expect("a request");
                peer.request().await.expect("another request");
                return peer.close(1009).await;
            }
            peer.echo().await;
        })
        .await;
        let client = store.client();
        let long = "x".repeat(100_000);
        let (long, short) = tokio::join!(ask(&client, &long), ask(&client, "short"));
        assert_eq!(long.expect_err("too large").kind(), ErrorKind::TooLarge);
        assert_eq!(short.expect("an answer"), echoed("short"));
    });
}

#[test]
fn a_wrong_connection_ends_the_socket_but_no_other_query() {
    run(async {
        let store = Store::start(|mut peer| async move {
            let first = peer.request().await.expect("a request");
            if peer.number == 0 {
                peer.request().await.expect("another request");
                peer.send(error(&first, "WrongConnection: Request queue is full")).await;
                return;
            }
            peer.send(echo(&first)).await;
            peer.echo().await;
        })
        .await;
        let client = store.client();
        let (first, second) = tokio::join!(ask(&client, "a"), ask(&client, "b"));
        assert_eq!(first.expect_err("refused").kind(), ErrorKind::Unavailable);
        assert_eq!(second.expect("an answer"), echoed("b"));
    });
}

#[test]
fn attempts_are_bounded_and_then_fail_fast() {
    run(async {
        let store = Store::start(|mut peer| async move {
            peer.request().await;
        })
        .await;
        let client = store.client();
        let error = ask(&client, "a").await.expect_err("it is cut every time");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("tried 3 times"), "{error}");
        assert_eq!(store.upgrades().len(), 3);
        ask(&client, "b").await.expect_err("it is cut again");
        assert_eq!(store.upgrades().len(), 4, "one attempt, until something succeeds");
    });
}

#[test]
fn nobody_listens() {
    run(async {
        let store = Store::start(Peer::echo).await;
        let config: Config = store.config();
        drop(store);
        let client = Client::new(config, Budget::new(1 << 20)).expect("usable settings");
        let error = ask(&client, "a").await.expect_err("nobody listens");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(!error.to_string().contains("127.0.0.1"), "{error}");
        assert_eq!(client.capabilities().await.expect_err("nobody").kind(), ErrorKind::Unavailable);
    });
}

#[test]
fn an_idle_socket_is_closed_and_comes_back() {
    run(async {
        let store = Store::start(Peer::echo).await;
        let config = Config { idle_limit: Duration::from_millis(100), ..store.config() };
        let client = Client::new(config, Budget::new(1 << 20)).expect("usable settings");
        assert_eq!(ask(&client, "a").await.expect("an answer"), echoed("a"));
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!(ask(&client, "b").await.expect("an answer"), echoed("b"));
        assert_eq!(store.upgrades().len(), 2);
        assert_eq!(store.statements()["a"], 1);
    });
}

#[test]
fn dropping_the_client_ends_its_answers() {
    run(async {
        let store = Store::start(|mut peer| async move {
            let request = peer.request().await.expect("a request");
            let (id, connection) = (request.message_id, request.connection_id.clone());
            let schema = arrow_schema::Schema::empty();
            let writer = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &schema).expect("a writer");
            let data = writer.into_inner().expect("a stream");
            let reply = cubestore::codec::reply::arrow(id, connection.as_deref(), &data, false);
            peer.send(reply.expect("it is small")).await;
            peer.ignore().await;
        })
        .await;
        let client = store.client();
        let answer = client.query(Query::new("a"), Lane::Small).await.expect("a first message");
        let mut rows = answer.batches(super::shape(vec![]));
        drop(client);
        let error = futures::StreamExt::next(&mut rows).await.expect("an end").expect_err("no more comes");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    });
}

#[test]
fn requests_of_a_connection_have_one_connection_id() {
    run(async {
        let store = Store::start(Peer::echo).await;
        let (one, two) = (store.client(), store.client());
        for client in [&one, &one, &two] {
            ask(client, "a").await.expect("an answer");
        }
        until(|| store.requests().len() == 3).await;
        let ids: Vec<_> = store
            .requests()
            .iter()
            .map(|bytes| Request::decode(bytes).expect("a request"))
            .map(|request| (request.connection_id.expect("it is always sent"), request.message_id))
            .collect();
        assert_eq!((&ids[0].0, ids[0].1, ids[1].1), (&ids[1].0, 1, 2));
        assert_ne!(ids[0].0, ids[2].0);
    });
}
