//! Replies: whose they are and what they hold. Reading stops at the command's own table, so it costs the
//! same for ten rows and for ten million; the rows are the business of `text` and `ipc`.

mod encode;

use bytes::Bytes;

pub use encode::{ResultSet, arrow, completed, error};

pub use crate::text::Rows;

use super::slots::{
    http_command, http_error, http_message, http_query_result, http_query_result_arrow,
    http_query_result_data, http_result_set,
};
use super::table::Table;
use crate::error::{Error, Result};

/// How much of a message is enough to tell whose it is: the root table and its vtable stand in front.
pub(crate) const ENVELOPE: usize = 256;

/// No log needs more of an error.
const LONGEST_ERROR: usize = 64 << 10;

/// A reply as it stands on the wire.
#[derive(Debug)]
pub struct Reply {
    /// The id of the request.
    pub message_id: u32,
    /// The connection id of the request, if it had one.
    pub connection_id: Option<String>,
    /// What the store answers, or why that cannot be read.
    pub body: Result<Body>,
}

/// What the store answers.
#[derive(Debug)]
pub enum Body {
    /// Rows of text values.
    Text(Rows),
    /// An Arrow IPC stream.
    Arrow {
        /// Schema, batches and end of the stream.
        data: Bytes,
        /// No further message belongs to this request.
        is_last: bool,
    },
    /// Done, and there are no columns.
    Completed,
}

impl Reply {
    /// Reads one WebSocket message. An error means that it cannot even be told whose reply it is.
    pub fn read(bytes: &Bytes) -> Result<Self> {
        let root = Table::root(bytes)?;
        Ok(Self {
            message_id: message_id(&root)?,
            connection_id: root.string(http_message::CONNECTION_ID)?.map(str::to_owned),
            body: body(bytes, &root),
        })
    }
}

impl Body {
    /// No further message belongs to this request.
    pub(crate) fn is_last(&self) -> bool {
        match self {
            Self::Arrow { is_last, .. } => *is_last,
            Self::Text(_) | Self::Completed => true,
        }
    }
}

/// The message id in the first [`ENVELOPE`] bytes of a message, if it can be told from them.
pub(crate) fn peek_message_id(prefix: &[u8]) -> Option<u32> {
    message_id(&Table::root(prefix).ok()?).ok()
}

fn message_id(root: &Table<'_>) -> Result<u32> {
    // An absent id is zero and so are most fields of rubbish: without a command there is no message.
    if root.u8(http_message::COMMAND_TYPE)? == 0 {
        return Err(Error::malformed("a message has no command"));
    }
    root.u32(http_message::MESSAGE_ID)
}

fn body(bytes: &Bytes, root: &Table<'_>) -> Result<Body> {
    let command = root.required_table(http_message::COMMAND)?;
    match root.u8(http_message::COMMAND_TYPE)? {
        http_command::RESULT_SET => {
            let columns = command.vector(http_result_set::COLUMNS)?;
            let rows = command.vector(http_result_set::ROWS)?;
            Ok(Body::Text(Rows::new(bytes.clone(), columns, rows)))
        }
        http_command::ERROR => {
            let message = command.required_string(http_error::ERROR)?;
            Err(Error::Store { message: message[..message.floor_char_boundary(LONGEST_ERROR)].to_owned() })
        }
        http_command::QUERY_RESULT => query_result(bytes, &command),
        _ => Err(Error::malformed("a reply is none of the known ones")),
    }
}

fn query_result(bytes: &Bytes, result: &Table<'_>) -> Result<Body> {
    let data = result.required_table(http_query_result::DATA)?;
    match result.u8(http_query_result::DATA_TYPE)? {
        http_query_result_data::ARROW => {
            let (at, len) = data
                .span(http_query_result_arrow::DATA)?
                .ok_or(Error::malformed("an Arrow reply has no data"))?;
            let is_last = data.bool(http_query_result_arrow::IS_LAST)?;
            Ok(Body::Arrow { data: bytes.slice(at..at + len), is_last })
        }
        http_query_result_data::COMPLETED => Ok(Body::Completed),
        _ => Err(Error::malformed("a query result is none of the known ones")),
    }
}
