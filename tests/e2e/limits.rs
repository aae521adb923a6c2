//! How much is done at once, and for how long.

use std::time::{Duration, Instant};

use embedded::store::Fault;
use tonic::Code;

use crate::harness::{Gateway, Settings, Wire, own_stack, stacks};

const BY_FLAG: &str = "SELECT returnflag, MEASURE(count) AS n FROM sales GROUP BY 1 ORDER BY 1";
const LARGE: &str = "SELECT shipdate, returnflag, linestatus, MEASURE(count) FROM sales GROUP BY 1, 2, 3";

#[tokio::test(flavor = "multi_thread")]
async fn a_query_ends_with_its_callers_patience() {
    let stack = own_stack(Wire::Arrow);
    let gateway = Gateway::start(&Settings::rollups(&stack));
    let mut client = gateway.client().await;
    assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
    stack.store().fault(Fault::Delay(Duration::from_secs(60)), 1);
    let mut hurried = client.clone();
    hurried.sql.set_header("grpc-timeout", "400m");
    let started = Instant::now();
    let (code, text) = hurried.query(BY_FLAG).await.unwrap_err();
    // Client and gateway count alike, and the client's transport may be the first.
    assert!([Code::DeadlineExceeded, Code::Cancelled].contains(&code), "{code:?} {text}");
    assert!(started.elapsed() < Duration::from_secs(20));
    assert_eq!(gateway.metric("cubeflight_queries_running", "").await, 0.0);
    assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_ends_with_the_gateways_patience() {
    let stack = own_stack(Wire::Old);
    let gateway = Gateway::start(&Settings::rollups(&stack).with("limits.query_timeout = \"400ms\""));
    let mut client = gateway.client().await;
    stack.store().fault(Fault::Delay(Duration::from_secs(60)), 1);
    let (code, text) = client.query(BY_FLAG).await.unwrap_err();
    assert_eq!((code, &*text), (Code::DeadlineExceeded, "the query did not finish within its 400.0ms"));
    assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_wait_for_their_turn_and_too_many_are_refused() {
    let stack = own_stack(Wire::Arrow);
    let limits = "limits.running = 1\nlimits.queued = 1";
    let gateway = Gateway::start(&Settings::rollups(&stack).with(limits));
    let client = gateway.client().await;
    assert_eq!(client.clone().query(BY_FLAG).await.unwrap().values.len(), 3);
    stack.store().fault(Fault::Delay(Duration::from_secs(2)), 1);
    let later = async |millis| {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        client.clone().query(BY_FLAG).await
    };
    let (running, waiting, refused) = tokio::join!(later(0), later(400), later(800));
    assert_eq!(running.unwrap().values.len(), 3);
    assert_eq!(waiting.unwrap().values.len(), 3);
    let (code, text) = refused.unwrap_err();
    assert_eq!((code, &*text), (Code::ResourceExhausted, "1 queries run and 1 wait; try again later"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_leaves_nothing_behind() {
    let stack = own_stack(Wire::Arrow);
    let gateway = Gateway::start(&Settings::rollups(&stack).with("limits.running = 1\nlimits.queued = 0"));
    let client = gateway.client().await;
    stack.store().fault(Fault::Delay(Duration::from_secs(60)), 1);
    let mut gone = client.clone();
    let left = tokio::time::timeout(Duration::from_millis(500), gone.query(BY_FLAG)).await;
    assert!(left.is_err(), "it was not waiting");
    // The only place is free again, long before the store answers.
    let mut rows = client.clone().query(BY_FLAG).await;
    for _ in 0..50 {
        if rows.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        rows = client.clone().query(BY_FLAG).await;
    }
    assert_eq!(rows.unwrap().values.len(), 3);
    assert_eq!(gateway.metric("cubeflight_memory_reserved_bytes", "").await, 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_shared_and_has_an_end() {
    for wire in [Wire::Old, Wire::Arrow] {
        let limits = "limits.memory = \"64 KiB\"\nstore.memory_wait = \"200ms\"";
        let mut gateway = Gateway::start(&Settings::rollups(stacks().of(wire)).with(limits));
        let mut client = gateway.client().await;
        for sql in [LARGE, &format!("SELECT DISTINCT n FROM ({LARGE}) AS q (a, b, c, n) ORDER BY n")] {
            let (code, text) = client.query(sql).await.unwrap_err();
            assert_eq!(code, Code::ResourceExhausted, "{wire:?}: {text}");
            assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
        }
        assert!(gateway.lives());
    }
}
