//! Where each field of CubeStore's FlatBuffers tables sits: the one place for slot numbers and union
//! tags (`protos/http_message.fbs` is the same table for people). Never knows how bytes are read or written.

use flatbuffers::VOffsetT;

/// The vtable offset of a slot: two bytes for the vtable's size, two for the table's, two for every slot before.
pub(crate) const fn vtable_offset(slot: u16) -> VOffsetT {
    4 + 2 * slot
}

/// The root of every message.
pub(crate) mod http_message {
    pub(crate) const MESSAGE_ID: u16 = 0;
    pub(crate) const COMMAND_TYPE: u16 = 1;
    pub(crate) const COMMAND: u16 = 2;
    pub(crate) const CONNECTION_ID: u16 = 3;
}

/// Tags of the union `HttpCommand`.
pub(crate) mod http_command {
    pub(crate) const QUERY: u8 = 1;
    pub(crate) const RESULT_SET: u8 = 2;
    pub(crate) const ERROR: u8 = 3;
    pub(crate) const QUERY_RESULT: u8 = 4;
}

/// A request.
pub(crate) mod http_query {
    pub(crate) const QUERY: u16 = 0;
    pub(crate) const TRACE_OBJ: u16 = 1;
    pub(crate) const INLINE_TABLES: u16 = 2;
    pub(crate) const PARAMETERS: u16 = 3;
    pub(crate) const RESPONSE_FORMAT: u16 = 4;
}

/// Values of the enum `QueryResultFormat`.
pub(crate) mod query_result_format {
    pub(crate) const LEGACY: u8 = 0;
    pub(crate) const ARROW: u8 = 1;
}

/// A table that travels with a request.
pub(crate) mod http_table {
    pub(crate) const NAME: u16 = 0;
    pub(crate) const COLUMNS: u16 = 1;
    pub(crate) const TYPES: u16 = 2;
    pub(crate) const CSV_ROWS: u16 = 3;
}

/// A parameter of a request.
pub(crate) mod http_parameter {
    pub(crate) const VALUE_TYPE: u16 = 0;
    pub(crate) const VALUE: u16 = 1;
}

/// Tags of the union `HttpParameterValue`; each of its tables has its value in the slot `VALUE`.
pub(crate) mod http_parameter_value {
    pub(crate) const VALUE: u16 = 0;
    pub(crate) const INT64: u8 = 1;
    pub(crate) const BOOL: u8 = 2;
    pub(crate) const STRING: u8 = 3;
    pub(crate) const BINARY: u8 = 4;
    pub(crate) const FLOAT64: u8 = 5;
    pub(crate) const NULL: u8 = 6;
}

/// A refusal.
pub(crate) mod http_error {
    pub(crate) const ERROR: u16 = 0;
}

/// An answer in text rows.
pub(crate) mod http_result_set {
    pub(crate) const COLUMNS: u16 = 0;
    pub(crate) const ROWS: u16 = 1;
}

/// A row of text values.
pub(crate) mod http_row {
    pub(crate) const VALUES: u16 = 0;
}

/// A text value; absent is NULL.
pub(crate) mod http_column_value {
    pub(crate) const STRING_VALUE: u16 = 0;
}

/// An answer of newer servers.
pub(crate) mod http_query_result {
    pub(crate) const DATA_TYPE: u16 = 0;
    pub(crate) const DATA: u16 = 1;
}

/// Tags of the union `HttpQueryResultData`.
pub(crate) mod http_query_result_data {
    pub(crate) const ARROW: u8 = 1;
    pub(crate) const COMPLETED: u8 = 2;
}

/// An answer, or a piece of one, as an Arrow IPC stream.
pub(crate) mod http_query_result_arrow {
    pub(crate) const DATA: u16 = 0;
    pub(crate) const IS_LAST: u16 = 1;
}
