//! Everything that can go wrong between a query and its rows.
//!
//! Owns two texts: `Display` is fit for a client (no address, no credential, no value of a row) and
//! [`Error::detail`] is for the log. Never knows gRPC: [`Error::kind`] is what another crate maps to a status.

use std::sync::Arc;
use std::time::Duration;

use arrow_schema::DataType;

use crate::request::{NoOrder, NotExact};

/// What functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A cause that is kept for the log.
pub(crate) type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Why there are no rows, or no more of them.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting cannot be used.
    #[error("the setting `{setting}` of the Cube API client cannot be used: {problem}")]
    Config {
        /// The setting's name.
        setting: &'static str,
        /// What is wrong with it; never its value.
        problem: &'static str,
    },
    /// The query has no exact form in Cube's API.
    #[error(transparent)]
    NotExact(#[from] NotExact),
    /// No connection, or it broke.
    #[error("Cube's API cannot be reached (tried {attempts} times)")]
    Unreachable {
        /// How many attempts failed.
        attempts: u32,
        /// The last failure, without its address.
        #[source]
        source: Cause,
    },
    /// The server, or a proxy before it, cannot answer now.
    #[error("Cube's API is not available: HTTP {status} (tried {attempts} times)")]
    Unavailable {
        /// The last status.
        status: u16,
        /// How many attempts failed.
        attempts: u32,
    },
    /// The deadline passed.
    #[error("Cube did not answer within {waited:.1?} (it asked {rounds} times for patience)")]
    Timeout {
        /// How long was waited.
        waited: Duration,
        /// How often Cube said that it is still busy.
        rounds: u32,
    },
    /// The caller's credential was refused.
    #[error("Cube refused the caller's credential: {message}")]
    Auth {
        /// Cube's words.
        message: String,
    },
    /// The query was refused.
    #[error("Cube refused the query: {message}")]
    User {
        /// Cube's words.
        message: String,
    },
    /// Cube failed; its own words are for the log.
    #[error("Cube failed with HTTP {status}: see the gateway's log")]
    Failed {
        /// The status.
        status: u16,
        /// Cube's words.
        message: String,
    },
    /// The address leads elsewhere.
    #[error("there is no Cube API at the configured address (HTTP {status}): check `url` and `base_path`")]
    NoApi {
        /// The status.
        status: u16,
    },
    /// Cube gives fewer rows at once than a page has.
    #[error(
        "Cube refused a page of rows as too long: set `row_page_size` to its CUBEJS_DB_QUERY_LIMIT, or raise that"
    )]
    PageRefused,
    /// More rows than asked for, so that no page can be trusted.
    #[error("Cube answered more than the {asked} rows of `row_page_size` that were asked for")]
    PageOverrun {
        /// Rows asked for.
        asked: u64,
    },
    /// Cube changed the query in a way that changes the meaning of its rows.
    #[error(
        "Cube answered with {what} {found} where {asked} was asked for: its queryRewrite must leave that alone"
    )]
    Rewritten {
        /// The key of the query.
        what: &'static str,
        /// Asked for.
        asked: String,
        /// Answered.
        found: String,
    },
    /// There is another page, and no order that holds from page to page.
    #[error("the result has more than {rows} rows and {reason}")]
    Unordered {
        /// Rows of a page.
        rows: u64,
        /// Why no order is total.
        reason: NoOrder,
    },
    /// The answer is larger than this gateway takes.
    #[error(
        "the answer has more than `max_response_bytes` = {limit}: raise that setting or lower `row_page_size`"
    )]
    TooLarge {
        /// The setting.
        limit: u64,
    },
    /// The answer is not what Cube sends.
    #[error("Cube's API sent a malformed answer: {what}")]
    Malformed {
        /// What is wrong with it.
        what: &'static str,
        /// What a library said about it.
        #[source]
        source: Option<Cause>,
    },
    /// The answer has other columns than asked for.
    #[error("Cube's API answered {problem} column `{column}`")]
    Columns {
        /// "without" or "with an unexpected".
        problem: &'static str,
        /// The column.
        column: String,
    },
    /// A value does not fit the announced type.
    #[error("row {row} of column `{column}` does not fit {data_type}: {misfit}")]
    Value {
        /// The announced column.
        column: String,
        /// Row of the result, from zero.
        row: u64,
        /// The announced type.
        data_type: DataType,
        /// Why it does not fit.
        misfit: Misfit,
    },
    /// A schema was announced that no answer can have.
    #[error("the announced schema does not belong to the request: {0}")]
    Schema(String),
}

