//! Writes replies, for a server of this wire. Never knows how they are read.

use bytes::Bytes;
use flatbuffers::FLATBUFFERS_MAX_BUFFER_SIZE;

use crate::codec::build::{Builder, Done, finish, put, table};
use crate::codec::slots::{
    http_column_value, http_command, http_error, http_query_result, http_query_result_arrow,
    http_query_result_data, http_result_set, http_row, vtable_offset,
};
use crate::error::{Error, Result};

// Slot of a vector, table with its vtable, length, terminator and padding: more than a value or row takes.
const VALUE_OVERHEAD: usize = 32;
// The root, both vectors' lengths, the connection id and vtables.
const MESSAGE_OVERHEAD: usize = 4096;

/// The reply of a refused query.
pub fn error(message_id: u32, connection_id: Option<&str>, message: &str) -> Bytes {
    let mut builder = Builder::with_capacity(message.len() + 256);
    let text = builder.create_string(message);
    let error = table(&mut builder, |b| put(b, http_error::ERROR, text));
    finish(builder, message_id, connection_id, (http_command::ERROR, error))
}

/// A reply, or a piece of one, with an Arrow IPC stream.
pub fn arrow(message_id: u32, connection_id: Option<&str>, data: &[u8], is_last: bool) -> Result<Bytes> {
    room_for(data.len())?;
    let mut builder = Builder::with_capacity(data.len() + 512);
    let bytes = builder.create_vector(data);
    let arrow = table(&mut builder, |b| {
        put(b, http_query_result_arrow::DATA, bytes);
        b.push_slot(vtable_offset(http_query_result_arrow::IS_LAST), is_last, false);
    });
    Ok(query_result(builder, message_id, connection_id, (http_query_result_data::ARROW, arrow)))
}

/// The reply of a statement without columns.
pub fn completed(message_id: u32, connection_id: Option<&str>) -> Bytes {
    let mut builder = Builder::with_capacity(256);
    let nothing = table(&mut builder, |_| {});
    query_result(builder, message_id, connection_id, (http_query_result_data::COMPLETED, nothing))
}

fn query_result(mut builder: Builder, id: u32, connection: Option<&str>, (tag, data): (u8, Done)) -> Bytes {
    let result = table(&mut builder, |b| {
        put(b, http_query_result::DATA, data);
        b.push_slot_always(vtable_offset(http_query_result::DATA_TYPE), tag);
    });
    finish(builder, id, connection, (http_command::QUERY_RESULT, result))
}

fn room_for(bytes: usize) -> Result<()> {
    let limit = FLATBUFFERS_MAX_BUFFER_SIZE - MESSAGE_OVERHEAD;
    if bytes > limit {
        return Err(Error::MessageTooLarge { bytes: bytes as u64, limit: limit as u64 });
    }
    Ok(())
}

/// A reply in text rows, written row by row.
pub struct ResultSet {
    builder: Builder,
    columns: Vec<String>,
    /// What the names will take.
    names: usize,
    rows: Vec<Done>,
    /// The values of the row that is being written; kept for its capacity.
    values: Vec<Done>,
}

impl ResultSet {
    /// A result set with these column names; `capacity` is a guess of its bytes.
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>, capacity: usize) -> Self {
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        Self {
            builder: Builder::with_capacity(capacity.min(FLATBUFFERS_MAX_BUFFER_SIZE)),
            names: columns.iter().map(|name| name.len() + VALUE_OVERHEAD).sum(),
            columns,
            rows: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Adds a row; `None` is NULL. Fails when the message would outgrow what FlatBuffers can hold.
    pub fn row<'v>(&mut self, values: impl IntoIterator<Item = Option<&'v str>>) -> Result<()> {
        self.values.clear();
        for value in values {
            self.room_for(value.map_or(0, str::len))?;
            let value = column_value(&mut self.builder, value);
            self.values.push(value);
        }
        let values = self.builder.create_vector(&self.values);
        let row = table(&mut self.builder, |b| put(b, http_row::VALUES, values));
        self.rows.push(row);
        Ok(())
    }

    /// What is written, what the rows' and this row's vectors will take, and a value of this length.
    fn room_for(&self, value: usize) -> Result<()> {
        let vectors = (self.rows.len() + self.values.len() + 2) * VALUE_OVERHEAD;
        room_for(self.builder.unfinished_data().len() + vectors + self.names + value)
    }

    /// The reply.
    pub fn finish(mut self, message_id: u32, connection_id: Option<&str>) -> Bytes {
        let builder = &mut self.builder;
        let rows = builder.create_vector(&self.rows);
        let names: Vec<_> = self.columns.iter().map(|name| builder.create_string(name)).collect();
        let columns = builder.create_vector(&names);
        let set = table(builder, |b| {
            put(b, http_result_set::COLUMNS, columns);
            put(b, http_result_set::ROWS, rows);
        });
        finish(self.builder, message_id, connection_id, (http_command::RESULT_SET, set))
    }
}

fn column_value(builder: &mut Builder, value: Option<&str>) -> Done {
    let text = value.map(|value| builder.create_string(value));
    table(builder, |b| {
        if let Some(text) = text {
            put(b, http_column_value::STRING_VALUE, text);
        }
    })
}
