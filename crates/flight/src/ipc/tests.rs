//! Good messages are read, and what was found to bring the reader down is refused.

mod dictionaries;

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, DictionaryArray, Float64Array, Int32Array, Int64Array,
    ListArray, NullArray, RecordBatch, StringArray, StringViewArray, TimestampMillisecondArray,
    types::Int32Type,
};
use arrow_flight::{FlightData, SchemaAsIpc};
use arrow_ipc::{
    CompressionType,
    writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions},
};
use bytes::Bytes;

use super::{IpcError, MAX_ROWS, read};
use dictionaries::dictionary;

fn messages(batch: &RecordBatch) -> Vec<FlightData> {
    written(std::slice::from_ref(batch), &IpcWriteOptions::default())
}

/// The messages of a stream.
fn written(batches: &[RecordBatch], options: &IpcWriteOptions) -> Vec<FlightData> {
    let (generator, mut tracker) = (IpcDataGenerator::default(), DictionaryTracker::new(false));
    let schema = batches[0].schema();
    let schema = generator.schema_to_bytes_with_dictionary_tracker(&schema, &mut tracker, options);
    let mut messages = vec![FlightData::from(schema)];
    for batch in batches {
        let mut context = IpcWriteContext::default();
        let (dictionaries, rows) = generator.encode(batch, &mut tracker, options, &mut context).unwrap();
        messages.extend(dictionaries.into_iter().chain([rows]).map(FlightData::from));
    }
    messages
}

fn one(column: ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([("c", column, true)]).unwrap()
}

fn flat() -> RecordBatch {
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("int", Arc::new(Int64Array::from(vec![Some(1), None])), true),
        ("float", Arc::new(Float64Array::from(vec![0.5, -1.0])), true),
        ("text", Arc::new(StringArray::from(vec![Some("a"), None])), true),
        ("view", Arc::new(StringViewArray::from(vec!["longer than what is kept inline", "x"])), true),
        ("truth", Arc::new(BooleanArray::from(vec![true, false])), true),
        ("null", Arc::new(NullArray::new(2)), true),
        ("time", Arc::new(TimestampMillisecondArray::from(vec![1, 2])), true),
        ("exact", Arc::new(Decimal128Array::from(vec![1, 2])), true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

#[test]
fn flat_rows_are_read() {
    assert_eq!(read(&messages(&flat())), Ok(Some(flat())));
    let [schema, rows] = <[_; 2]>::try_from(messages(&flat())).unwrap();
    let twice = read(&[schema.clone(), rows.clone(), rows]).unwrap().unwrap();
    assert_eq!(twice.num_rows(), 4);
    assert_eq!(read(&[schema]), Ok(None));
    assert_eq!(read(&[FlightData::default()]), Ok(None));
}

#[test]
fn types_that_nest_are_refused_by_name() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)])]);
    let of_lists = DictionaryArray::new(Int32Array::from(vec![0]), Arc::new(list.clone()));
    for column in [Arc::new(of_lists) as ArrayRef, Arc::new(list)] {
        let schema = one(column).schema();
        let message = FlightData::from(SchemaAsIpc::new(&schema, &IpcWriteOptions::default()));
        let error = read(&[message]).unwrap_err();
        assert!(matches!(&error, IpcError::Type { column, .. } if column == "c"), "{error}");
    }
}

#[test]
fn compressed_rows_and_dictionaries_are_refused() {
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD)).unwrap();
    let text = Arc::new(StringArray::from(vec!["x".repeat(1_000)]));
    let dictionary = DictionaryArray::new(Int32Array::from(vec![0]), text.clone());
    for column in [text as ArrayRef, Arc::new(dictionary)] {
        let messages = written(&[one(column)], &options);
        assert_eq!(read(&messages), Err(IpcError::Compressed));
    }
}

#[test]
fn too_many_rows_are_refused() {
    let rows = |count| one(Arc::new(Int64Array::from(vec![1; count])));
    assert_eq!(read(&messages(&rows(MAX_ROWS))).unwrap().unwrap().num_rows(), MAX_ROWS);
    assert_eq!(read(&messages(&rows(MAX_ROWS + 1))), Err(IpcError::TooManyRows(MAX_ROWS)));
    let [schema, batch] = <[_; 2]>::try_from(messages(&rows(600))).unwrap();
    assert_eq!(read(&[schema, batch.clone(), batch]), Err(IpcError::TooManyRows(MAX_ROWS)));
}

/// How many messages are refused of those that differ in a byte. None brings the reader down.
fn refused_changes(good: &[FlightData]) -> usize {
    let mut refused = 0;
    for of in 0..good.len() {
        for header in [true, false] {
            let length = if header { good[of].data_header.len() } else { good[of].data_body.len() };
            for (at, byte) in (0..length).flat_map(|at| [0x01, 0x04, 0x80, 0xff].map(|byte| (at, byte))) {
                let mut messages = good.to_vec();
                let part = if header { &mut messages[of].data_header } else { &mut messages[of].data_body };
                let mut bytes = part.to_vec();
                bytes[at] ^= byte;
                *part = Bytes::from(bytes);
                refused += usize::from(read(&messages).is_err());
            }
        }
    }
    refused
}

#[test]
fn no_change_of_a_byte_brings_the_reader_down() {
    let good = messages(&flat());
    assert!(refused_changes(&good) > 1_000);
    for length in 0..good[1].data_body.len() {
        let mut short = good.clone();
        short[1].data_body.truncate(length);
        assert!(read(&short).is_err(), "{length}");
    }
}

#[test]
fn what_made_the_reader_panic_is_refused_before_it_is_read() {
    let good = messages(&flat());
    for (of, at, byte, what) in [
        (0, 0x24, 0x04, "a schema has no list of columns"),
        (1, 0x80, 0x01, "a column has too few or too short buffers"),
        (1, 0x148, 0x8d, "a column has too few or too short buffers"),
        (1, 0x54, 0x21, "a batch has more parts than its columns"),
        (1, 0x178, 0xff, "a column has too few or too short buffers"),
    ] {
        let mut messages = good.clone();
        let mut header = messages[of].data_header.to_vec();
        header[at] = byte;
        messages[of].data_header = Bytes::from(header);
        let told = read(&messages).map_or_else(|error| error.to_string(), |rows| format!("{rows:?}"));
        assert!(told.contains(what), "byte {at:#x} of header {of}: {told}");
    }
}

#[test]
fn messages_in_another_order_are_refused() {
    let [schema, rows] = <[_; 2]>::try_from(messages(&flat())).unwrap();
    let dictionary = messages(&one(dictionary(&["a"], vec![Some(0)]))).remove(1);
    for (order, what) in [
        (vec![rows.clone()], "the first message is no schema"),
        (vec![schema.clone(), dictionary], "no column has such a dictionary"),
        (vec![schema.clone(), schema.clone()], "no record batch"),
        (
            vec![FlightData { data_header: Bytes::from_static(b"junk"), ..FlightData::default() }],
            "no valid Arrow",
        ),
    ] {
        let error = read(&order).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
    // A batch of another schema has other buffers.
    let other = messages(&one(Arc::new(Int64Array::from(vec![1])))).remove(1);
    assert!(read(&[schema, other]).is_err());
}
