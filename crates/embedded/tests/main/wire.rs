//! The wire itself, asked without the client: pings, frames, upgrades, out-of-order replies.

use std::time::Duration;

use bytes::Bytes;
use cubestore::codec::{
    reply::{Body, Reply},
    request::{Format, Query, Request},
};
use embedded::{Stack, store::Fault};
use futures::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message},
};

use crate::harness::stack;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn open(stack: &Stack) -> Socket {
    connect_async(format!("{}/ws", stack.store_url())).await.unwrap().0
}

fn request(message_id: u32, connection_id: Option<&str>, sql: &str) -> Message {
    let request = Request {
        message_id,
        connection_id: connection_id.map(str::to_owned),
        query: Query::new(sql),
        format: Format::Text,
    };
    Message::Binary(request.encode())
}

/// The next message within half a second.
async fn next(socket: &mut Socket) -> Option<Message> {
    tokio::time::timeout(Duration::from_millis(500), socket.next()).await.ok()?.and_then(Result::ok)
}

async fn next_reply(socket: &mut Socket) -> Option<Reply> {
    match next(socket).await? {
        Message::Binary(bytes) => Reply::read(&bytes).ok(),
        other => panic!("{other:?}"),
    }
}

fn names(reply: &Reply) -> Vec<String> {
    match &reply.body {
        Ok(Body::Text(rows)) => rows.names().map(|name| name.unwrap().to_owned()).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_ping_gets_one_empty_pong() {
    let stack = stack(|_| {}).await;
    let mut socket = open(&stack).await;
    socket.send(Message::Ping(Bytes::from_static(b"hello"))).await.unwrap();
    assert_eq!(next(&mut socket).await, Some(Message::Pong(Bytes::new())));
    assert_eq!(next(&mut socket).await, None);
}

#[tokio::test]
async fn a_text_frame_ends_the_connection() {
    let stack = stack(|_| {}).await;
    let mut socket = open(&stack).await;
    socket.send(Message::text("SELECT 1")).await.unwrap();
    let end = tokio::time::timeout(Duration::from_secs(2), socket.next()).await.unwrap();
    assert!(matches!(end, None | Some(Err(_))), "{end:?}");
}

#[tokio::test]
async fn what_is_no_request_gets_no_answer() {
    let stack = stack(|_| {}).await;
    let mut socket = open(&stack).await;
    socket.send(Message::Binary(Bytes::from_static(b"\x01\x02\x03"))).await.unwrap();
    assert!(next(&mut socket).await.is_none());
    socket.send(request(0, None, "SELECT 1 AS x")).await.unwrap();
    let reply = next_reply(&mut socket).await.unwrap();
    assert_eq!((reply.message_id, names(&reply)), (0, vec!["x".to_owned()]));
}

#[tokio::test]
async fn a_slow_query_does_not_hold_up_the_next_one() {
    let stack = stack(|_| {}).await;
    let mut socket = open(&stack).await;
    stack.store().fault(Fault::Delay(Duration::from_millis(200)), 1);
    socket.send(request(1, None, "SELECT 1 AS slow")).await.unwrap();
    socket.send(request(2, None, "SELECT 2 AS fast")).await.unwrap();
    let order = [next_reply(&mut socket).await, next_reply(&mut socket).await];
    assert_eq!(order.map(|reply| reply.unwrap().message_id), [2, 1]);
}

#[tokio::test]
async fn the_same_ids_while_running_share_one_execution() {
    let stack = stack(|_| {}).await;
    let (mut first, mut second) = (open(&stack).await, open(&stack).await);
    stack.store().fault(Fault::Delay(Duration::from_millis(200)), 1);
    first.send(request(1, Some("c"), "SELECT 1 AS first")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    second.send(request(1, Some("c"), "SELECT 2 AS second")).await.unwrap();
    for socket in [&mut first, &mut second] {
        assert_eq!(names(&next_reply(socket).await.unwrap()), ["first"]);
    }
    assert_eq!(stack.store().executions(), 1);
    second.send(request(1, Some("c"), "SELECT 2 AS second")).await.unwrap();
    assert_eq!(names(&next_reply(&mut second).await.unwrap()), ["second"]);
}

#[tokio::test]
async fn a_reply_waits_for_the_caller_to_come_back() {
    let stack = stack(|_| {}).await;
    let mut gone = open(&stack).await;
    stack.store().fault(Fault::Delay(Duration::from_millis(100)), 1);
    gone.send(request(1, Some("c"), "SELECT 1 AS x")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(30)).await;
    drop(gone);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut back = open(&stack).await;
    back.send(request(1, Some("c"), "SELECT 1 AS x")).await.unwrap();
    assert_eq!(names(&next_reply(&mut back).await.unwrap()), ["x"]);
    assert_eq!(stack.store().executions(), 1);
    assert_eq!(stack.store().sockets(), (2, 1));
}

#[tokio::test]
async fn an_empty_answer_names_columns_only_for_groups() {
    let stack = stack(|_| {}).await;
    let mut socket = open(&stack).await;
    for (sql, expected) in [
        ("SELECT table_name FROM information_schema.tables WHERE table_name = 'none'", &["table_name"][..]),
        ("SELECT 1 AS x WHERE 1 = 0", &[]),
        ("SELECT 1 AS x LIMIT 0", &[]),
        ("SELECT s, count(*) AS n FROM (SELECT 'a' AS s) t WHERE 1 = 0 GROUP BY 1", &["s", "n"]),
    ] {
        socket.send(request(1, None, sql)).await.unwrap();
        assert_eq!(names(&next_reply(&mut socket).await.unwrap()), expected, "{sql}");
    }
}

#[tokio::test]
async fn upgrades() {
    let stack = stack(|config| config.store.version = Some("1.7.43".to_owned())).await;
    for (path, status) in [("/ws", 101), ("/ws/", 101), ("/ws?x=1", 101), ("/", 404), ("/wsx", 404)] {
        let found = match connect_async(format!("{}{path}", stack.store_url())).await {
            Ok((_, response)) => {
                assert_eq!(response.headers()["x-cubestore-version"], "1.7.43");
                101
            }
            Err(Error::Http(response)) => response.status().as_u16(),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(found, status, "{path}");
    }
    let plain = reqwest::get(format!("{}/ws", stack.store_url().replace("ws://", "http://"))).await.unwrap();
    assert_eq!(plain.status().as_u16(), 400);
}

#[tokio::test]
async fn a_dropped_stack_listens_no_more() {
    let stack = stack(|_| {}).await;
    let (store, cube) = (stack.store_url(), stack.cube_url());
    let mut socket = open(&stack).await;
    drop(stack);
    let end = tokio::time::timeout(Duration::from_secs(2), socket.next()).await.unwrap();
    assert!(matches!(end, None | Some(Err(_))), "{end:?}");
    for url in [store, cube] {
        let address = url.split("//").nth(1).unwrap().to_owned();
        assert!(TcpStream::connect(&address).await.is_err(), "{url}");
    }
}

#[tokio::test]
async fn a_request_of_twice_the_limit_closes_the_connection_with_a_reason() {
    let stack = stack(|config| config.store.max_request = cubestore::ByteSize(1_000)).await;
    let mut socket = open(&stack).await;
    socket.send(request(1, None, &format!("SELECT '{}' AS x", "y".repeat(2_500)))).await.unwrap();
    match next(&mut socket).await {
        Some(Message::Close(Some(frame))) => assert_eq!(u16::from(frame.code), 1009),
        other => panic!("{other:?}"),
    }
    assert!(next_reply(&mut open(&stack).await).await.is_none());
}

/// Every prefix of a request, and every byte of it turned over: answered, refused or ignored, but never the end.
#[tokio::test]
async fn broken_requests_do_no_harm() {
    let stack = stack(|_| {}).await;
    let mut socket = open(&stack).await;
    let Message::Binary(whole) = request(7, Some("c"), "SELECT 1 AS x") else { panic!("no bytes") };
    for at in 0..whole.len() {
        let mut turned = whole.to_vec();
        turned[at] ^= 0xff;
        socket.send(Message::Binary(whole.slice(..at))).await.unwrap();
        socket.send(Message::Binary(turned.into())).await.unwrap();
    }
    socket.send(request(99, None, "SELECT 1 AS x")).await.unwrap();
    while next_reply(&mut socket).await.unwrap().message_id != 99 {}
}

/// Whatever comes in front of an upgrade.
#[tokio::test]
async fn broken_upgrades_do_no_harm() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let stack = stack(|_| {}).await;
    let address = stack.store_url().replace("ws://", "");
    let long = vec![b'x'; 40_000];
    for bytes in [
        &b""[..],
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"\xff\xfe \xfd\r\n\r\n",
        b"GET /ws HTTP/1.1\r\n:\r\n\r\n",
        &long,
    ] {
        let mut socket = TcpStream::connect(&address).await.unwrap();
        // The other side may be gone before all of it is written.
        _ = socket.write_all(bytes).await;
        _ = socket.shutdown().await;
        _ = socket.read_to_end(&mut Vec::new()).await;
    }
    assert!(next(&mut open(&stack).await).await.is_none());
}
