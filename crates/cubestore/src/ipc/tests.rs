//! Arrow answers against what they hold, and against what no honest store would send.

mod casts;
mod forged;

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch,
    RecordBatchOptions, StringArray, TimestampMicrosecondArray, TimestampMillisecondArray,
};
use arrow_buffer::NullBuffer;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use bytes::Bytes;

use super::IpcMessage;
use crate::codec::reply::Body;
use crate::decode::{Chunk, Pieces};
use crate::error::Result;
use crate::shape::Shape;

fn batch(columns: Vec<ArrayRef>) -> RecordBatch {
    let field = |(index, column): (usize, &ArrayRef)| {
        Field::new(format!("c{index}"), column.data_type().clone(), true)
    };
    let fields: Vec<Field> = columns.iter().enumerate().map(field).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("columns of one length")
}

fn stream(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batches[0].schema()).expect("a stream");
    batches.iter().for_each(|batch| writer.write(batch).expect("a batch"));
    writer.into_inner().expect("an end")
}

fn pieces(data: Vec<u8>, shape: &Shape) -> Result<Pieces> {
    Pieces::new(Body::Arrow { data: Bytes::from(data), is_last: true }, shape.clone(), 0)
}

fn decode(data: Vec<u8>, shape: &Shape) -> Result<Vec<RecordBatch>> {
    pieces(data, shape)?.map(|piece| piece?.batch()).collect()
}

fn chunks(data: Vec<u8>, shape: &Shape, max_body: usize) -> Result<Vec<Chunk>> {
    pieces(data, shape)?.map(|piece| piece?.chunk(max_body)).collect()
}

fn announced(fields: Vec<Field>) -> Shape {
    Shape::new(Arc::new(Schema::new(fields))).expect("supported types")
}

/// Everything that CubeStore and the announced schema have in common.
fn honest() -> RecordBatch {
    let micros = vec![Some(1_704_164_645_678_000), None, Some(-1_000)];
    batch(vec![
        Arc::new(Int64Array::from(vec![Some(1), None, Some(i64::MIN)])),
        Arc::new(Float64Array::from(vec![Some(0.1), Some(f64::NAN), None])),
        Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
        Arc::new(StringArray::from(vec![Some("é"), None, Some("")])),
        Arc::new(BinaryArray::from(vec![Some(&b"\x00\xff"[..]), None, Some(b"")])),
        Arc::new(Date32Array::from(vec![Some(-1), None, Some(19_000)])),
        Arc::new(TimestampMicrosecondArray::from(micros)),
        Arc::new(TimestampMillisecondArray::from(vec![Some(1), None, Some(-1)])),
        Arc::new(
            Decimal128Array::from(vec![Some(150), None, Some(-1)])
                .with_precision_and_scale(18, 2)
                .expect("a decimal"),
        ),
    ])
}

/// What a reader of the announced stream makes of forwarded messages.
fn read_back(shape: &Shape, messages: &[IpcMessage]) -> Vec<RecordBatch> {
    let mut bytes =
        StreamWriter::try_new(Vec::new(), shape.schema()).expect("a stream").into_inner().expect("an end");
    bytes.truncate(bytes.len() - 8);
    for message in messages {
        bytes.extend_from_slice(&u32::MAX.to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(message.metadata.len()).expect("small").to_le_bytes());
        bytes.extend_from_slice(&message.metadata);
        bytes.extend_from_slice(&message.body);
    }
    let reader = StreamReader::try_new(bytes.as_slice(), None).expect("a stream");
    reader.map(|batch| batch.expect("a batch")).collect()
}

#[test]
fn what_is_as_announced_goes_on_as_it_is() {
    let batch = honest();
    let shape = announced(batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect());
    let data = stream(&[batch.clone(), batch.clone()]);
    let forwarded: Vec<IpcMessage> = chunks(data.clone(), &shape, usize::MAX)
        .expect("chunks")
        .into_iter()
        .map(|chunk| match chunk {
            Chunk::Ipc(message) => message,
            Chunk::Batch(batch) => panic!("decoded: {batch:?}"),
        })
        .collect();
    assert_eq!(forwarded.iter().map(|message| message.rows).sum::<usize>(), 6);
    // NaN is not itself, so what is compared is how it prints.
    let expected = format!("{:?}", [&batch, &batch]);
    assert_eq!(format!("{:?}", read_back(&shape, &forwarded)), expected);
    assert_eq!(format!("{:?}", decode(data, &shape).expect("batches")), expected);
}

/// Whether a single column goes on as it is.
fn is_forwarded(column: ArrayRef, field: Field) -> bool {
    let data = stream(&[batch(vec![column])]);
    match chunks(data, &announced(vec![field]), usize::MAX).expect("a chunk").pop() {
        Some(Chunk::Ipc(_)) => true,
        Some(Chunk::Batch(_)) => false,
        None => panic!("no rows"),
    }
}

