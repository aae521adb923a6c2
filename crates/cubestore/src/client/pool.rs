//! The sockets of a client, in two lanes. CubeStore encodes an answer inside its socket's loop, so a small
//! query behind a large answer waits for all of it: large answers keep to their own sockets.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::capabilities::Capabilities;
use super::handshake::Dialer;
use super::pending::{Pending, Ticket};
use super::socket::Socket;
use crate::budget::Budget;
use crate::codec::request::Query;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::metrics;

/// Where message ids begin; zero would be absent on the wire.
const FIRST_MESSAGE: u32 = 1;

/// Which sockets a query uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// For answers of up to some thousand rows.
    Small,
    /// For all others.
    Large,
}

impl Lane {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
        }
    }
}

pub(super) struct Pool {
    small: Vec<Arc<Pending>>,
    large: Vec<Arc<Pending>>,
    known: watch::Receiver<Option<Capabilities>>,
    /// Ends every socket when the pool is dropped.
    _sockets: JoinSet<()>,
}

impl Pool {
    /// Starts the tasks, none of which connects before it is needed.
    pub(super) fn start(config: &Arc<Config>, budget: &Budget) -> Result<Self> {
        let dialer = Arc::new(Dialer::new(config.clone())?);
        let (sender, known) = watch::channel(None);
        let sender = Arc::new(sender);
        let mut sockets = JoinSet::new();
        let mut lane = |lane: Lane, count: NonZeroUsize| -> Vec<Arc<Pending>> {
            let start = |_| {
                let pending = Arc::new(Pending::new(lane, FIRST_MESSAGE));
                let socket = Socket {
                    lane,
                    config: config.clone(),
                    dialer: dialer.clone(),
                    budget: budget.clone(),
                    pending: pending.clone(),
                    known: sender.clone(),
                };
                sockets.spawn(socket.run());
                pending
            };
            (0..count.get()).map(start).collect()
        };
        let small = lane(Lane::Small, config.small_sockets);
        let large = lane(Lane::Large, config.large_sockets);
        Ok(Self { small, large, known, _sockets: sockets })
    }

    /// Gives a query to the least busy socket of its lane; among equals to the first, so that a quiet gateway
    /// keeps few of them open.
    pub(super) fn submit(&self, query: Query, lane: Lane) -> Result<Ticket> {
        let sockets = match lane {
            Lane::Small => &self.small,
            Lane::Large => &self.large,
        };
        let quietest = sockets.iter().min_by_key(|pending| pending.len());
        quietest.expect("a lane has at least one socket").submit(query)
    }

    /// Publishes how busy the sockets are.
    pub(super) fn observe(&self) {
        for (lane, sockets) in [(Lane::Small, &self.small), (Lane::Large, &self.large)] {
            metrics::pool(lane, sockets.iter().map(|pending| pending.len()));
        }
    }

    /// What the store can do, as the last connection said; makes one if there was none.
    pub(super) async fn capabilities(&self) -> Result<Capabilities> {
        if let Some(known) = *self.known.borrow() {
            return Ok(known);
        }
        let first = self.small.first().expect("a lane has at least one socket");
        first.greet().await.unwrap_or(Err(Error::Closed))
    }
}
