//! Arrow IPC from callers, checked before a library reads it.
//!
//! The reader trusts what messages say of themselves: it panics at types that it does not know, and a compressed buffer
//! is given the memory that it asks for, at whose end the whole process goes down. So nothing is decoded here whose
//! lengths do not fit what arrived, and only flat types and dictionaries of them are.

mod check;
mod dictionaries;

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_flight::FlightData;
use arrow_ipc::{MessageHeader, MetadataVersion, convert::fb_to_schema, reader::read_record_batch};
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;

use dictionaries::{Columns, MAX_VALUES};

/// Rows that are read at most.
pub(crate) const MAX_ROWS: usize = 1_000;
/// Bytes that a stream has at most, and that its dictionaries fill its columns with.
pub(crate) const MAX_BYTES: usize = 1 << 20;

/// Messages that are not read, in a sentence for their sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IpcError {
    /// Not Arrow, or Arrow that contradicts itself.
    #[error("this is no valid Arrow data: {0}")]
    Malformed(String),
    /// Compressed.
    #[error("compressed Arrow data is not taken")]
    Compressed,
    /// A type that is not taken.
    #[error("column `{column}` is of a type that is not taken: {why}")]
    Type {
        /// The column.
        column: String,
        /// What it is.
        why: &'static str,
    },
    /// Too much.
    #[error("at most {0} rows are taken at once")]
    TooManyRows(usize),
    /// Too much in a dictionary.
    #[error("at most {MAX_VALUES} values are taken in a dictionary")]
    TooManyValues,
    /// Too much that dictionaries stand for.
    #[error("more than {0} bytes of values are not taken")]
    TooManyBytes(usize),
}

/// The rows of a stream of messages, its schema first; `None` when it has none.
pub(crate) fn read(messages: &[FlightData]) -> Result<Option<RecordBatch>, IpcError> {
    let mut messages = messages.iter().filter(|message| !message.data_header.is_empty());
    let Some(first) = messages.next() else { return Ok(None) };
    let mut reader = Reader::new(first)?;
    let mut batches = Vec::new();
    let mut rows = 0;
    for message in messages {
        let Some(batch) = reader.read(message, Most { rows: MAX_ROWS, bytes: MAX_BYTES })? else { continue };
        rows += batch.num_rows();
        if rows > MAX_ROWS {
            return Err(IpcError::TooManyRows(MAX_ROWS));
        }
        batches.push(batch);
    }
    if rows == 0 {
        return Ok(None);
    }
    concat_batches(reader.schema(), &batches).map(Some).map_err(malformed)
}

/// What one batch may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Most {
    pub(crate) rows: usize,
    /// That its dictionaries fill its columns with.
    pub(crate) bytes: usize,
}

/// Reads a stream message by message.
pub(crate) struct Reader {
    columns: Columns,
}

impl Reader {
    /// Begins with the message that holds the schema.
    pub(crate) fn new(first: &FlightData) -> Result<Self, IpcError> {
        Ok(Self { columns: schema(first)? })
    }

    /// The columns of its rows.
    pub(crate) fn schema(&self) -> &SchemaRef {
        self.columns.read()
    }

    /// The rows of a message; `None` when it brings a dictionary for those after it.
    pub(crate) fn read(&mut self, message: &FlightData, most: Most) -> Result<Option<RecordBatch>, IpcError> {
        batch(message, &mut self.columns, most)
    }
}

fn schema(message: &FlightData) -> Result<Columns, IpcError> {
    let header = header(message)?;
    let schema = header.header_as_schema();
    let schema = schema.ok_or_else(|| malformed("the first message is no schema"))?;
    let ids = check::schema(schema)?;
    caught(|| Columns::new(&fb_to_schema(schema), ids))
}

/// The rows of a message; `None` when it brings a dictionary for those after it.
fn batch(message: &FlightData, columns: &mut Columns, most: Most) -> Result<Option<RecordBatch>, IpcError> {
    let header = header(message)?;
    let body = &message.data_body[..];
    match header.header_type() {
        MessageHeader::RecordBatch => {
            let batch = header.header_as_record_batch();
            let batch = batch.ok_or_else(|| malformed("a batch has no content"))?;
            let batch = read_batch(batch, columns.sent(), most.rows, body, header.version())?;
            caught(|| columns.fill(&batch, most.bytes)).map(Some)
        }
        MessageHeader::DictionaryBatch => {
            let dictionary = header.header_as_dictionary_batch();
            let dictionary = dictionary.ok_or_else(|| malformed("a dictionary has no content"))?;
            let batch = dictionary.data().ok_or_else(|| malformed("a dictionary has no values"))?;
            let schema = columns.dictionary(dictionary.id())?;
            let values = read_batch(batch, &schema, MAX_VALUES, body, header.version());
            let values = values.map_err(|error| match error {
                IpcError::TooManyRows(_) => IpcError::TooManyValues,
                other => other,
            })?;
            caught(|| columns.learn(dictionary.id(), &values, dictionary.isDelta()))?;
            Ok(None)
        }
        _ => Err(malformed("a message after the schema is no record batch")),
    }
}

fn read_batch(
    batch: arrow_ipc::RecordBatch<'_>,
    schema: &SchemaRef,
    most: usize,
    body: &[u8],
    version: MetadataVersion,
) -> Result<RecordBatch, IpcError> {
    check::batch(batch, schema, most, body.len())?;
    // Copied to where numbers may be read: what comes out of a network buffer can begin anywhere.
    let (body, none) = (Buffer::from(body), HashMap::new());
    caught(|| read_record_batch(&body, batch, schema.clone(), &none, None, &version).map_err(malformed))
}

fn header(message: &FlightData) -> Result<arrow_ipc::Message<'_>, IpcError> {
    let header = arrow_ipc::root_as_message(&message.data_header).map_err(malformed)?;
    if usize::try_from(header.bodyLength()).is_ok_and(|length| length <= message.data_body.len()) {
        Ok(header)
    } else {
        Err(malformed("a body is shorter than its message says"))
    }
}

/// What the checks let through and still makes the reader panic is the caller's mistake, and nobody else's end.
fn caught<T>(reading: impl FnOnce() -> Result<T, IpcError>) -> Result<T, IpcError> {
    catch_unwind(AssertUnwindSafe(reading))
        .unwrap_or_else(|_| Err(malformed("its parts contradict each other")))
}

fn malformed(why: impl std::fmt::Display) -> IpcError {
    IpcError::Malformed(why.to_string())
}

#[cfg(test)]
mod tests;
