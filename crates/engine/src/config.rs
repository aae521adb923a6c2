//! Settings of running queries.

use std::{path::PathBuf, time::Duration};

use chrono_tz::Tz;
use cubestore::ByteSize;
use semantic::RowRules;
use serde::{Deserialize, Serialize};

/// Settings of the engine.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// `[access]`
    pub access: Access,
    /// `[tables]`
    pub tables: TableSource,
    /// `[limits]`
    pub limits: Limits,
    /// `[temporary]`
    pub temporary: Temporary,
    /// What other replicas call this one.
    pub node: String,
    /// The zone of queries that ask for none.
    pub timezone: Tz,
}

/// Who says which rows a caller may see.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// `"model"`: the model files hold every rule, so that rollups may be read directly. Without it every query goes
    /// to Cube.
    pub rules: Option<Rules>,
    /// How long it may take until a change of what Cube shows a caller is seen here.
    #[serde(with = "humantime_serde")]
    pub names_ttl: Duration,
}

impl Default for Access {
    fn default() -> Self {
        Self { rules: None, names_ttl: Duration::from_secs(60) }
    }
}

/// The values of `access.rules`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rules {
    /// The model files are the authority.
    Model,
}

/// Where the list of built tables comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TableSource {
    /// The manifest that a builder of rollups writes.
    pub manifest: Option<PathBuf>,
    /// How often it is looked at, to be read again when it changed.
    #[serde(with = "humantime_serde")]
    pub refresh: Duration,
}

impl Default for TableSource {
    fn default() -> Self {
        Self { manifest: None, refresh: Duration::from_secs(10) }
    }
}

/// How much is done at once, and for how long.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes that answers of the store and working memory of queries may take together.
    pub memory: ByteSize,
    /// Queries that run at once.
    pub running: usize,
    /// Queries that wait for their turn; more are refused.
    pub queued: usize,
    /// How long a query waits for its turn at most.
    #[serde(with = "humantime_serde")]
    pub queue_wait: Duration,
    /// How long a query may take, its stream included, when the caller says nothing shorter.
    #[serde(with = "humantime_serde")]
    pub query_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: ByteSize(2 << 30),
            running: 64,
            queued: 256,
            queue_wait: Duration::from_secs(30),
            query_timeout: Duration::from_secs(300),
        }
    }
}

/// Tables that callers bring along for their session. They live in the memory of one process, as a part of
/// `limits.memory`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Temporary {
    /// Bytes that the tables of one session may take; 0 turns temporary tables off.
    pub session_memory: ByteSize,
    /// Bytes that the tables of all sessions may take together.
    pub memory: ByteSize,
    /// The longest message with rows; it holds one batch. As many bytes of `limits.memory` are kept while rows arrive.
    pub max_message: ByteSize,
    /// How long tables live that no call of their session reads or adds to.
    #[serde(with = "humantime_serde")]
    pub idle: Duration,
}

impl Default for Temporary {
    fn default() -> Self {
        Self {
            session_memory: ByteSize(64 << 20),
            memory: ByteSize(512 << 20),
            max_message: ByteSize(16 << 20),
            idle: Duration::from_secs(30 * 60),
        }
    }
}

impl Access {
    pub(crate) fn row_rules(&self) -> RowRules {
        match self.rules {
            Some(Rules::Model) => RowRules::Model,
            None => RowRules::Unstated,
        }
    }
}
