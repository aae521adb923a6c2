//! What can go wrong between a statement and its last row.

use std::{sync::Arc, time::Duration};

use datafusion::{arrow::error::ArrowError, common::DataFusionError};
use sql::PlanError;

use crate::temporary::TemporaryError;

/// Result of running.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;

/// A query that has no answer. `Display` is for its caller, [`EngineError::detail`] for the log.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The statement.
    #[error("{0}")]
    Plan(#[source] Arc<PlanError>),
    /// The store's answer.
    #[error(transparent)]
    Store(#[from] cubestore::Error),
    /// Cube's answer.
    #[error(transparent)]
    Cube(#[from] cube_api::Error),
    /// No rollup covers the query, and Cube's API cannot be asked.
    #[error("no pre-aggregation answers the query (EXPLAIN says why), and {0}")]
    NoRoad(NoApi),
    /// No rollup covers the query, and its caller wants nothing else.
    #[error("no pre-aggregation answers the query (EXPLAIN says why), and the session's `road` is `rollup`")]
    OnlyRollups,
    /// A temporary table.
    #[error(transparent)]
    Temporary(#[from] TemporaryError),
    /// A part of an answer whose tables are others by now.
    #[error("the tables behind the answer are others than when it was announced; ask again")]
    TablesChanged,
    /// The list of built tables.
    #[error("the list of built tables cannot be read")]
    Tables(#[source] Arc<preagg::ManifestError>),
    /// The list of built tables is no JSON, or no file.
    #[error("the list of built tables cannot be read")]
    TableFile(#[source] Arc<std::io::Error>),
    /// Too many queries.
    #[error("{running} queries run and {queued} wait; try again later")]
    Busy {
        /// Queries that run.
        running: usize,
        /// Queries that wait.
        queued: usize,
    },
    /// Its turn did not come.
    #[error("the query waited {0:.1?} for its turn; try again later")]
    Waited(Duration),
    /// Its time is up.
    #[error("the query did not finish within its {0:.1?}")]
    Deadline(Duration),
    /// No memory is left for it.
    #[error("the query needs more memory than is free; group by less, or raise `limits.memory`")]
    Memory,
    /// A value that SQL has no result for.
    #[error("{0}")]
    Value(&'static str),
    /// A value that a function has no result for. The function's own words may hold the value.
    #[error("a function has no result for one of its values; the gateway's log says which")]
    Function(#[source] Arc<DataFusionError>),
    /// A value that the announced type cannot hold.
    #[error("a value of column `{column}` does not fit {data_type}")]
    Announced {
        /// The column.
        column: String,
        /// Its announced type.
        data_type: String,
    },
    /// Anything that should not happen.
    #[error("the query failed inside the gateway; its log says why")]
    Internal(#[source] Arc<DataFusionError>),
}

/// Why Cube's API cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoApi {
    /// No address.
    #[error("Cube's API is not configured")]
    NotConfigured,
    /// No token.
    #[error("the caller's credential does not open Cube's API")]
    NoCredential,
}

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Write another statement.
    Invalid,
    /// Change the set-up.
    Precondition,
    /// Get another credential.
    Denied,
    /// Choose another name.
    Taken,
    /// Name something that is there.
    Unknown,
    /// Try later.
    Unavailable,
    /// Give it more time.
    Deadline,
    /// Ask for less, or try later.
    Exhausted,
    /// Ask the operator.
    Internal,
}

impl EngineError {
    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Plan(_) | Self::Value(_) | Self::Function(_) => ErrorKind::Invalid,
            Self::Store(error) => of_store(error.kind()),
            Self::Cube(error) => of_cube(error.kind()),
            Self::Temporary(error) => error.kind(),
            Self::NoRoad(_)
            | Self::OnlyRollups
            | Self::TablesChanged
            | Self::Announced { .. }
            | Self::Tables(_)
            | Self::TableFile(_) => ErrorKind::Precondition,
            Self::Busy { .. } | Self::Waited(_) | Self::Memory => ErrorKind::Exhausted,
            Self::Deadline(_) => ErrorKind::Deadline,
            Self::Internal(_) => ErrorKind::Internal,
        }
    }

    /// A stable word for metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Plan(_) => "plan",
            Self::Store(_) => "store",
            Self::Cube(_) => "cube",
            Self::NoRoad(_) | Self::OnlyRollups => "no_road",
            Self::TablesChanged => "tables_changed",
            Self::Temporary(error) => error.code(),
            Self::Tables(_) | Self::TableFile(_) => "tables",
            Self::Busy { .. } => "busy",
            Self::Waited(_) => "waited",
            Self::Deadline(_) => "deadline",
            Self::Memory => "memory",
            Self::Value(_) | Self::Function(_) => "value",
            Self::Announced { .. } => "announced",
            Self::Internal(_) => "internal",
        }
    }

    /// The stable word for programs, finer than [`EngineError::code`] where a statement is to be written anew.
    pub fn reason(&self) -> &'static str {
        if let Self::Plan(error) = self { error.code() } else { self.code() }
    }

    /// What programs may want to know beside the text: names and their values.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Plan(error) => {
                let subject = error.subject().map(|subject| ("member", subject));
                let place = error
                    .place()
                    .map(|(line, column)| [("line", line.to_string()), ("column", column.to_string())]);
                subject.into_iter().chain(place.into_iter().flatten()).collect()
            }
            Self::Announced { column, .. } => vec![("member", column.clone())],
            Self::Temporary(error) => error.facts(),
            Self::Deadline(limit) => vec![("limit_ms", limit.as_millis().to_string())],
            Self::Store(_)
            | Self::Cube(_)
            | Self::NoRoad(_)
            | Self::OnlyRollups
            | Self::TablesChanged
            | Self::Tables(_)
            | Self::TableFile(_)
            | Self::Busy { .. }
            | Self::Waited(_)
            | Self::Memory
            | Self::Value(_)
            | Self::Function(_)
            | Self::Internal(_) => Vec::new(),
        }
    }

    /// The text for the log, with everything that is known.
    pub fn detail(&self) -> String {
        match self {
            Self::Store(error) => error.detail(),
            Self::Cube(error) => error.detail(),
            other => {
                let mut text = other.to_string();
                let mut source = std::error::Error::source(other);
                while let Some(cause) = source {
                    text = format!("{text}: {cause}");
                    source = cause.source();
                }
                text
            }
        }
    }

    /// Passes through DataFusion's streams and plans.
    pub(crate) fn into_datafusion(self) -> DataFusionError {
        DataFusionError::External(Box::new(self))
    }
}

