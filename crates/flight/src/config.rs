//! Settings of the Flight service.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long what is handed out stays good, and how much goes into one message.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How long a ticket may lie before it is used.
    #[serde(with = "humantime_serde")]
    pub ticket_ttl: Duration,
    /// How long a prepared statement's handle is accepted.
    #[serde(with = "humantime_serde")]
    pub handle_ttl: Duration,
    /// The longest message sent, in bytes. Receivers refuse more than 4 MiB unless they were told otherwise.
    pub max_message_size: usize,
    /// Endpoints that a result is announced as at most, for callers whose session does not say.
    pub endpoints: usize,
    /// Stored rows that are worth an endpoint of their own. Tables whose rows nobody counted are worth none, unless this
    /// is 0.
    pub endpoint_rows: u64,
    /// When set, an empty batch is sent on a stream of rows that was quiet for so long.
    #[serde(with = "humantime_serde")]
    pub keepalive: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ticket_ttl: Duration::from_secs(15 * 60),
            handle_ttl: Duration::from_secs(24 * 3600),
            max_message_size: (4 << 20) - (64 << 10),
            endpoints: 1,
            endpoint_rows: 100_000,
            keepalive: None,
        }
    }
}
