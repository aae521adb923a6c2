//! Writes a request. Owns the order of its parts (children before parents); never knows how it is read.

use bytes::Bytes;

use super::{Format, InlineTable, Parameter, Request};
use crate::codec::build::{Builder, Done, finish, put, table};
use crate::codec::slots::{
    http_command, http_parameter, http_parameter_value as value, http_query, http_table, query_result_format,
    vtable_offset,
};

impl Request {
    /// The request as one WebSocket message.
    pub fn encode(&self) -> Bytes {
        let mut builder = Builder::with_capacity(self.query.sql.len() + 512);
        let query = query(&mut builder, self);
        finish(builder, self.message_id, self.connection_id.as_deref(), (http_command::QUERY, query))
    }
}

fn query(builder: &mut Builder, request: &Request) -> Done {
    let asked = &request.query;
    let sql = builder.create_string(&asked.sql);
    let trace = asked.trace.as_ref().map(|trace| builder.create_string(trace));
    let inline = tables(builder, &asked.inline_tables, inline_table);
    let parameters = tables(builder, &asked.parameters, parameter);
    let inline = inline.map(|tables| builder.create_vector(&tables));
    let parameters = parameters.map(|tables| builder.create_vector(&tables));
    table(builder, |b| {
        put(b, http_query::QUERY, sql);
        trace.into_iter().for_each(|trace| put(b, http_query::TRACE_OBJ, trace));
        inline.into_iter().for_each(|inline| put(b, http_query::INLINE_TABLES, inline));
        parameters.into_iter().for_each(|all| put(b, http_query::PARAMETERS, all));
        let format = match request.format {
            Format::Text => query_result_format::LEGACY,
            Format::Arrow => query_result_format::ARROW,
        };
        b.push_slot(vtable_offset(http_query::RESPONSE_FORMAT), format, query_result_format::LEGACY);
    })
}

/// The tables of a list, or `None` for an empty list: a request of today reads like one of years ago.
fn tables<T>(builder: &mut Builder, list: &[T], write: fn(&mut Builder, &T) -> Done) -> Option<Vec<Done>> {
    (!list.is_empty()).then(|| list.iter().map(|item| write(builder, item)).collect())
}

fn inline_table(builder: &mut Builder, inline: &InlineTable) -> Done {
    let strings = |builder: &mut Builder, list: &[String]| {
        let all: Vec<_> = list.iter().map(|text| builder.create_string(text)).collect();
        builder.create_vector(&all)
    };
    let name = builder.create_string(&inline.name);
    let columns = strings(builder, &inline.columns);
    let types = strings(builder, &inline.types);
    let csv = builder.create_string(&inline.csv);
    table(builder, |b| {
        put(b, http_table::NAME, name);
        put(b, http_table::COLUMNS, columns);
        put(b, http_table::TYPES, types);
        put(b, http_table::CSV_ROWS, csv);
    })
}

fn parameter(builder: &mut Builder, parameter: &Parameter) -> Done {
    let slot = vtable_offset(value::VALUE);
    let (tag, inner) = match parameter {
        Parameter::Null => (value::NULL, table(builder, |_| {})),
        Parameter::Bool(v) => (value::BOOL, table(builder, |b| b.push_slot(slot, *v, false))),
        Parameter::Int64(v) => (value::INT64, table(builder, |b| b.push_slot(slot, *v, 0))),
        Parameter::Float64(v) => (value::FLOAT64, table(builder, |b| b.push_slot_always(slot, *v))),
        Parameter::String(v) => {
            let text = builder.create_string(v);
            (value::STRING, table(builder, |b| put(b, value::VALUE, text)))
        }
        Parameter::Binary(v) => {
            let bytes = builder.create_vector(v);
            (value::BINARY, table(builder, |b| put(b, value::VALUE, bytes)))
        }
    };
    table(builder, |b| {
        put(b, http_parameter::VALUE, inner);
        b.push_slot_always(vtable_offset(http_parameter::VALUE_TYPE), tag);
    })
}
