//! Bytes that were meant to be a message: every one of them is an answer or an error, and costs no more than
//! its own length.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use bytes::Bytes;
use cubestore::Shape;
use cubestore::codec::request::Request;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::recordings::{Recording, all, decode};

fn shape(width: usize, data_type: &DataType) -> Shape {
    let field = |index| Field::new(format!("c{index}"), data_type.clone(), true);
    Shape::new(Arc::new(Schema::new((0..width).map(field).collect::<Vec<_>>()))).expect("supported types")
}

fn any_type() -> impl Strategy<Value = DataType> {
    prop_oneof![
        Just(DataType::Utf8),
        Just(DataType::Int64),
        Just(DataType::Float64),
        Just(DataType::Decimal128(38, 5)),
        Just(DataType::Timestamp(TimeUnit::Microsecond, None)),
        Just(DataType::Binary),
    ]
}

/// The shorter recordings: a change somewhere in a megabyte of rows hits nothing new.
fn short() -> Vec<Recording> {
    all().into_iter().filter(|recording| recording.response.len() < 4096).collect()
}

/// Decodes, and measures what comes out.
fn check(bytes: &[u8], shape: &Shape) {
    let bytes = Bytes::copy_from_slice(bytes);
    if let Ok(batches) = decode(&bytes, shape) {
        let texts: usize = batches.iter().map(|batch| batch.num_rows() * shape.schema().fields().len()).sum();
        assert!(texts * 8 <= bytes.len(), "{texts} values out of {} bytes", bytes.len());
    }
}

#[test]
fn every_cut_of_every_short_recording() {
    for recording in short() {
        let width = recording.columns().len();
        for end in 0..recording.response.len() {
            check(&recording.response[..end], &shape(width, &DataType::Utf8));
            check(&recording.response[..end], &shape(width, &DataType::Int64));
        }
    }
}

#[test]
fn every_byte_of_a_recording_set_to_its_extremes() {
    for recording in short().iter().filter(|recording| recording.name.starts_with("type_")) {
        let mut bytes = recording.response.to_vec();
        let texts = shape(recording.columns().len(), &DataType::Utf8);
        for at in 0..bytes.len() {
            for extreme in [0, 1, 0x7f, 0x80, 0xff] {
                let before = std::mem::replace(&mut bytes[at], extreme);
                check(&bytes, &texts);
                bytes[at] = before;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn changed_recordings(
        which in any::<Index>(),
        changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..8),
        end in proptest::option::weighted(0.2, any::<Index>()),
        data_type in any_type(),
    ) {
        let recordings = RECORDINGS.with(Arc::clone);
        let recording = which.get(&recordings);
        for original in [&recording.response, &recording.request] {
            let mut bytes = original.to_vec();
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            if let Some(end) = &end {
                bytes.truncate(end.index(bytes.len()));
            }
            check(&bytes, &shape(recording.columns().len(), &data_type));
            let _ = Request::decode(&bytes);
        }
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400), width in 0_usize..4) {
        check(&bytes, &shape(width, &DataType::Utf8));
    }
}

thread_local! {
    static RECORDINGS: Arc<Vec<Recording>> = Arc::new(short());
}
