//! Nothing is left of those who go away: no place, no memory, no socket, no entry among the running queries.

use std::{fs, time::Duration};

use futures::TryStreamExt;
use tokio::task::JoinSet;

use crate::harness::{Client, Gateway, Settings, stacks, token};

const BY_FLAG: &str = "SELECT returnflag, MEASURE(count) AS n FROM sales GROUP BY 1 ORDER BY 1";
/// More rows than a client takes unread.
const MANY: &str = "SELECT a.day, b.day FROM (SELECT shipdate AS day, MEASURE(count) FROM sales GROUP BY 1) AS a \
                    CROSS JOIN (SELECT shipdate AS day, MEASURE(count) FROM sales GROUP BY 1) AS b";
const SESSIONS: usize = 100;
/// Streams that are dropped, and as many that are cancelled, unless `CUBEFLIGHT_STREAMS` asks for more.
const STREAMS: usize = 200;

#[expect(clippy::disallowed_methods, reason = "`make soak` asks for more of the same")]
fn streams() -> usize {
    std::env::var("CUBEFLIGHT_STREAMS").ok().and_then(|streams| streams.parse().ok()).unwrap_or(STREAMS)
}

/// Open files of a process, sockets among them.
fn files(gateway: &Gateway) -> usize {
    fs::read_dir(format!("/proc/{}/fd", gateway.id())).unwrap().count()
}

/// Waits until nothing runs, nothing is reserved and about as many files are open as before.
async fn settled(gateway: &Gateway, before: usize, after: &str) {
    let mut left = (0.0, 0.0, 0.0, 0);
    for _ in 0..200 {
        let metric = async |name: &str| gateway.metric(name, "").await;
        left = (
            metric("cubeflight_queries_running").await,
            metric("cubeflight_memory_reserved_bytes").await,
            metric("cubeflight_flight_runs").await,
            files(gateway),
        );
        if left.0 == 0.0 && left.1 == 0.0 && left.2 == 0.0 && left.3 <= before + 2 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!(
        "after {after}: {} run, {} bytes, {} entries, {} files, of {before} before",
        left.0, left.1, left.2, left.3
    );
}

/// Streams that are left on one connection. This client counts what still arrives for those that it left, and ends the
/// connection when that is much.
const ON_ONE: usize = 50;

async fn each(count: usize, gateway: &Gateway, one: impl AsyncFn(Client)) {
    for begun in (0..count).step_by(ON_ONE) {
        let client = gateway.client().await;
        for _ in begun..count.min(begun + ON_ONE) {
            one(client.clone()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_streams_leave_nothing() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow).with("limits.queued = 1000"));
    // The sockets to the store that are kept open are opened by then.
    let mut first = gateway.client().await;
    first.query(BY_FLAG).await.unwrap();
    first.info(MANY).await.unwrap();
    let before = files(&gateway);
    let streams = streams();

    let mut sessions = JoinSet::new();
    for number in 0..SESSIONS {
        let mut client = gateway.client_with(&token(&format!("user{number}"), 600)).await;
        sessions.spawn(async move { client.query(BY_FLAG).await.unwrap().values.len() });
    }
    assert!(sessions.join_all().await.into_iter().all(|rows| rows == 3));
    settled(&gateway, before, "sessions").await;

    each(streams, &gateway, async |mut client: Client| {
        let info = client.info(MANY).await.unwrap();
        let mut rows = client.sql.do_get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap();
        rows.try_next().await.unwrap();
        // Dropped with nearly everything unread.
    })
    .await;
    settled(&gateway, before, "dropped streams").await;

    each(streams, &gateway, async |mut client: Client| {
        let info = client.info(MANY).await.unwrap();
        let mut rows = client.sql.do_get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap();
        rows.try_next().await.unwrap();
        client.cancel(&info).await.unwrap();
        assert!(rows.try_collect::<Vec<_>>().await.is_err());
    })
    .await;
    settled(&gateway, before, "cancelled streams").await;
    let cancelled = gateway.metric("cubeflight_queries_total", "status=\"cancelled\"").await;
    assert_eq!(cancelled, streams as f64);
    assert_eq!(first.query(BY_FLAG).await.unwrap().values.len(), 3);
    println!(
        "soak: places, bytes, entries and sockets left of {streams} dropped and {streams} cancelled streams = 0"
    );
}
