//! Stopping queries, and keeping tickets for longer.

use std::time::Duration;

use arrow_flight::{
    CancelStatus, FlightEndpoint, PollInfo, RenewFlightEndpointRequest,
    sql::{ActionCancelQueryRequest, ActionCancelQueryResult, Any, CommandStatementQuery, ProstMessageExt},
};
use embedded::store::Fault;
use futures::TryStreamExt;
use prost::Message;
use tokio::task::JoinSet;
use tonic::Code;

use crate::harness::{Gateway, Settings, Wire, own_stack, said, stacks, token};

const KEY: &str = "auth.keys = [\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"]";
const BY_FLAG: &str = "SELECT returnflag, MEASURE(count) AS n FROM sales GROUP BY 1 ORDER BY 1";
/// More rows than a client takes unread.
const MANY: &str = "SELECT a.day, b.day FROM (SELECT shipdate AS day, MEASURE(count) FROM sales GROUP BY 1) AS a \
                    CROSS JOIN (SELECT shipdate AS day, MEASURE(count) FROM sales GROUP BY 1) AS b";

async fn soon_zero(gateway: &Gateway, metric: &str) {
    for _ in 0..100 {
        if gateway.metric(metric, "").await == 0.0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{metric} is still {}", gateway.metric(metric, "").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_waits_for_the_store_is_stopped_by_its_owner_alone() {
    let stack = own_stack(Wire::Arrow);
    let settings = Settings::rollups(&stack).with(KEY).with("limits.running = 1\nlimits.queued = 0");
    let (gateway, other) = (Gateway::start(&settings), Gateway::start(&settings));
    let mut ann = gateway.client_with(&token("ann", 600)).await;
    assert_eq!(ann.query(BY_FLAG).await.unwrap().values.len(), 3);
    let info = ann.info(BY_FLAG).await.unwrap();
    let not = CancelStatus::NotCancellable as i32;
    assert_eq!(ann.cancel(&info).await, Ok(not), "it has not begun");

    stack.store().fault(Fault::Delay(Duration::from_secs(60)), 1);
    let mut running = ann.clone();
    let mut tasks = JoinSet::new();
    let asked = info.clone();
    tasks.spawn(async move { running.read(asked).await });
    for _ in 0..100 {
        if gateway.metric("cubeflight_queries_running", "").await == 1.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut bob = gateway.client_with(&token("bob", 600)).await;
    assert_eq!(bob.cancel(&info).await, Err(Code::NotFound), "it is not bob's");
    let mut elsewhere = other.client_with(&token("ann", 600)).await;
    assert_eq!(elsewhere.cancel(&info).await, Ok(not), "it does not run there");
    assert_eq!(gateway.metric("cubeflight_queries_running", "").await, 1.0);

    assert_eq!(ann.cancel(&info).await, Ok(CancelStatus::Cancelled as i32));
    let (code, text) = tasks.join_next().await.unwrap().unwrap().unwrap_err();
    assert_eq!((code, &*text), (Code::Cancelled, "the query was cancelled"));
    soon_zero(&gateway, "cubeflight_queries_running").await;
    assert_eq!(ann.cancel(&info).await, Ok(not), "it is over");
    // Its ticket is still good.
    assert_eq!(ann.read(info).await.unwrap().values.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_nobody_reads_is_stopped_too() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let mut client = gateway.client().await;
    let info = client.info(MANY).await.unwrap();
    let mut stream = client.sql.do_get(info.endpoint[0].ticket.clone().unwrap()).await.map_err(said).unwrap();
    stream.try_next().await.map_err(said).unwrap();
    assert_eq!(gateway.metric("cubeflight_queries_running", "").await, 1.0);
    let request = ActionCancelQueryRequest { info: info.encode_to_vec().into() };
    let (_, body) = client.act("CancelQuery", request.as_any().encode_to_vec()).await.unwrap();
    let result: ActionCancelQueryResult = Any::decode(body).unwrap().unpack().unwrap().unwrap();
    assert_eq!(result.result, CancelStatus::Cancelled as i32);
    // The stream was not read meanwhile: its place and its memory are free nevertheless.
    soon_zero(&gateway, "cubeflight_queries_running").await;
    soon_zero(&gateway, "cubeflight_memory_reserved_bytes").await;
    let (code, _) = said(stream.try_collect::<Vec<_>>().await.unwrap_err());
    assert_eq!(code, Code::Cancelled);
    let ended = gateway.metric("cubeflight_queries_total", "status=\"cancelled\"").await;
    assert_eq!(ended, 1.0);
}

/// A join whose rows never leave it keeps its thread, unless it looks up now and then.
#[tokio::test(flavor = "multi_thread")]
async fn a_join_that_gives_nothing_yet_is_stopped() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let mut client = gateway.client().await;
    for join in
        ["CROSS JOIN o AS b", "JOIN o AS b ON a.two = b.two", "JOIN o AS b ON a.orderkey <> b.orderkey"]
    {
        // Billions of pairs.
        let all = format!(
            "WITH o AS (SELECT orderkey, orderkey % 2 AS two FROM orders GROUP BY 1), \
             a AS (SELECT o.* FROM o CROSS JOIN (SELECT custkey FROM orders WHERE custkey < 100 GROUP BY 1) AS c) \
             SELECT MAX(a.orderkey + b.orderkey) FROM a {join}"
        );
        let info = client.info(&all).await.unwrap();
        let mut running = client.clone();
        let asked = info.clone();
        let mut reading = JoinSet::new();
        reading.spawn(async move { running.read(asked).await });
        for _ in 0..100 {
            if gateway.metric("cubeflight_memory_reserved_bytes", "").await > 0.0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let cancelled = client.cancel(&info).await;
        let read = reading.join_next().await.unwrap().unwrap().map(|rows| rows.values);
        assert_eq!(cancelled, Ok(CancelStatus::Cancelled as i32), "{join}: {read:?}");
        assert_eq!(read.unwrap_err().0, Code::Cancelled);
        soon_zero(&gateway, "cubeflight_queries_running").await;
        soon_zero(&gateway, "cubeflight_memory_reserved_bytes").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn polling_is_answered_at_once() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let mut client = gateway.client().await;
    let command = CommandStatementQuery { query: BY_FLAG.to_owned(), transaction_id: None };
    let descriptor = arrow_flight::FlightDescriptor::new_cmd(command.as_any().encode_to_vec());
    let request = client.with_headers(descriptor);
    let polled = client.sql.inner_mut().poll_flight_info(request).await.unwrap().into_inner();
    let PollInfo { info, flight_descriptor, progress, expiration_time } = polled;
    let info = info.unwrap();
    assert_eq!((flight_descriptor, progress), (None, Some(1.0)));
    assert_eq!(expiration_time, info.endpoint[0].expiration_time);
    assert!(info.ordered && expiration_time.is_some());
    assert_eq!(client.read(info).await.unwrap().values.len(), 3);
    assert!(!client.info("SELECT MEASURE(count) FROM sales").await.unwrap().ordered);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_renewed_while_it_lives_and_for_its_owner() {
    let settings = Settings::both_roads(&stacks().arrow).with("flight.ticket_ttl = \"3s\"");
    let gateway = Gateway::start(&settings);
    let mut ann = gateway.client_with(&token("ann", 600)).await;
    let info = ann.info(BY_FLAG).await.unwrap();
    let old = info.endpoint[0].clone();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let request = RenewFlightEndpointRequest::new(old.clone()).encode_to_vec();
    let mut bob = gateway.client_with(&token("bob", 600)).await;
    let status = bob.act("RenewFlightEndpoint", request.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let (_, body) = ann.act("RenewFlightEndpoint", request.clone()).await.unwrap();
    let renewed = FlightEndpoint::decode(body).unwrap();
    let seconds = |endpoint: &FlightEndpoint| endpoint.expiration_time.unwrap().seconds;
    assert!(seconds(&renewed) > seconds(&old));
    tokio::time::sleep(Duration::from_millis(2_000)).await;
    assert_eq!(ann.rows_of(old.ticket.unwrap()).await.unwrap_err().0, Code::NotFound);
    assert_eq!(ann.rows_of(renewed.ticket.unwrap()).await.unwrap().1[0].num_rows(), 3);
    let status = ann.act("RenewFlightEndpoint", request).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "what is over is not renewed");
}
