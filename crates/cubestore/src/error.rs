//! Everything that can go wrong between a query and its rows.
//!
//! Owns two texts: `Display` is fit for a client (no address, no credential, no value of a row, nothing of
//! the store's own wording) and [`Error::detail`] is for the log. Never knows gRPC: [`Error::kind`] is what
//! another crate maps to a status.

mod refusal;

use std::sync::Arc;
use std::time::Duration;

use arrow_schema::DataType;

pub use refusal::Refusal;

/// What functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A cause that is kept for the log; shared, because one lost socket fails many queries.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Why there are no rows.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting cannot be used.
    #[error("the setting `{setting}` of the store client cannot be used: {problem}")]
    Config {
        /// The setting's name.
        setting: &'static str,
        /// What is wrong with it; never its value.
        problem: &'static str,
        /// What a library said about it.
        #[source]
        source: Option<Cause>,
    },
    /// No connection could be made, or it broke too often.
    #[error("the store cannot be reached (tried {attempts} times)")]
    Unavailable {
        /// How many attempts failed in a row.
        attempts: u32,
        /// The last failure.
        #[source]
        source: Cause,
    },
    /// The store did not answer in time.
    #[error("the store did not answer within {waited:?}")]
    Timeout {
        /// How long was waited.
        waited: Duration,
    },
    /// The store refused the credentials at the upgrade.
    #[error("the store refused the gateway's credentials")]
    Auth,
    /// The store answered with an error.
    #[error("the store refused the query ({})", self.refusal())]
    Store {
        /// The store's own words, which may contain SQL and values: for the log.
        message: String,
    },
    /// An answer is larger than this gateway takes.
    #[error(
        "the answer has {bytes} bytes, more than `max_store_message` = {limit}: raise that setting or ask for less"
    )]
    MessageTooLarge {
        /// Length of the message.
        bytes: u64,
        /// The setting `max_store_message`.
        limit: u64,
    },
    /// The store refused the request for its size.
    #[error("the request has {bytes} bytes, more than the store takes")]
    RequestTooLarge {
        /// Length of the request.
        bytes: usize,
    },
    /// The memory for it was not free, or not in time.
    #[error("{requested} bytes of memory are needed while {used} of {limit} are in use")]
    Exhausted {
        /// What was asked for.
        requested: usize,
        /// What others held.
        used: usize,
        /// The whole budget.
        limit: usize,
    },
    /// The memory for it will never be free.
    #[error("{requested} bytes of memory are needed, more than the whole budget of {limit}")]
    OverBudget {
        /// What was asked for.
        requested: usize,
        /// The whole budget.
        limit: usize,
    },
    /// Too many pieces of one answer wait for their reader.
    #[error("the reader of the answer is too slow: {waiting} messages wait for it")]
    SlowReader {
        /// How many messages wait.
        waiting: usize,
    },
    /// A message does not follow the protocol.
    #[error("the store sent a malformed message: {what}")]
    Malformed {
        /// The rule that is broken.
        what: &'static str,
        /// What a library said about it.
        #[source]
        source: Option<Cause>,
    },
    /// The answer has another number of columns than announced.
    #[error("the answer has {found} columns where {announced} were announced")]
    ColumnCount {
        /// Columns of the answer.
        found: usize,
        /// Columns of the announced schema.
        announced: usize,
    },
    /// A column has another name than announced.
    #[error("column {index} of the answer has another name than the announced `{announced}`")]
    ColumnName {
        /// Position of the column.
        index: usize,
        /// The announced name.
        announced: String,
        /// The name in the answer.
        found: String,
    },
    /// A column has a type that cannot become the announced one.
    #[error("column `{column}` was sent as {found}, which cannot become {announced}")]
    ColumnType {
        /// The announced column.
        column: String,
        /// The type in the answer.
        found: String,
        /// The announced type.
        announced: DataType,
    },
    /// A schema was announced that no answer can have.
    #[error("column `{column}` cannot be announced as {data_type}")]
    UnsupportedType {
        /// The announced column.
        column: String,
        /// The announced type.
        data_type: DataType,
    },
    /// A value does not fit the announced type.
    #[error("row {row} of column `{column}` does not fit {data_type}: {misfit}")]
    Value {
        /// The announced column.
        column: String,
        /// Row of the answer, from zero.
        row: u64,
        /// The announced type.
        data_type: DataType,
        /// Why it does not fit.
        misfit: Misfit,
    },
    /// The client was dropped, or one of its tasks ended, while the query ran.
    #[error("the store client is closed")]
    Closed,
}

