//! What can be wrong with temporary tables.

use std::sync::Arc;

use crate::error::ErrorKind;

/// A temporary table that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemporaryError {
    /// Another replica has the session's tables.
    #[error(
        "the session's temporary tables are on the replica `{node}`, or were before it began anew; connect to it, or close the session"
    )]
    Elsewhere {
        /// Its name.
        node: Arc<str>,
    },
    /// The session has ended here.
    #[error(
        "the session's temporary tables are gone: nobody used them for `temporary.idle`, or they were closed"
    )]
    Gone,
    /// There is one already.
    #[error("there is a temporary table `{table}` already")]
    Exists {
        /// Its name.
        table: String,
    },
    /// There is none.
    #[error("there is no temporary table `{table}`")]
    Missing {
        /// As written.
        table: String,
    },
    /// A name that means something else.
    #[error("`{table}` is the name of a cube or view; give the temporary table another one")]
    Taken {
        /// The cube or view.
        table: String,
    },
    /// No name.
    #[error("the name of a temporary table has 1 to {limit} bytes and no control characters")]
    Name {
        /// Bytes.
        limit: usize,
    },
    /// Columns that no table has.
    #[error("{0}")]
    Columns(String),
    /// A value that its type in the table cannot hold.
    #[error("a value of column `{column}` does not fit {data_type}")]
    Value {
        /// The column.
        column: String,
        /// The table's type.
        data_type: String,
    },
    /// Too many tables.
    #[error("a session has at most {limit} temporary tables")]
    TooMany {
        /// So many.
        limit: usize,
    },
    /// Too many bytes.
    #[error(
        "the rows do not fit into the {limit} bytes of `{setting}`; send fewer, or drop temporary tables"
    )]
    Full {
        /// What sets the limit.
        setting: &'static str,
        /// Bytes.
        limit: usize,
    },
    /// The operator wants none.
    #[error("temporary tables are turned off by `temporary.session_memory`")]
    Off,
}

impl TemporaryError {
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Elsewhere { .. } | Self::Gone | Self::Off => ErrorKind::Precondition,
            Self::Exists { .. } | Self::Taken { .. } => ErrorKind::Taken,
            Self::Missing { .. } => ErrorKind::Unknown,
            Self::Name { .. } | Self::Columns(_) | Self::Value { .. } => ErrorKind::Invalid,
            Self::TooMany { .. } | Self::Full { .. } => ErrorKind::Exhausted,
        }
    }

    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Elsewhere { .. } => "temporary_elsewhere",
            Self::Gone => "temporary_gone",
            Self::Exists { .. } => "temporary_exists",
            Self::Missing { .. } => "temporary_missing",
            Self::Taken { .. } => "temporary_taken",
            Self::Name { .. } | Self::Columns(_) | Self::Value { .. } => "temporary_invalid",
            Self::TooMany { .. } | Self::Full { .. } => "temporary_full",
            Self::Off => "temporary_off",
        }
    }

    pub(crate) fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Elsewhere { node } => vec![("replica", node.to_string())],
            Self::Exists { table } | Self::Missing { table } | Self::Taken { table } => {
                vec![("table", table.clone())]
            }
            Self::Value { column, .. } => vec![("column", column.clone())],
            Self::Full { setting, limit } => {
                vec![("setting", (*setting).to_owned()), ("limit_bytes", limit.to_string())]
            }
            Self::Gone | Self::Name { .. } | Self::Columns(_) | Self::TooMany { .. } | Self::Off => {
                Vec::new()
            }
        }
    }
}