fn of_store(kind: cubestore::ErrorKind) -> ErrorKind {
    use cubestore::ErrorKind as Store;
    match kind {
        Store::Unavailable | Store::Malformed => ErrorKind::Unavailable,
        Store::Timeout => ErrorKind::Deadline,
        Store::TooLarge | Store::Exhausted => ErrorKind::Exhausted,
        Store::Config | Store::Auth | Store::Mismatch | Store::Refused | Store::Unsupported => {
            ErrorKind::Precondition
        }
    }
}

fn of_cube(kind: cube_api::ErrorKind) -> ErrorKind {
    use cube_api::ErrorKind as Cube;
    match kind {
        Cube::NotExact | Cube::User => ErrorKind::Invalid,
        Cube::Auth => ErrorKind::Denied,
        Cube::Unavailable | Cube::Malformed | Cube::Failed => ErrorKind::Unavailable,
        Cube::Timeout => ErrorKind::Deadline,
        Cube::TooLarge => ErrorKind::Exhausted,
        Cube::Config | Cube::Mismatch => ErrorKind::Precondition,
    }
}

impl From<PlanError> for EngineError {
    fn from(error: PlanError) -> Self {
        Self::Plan(Arc::new(error))
    }
}

impl From<DataFusionError> for EngineError {
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::External(inner) => match inner.downcast::<Self>() {
                Ok(own) => *own,
                // Nested joins wrap an error once more.
                Err(other) => match other.downcast::<DataFusionError>() {
                    Ok(inner) => Self::from(*inner),
                    // Functions pass on what their libraries say, of a regular expression for example.
                    Err(other) => shared(&Arc::new(DataFusionError::External(other))),
                },
            },
            DataFusionError::Context(_, inner) => Self::from(*inner),
            DataFusionError::Shared(inner) => shared(&inner),
            other => shared(&Arc::new(other)),
        }
    }
}

fn shared(error: &Arc<DataFusionError>) -> EngineError {
    match &**error {
        DataFusionError::External(inner) => {
            let own = inner.downcast_ref::<EngineError>().cloned();
            let nested = || inner.downcast_ref::<Arc<DataFusionError>>().map(shared);
            own.or_else(nested).unwrap_or_else(|| EngineError::Function(error.clone()))
        }
        DataFusionError::Shared(inner) => shared(inner),
        DataFusionError::ArrowError(inner, _) => of_arrow(inner, error),
        DataFusionError::Execution(_) => EngineError::Function(error.clone()),
        DataFusionError::ResourcesExhausted(_) => EngineError::Memory,
        _ => EngineError::Internal(error.clone()),
    }
}

// Arrow's own texts hold the value, which is nothing for a status or a log.
fn of_arrow(error: &ArrowError, whole: &Arc<DataFusionError>) -> EngineError {
    let own = |inner: &(dyn std::error::Error + 'static)| inner.downcast_ref::<EngineError>().cloned();
    match error {
        ArrowError::DivideByZero => EngineError::Value("division by zero"),
        ArrowError::ArithmeticOverflow(_) => EngineError::Value("a number is too large for its type"),
        ArrowError::CastError(_) => EngineError::Value("a value cannot be cast to the asked type"),
        ArrowError::ParseError(_) => EngineError::Value("a text cannot be read as the asked type"),
        ArrowError::InvalidArgumentError(_) | ArrowError::ComputeError(_) => {
            EngineError::Function(whole.clone())
        }
        ArrowError::ExternalError(inner) => {
            own(&**inner).unwrap_or_else(|| EngineError::Internal(whole.clone()))
        }
        _ => EngineError::Internal(whole.clone()),
    }
}