/// Why a value does not fit its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// NULL in a column that is announced without.
    #[error("it is NULL")]
    Null,
    /// Not a value of that type.
    #[error("it cannot be read as one")]
    Unreadable,
    /// Outside the type's range.
    #[error("it is out of range")]
    OutOfRange,
    /// More digits behind the point, or a finer time, than the type has.
    #[error("it is finer than the type; declare a finer one in `meta.arrow_type` or under `[types]`")]
    TooFine,
    /// A time of day in a column of dates.
    #[error("it has a time of day; declare `timestamp` in `meta.arrow_type` or under `[types]`")]
    TimeOfDay,
    /// Digits that floating point does not hold.
    #[error(
        "it would lose digits; declare `int64` or `decimal(p,s)` in `meta.arrow_type` or under `[types]`"
    )]
    LosesDigits,
    /// A JSON number with more digits than JavaScript keeps.
    #[error(
        "it was sent as a JSON number with more digits than those keep; cast it to text in the data model"
    )]
    LostDigits,
}

/// What a reader of an error can act on. Exhaustive on purpose: a new kind must be mapped where kinds are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A setting, here or of Cube, is wrong.
    Config,
    /// The query has no exact form on this road.
    NotExact,
    /// The API is down, unreachable or overloaded: try later.
    Unavailable,
    /// Nothing came in time.
    Timeout,
    /// The caller's credential is wrong.
    Auth,
    /// The query is wrong.
    User,
    /// Cube failed.
    Failed,
    /// The answer is over a limit of size.
    TooLarge,
    /// The answer is not what Cube sends.
    Malformed,
    /// A value of the answer does not fit its announced type.
    Mismatch,
}

impl Error {
    pub(crate) const fn config(setting: &'static str, problem: &'static str) -> Self {
        Self::Config { setting, problem }
    }

    /// The error for an answer that cannot be Cube's.
    pub(crate) const fn malformed(what: &'static str) -> Self {
        Self::Malformed { what, source: None }
    }

    /// The error for a refused query, in Cube's words. Some databases repeat the whole SQL: a beginning is enough.
    pub(crate) fn user(mut message: String) -> Self {
        const LONGEST: usize = 2_000;
        if let Some((end, _)) = message.char_indices().nth(LONGEST) {
            message.truncate(end);
            message.push('…');
        }
        Self::User { message }
    }

    /// What the reader can act on.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Config { .. } | Self::NoApi { .. } | Self::PageRefused | Self::Rewritten { .. } => {
                ErrorKind::Config
            }
            Self::NotExact(_) => ErrorKind::NotExact,
            Self::Unreachable { .. } | Self::Unavailable { .. } => ErrorKind::Unavailable,
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::Auth { .. } => ErrorKind::Auth,
            Self::User { .. } | Self::Unordered { .. } => ErrorKind::User,
            Self::Failed { .. } => ErrorKind::Failed,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::Malformed { .. } | Self::PageOverrun { .. } | Self::Columns { .. } => ErrorKind::Malformed,
            Self::Value { .. } | Self::Schema(_) => ErrorKind::Mismatch,
        }
    }

    /// True when the same request may succeed a moment later.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Unavailable { .. })
    }

    /// The same error after so many attempts.
    pub(crate) fn after(self, tried: u32) -> Self {
        match self {
            Self::Unreachable { source, .. } => Self::Unreachable { attempts: tried, source },
            Self::Unavailable { status, .. } => Self::Unavailable { status, attempts: tried },
            other => other,
        }
    }

    /// The text for the log: the client's text, Cube's own words and every cause.
    pub fn detail(&self) -> String {
        let mut text = self.to_string();
        if let Self::Failed { message, .. } = self {
            text = format!("{text}: {message}");
        }
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }
}
