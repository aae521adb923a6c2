//! A reply from anyone, read as text rows of every type. The corpus to begin with:
//! `tests/fixtures/cubestore/*.response.bin`.

#![no_main]

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use bytes::Bytes;
use cubestore::Shape;
use cubestore::codec::reply::Reply;
use cubestore::decode::Pieces;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for data_type in [
        DataType::Utf8,
        DataType::Int64,
        DataType::Float64,
        DataType::Boolean,
        DataType::Binary,
        DataType::Date32,
        DataType::Decimal128(38, 10),
        DataType::Timestamp(TimeUnit::Microsecond, None),
    ] {
        for width in 1..4 {
            decode(bytes, width, &data_type);
        }
    }
});

fn decode(bytes: &[u8], width: usize, data_type: &DataType) {
    let field = |index| Field::new(format!("c{index}"), data_type.clone(), true);
    let schema = Arc::new(Schema::new((0..width).map(field).collect::<Vec<_>>()));
    let shape = Shape::new(schema).expect("a supported type");
    let Ok(body) = Reply::read(&Bytes::copy_from_slice(bytes)).and_then(|reply| reply.body) else { return };
    let Ok(pieces) = Pieces::new(body, shape, 0) else { return };
    for piece in pieces {
        // An error ends an answer.
        let Ok(Ok(batch)) = piece.map(|piece| piece.batch()) else { return };
        assert_eq!(batch.num_columns(), width);
    }
}
