//! A store that misbehaves costs a query, not the client.

use std::time::Duration;

use cubestore::codec::reply;
use cubestore::{Budget, Client, Config, Error, ErrorKind};
use futures::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;

use super::{ask, echoed, run, until};
use crate::store::{Peer, Store, echo};

#[test]
fn a_request_without_an_answer_times_out() {
    run(async {
        let store = Store::start(Peer::ignore).await;
        let config = Config { request_timeout: Duration::from_millis(200), ..store.config() };
        let client = Client::new(config, Budget::new(1 << 20)).expect("usable settings");
        let error = ask(&client, "a").await.expect_err("no answer");
        assert!(
            matches!(error, Error::Timeout { waited } if waited == Duration::from_millis(200)),
            "{error}"
        );
        assert_eq!(store.upgrades().len(), 1, "pongs came: the socket is good");
    });
}

#[test]
fn a_pong_of_any_kind_is_life() {
    run(async {
        let store = Store::start(|mut peer| async move {
            let request = peer.request().await.expect("a request");
            let done = tokio::time::sleep(Duration::from_millis(700));
            tokio::pin!(done);
            loop {
                tokio::select! {
                    () = &mut done => break,
                    message = peer.socket.next() => match message {
                        // CubeStore's pong is empty whatever the ping held.
                        Some(Ok(Message::Ping(_))) => {
                            peer.socket.send(Message::Pong("".into())).await.expect("the client is there");
                        }
                        Some(Ok(_)) => {}
                        _ => return,
                    },
                }
            }
            peer.send(echo(&request)).await;
            peer.ignore().await;
        })
        .await;
        let config = Config {
            heartbeat: Duration::from_millis(20),
            heartbeat_limit: Duration::from_millis(150),
            ..store.config()
        };
        let client = Client::new(config, Budget::new(1 << 20)).expect("usable settings");
        assert_eq!(ask(&client, "slow").await.expect("an answer"), echoed("slow"));
        assert_eq!(store.upgrades().len(), 1);
    });
}

#[test]
fn a_silent_socket_is_given_up_and_its_queries_are_not() {
    run(async {
        let store = Store::start(|mut peer| async move {
            if peer.number == 0 {
                peer.request().await.expect("a request");
                // Neither reads nor writes: a machine that is gone.
                std::future::pending::<()>().await;
            }
            peer.echo().await;
        })
        .await;
        let config = Config {
            heartbeat: Duration::from_millis(20),
            heartbeat_limit: Duration::from_millis(100),
            ..store.config()
        };
        let client = Client::new(config, Budget::new(1 << 20)).expect("usable settings");
        assert_eq!(ask(&client, "a").await.expect("an answer"), echoed("a"));
        assert_eq!((store.upgrades().len(), store.statements()["a"]), (2, 2));
    });
}

#[test]
fn rubbish_fails_what_waits_and_nothing_after_it() {
    for rubbish in [vec![], vec![0; 64], vec![0xff; 64], b"{\"error\": 1}".to_vec()] {
        run(async move {
            let store = Store::start(move |mut peer| {
                let rubbish = rubbish.clone();
                async move {
                    if peer.number == 0 {
                        peer.request().await.expect("a request");
                        peer.send(rubbish.into()).await;
                    }
                    peer.echo().await;
                }
            })
            .await;
            let client = store.client();
            let error = ask(&client, "a").await.expect_err("rubbish");
            assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
            assert_eq!(ask(&client, "b").await.expect("an answer"), echoed("b"));
            assert_eq!(store.upgrades().len(), 2, "a socket is not used after rubbish");
        });
    }
}

#[test]
fn a_broken_reply_with_an_id_fails_only_its_query() {
    run(async {
        let store = Store::start(|mut peer| async move {
            let request = peer.request().await.expect("a request");
            let id = request.connection_id.clone();
            let data = reply::arrow(request.message_id, id.as_deref(), b"not an Arrow stream", true);
            peer.send(data.expect("it is small")).await;
            peer.echo().await;
        })
        .await;
        let client = store.client();
        assert_eq!(ask(&client, "a").await.expect_err("not Arrow").kind(), ErrorKind::Malformed);
        assert_eq!(ask(&client, "b").await.expect("an answer"), echoed("b"));
        assert_eq!(store.upgrades().len(), 1);
    });
}

#[test]
fn a_text_message_is_no_answer() {
    run(async {
        let store = Store::start(|mut peer| async move {
            if peer.number == 0 {
                peer.request().await.expect("a request");
                peer.socket.send(Message::Text("hello".into())).await.expect("the client is there");
            }
            peer.echo().await;
        })
        .await;
        assert_eq!(ask(&store.client(), "a").await.expect("an answer"), echoed("a"));
        assert_eq!(store.upgrades().len(), 2);
    });
}

#[test]
fn a_server_that_does_not_read_while_it_writes_is_no_trap() {
    run(async {
        let store = Store::start(|mut peer| async move {
            let first = peer.request().await.expect("a request");
            // Like CubeStore: while this is written nothing is read, and the client's next request is larger
            // than what the network buffers hold.
            peer.send(crate::store::large(&first, 32 << 20)).await;
            peer.echo().await;
        })
        .await;
        let client = store.client();
        let long = "y".repeat(12 << 20);
        let (first, second) = tokio::join!(ask(&client, "first"), ask(&client, &long));
        assert!(first.is_ok());
        assert_eq!(second.expect("an answer"), echoed(&long));
        until(|| store.upgrades().len() == 1).await;
    });
}
