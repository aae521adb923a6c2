//! The connections that come in, ready to be spoken to. A slow handshake holds up nobody else.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::Stream;
use tokio::{
    net::{TcpListener, TcpStream, UnixListener},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::connection::{Connection, Socket};

/// How long a client may take to agree on encryption.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long it takes until connections are accepted again after one could not be, for want of file descriptors perhaps.
const BREATH: Duration = Duration::from_millis(100);

/// Where connections come in.
pub(crate) struct Listeners {
    pub(crate) tcp: TcpListener,
    /// Plaintext without it.
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) unix: Option<UnixListener>,
    /// Connections that are open at once; more wait until one ends.
    pub(crate) most: usize,
}

/// A stream of connections. No port is open any more when it is dropped.
pub(crate) struct Incoming {
    connections: mpsc::Receiver<Connection>,
    /// Accept connections and shake hands.
    _tasks: JoinSet<()>,
}

impl Incoming {
    /// Begins to accept.
    pub(crate) fn new(listeners: Listeners) -> Self {
        let Listeners { tcp, tls, unix, most } = listeners;
        let (ready, connections) = mpsc::channel(1);
        let places = Arc::new(Semaphore::new(most));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept_tcp(tcp, tls, places.clone(), ready.clone()));
        if let Some(unix) = unix {
            tasks.spawn(accept_unix(unix, places, ready));
        }
        Self { connections, _tasks: tasks }
    }
}

impl Stream for Incoming {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.connections.poll_recv(cx).map(|connection| connection.map(Ok))
    }
}

async fn accept_tcp(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    places: Arc<Semaphore>,
    ready: mpsc::Sender<Connection>,
) {
    let mut shaking = JoinSet::new();
    while let Ok(place) = places.clone().acquire_owned().await {
        // Those who are done are not kept until the last one is.
        while shaking.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                shaking.spawn(welcome(stream, tls.clone(), place, ready.clone()));
            }
            Err(error) => not_accepted(&error).await,
        }
    }
}

async fn welcome(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    place: OwnedSemaphorePermit,
    ready: mpsc::Sender<Connection>,
) {
    // Answers are written whole, so that waiting for more to send only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection ended before it began");
        return;
    }
    let socket = match tls {
        None => Socket::Plain(stream),
        Some(tls) => match timeout(HANDSHAKE, tls.accept(stream)).await {
            Ok(Ok(stream)) => Socket::Tls(Box::new(stream)),
            Ok(Err(error)) => {
                return tracing::info!(%error, "a client and this server agree on no encryption");
            }
            Err(_) => return tracing::info!("a client did not finish its TLS handshake in time"),
        },
    };
    // Nobody takes connections any more when the process stops.
    let _ = ready.send(Connection::new(socket, place)).await;
}

async fn accept_unix(listener: UnixListener, places: Arc<Semaphore>, ready: mpsc::Sender<Connection>) {
    while let Ok(place) = places.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                if ready.send(Connection::new(Socket::Unix(stream), place)).await.is_err() {
                    return;
                }
            }
            Err(error) => not_accepted(&error).await,
        }
    }
}

async fn not_accepted(error: &io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    sleep(BREATH).await;
}
