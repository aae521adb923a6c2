//! What a real CubeStore was asked and what it answered, byte by byte. Each recording is read three times:
//! by the client, by FlatBuffers' own verifier, and by a reader that is too simple to be wrong.

mod naive;
mod shown;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use bytes::Bytes;
use cubestore::codec::reply::Reply;
use cubestore::codec::request::{Format, Request};
use cubestore::decode::Pieces;
use cubestore::{Error, InlineTable, Result, Shape};
use serde_json::Value;

use shown::shown;

/// Text values of rows; `None` is NULL.
type Rows = Vec<Vec<Option<String>>>;

pub(crate) struct Recording {
    pub(crate) name: String,
    pub(crate) request: Bytes,
    pub(crate) response: Bytes,
    json: Value,
}

impl Recording {
    fn text(&self, key: &str) -> Option<&str> {
        self.json[key].as_str()
    }

    fn message_id(&self) -> u32 {
        self.json["message_id"].as_u64().expect("a number").try_into().expect("32 bits")
    }

    pub(crate) fn columns(&self) -> Vec<String> {
        strings(&self.json["columns"])
    }

    /// The rows, if the store answered with any.
    fn rows(&self) -> Option<Rows> {
        let rows = self.json["decoded_rows"].as_array().or(self.json["expected"].as_array())?;
        let cell = |cell: &Value| cell.as_str().map(str::to_owned);
        Some(rows.iter().map(|row| row.as_array().expect("a row").iter().map(cell).collect()).collect())
    }

    fn inline_tables(&self) -> Vec<InlineTable> {
        let tables = self.json["inline_tables"].as_array().into_iter().flatten();
        let table = |table: &Value| InlineTable {
            name: table[0].as_str().expect("a name").to_owned(),
            columns: strings(&table[1]),
            types: strings(&table[2]),
            csv: table[3].as_str().expect("rows").to_owned(),
        };
        tables.map(table).collect()
    }

    /// The columns as texts.
    fn as_text(&self) -> Shape {
        shape(self.columns().into_iter().map(|name| Field::new(name, DataType::Utf8, true)).collect())
    }

    /// The columns as the catalogue declares them, if it declares all of them.
    fn as_declared(&self) -> Option<Shape> {
        let declared = self.json["declared_types"].as_object()?;
        let field = |name: String| Some(Field::new(&name, arrow_type(declared.get(&name)?.as_str()?), true));
        let fields: Option<Vec<Field>> = self.columns().into_iter().map(field).collect();
        fields.filter(|fields| !fields.is_empty()).map(shape)
    }
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().expect("a text").to_owned()).collect()
}

fn shape(fields: Vec<Field>) -> Shape {
    Shape::new(Arc::new(Schema::new(fields))).expect("supported types")
}

/// The catalogue's type as an Arrow type; it tells a decimal's scale and not its precision.
fn arrow_type(declared: &str) -> DataType {
    let scale = |name: &str| declared.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')?.parse().ok();
    match declared {
        "int" => DataType::Int64,
        "int96" => DataType::Decimal128(38, 0),
        "float" => DataType::Float64,
        "boolean" => DataType::Boolean,
        "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, None),
        "bytes" | "hyperloglog" => DataType::Binary,
        "text" => DataType::Utf8,
        _ => DataType::Decimal128(38, scale("decimal").or(scale("decimal96")).expect(declared)),
    }
}

pub(crate) fn all() -> Vec<Recording> {
    let directory = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/cubestore"));
    let entries = fs::read_dir(&directory).expect("the recordings are part of the project");
    let names = entries.filter_map(|entry| {
        let name = entry.expect("a file").file_name().into_string().expect("a plain name");
        name.strip_suffix(".json").map(str::to_owned)
    });
    let read = |name: &str, end: &str| fs::read(directory.join(format!("{name}.{end}"))).expect(name);
    names
        .map(|name| Recording {
            request: read(&name, "request.bin").into(),
            response: read(&name, "response.bin").into(),
            json: serde_json::from_slice(&read(&name, "json")).expect(&name),
            name,
        })
        .collect()
}

