//! Arrow messages from anyone, bound as parameters: read or refused. A panic that the gateway would survive counts too.

#![no_main]

// The module alone, for it needs none of the engine that the crate around it is built on.
#[path = "../../../crates/flight/src/ipc/mod.rs"]
mod ipc;

use std::sync::{Arc, LazyLock};

use arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, DictionaryArray, Float64Array, Int8Array, Int64Array, NullArray,
    RecordBatch, StringArray, StringViewArray, TimestampMillisecondArray,
};
use arrow_flight::FlightData;
use arrow_ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

/// What a well-meaning caller sends: a schema, a dictionary, rows.
static GOOD: LazyLock<[FlightData; 3]> = LazyLock::new(|| {
    let texts = Arc::new(StringArray::from(vec!["a", "b"]));
    let pointing = DictionaryArray::new(Int8Array::from(vec![Some(1), None]), texts);
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("int", Arc::new(Int64Array::from(vec![Some(1), None])), true),
        ("float", Arc::new(Float64Array::from(vec![0.5, -1.0])), true),
        ("text", Arc::new(StringArray::from(vec![Some("a"), None])), true),
        ("view", Arc::new(StringViewArray::from(vec!["longer than what is kept inline", "x"])), true),
        ("truth", Arc::new(BooleanArray::from(vec![true, false])), true),
        ("null", Arc::new(NullArray::new(2)), true),
        ("time", Arc::new(TimestampMillisecondArray::from(vec![1, 2])), true),
        ("exact", Arc::new(Decimal128Array::from(vec![1, 2])), true),
        ("dictionary", Arc::new(pointing), true),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(columns).expect("columns of two rows");
    let (generator, options) = (IpcDataGenerator::default(), IpcWriteOptions::default());
    let mut tracker = DictionaryTracker::new(false);
    let schema = generator.schema_to_bytes_with_dictionary_tracker(&batch.schema(), &mut tracker, &options);
    let encoded = generator.encode(&batch, &mut tracker, &options, &mut IpcWriteContext::default());
    let (dictionaries, rows) = encoded.expect("flat types");
    let dictionary = dictionaries.into_iter().next().expect("a column has a dictionary");
    [schema, dictionary, rows].map(FlightData::from)
});

// Edits of good messages, four bytes each: which part, where, and what is put there.
fuzz_target!(|bytes: &[u8]| {
    let mut parts: Vec<Vec<u8>> =
        GOOD.iter().flat_map(|message| [message.data_header.to_vec(), message.data_body.to_vec()]).collect();
    for edit in bytes.chunks_exact(4) {
        let part = &mut parts[usize::from(edit[0]) % GOOD.len() * 2 + usize::from(edit[0] >> 7)];
        let at = usize::from(u16::from_le_bytes([edit[1], edit[2]]));
        match part.get_mut(at) {
            Some(byte) => *byte = edit[3],
            None => part.truncate(at % (part.len() + 1)),
        }
    }
    let messages: Vec<_> = parts
        .chunks_exact(2)
        .map(|message| FlightData {
            data_header: Bytes::copy_from_slice(&message[0]),
            data_body: Bytes::copy_from_slice(&message[1]),
            ..FlightData::default()
        })
        .collect();
    if let Ok(Some(batch)) = ipc::read(&messages) {
        assert!(batch.num_rows() <= ipc::MAX_ROWS);
        batch
            .columns()
            .iter()
            .for_each(|column| column.to_data().validate_full().expect("what was read holds"));
    }
});
