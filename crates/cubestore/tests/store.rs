//! A CubeStore whose every move a test scripts, on a real socket. Owns the server's half of the wire; never
//! decides what to answer.

#![expect(clippy::result_large_err, reason = "the answer to an upgrade is the library's type")]

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use cubestore::codec::reply::{self, ResultSet};
use cubestore::codec::request::Request;
use cubestore::{Budget, ByteSize, Client, Config};
use futures::future::BoxFuture;
use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request as Upgrade, Response};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

/// Why a lock is never poisoned.
const WHOLE: &str = "nothing panics while it holds the lock";

/// What the wire runs over.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Wire for S {}

/// Wraps an accepted connection, for TLS.
pub(crate) type Wrap = Arc<dyn Fn(TcpStream) -> BoxFuture<'static, Option<Box<dyn Wire>>> + Send + Sync>;
/// Answers an upgrade.
pub(crate) type OnUpgrade = fn(&Upgrade, Response) -> Result<Response, ErrorResponse>;

/// The running server; it ends with this.
pub(crate) struct Store {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    _server: JoinSet<()>,
}

/// What came in.
#[derive(Default)]
pub(crate) struct Seen {
    /// Upgrades that were asked for, with their `Authorization`.
    upgrades: Mutex<Vec<Option<String>>>,
    /// The bytes of every request, in order.
    requests: Mutex<Vec<Bytes>>,
}

/// One connection, in the hands of a script.
pub(crate) struct Peer {
    /// How many connections came before.
    pub(crate) number: usize,
    pub(crate) socket: WebSocketStream<Box<dyn Wire>>,
    seen: Arc<Seen>,
}

pub(crate) struct Builder {
    upgrade: OnUpgrade,
    wrap: Wrap,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            upgrade: |_, response| Ok(response),
            wrap: Arc::new(|stream| Box::pin(async { Some(Box::new(stream) as _) })),
        }
    }
}

impl Builder {
    pub(crate) fn on_upgrade(self, upgrade: OnUpgrade) -> Self {
        Self { upgrade, ..self }
    }

    pub(crate) fn wrap(self, wrap: Wrap) -> Self {
        Self { wrap, ..self }
    }

    /// Starts the server; the script runs once for every connection.
    pub(crate) async fn start<F, S>(self, script: S) -> Store
    where
        F: Future<Output = ()> + Send + 'static,
        S: Fn(Peer) -> F + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let seen = Arc::new(Seen::default());
        let mut server = JoinSet::new();
        server.spawn(accept(listener, self, Arc::new(script), seen.clone()));
        Store { address, seen, _server: server }
    }
}

async fn accept<F, S>(listener: TcpListener, builder: Builder, script: Arc<S>, seen: Arc<Seen>)
where
    F: Future<Output = ()> + Send + 'static,
    S: Fn(Peer) -> F + Send + Sync + 'static,
{
    let mut peers = JoinSet::new();
    let mut number = 0;
    while let Ok((stream, _)) = listener.accept().await {
        let (wrap, upgrade, script, seen) =
            (builder.wrap.clone(), builder.upgrade, script.clone(), seen.clone());
        peers.spawn(async move {
            let Some(stream) = wrap(stream).await else { return };
            let note = |request: &Upgrade, response| {
                let authorization = request.headers().get("authorization");
                let authorization = authorization.map(|value| value.to_str().expect("text").to_owned());
                seen.upgrades.lock().expect(WHOLE).push(authorization);
                upgrade(request, response)
            };
            if let Ok(socket) = accept_hdr_async(stream, note).await {
                script(Peer { number, socket, seen: seen.clone() }).await;
            }
        });
        number += 1;
    }
}

impl Store {
    pub(crate) async fn start<F, S>(script: S) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
        S: Fn(Peer) -> F + Send + Sync + 'static,
    {
        Builder::default().start(script).await
    }

    /// Settings for this server, impatient enough for a test.
    pub(crate) fn config(&self) -> Config {
        Config {
            url: format!("ws://{}", self.address).parse().expect("an address"),
            connect_timeout: Duration::from_secs(5),
            heartbeat: Duration::from_millis(50),
            heartbeat_limit: Duration::from_secs(5),
            request_timeout: Duration::from_secs(10),
            memory_wait: Duration::from_secs(5),
            connect_attempts: 3,
            connect_pause: Duration::from_millis(1),
            small_sockets: 1.try_into().expect("not zero"),
            large_sockets: 1.try_into().expect("not zero"),
            max_store_message: ByteSize(64 << 20),
            ..Config::default()
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.config(), Budget::new(64 << 20)).expect("usable settings")
    }

    pub(crate) fn upgrades(&self) -> Vec<Option<String>> {
        self.seen.upgrades.lock().expect(WHOLE).clone()
    }

    pub(crate) fn requests(&self) -> Vec<Bytes> {
        self.seen.requests.lock().expect(WHOLE).clone()
    }

    /// How often each statement was sent.
    pub(crate) fn statements(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for request in self.requests() {
            *counts.entry(Request::decode(&request).expect("a request").query.sql).or_default() += 1;
        }
        counts
    }
}

impl Peer {
    /// The next request; `None` when the client is gone. Pings are answered on the way.
    pub(crate) async fn request(&mut self) -> Option<Request> {
        loop {
            match self.socket.next().await?.ok()? {
                Message::Binary(bytes) => {
                    self.seen.requests.lock().expect(WHOLE).push(bytes.clone());
                    return Some(Request::decode(&bytes).expect("the client sends requests"));
                }
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    pub(crate) async fn send(&mut self, reply: Bytes) {
        // The client may have hung up, which is what some tests are about.
        let _ = self.socket.send(Message::Binary(reply)).await;
    }

    /// Closes like CubeStore.
    pub(crate) async fn close(mut self, code: u16) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: "scripted".into() };
        let _ = self.socket.send(Message::Close(Some(frame))).await;
    }

    /// Answers every statement with its own text, for as long as the client stays.
    pub(crate) async fn echo(mut self) {
        while let Some(request) = self.request().await {
            self.send(echo(&request)).await;
        }
    }

    /// Reads, and so answers pings, but nothing else.
    pub(crate) async fn ignore(mut self) {
        while self.request().await.is_some() {}
    }
}

/// A reply of one row with the statement in it.
pub(crate) fn echo(request: &Request) -> Bytes {
    rows(request, &[Some(&request.query.sql)])
}

/// A reply of one text column.
pub(crate) fn rows(request: &Request, values: &[Option<&str>]) -> Bytes {
    let mut set = ResultSet::new(["v"], 1024);
    for value in values {
        set.row([*value]).expect("it is small");
    }
    set.finish(request.message_id, request.connection_id.as_deref())
}

/// What a row of [`large`] takes.
pub(crate) const ROW: usize = 136;

/// A reply of one text column and about so many bytes.
pub(crate) fn large(request: &Request, bytes: usize) -> Bytes {
    let value = "x".repeat(100);
    rows(request, &vec![Some(value.as_str()); bytes / ROW])
}

/// A reply that refuses.
pub(crate) fn error(request: &Request, message: &str) -> Bytes {
    reply::error(request.message_id, request.connection_id.as_deref(), message)
}
