//! No message is read before there is memory for it.

use std::time::Duration;

use bytes::Bytes;
use cubestore::codec::request::Request;
use cubestore::{Budget, ByteSize, Client, Config, Error, ErrorKind, Lane, Query};
use futures::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::{ask, ask_in, echoed, run, text, until};
use crate::store::{Peer, ROW, Store, echo, large};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Answers `large N` with about N KiB and everything else with itself.
async fn sized(mut peer: Peer) {
    while let Some(request) = peer.request().await {
        let reply = reply(&request);
        peer.send(reply).await;
    }
}

fn reply(request: &Request) -> Bytes {
    match request.query.sql.strip_prefix("large ") {
        Some(size) => large(request, size.parse::<usize>().expect("a size") * KIB),
        None => echo(request),
    }
}

fn client(store: &Store, budget: &Budget, change: impl FnOnce(&mut Config)) -> Client {
    let mut config = store.config();
    change(&mut config);
    Client::new(config, budget.clone()).expect("usable settings")
}

#[test]
fn a_message_holds_its_length_until_its_rows_are_out() {
    run(async {
        let store = Store::start(sized).await;
        let budget = Budget::new(4 * MIB);
        let client = client(&store, &budget, |config| config.decode_parallelism = 1.try_into().ok());
        let answer = client.query(Query::new("large 3000"), Lane::Large).await.expect("an answer");
        let len = reply(&Request::decode(&store.requests()[0]).expect("a request")).len();
        assert_eq!(budget.used(), len);
        let mut rows = answer.batches(text());
        let first = rows.next().await.expect("rows").expect("rows");
        assert!(first.num_rows() > 0 && budget.used() == len);
        while let Some(batch) = rows.next().await {
            batch.expect("rows");
        }
        until(|| budget.used() == 0).await;

        let answer = client.query(Query::new("large 3000"), Lane::Large).await.expect("an answer");
        drop(answer);
        until(|| budget.used() == 0).await;
        let answer = client.query(Query::new("large 3000"), Lane::Large).await.expect("an answer");
        let mut rows = answer.batches(text());
        rows.next().await.expect("rows").expect("rows");
        drop(rows);
        until(|| budget.used() == 0).await;
    });
}

#[test]
fn a_message_waits_for_memory_and_the_heartbeat_waits_with_it() {
    run(async {
        let store = Store::start(sized).await;
        let budget = Budget::new(4 * MIB);
        let impatient = |config: &mut Config| {
            config.heartbeat = Duration::from_millis(20);
            config.heartbeat_limit = Duration::from_millis(100);
        };
        let client = client(&store, &budget, impatient);
        let held = budget.try_reserve(3 * MIB).expect("it is free");
        let mut waiting = Box::pin(ask(&client, "large 2000"));
        let early = tokio::time::timeout(Duration::from_millis(600), &mut waiting).await;
        assert!(early.is_err(), "there is no memory for it");
        assert_eq!(budget.used(), 3 * MIB, "nothing of it was let in");
        drop(held);
        assert_eq!(waiting.await.expect("an answer").len(), 2000 * KIB / ROW);
        assert_eq!(store.upgrades().len(), 1, "the heartbeat did not kill the socket");
    });
}

#[test]
fn waiting_for_memory_ends_and_only_that_query_fails() {
    run(async {
        let store = Store::start(|mut peer| async move {
            let mut requests = Vec::new();
            for _ in 0..if peer.number == 0 { 2 } else { 1 } {
                requests.push(peer.request().await.expect("a request"));
            }
            requests.sort_by_key(|request| !request.query.sql.starts_with("large"));
            for request in requests {
                peer.send(reply(&request)).await;
            }
            peer.ignore().await;
        })
        .await;
        let budget = Budget::new(4 * MIB);
        let client = client(&store, &budget, |config| config.memory_wait = Duration::from_millis(100));
        let _held = budget.try_reserve(3 * MIB).expect("it is free");
        let (large, small) = tokio::join!(ask(&client, "large 2000"), ask(&client, "small"));
        let error = large.expect_err("no memory for it");
        assert!(matches!(error, Error::Exhausted { limit, .. } if limit == 4 * MIB), "{error}");
        assert_eq!(small.expect("an answer"), echoed("small"));
        let sent = store.statements();
        assert_eq!((sent["large 2000"], sent["small"]), (1, 2), "the failed one was not asked again");
    });
}

#[test]
fn a_message_over_the_limit_fails_only_its_own_query() {
    run(async {
        let store = Store::start(|mut peer| async move {
            let mut requests = Vec::new();
            for _ in 0..if peer.number == 0 { 3 } else { 2 } {
                requests.push(peer.request().await.expect("a request"));
            }
            requests.sort_by_key(|request| !request.query.sql.starts_with("large"));
            for request in requests {
                peer.send(reply(&request)).await;
            }
            peer.ignore().await;
        })
        .await;
        let budget = Budget::new(64 * MIB);
        let client = client(&store, &budget, |config| config.max_store_message = ByteSize(MIB as u64));
        let (a, large, b) = tokio::join!(ask(&client, "a"), ask(&client, "large 2000"), ask(&client, "b"));
        let error = large.expect_err("over the limit");
        assert!(matches!(error, Error::MessageTooLarge { bytes, limit } if bytes > limit), "{error}");
        assert!(error.to_string().contains("`max_store_message` = 1048576"), "{error}");
        assert_eq!((a.expect("an answer"), b.expect("an answer")), (echoed("a"), echoed("b")));
        let sent = store.statements();
        assert_eq!((sent["a"], sent["large 2000"], sent["b"]), (2, 1, 2));
        until(|| budget.used() == 0).await;
    });
}

