//! An Arrow stream from anyone: decoded, and handed on only if the decode would have changed nothing.

#![no_main]

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use bytes::Bytes;
use cubestore::codec::reply::Body;
use cubestore::decode::Pieces;
use cubestore::{Chunk, Shape};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for types in [
        vec![DataType::Int64],
        vec![DataType::Utf8],
        vec![DataType::Utf8, DataType::Decimal128(18, 2)],
        vec![DataType::Int64, DataType::Utf8, DataType::Timestamp(TimeUnit::Microsecond, None)],
    ] {
        let fields: Vec<Field> =
            types.into_iter().map(|data_type| Field::new("c", data_type, true)).collect();
        let shape = Shape::new(Arc::new(Schema::new(fields))).expect("supported types");
        check(bytes, &shape);
    }
});

fn pieces(bytes: &[u8], shape: &Shape) -> Option<Pieces> {
    let data = Bytes::copy_from_slice(bytes);
    Pieces::new(Body::Arrow { data, is_last: true }, shape.clone(), 0).ok()
}

fn check(bytes: &[u8], shape: &Shape) {
    let (Some(decoded), Some(passed)) = (pieces(bytes, shape), pieces(bytes, shape)) else { return };
    for (decoded, passed) in decoded.zip(passed) {
        let (Ok(decoded), Ok(passed)) = (decoded, passed) else { return };
        let batch = decoded.batch();
        if let Err(error) = &batch {
            assert!(!error.to_string().contains("panicked"), "{error}");
        }
        if let Ok(Chunk::Ipc(message)) = passed.chunk(usize::MAX) {
            assert_eq!(batch.expect("what goes on can be decoded").num_rows(), message.rows);
        }
    }
}
