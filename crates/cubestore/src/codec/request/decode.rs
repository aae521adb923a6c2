//! Reads a request, from anyone: every malformed buffer is an error. Never knows how it was written.

use super::{Format, InlineTable, Parameter, Query, Request};
use crate::codec::slots::{
    http_command, http_message, http_parameter, http_parameter_value as value, http_query, http_table,
    query_result_format,
};
use crate::codec::table::Table;
use crate::error::{Error, Result};

// A parameter takes at least a vector slot, a table with two fields and a table around its value.
const SMALLEST_PARAMETER: usize = 20;
const SMALLEST_INLINE_TABLE: usize = 24;

impl Request {
    /// Reads one WebSocket message.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let root = Table::root(bytes)?;
        if root.u8(http_message::COMMAND_TYPE)? != http_command::QUERY {
            return Err(Error::malformed("a request is not a query"));
        }
        let command = root.required_table(http_message::COMMAND)?;
        Ok(Self {
            message_id: root.u32(http_message::MESSAGE_ID)?,
            connection_id: root.string(http_message::CONNECTION_ID)?.map(str::to_owned),
            query: query(bytes.len(), &command)?,
            format: format(command.u8(http_query::RESPONSE_FORMAT)?)?,
        })
    }
}

fn query(room: usize, command: &Table<'_>) -> Result<Query> {
    // Offsets may share what they lead to, so the copies are paid for out of the message's own length.
    let mut room = Room(room);
    Ok(Query {
        sql: room.string(command.required_string(http_query::QUERY)?)?,
        trace: command.string(http_query::TRACE_OBJ)?.map(|trace| room.string(trace)).transpose()?,
        parameters: each_table(command, http_query::PARAMETERS, &mut room, parameter)?,
        inline_tables: each_table(command, http_query::INLINE_TABLES, &mut room, inline_table)?,
    })
}

fn format(format: u8) -> Result<Format> {
    match format {
        query_result_format::LEGACY => Ok(Format::Text),
        query_result_format::ARROW => Ok(Format::Arrow),
        _ => Err(Error::malformed("an unknown answer format is asked for")),
    }
}

fn each_table<T>(
    table: &Table<'_>,
    slot: u16,
    room: &mut Room,
    read: fn(&Table<'_>, &mut Room) -> Result<T>,
) -> Result<Vec<T>> {
    let Some(vector) = table.vector(slot)? else { return Ok(Vec::new()) };
    vector.tables().map(|table| read(&table?, room)).collect()
}

fn strings(table: &Table<'_>, slot: u16, room: &mut Room) -> Result<Vec<String>> {
    let Some(vector) = table.vector(slot)? else { return Ok(Vec::new()) };
    vector.strings().map(|text| room.string(text?)).collect()
}

fn inline_table(table: &Table<'_>, room: &mut Room) -> Result<InlineTable> {
    room.take(SMALLEST_INLINE_TABLE)?;
    Ok(InlineTable {
        name: room.string(table.required_string(http_table::NAME)?)?,
        columns: strings(table, http_table::COLUMNS, room)?,
        types: strings(table, http_table::TYPES, room)?,
        csv: room.string(table.required_string(http_table::CSV_ROWS)?)?,
    })
}

fn parameter(table: &Table<'_>, room: &mut Room) -> Result<Parameter> {
    room.take(SMALLEST_PARAMETER)?;
    let inner = table.required_table(http_parameter::VALUE)?;
    Ok(match table.u8(http_parameter::VALUE_TYPE)? {
        value::NULL => Parameter::Null,
        value::BOOL => Parameter::Bool(inner.bool(value::VALUE)?),
        value::INT64 => Parameter::Int64(inner.i64(value::VALUE)?),
        value::FLOAT64 => Parameter::Float64(inner.f64(value::VALUE)?),
        value::STRING => Parameter::String(room.string(inner.required_string(value::VALUE)?)?),
        value::BINARY => {
            let bytes = inner.bytes(value::VALUE)?.ok_or(Error::malformed("a required vector is absent"))?;
            room.take(bytes.len())?;
            Parameter::Binary(bytes.to_vec())
        }
        _ => return Err(Error::malformed("a parameter has an unknown type")),
    })
}

/// What may still be copied out of a message: never more than it holds.
struct Room(usize);

impl Room {
    fn take(&mut self, bytes: usize) -> Result<()> {
        self.0 = self.0.checked_sub(bytes).ok_or(Error::malformed("parts of a request overlap"))?;
        Ok(())
    }

    fn string(&mut self, text: &str) -> Result<String> {
        self.take(text.len())?;
        Ok(text.to_owned())
    }
}
