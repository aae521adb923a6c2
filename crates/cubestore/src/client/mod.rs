//! The client: queries in, answers out, over a small pool of sockets. Never knows what a query means.

mod answer;
mod capabilities;
mod decoder;
mod gate;
mod handshake;
mod link;
mod pending;
mod pool;
mod pulse;
mod socket;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

pub use answer::{Answer, RowStream};
pub use capabilities::{Capabilities, Version};
pub use pool::Lane;

use crate::budget::Budget;
use crate::codec::request::Query;
use crate::config::Config;
use crate::error::{Error, Result};
use answer::Messages;
use decoder::Decoder;
use pool::Pool;

/// A client of one CubeStore; clones share its sockets, which end with the last of them.
#[derive(Clone)]
pub struct Client {
    pool: Arc<Pool>,
    decoder: Decoder,
    request_timeout: Duration,
}

impl Client {
    /// Checks the settings, reads the certificates and starts the sockets' tasks on the current runtime.
    /// Nothing is connected before the first query. Answers are reserved in `budget` while they arrive and
    /// as long as they live.
    pub fn new(config: Config, budget: Budget) -> Result<Self> {
        let config = Arc::new(config);
        Ok(Self {
            pool: Arc::new(Pool::start(&config, &budget)?),
            decoder: Decoder::new(config.decode_parallelism),
            request_timeout: config.request_timeout,
        })
    }

    /// Asks the store and waits for the first message of its answer. Dropping the future gives the query up
    /// and frees its memory; CubeStore has no cancel and runs it to the end.
    pub async fn query(&self, query: Query, lane: Lane) -> Result<Answer> {
        let ticket = self.pool.submit(query, lane)?;
        let mut messages = Messages { ticket, limit: self.request_timeout };
        let first = messages.next().await?;
        Ok(Answer::new(first, messages, self.decoder.clone()))
    }

    /// Publishes how busy the sockets are, for the metrics.
    pub fn observe(&self) {
        self.pool.observe();
    }

    /// What the store can do, as the last connection said; connects if there was none yet.
    pub async fn capabilities(&self) -> Result<Capabilities> {
        let waited = self.request_timeout;
        timeout(waited, self.pool.capabilities()).await.unwrap_or(Err(Error::Timeout { waited }))
    }
}