/// Why a value does not fit its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// NULL in a column that is announced without.
    #[error("it is NULL")]
    Null,
    /// Not the text of a value of that type.
    #[error("it cannot be read")]
    Unreadable,
    /// Outside the type's range.
    #[error("it is out of range")]
    OutOfRange,
    /// More digits after the point, or a finer time, than the type has.
    #[error("it is finer than the type")]
    TooFine,
    /// A time of day in a column of dates.
    #[error("it has a time of day")]
    TimeOfDay,
    /// An integer that floating point would change.
    #[error("it would lose digits")]
    LosesDigits,
    /// Not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
}

/// What a reader of an error can act on. Exhaustive on purpose: a new kind must be mapped where kinds are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A setting is wrong.
    Config,
    /// The store is down or unreachable: try later or elsewhere.
    Unavailable,
    /// Nothing came in time.
    Timeout,
    /// The gateway's own credentials for the store are wrong.
    Auth,
    /// The store understood and refused.
    Refused,
    /// A message is over a limit of size.
    TooLarge,
    /// Memory or another resource is used up: try later.
    Exhausted,
    /// The store does not keep the protocol.
    Malformed,
    /// The answer is not the announced one, in shape or in a value.
    Mismatch,
    /// The caller announced something impossible.
    Unsupported,
}

impl Error {
    /// The error for a message that breaks a rule of the protocol.
    pub(crate) const fn malformed(what: &'static str) -> Self {
        Self::Malformed { what, source: None }
    }

    pub(crate) fn malformed_by(
        what: &'static str,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Malformed { what, source: Some(Arc::new(source)) }
    }

    pub(crate) const fn config(setting: &'static str, problem: &'static str) -> Self {
        Self::Config { setting, problem, source: None }
    }

    pub(crate) fn config_by(
        setting: &'static str,
        problem: &'static str,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Config { setting, problem, source: Some(Arc::new(source)) }
    }

    pub(crate) fn unavailable(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unavailable { attempts: 1, source: Arc::new(source) }
    }

    /// What the reader can act on.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Config { .. } => ErrorKind::Config,
            Self::Unavailable { .. } | Self::Closed => ErrorKind::Unavailable,
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::Auth => ErrorKind::Auth,
            Self::Store { .. } => self.refusal().kind(),
            Self::MessageTooLarge { .. } | Self::RequestTooLarge { .. } | Self::OverBudget { .. } => {
                ErrorKind::TooLarge
            }
            Self::Exhausted { .. } | Self::SlowReader { .. } => ErrorKind::Exhausted,
            Self::Malformed { .. } => ErrorKind::Malformed,
            Self::ColumnCount { .. }
            | Self::ColumnName { .. }
            | Self::ColumnType { .. }
            | Self::Value { .. } => ErrorKind::Mismatch,
            Self::UnsupportedType { .. } => ErrorKind::Unsupported,
        }
    }

    /// The text for the log: the client's text, the store's own words and every cause.
    pub fn detail(&self) -> String {
        let mut text = self.to_string();
        match self {
            Self::Store { message } => text = format!("{text}: {message}"),
            Self::ColumnName { found, .. } => text = format!("{text}: `{found}`"),
            _ => {}
        }
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }

    /// What kind of refusal the store's words are, if this is one.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Store { message } => Refusal::of(message),
            _ => Refusal::Other,
        }
    }

    /// The query names a table that the store does not have (any more): read the catalogue again.
    pub fn is_table_not_found(&self) -> bool {
        self.refusal() == Refusal::TableNotFound
    }
}