pub(crate) fn decode(response: &Bytes, shape: &Shape) -> Result<Vec<RecordBatch>> {
    Pieces::new(Reply::read(response)?.body?, shape.clone(), 0)?.map(|piece| piece?.batch()).collect()
}

fn shown_rows(batches: &[RecordBatch]) -> Rows {
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)));
    rows.map(|(batch, row)| batch.columns().iter().map(|column| shown(column, row)).collect()).collect()
}

#[test]
fn there_are_recordings() {
    assert!(all().len() >= 105);
}

#[test]
fn every_request_is_read_as_it_was_meant() {
    for recording in all() {
        let request = Request::decode(&recording.request).expect(&recording.name);
        assert_eq!(request.message_id, recording.message_id(), "{}", recording.name);
        assert_eq!(request.connection_id.as_deref(), recording.text("connection_id"), "{}", recording.name);
        assert_eq!(Some(request.query.sql.as_str()), recording.text("sql"), "{}", recording.name);
        assert_eq!(request.query.trace.as_deref(), recording.text("trace_obj"), "{}", recording.name);
        assert_eq!(request.query.inline_tables, recording.inline_tables(), "{}", recording.name);
        assert_eq!((request.format, request.query.parameters.len()), (Format::Text, 0), "{}", recording.name);
        assert_eq!(Request::decode(&request.encode()).expect(&recording.name), request, "{}", recording.name);
    }
}

#[test]
fn every_reply_belongs_to_its_request() {
    for recording in all() {
        let reply = Reply::read(&recording.response).expect(&recording.name);
        assert_eq!(reply.message_id, recording.message_id(), "{}", recording.name);
        assert_eq!(reply.connection_id.as_deref(), recording.text("connection_id"), "{}", recording.name);
    }
}

#[test]
fn every_refusal_keeps_its_words_for_the_log() {
    for recording in all().into_iter().filter(|recording| recording.rows().is_none()) {
        let error = decode(&recording.response, &recording.as_text()).expect_err(&recording.name);
        let Error::Store { message } = &error else { panic!("{}: {error}", recording.name) };
        assert_eq!(Some(message.as_str()), recording.text("error"), "{}", recording.name);
        let is_absent = matches!(
            recording.name.as_str(),
            "error_unknown_table" | "error_unknown_schema" | "error_bare_table"
        );
        assert_eq!(error.is_table_not_found(), is_absent, "{}", recording.name);
    }
}

#[test]
fn every_answer_has_the_recorded_rows() {
    for recording in all() {
        let Some(rows) = recording.rows() else { continue };
        assert!(naive::is_verified(&recording.response), "{}", recording.name);
        assert_eq!(naive::rows(&recording.response), rows, "{}", recording.name);
        let texts = decode(&recording.response, &recording.as_text()).expect(&recording.name);
        assert_eq!(shown_rows(&texts), rows, "{}", recording.name);
        assert!(texts.iter().all(|batch| batch.num_rows() > 0), "{}", recording.name);
    }
}

#[test]
fn every_declared_type_has_the_recorded_values() {
    let mut typed = 0;
    for recording in all() {
        let (Some(rows), Some(shape)) = (recording.rows(), recording.as_declared()) else { continue };
        let batches = decode(&recording.response, &shape).expect(&recording.name);
        assert!(batches.iter().all(|batch| batch.schema() == *shape.schema()), "{}", recording.name);
        assert_eq!(shown_rows(&batches), rows, "{}", recording.name);
        typed += 1;
    }
    assert!(typed > 40, "{typed}");
}

#[test]
fn an_answer_without_names_is_empty_whatever_was_announced() {
    for recording in all().iter().filter(|recording| recording.columns().is_empty()) {
        let announced = shape(vec![Field::new("id", DataType::Int64, false)]).with_names(["id"]);
        if recording.rows().is_some() {
            assert_eq!(
                decode(&recording.response, &announced).expect(&recording.name),
                [],
                "{}",
                recording.name
            );
        }
    }
}
