//! Requests: what is asked, how it is written and how it is read.
//! Never knows who asks, nor where the request goes.

mod decode;
mod encode;

/// A request as it stands on the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Pairs the reply with the request; unique within its connection id.
    pub message_id: u32,
    /// The client's logical connection, which outlives a socket.
    pub connection_id: Option<String>,
    /// The question.
    pub query: Query,
    /// How the answer should be written; old servers do not know it and send text.
    pub format: Format,
}

/// A question to the store.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// The statement; parameters are `?` in it.
    pub sql: String,
    /// Values of the `?`, in order.
    pub parameters: Vec<Parameter>,
    /// An opaque text for the store's own tracing.
    pub trace: Option<String>,
    /// Tables that exist in this query only.
    pub inline_tables: Vec<InlineTable>,
}

impl Query {
    /// A statement without anything around it.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), ..Self::default() }
    }
}

/// The value of a `?`.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameter {
    /// SQL NULL.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int64(i64),
    /// A floating point number.
    Float64(f64),
    /// A text.
    String(String),
    /// Bytes.
    Binary(Vec<u8>),
}

/// A table that travels with the query and is referred to by its bare name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineTable {
    /// Its name in the statement.
    pub name: String,
    /// Names of its columns.
    pub columns: Vec<String>,
    /// CubeStore's names of their types.
    pub types: Vec<String>,
    /// The rows as CSV without a header; an empty field or `\N` is NULL.
    pub csv: String,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Every value as text, row by row.
    #[default]
    Text,
    /// An Arrow IPC stream.
    Arrow,
}
