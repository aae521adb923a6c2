//! The server of CubeStore's wire: FlatBuffers over WebSocket, over tables that DataFusion reads.

mod cache;
mod catalogue;
mod deep;
mod head;
mod inbox;
mod reply;
mod serve;
mod session;
mod socket;
mod sql;
mod system;
mod version;

use std::{
    fmt,
    net::SocketAddr,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use cubestore::{ByteSize, Secret};
use datafusion::arrow::array::RecordBatch;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    Error,
    stack::listen,
    tasks::{Crew, crew},
    watch::Watch,
};
use cache::Cache;
use catalogue::Catalogue;
use head::Door;
use inbox::Inbox;
use session::Engine;
use version::Abilities;

/// How the store behaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The port on the loopback interface; 0 is any free one.
    pub port: u16,
    /// The version that it claims and behaves like. Without, it is a store from before 1.6.38: it names no
    /// version and ignores parameters and the wish for Arrow.
    pub version: Option<String>,
    /// How it writes answers.
    pub format: Format,
    /// The user that callers must name, if any.
    pub user: Option<String>,
    /// That user's password.
    pub password: Option<Secret>,
    /// The longest request.
    pub max_request: ByteSize,
    /// Frames that an Arrow answer is split over. The real store sends one.
    pub arrow_frames: NonZeroUsize,
    /// Keep encoded replies, for benchmarks.
    pub reply_cache: bool,
}

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// As rows of text, whatever is asked for.
    Text,
    /// As Arrow when that is asked for.
    Arrow,
    /// As a store of that version would.
    #[default]
    Auto,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 0,
            version: Some("1.7.43".to_owned()),
            format: Format::Auto,
            user: None,
            password: None,
            max_request: ByteSize(64 << 20),
            arrow_frames: NonZeroUsize::MIN,
            reply_cache: false,
        }
    }
}

/// What the store does instead of a right answer, or before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing at all.
    Silent,
    /// It runs the query and drops the connection; the reply is kept for whoever asks again.
    CloseBeforeReply,
    /// So many bytes of the reply's frame, then the connection is dropped.
    CutFrameAfter(usize),
    /// Bytes that are no message.
    GarbageReply,
    /// The first half of the reply, as a whole frame.
    TruncatedFlatBuffer,
    /// An error with this text.
    Error(String),
    /// The reply of a statement without rows.
    Completed,
    /// A pause in front of the right answer.
    Delay(Duration),
}

/// A running store.
#[derive(Debug, Clone)]
pub struct Store {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    catalogue: Catalogue,
    engine: Engine,
    abilities: Abilities,
    format: Format,
    door: Door,
    max_request: usize,
    arrow_frames: NonZeroUsize,
    inbox: Inbox,
    cache: Option<Cache>,
    watch: Watch<Fault>,
    executions: AtomicU64,
    sockets: Sockets,
    crew: Crew,
}

#[derive(Debug, Default)]
struct Sockets {
    opened: AtomicU64,
    closed: AtomicU64,
}

impl Store {
    /// Starts a store without tables; `tasks` own it.
    pub async fn start(config: &Config, tasks: &mut JoinSet<()>) -> Result<Self, Error> {
        let (crew, running) = crew();
        tasks.spawn(running);
        let abilities = Abilities::of(config.version.as_deref());
        let credentials = config.user.as_ref().map(|user| {
            format!("{user}:{}", config.password.as_ref().map(Secret::expose).unwrap_or_default())
        });
        let state = Arc::new(State {
            catalogue: Catalogue::new(abilities),
            engine: Engine::new()?,
            abilities,
            format: config.format,
            door: Door { credentials, version: config.version.clone() },
            max_request: usize::try_from(config.max_request.0).unwrap_or(usize::MAX),
            arrow_frames: config.arrow_frames,
            inbox: Inbox::default(),
            cache: config.reply_cache.then(Cache::default),
            watch: Watch::new(),
            executions: AtomicU64::new(0),
            sockets: Sockets::default(),
            crew,
        });
        let (listener, address) = listen(config.port).await?;
        tasks.spawn(accept(listener, state.clone()));
        Ok(Self { address, state })
    }

    /// `ws://127.0.0.1:port`
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Adds a table of these rows, or puts them in the place of an older one's.
    pub fn register(&self, schema: &str, table: &str, rows: Vec<RecordBatch>) -> Result<(), Error> {
        self.state.catalogue.register(schema, table, rows)?;
        self.changed();
        Ok(())
    }

    /// Drops a table.
    pub fn drop_table(&self, schema: &str, table: &str) {
        self.state.catalogue.remove(schema, table);
        self.changed();
    }

    /// Adds the table of a Parquet file.
    pub fn register_file(&self, schema: &str, table: &str, path: PathBuf) -> Result<(), Error> {
        self.state.catalogue.register_file(schema, table, path)?;
        self.changed();
        Ok(())
    }

    fn changed(&self) {
        self.state.cache.iter().for_each(Cache::forget);
    }

    /// How many requests came; one that was sent again while it ran counts once.
    pub fn requests(&self) -> u64 {
        self.state.watch.asked()
    }

    /// How many queries were run: not those that a fault or the cache of replies answered.
    pub fn executions(&self) -> u64 {
        self.state.executions.load(Ordering::Relaxed)
    }

    /// The last statements, oldest first.
    pub fn queries(&self) -> Vec<String> {
        self.state.watch.seen()
    }

    /// How many sockets were opened, and how many of them are open.
    pub fn sockets(&self) -> (u64, u64) {
        let opened = self.state.sockets.opened.load(Ordering::Relaxed);
        (opened, opened - self.state.sockets.closed.load(Ordering::Relaxed).min(opened))
    }

    /// Lets the next `times` queries meet a fault.
    pub fn fault(&self, fault: Fault, times: usize) {
        self.state.watch.fault(&fault, times);
    }

    /// Forgets the faults that no query met.
    pub fn heal(&self) {
        self.state.watch.heal();
    }
}

impl Sockets {
    fn open(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    fn close(&self) {
        self.closed.fetch_add(1, Ordering::Relaxed);
    }
}

impl State {
    fn speaks_arrow(&self) -> bool {
        match self.format {
            Format::Text => false,
            Format::Arrow => true,
            Format::Auto => self.abilities.arrow,
        }
    }

    /// Where a connection ends without a word.
    fn request_limit(&self) -> usize {
        if self.abilities.tells_limit { self.max_request.saturating_mul(2) } else { self.max_request }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("abilities", &self.abilities).finish_non_exhaustive()
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut sockets = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => _ = sockets.spawn(socket::run(stream, state.clone())),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    // Most likely there are too many: somebody must have time to close one.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = sockets.join_next() => {}
        }
    }
}

#[cfg(test)]
mod tests;
