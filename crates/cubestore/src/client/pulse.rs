//! Whether a socket lives and whether anyone needs it. Never closes it.

use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::link::Link;
use crate::config::Config;

/// What a look at a socket says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is in use: ping it.
    Alive,
    /// Nobody has used it for a long time.
    Idle,
    /// Nothing came for too long, not even a pong.
    Dead,
}

pub(super) struct Pulse {
    beat: Interval,
    limit: Duration,
    idle_limit: Duration,
    received: u64,
    last_life: Instant,
    last_use: Instant,
}

impl Pulse {
    pub(super) fn new(config: &Config) -> Self {
        let now = Instant::now();
        let mut beat = interval_at(now + config.heartbeat, config.heartbeat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (limit, idle_limit) = (config.heartbeat_limit, config.idle_limit);
        Self { beat, limit, idle_limit, received: 0, last_life: now, last_use: now }
    }

    /// Waits for the time to look again.
    pub(super) async fn beat(&mut self) {
        self.beat.tick().await;
    }

    /// An answer came: between two looks a socket may have been busy all the time.
    pub(super) fn used(&mut self) {
        self.last_use = Instant::now();
    }

    /// Looks at a socket that somebody waits for or not.
    pub(super) fn look(&mut self, link: &Link, in_use: bool) -> Verdict {
        let now = Instant::now();
        // Any byte is a sign of life: CubeStore's pongs do not even echo what was in the ping. And while we
        // are the ones who do not read, nothing can be said about the other side.
        if link.gate().received() != self.received || link.gate().is_waiting() {
            self.received = link.gate().received();
            self.last_life = now;
        }
        if in_use {
            self.last_use = now;
        }
        if now - self.last_life >= self.limit {
            Verdict::Dead
        } else if now - self.last_use >= self.idle_limit {
            Verdict::Idle
        } else {
            Verdict::Alive
        }
    }
}
