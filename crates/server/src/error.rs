//! Why the program stops, in the words of the one who started it.

use std::{net::SocketAddr, path::PathBuf};

/// What can go wrong before or around serving.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerError {
    /// Settings.
    #[error("{0}")]
    Config(Box<figment::Error>),
    /// A setting that is not there.
    #[error("`{setting}` is missing: {why}")]
    Missing {
        /// The setting.
        setting: &'static str,
        /// What it is for.
        why: &'static str,
    },
    /// A setting that is there and cannot be used.
    #[error("`{setting}`: {why}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The data model.
    #[error("the data model has problems:\n{0}")]
    Model(#[from] semantic::parse::ModelError),
    /// A file.
    #[error("{path}: {error}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What happened.
        error: std::io::Error,
    },
    /// A port that is taken.
    #[error("cannot listen on {address} ({error}); choose another with {flag}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What happened.
        error: std::io::Error,
        /// The flag or setting.
        flag: &'static str,
    },
    /// Logging in.
    #[error(transparent)]
    Auth(#[from] auth::ConfigError),
    /// The store.
    #[error("{}", .0.detail())]
    Store(#[from] cubestore::Error),
    /// Cube's API.
    #[error("{}", .0.detail())]
    Cube(#[from] cube_api::Error),
    /// The engine.
    #[error("{}", .0.detail())]
    Engine(#[from] engine::EngineError),
    /// The dev stack.
    #[error("the dev stack cannot start: {0}")]
    Embedded(#[from] embedded::Error),
    /// The transport.
    #[error("serving stopped: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// The threads.
    #[error("the threads cannot be started: {0}")]
    Runtime(std::io::Error),
    /// Logs.
    #[error("`log`: {0}")]
    Log(String),
    /// Metrics.
    #[error("metrics cannot be kept: {0}")]
    Metrics(String),
    /// A query at the terminal.
    #[error("{0}")]
    Query(String),
}

impl From<figment::Error> for ServerError {
    fn from(error: figment::Error) -> Self {
        Self::Config(Box::new(error))
    }
}

/// Result of serving.
pub(crate) type Result<T, E = ServerError> = std::result::Result<T, E>;
