//! The server of Cube's HTTP API. It always answers from the source tables, never from rollups.

mod annotation;
mod answer;
mod form;
mod load;
mod members;
mod meta;
mod operator;
mod oracle;
mod question;
mod refusal;
mod roots;
mod routes;
mod times;
mod titles;
mod token;
mod waiting;

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use semantic::Model;
use serde::{Deserialize, Serialize};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    Error, Source,
    stack::listen,
    tasks::{Crew, crew},
    watch::Watch,
};
use question::Limits;
use waiting::Waiting;

/// How the API behaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The port on the loopback interface; 0 is any free one.
    pub port: u16,
    /// What callers' tokens are signed with.
    pub secret: cubestore::Secret,
    /// Rows of an answer whose query has no limit; silently, as the real server does.
    pub default_row_limit: u64,
    /// The largest limit that a query may have.
    pub max_row_limit: u64,
    /// How long a request waits for its rows before it is told to ask again.
    #[serde(with = "humantime_serde")]
    pub continue_wait: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 0,
            secret: cubestore::Secret::new("secret"),
            default_row_limit: 10_000,
            max_row_limit: 50_000,
            continue_wait: Duration::from_secs(5),
        }
    }
}

/// What the API does instead of a right answer, or before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 200 `{"error":"Continue wait"}`
    ContinueWait,
    /// 500 with an error of the server's own.
    InternalError,
    /// 502 with a page of some proxy.
    BadGateway,
    /// The first half of the right body.
    TruncatedJson,
    /// A pause in front of the right answer.
    Delay(Duration),
}

/// A running server.
#[derive(Debug, Clone)]
pub struct CubeApi {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    model: Arc<Model>,
    source: Source,
    secret: String,
    limits: Limits,
    patience: Duration,
    watch: Watch<Fault>,
    waiting: Waiting,
    crew: Crew,
}

impl CubeApi {
    /// Starts the server; `tasks` own it, and it ends when `closing` loses its sender.
    pub(crate) async fn start(
        config: &Config,
        model: Arc<Model>,
        source: Source,
        tasks: &mut JoinSet<()>,
        mut closing: watch::Receiver<()>,
    ) -> Result<Self, Error> {
        let (crew, running) = crew();
        tasks.spawn(running);
        let state = Arc::new(State {
            model,
            source,
            secret: config.secret.expose().to_owned(),
            limits: Limits { default: config.default_row_limit, max: config.max_row_limit },
            patience: config.continue_wait,
            watch: Watch::new(),
            waiting: Waiting::default(),
            crew,
        });
        let (listener, address) = listen(config.port).await?;
        let server = axum::serve(listener, routes::router(state.clone()));
        // Connections are axum's own tasks: they end by this signal, not with the task that accepts them.
        let server = server.with_graceful_shutdown(async move { _ = closing.changed().await });
        tasks.spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the API server ended");
            }
        });
        Ok(Self { address, state })
    }

    /// `http://127.0.0.1:port`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests came to `/load` and `/meta`.
    pub fn requests(&self) -> u64 {
        self.state.watch.asked()
    }

    /// The last queries, oldest first; `meta` stands for itself.
    pub fn queries(&self) -> Vec<String> {
        self.state.watch.seen()
    }

    /// Lets the next `times` requests meet a fault.
    pub fn fault(&self, fault: Fault, times: usize) {
        self.state.watch.fault(&fault, times);
    }

    /// Forgets the faults that no request met.
    pub fn heal(&self) {
        self.state.watch.heal();
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("source", &self.source).finish_non_exhaustive()
    }
}