#[test]
fn what_needs_a_change_is_decoded() {
    let micros = |values: Vec<Option<i64>>| Arc::new(TimestampMicrosecondArray::from(values)) as ArrayRef;
    let time = |unit| Field::new("c0", DataType::Timestamp(unit, None), true);
    let decimal = |precision| {
        let values = Decimal128Array::from(vec![1_000]).with_precision_and_scale(precision, 2);
        Arc::new(values.expect("a decimal")) as ArrayRef
    };
    let money = |precision| Field::new("c0", DataType::Decimal128(precision, 2), true);
    for (column, field, is_as_announced) in [
        (micros(vec![Some(1_000), None]), time(TimeUnit::Microsecond), true),
        (micros(vec![Some(1_000), Some(1)]), time(TimeUnit::Microsecond), false),
        (micros(vec![Some(1_000)]), time(TimeUnit::Millisecond), false),
        (Arc::new(Int64Array::from(vec![1])), Field::new("c0", DataType::Float64, true), false),
        (Arc::new(Int64Array::from(vec![1])), Field::new("c0", DataType::Int64, false), true),
        (decimal(18), money(18), true),
        (decimal(18), money(19), false),
    ] {
        let what = format!("{column:?} as {field}");
        assert_eq!(is_forwarded(column, field), is_as_announced, "{what}");
    }
}

#[test]
fn a_decimal_with_too_many_digits_is_not_forwarded() {
    // The type says three digits and the value has four: an array does not check that, and a reader would.
    let column = Decimal128Array::from(vec![1_000]).with_data_type(DataType::Decimal128(3, 0));
    let data = stream(&[batch(vec![Arc::new(column)])]);
    let shape = announced(vec![Field::new("c0", DataType::Decimal128(3, 0), true)]);
    let error = chunks(data, &shape, usize::MAX).expect_err("four digits").to_string();
    assert_eq!(error, "row 0 of column `c0` does not fit Decimal128(3, 0): it is out of range");
}

#[test]
fn what_lies_below_a_null_is_nothing_to_look_at() {
    let nulls = || Some(NullBuffer::from(vec![true, false]));
    let money = Decimal128Array::new(vec![1_000, i128::MIN].into(), nulls());
    let money = money.with_data_type(DataType::Decimal128(18, 2));
    assert!(is_forwarded(Arc::new(money), Field::new("c0", DataType::Decimal128(18, 2), true)));
    let times = TimestampMicrosecondArray::new(vec![1_000, 1].into(), nulls());
    let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
    assert!(is_forwarded(Arc::new(times), Field::new("c0", micros, true)));
}

#[test]
fn a_body_over_the_callers_limit_is_decoded() {
    let data = stream(&[batch(vec![Arc::new(Int64Array::from(vec![1; 100]))])]);
    let shape = announced(vec![Field::new("c0", DataType::Int64, true)]);
    let is_decoded =
        |most| matches!(chunks(data.clone(), &shape, most).expect("a chunk")[..], [Chunk::Batch(_)]);
    // A hundred numbers, padded to a multiple of 64 bytes.
    assert!(is_decoded(831) && !is_decoded(832));
}

#[test]
fn a_null_too_many_is_named_with_its_row() {
    let data = stream(&[
        batch(vec![Arc::new(Int64Array::from(vec![Some(1), Some(2)]))]),
        batch(vec![Arc::new(Int64Array::from(vec![Some(3), None]))]),
    ]);
    let shape = announced(vec![Field::new("c0", DataType::Int64, false)]);
    for error in [decode(data.clone(), &shape).map(|_| ()), chunks(data, &shape, usize::MAX).map(|_| ())] {
        let error = error.expect_err("a NULL").to_string();
        assert_eq!(error, "row 3 of column `c0` does not fit Int64: it is NULL");
    }
}

#[test]
fn the_columns_must_be_the_announced_ones() {
    let data = || stream(&[batch(vec![Arc::new(Int64Array::from(vec![1]))])]);
    let one = || Field::new("other", DataType::Int64, true);
    assert!(decode(data(), &announced(vec![one()])).is_ok(), "names are the schema's own business");
    assert!(decode(data(), &announced(vec![one()]).with_names(["c0"])).is_ok());
    let error = decode(data(), &announced(vec![one()]).with_names(["c1"])).expect_err("another name");
    assert!(error.to_string().contains("announced `c1`"), "{error}");
    let error = decode(data(), &announced(vec![one(), one()])).expect_err("another number");
    assert!(error.to_string().contains("1 columns where 2"), "{error}");
}

#[test]
fn without_rows_there_is_no_batch_and_there_need_be_no_columns() {
    let empty = batch(vec![Arc::new(Int64Array::from(Vec::<i64>::new()))]);
    let shape = announced(vec![Field::new("c0", DataType::Timestamp(TimeUnit::Microsecond, None), true)]);
    assert_eq!(decode(stream(&[empty]), &shape).expect("no rows"), []);
    let rows = |rows| {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options)
    };
    assert_eq!(decode(stream(&[rows(0).expect("no columns")]), &shape).expect("no rows"), []);
    let error = decode(stream(&[rows(2).expect("no columns")]), &shape).expect_err("rows of nothing");
    assert!(error.to_string().contains("0 columns where 1"), "{error}");
}