#[test]
fn a_message_over_the_limit_that_nobody_can_claim_fails_all() {
    run(async {
        let store = Store::start(|mut peer| async move {
            if peer.number == 0 {
                peer.request().await.expect("a request");
                peer.request().await.expect("another request");
                peer.send(vec![0xff; 2 * MIB].into()).await;
            }
            peer.echo().await;
        })
        .await;
        let client =
            client(&store, &Budget::new(64 * MIB), |config| config.max_store_message = ByteSize(MIB as u64));
        let (a, b) = tokio::join!(ask(&client, "a"), ask(&client, "b"));
        for answer in [a, b] {
            assert_eq!(answer.expect_err("over the limit").kind(), ErrorKind::TooLarge);
        }
        assert_eq!(ask(&client, "c").await.expect("an answer"), echoed("c"));
    });
}

#[test]
fn a_message_larger_than_the_whole_budget_fails_at_once() {
    run(async {
        let store = Store::start(sized).await;
        let client = client(&store, &Budget::new(MIB), |_| {});
        let error = ask(&client, "large 2000").await.expect_err("it never fits");
        assert!(matches!(error, Error::OverBudget { .. }), "{error}");
        assert_eq!(ask(&client, "small").await.expect("an answer"), echoed("small"));
    });
}

/// Sends a message in parts, which no CubeStore does but every WebSocket may.
async fn in_parts(peer: &mut Peer, message: &Bytes, parts: usize) {
    let size = message.len().div_ceil(parts);
    let last = message.len().div_ceil(size) - 1;
    for (number, part) in message.chunks(size).enumerate() {
        let opcode = if number == 0 { Data::Binary } else { Data::Continue };
        let frame = Frame::message(part.to_vec(), OpCode::Data(opcode), number == last);
        let _ = peer.socket.send(Message::Frame(frame)).await;
    }
}

#[test]
fn a_message_in_parts_is_weighed_as_a_whole() {
    run(async {
        let store = Store::start(|mut peer| async move {
            while let Some(request) = peer.request().await {
                in_parts(&mut peer, &reply(&request), 3).await;
            }
        })
        .await;
        let budget = Budget::new(64 * MIB);
        let client = client(&store, &budget, |config| config.max_store_message = ByteSize(MIB as u64));
        let answer = client.query(Query::new("large 900"), Lane::Small).await.expect("an answer");
        let len = reply(&Request::decode(&store.requests()[0]).expect("a request")).len();
        assert_eq!(budget.used(), len);
        drop(answer);
        let error = ask(&client, "large 1500").await.expect_err("over the limit together");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(ask(&client, "small").await.expect("an answer"), echoed("small"));
        until(|| budget.used() == 0).await;
    });
}

#[test]
fn a_late_message_costs_no_memory() {
    run(async {
        let store = Store::start(|mut peer| async move {
            let late = peer.request().await.expect("a request");
            let next = peer.request().await.expect("another request");
            peer.send(large(&late, 8 * MIB)).await;
            peer.send(echo(&next)).await;
            peer.echo().await;
        })
        .await;
        // It is over the limit and larger than the whole budget, and that does not matter.
        let budget = Budget::new(MIB);
        let client = client(&store, &budget, |config| config.max_store_message = ByteSize(2 * MIB as u64));
        assert!(tokio::time::timeout(Duration::from_millis(50), ask(&client, "late")).await.is_err());
        assert_eq!(ask(&client, "next").await.expect("an answer"), echoed("next"));
        assert_eq!(store.upgrades().len(), 1);
        until(|| budget.used() == 0).await;
    });
}

#[test]
fn a_query_that_is_given_up_does_not_block_its_socket() {
    run(async {
        let store = Store::start(sized).await;
        let budget = Budget::new(4 * MIB);
        let client = client(&store, &budget, |config| config.memory_wait = Duration::from_secs(30));
        let _held = budget.try_reserve(3 * MIB).expect("it is free");
        let large = tokio::time::timeout(Duration::from_millis(100), ask(&client, "large 2000")).await;
        assert!(large.is_err(), "its answer waits for memory");
        assert_eq!(ask(&client, "small").await.expect("an answer"), echoed("small"));
        assert_eq!(store.upgrades().len(), 1);
    });
}

#[test]
fn a_small_message_does_not_queue_behind_a_large_one() {
    run(async {
        let store = Store::start(sized).await;
        let budget = Budget::new(4 * MIB);
        let client = client(&store, &budget, |_| {});
        let held = budget.try_reserve(3 * MIB).expect("it is free");
        let mut large = Box::pin(ask_in(&client, "large 2000", Lane::Large));
        let waits = tokio::time::timeout(Duration::from_millis(200), &mut large).await;
        assert!(waits.is_err(), "there is no memory for it");
        let small = tokio::time::timeout(Duration::from_secs(2), ask(&client, "small")).await;
        assert_eq!(small.expect("it does not wait").expect("an answer"), echoed("small"));
        drop(held);
        large.await.expect("an answer");
    });
}
