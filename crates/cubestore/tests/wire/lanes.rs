//! Large answers do not stand in the way of small ones.

use std::time::Duration;

use cubestore::Lane;

use super::{ask, ask_in, echoed, run};
use crate::store::{Store, echo};

#[test]
fn a_small_query_does_not_wait_for_a_large_answer() {
    run(async {
        let store = Store::start(|mut peer| async move {
            while let Some(request) = peer.request().await {
                if request.query.sql == "large" {
                    // The whole socket is busy with it.
                    tokio::time::sleep(Duration::from_millis(800)).await;
                }
                peer.send(echo(&request)).await;
            }
        })
        .await;
        let client = store.client();
        let large = ask_in(&client, "large", Lane::Large);
        let small = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            tokio::time::timeout(Duration::from_millis(400), ask(&client, "small")).await
        };
        let (large, small) = tokio::join!(large, small);
        assert_eq!(small.expect("it does not wait").expect("an answer"), echoed("small"));
        assert_eq!(large.expect("an answer"), echoed("large"));
    });
}
