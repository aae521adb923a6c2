//! Arrow streams that no honest store sends. Each lie is told once, and then bytes are changed at random.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, RecordBatch, StringArray, StringViewArray, types::Int32Type};
use arrow_ipc as fb;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use flatbuffers::FlatBufferBuilder;
use proptest::prelude::*;

use super::{announced, batch, chunks, decode, honest, stream};
use crate::error::{Error, ErrorKind, Result};
use crate::shape::Shape;

/// A record batch as it is told, true or not.
struct Told {
    rows: i64,
    /// Length and number of NULLs of each column.
    nodes: Vec<(i64, i64)>,
    /// Start and length of each buffer.
    buffers: Vec<(i64, i64)>,
    variadic: Vec<i64>,
    compression: Option<fb::CompressionType>,
    body: Vec<u8>,
    body_length: Option<i64>,
}

impl Told {
    /// Two rows of one column.
    fn new(buffers: &[(i64, i64)], body: &[u8]) -> Self {
        Self {
            rows: 2,
            nodes: vec![(2, 0)],
            buffers: buffers.to_vec(),
            variadic: vec![],
            compression: None,
            body: body.to_vec(),
            body_length: None,
        }
    }

    fn metadata(&self) -> Vec<u8> {
        let mut builder = FlatBufferBuilder::new();
        let nodes: Vec<_> =
            self.nodes.iter().map(|(length, nulls)| fb::FieldNode::new(*length, *nulls)).collect();
        let buffers: Vec<_> =
            self.buffers.iter().map(|(start, length)| fb::Buffer::new(*start, *length)).collect();
        let (nodes, buffers) = (builder.create_vector(&nodes), builder.create_vector(&buffers));
        let variadic = builder.create_vector(&self.variadic);
        let compression = self.compression.map(|codec| {
            let mut compression = fb::BodyCompressionBuilder::new(&mut builder);
            compression.add_codec(codec);
            compression.finish()
        });
        let mut batch = fb::RecordBatchBuilder::new(&mut builder);
        batch.add_length(self.rows);
        batch.add_nodes(nodes);
        batch.add_buffers(buffers);
        batch.add_variadicBufferCounts(variadic);
        compression.into_iter().for_each(|compression| batch.add_compression(compression));
        let batch = batch.finish().as_union_value();
        let mut message = fb::MessageBuilder::new(&mut builder);
        message.add_version(fb::MetadataVersion::V5);
        message.add_header_type(fb::MessageHeader::RecordBatch);
        message.add_bodyLength(self.body_length.unwrap_or(self.body.len() as i64));
        message.add_header(batch);
        let message = message.finish();
        builder.finish(message, None);
        builder.finished_data().to_vec()
    }

    fn stream(&self, data_type: &DataType) -> Vec<u8> {
        let schema = Schema::new(vec![Field::new("c0", data_type.clone(), true)]);
        let writer = StreamWriter::try_new(Vec::new(), &schema).expect("a stream");
        let mut bytes = writer.into_inner().expect("an end");
        bytes.truncate(bytes.len() - 8);
        let metadata = self.metadata();
        bytes.extend_from_slice(&u32::MAX.to_le_bytes());
        bytes.extend_from_slice(&(metadata.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&metadata);
        bytes.extend_from_slice(&self.body);
        bytes.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
        bytes
    }
}

/// Both ways through an answer.
fn both(data: &[u8], shape: &Shape) -> [Result<usize>; 2] {
    let decoded = decode(data.to_vec(), shape);
    let passed = chunks(data.to_vec(), shape, usize::MAX);
    [decoded.map(|batches| batches.len()), passed.map(|chunks| chunks.len())]
}

fn one(data_type: &DataType) -> Shape {
    announced(vec![Field::new("c0", data_type.clone(), true)])
}

fn refused(told: &Told, data_type: &DataType, why: &str) {
    for result in both(&told.stream(data_type), &one(data_type)) {
        let error = result.expect_err(why);
        assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
        assert!(error.to_string().contains(why), "{why}: {error}");
    }
}

#[test]
fn an_honest_batch_is_taken() {
    let told = Told::new(&[(0, 0), (0, 16)], &[0; 16]);
    assert!(
        both(&told.stream(&DataType::Int64), &one(&DataType::Int64)).into_iter().all(|result| result.is_ok())
    );
}

#[test]
fn lengths_must_be_possible() {
    let int = DataType::Int64;
    let good = || Told::new(&[(0, 0), (0, 16)], &[0; 16]);
    refused(&Told { rows: -1, ..good() }, &int, "impossible number of rows");
    refused(
        &Told { rows: i64::MAX, nodes: vec![(i64::MAX, 0)], ..good() },
        &int,
        "impossible number of rows",
    );
    refused(&Told { nodes: vec![(3, 0)], ..good() }, &int, "another length than its batch");
    refused(&Told { nodes: vec![(2, 3)], ..good() }, &int, "impossible number of NULLs");
    refused(&Told { nodes: vec![(2, -1)], ..good() }, &int, "impossible number of NULLs");
    refused(&Told { nodes: vec![(2, 0), (2, 0)], ..good() }, &int, "other columns than its schema");
    refused(&Told { body_length: Some(-1), ..good() }, &int, "negative length");
    refused(&Told { body_length: Some(i64::MAX), ..good() }, &int, "cut off");
}

#[test]
fn a_bomb_of_nulls_is_refused() {
    let told = Told { rows: 1 << 40, nodes: vec![(1 << 40, 1 << 40)], ..Told::new(&[], &[]) };
    for result in both(&told.stream(&DataType::Null), &one(&DataType::Int64)) {
        assert_eq!(result.expect_err("a bomb").kind(), ErrorKind::Malformed);
    }
}

#[test]
fn buffers_must_be_inside_and_long_enough_and_apart() {
    let int = DataType::Int64;
    refused(&Told::new(&[(0, 0), (8, 16)], &[0; 16]), &int, "outside its message");
    refused(&Told::new(&[(0, 0), (-8, 16)], &[0; 16]), &int, "outside its message");
    refused(&Told::new(&[(0, 0), (i64::MAX, i64::MAX)], &[0; 16]), &int, "outside its message");
    refused(&Told::new(&[(0, 0), (0, 8)], &[0; 16]), &int, "too short for its rows");
    refused(
        &Told { nodes: vec![(2, 1)], ..Told::new(&[(0, 0), (0, 16)], &[0; 16]) },
        &int,
        "too short for its rows",
    );
    refused(&Told::new(&[(0, 16), (0, 16)], &[0; 16]), &int, "overlap");
    refused(&Told::new(&[(0, 0), (0, 17)], &[0; 24]), &int, "ends within a value");
    refused(&Told::new(&[(0, 0)], &[0; 16]), &int, "too few buffers");
    refused(&Told::new(&[(0, 0), (0, 16), (0, 0)], &[0; 16]), &int, "too many buffers");
}

#[test]
fn compression_and_dictionaries_are_refused() {
    let int = DataType::Int64;
    for codec in [fb::CompressionType::LZ4_FRAME, fb::CompressionType::ZSTD] {
        // The first eight bytes would say that the rest unpacks to 2^40 bytes.
        let body = (1_u64 << 40).to_le_bytes().repeat(2);
        refused(
            &Told { compression: Some(codec), ..Told::new(&[(0, 0), (0, 16)], &body) },
            &int,
            "compressed",
        );
    }
    let dictionary: DictionaryArray<Int32Type> = ["a", "b", "a"].into_iter().collect();
    let column = Arc::new(dictionary) as ArrayRef;
    let error = decode(stream(&[batch(vec![column])]), &one(&DataType::Utf8)).expect_err("a dictionary");
    assert!(error.to_string().contains("dictionary-encoded"), "{error}");
}

fn offsets(values: [i32; 3], data: &[u8]) -> Told {
    let mut body: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    body.resize(16, 0);
    body.extend_from_slice(data);
    Told::new(&[(0, 0), (0, 12), (16, data.len() as i64)], &body)
}

#[test]
fn offsets_must_lead_into_the_data() {
    let text = DataType::Utf8;
    let fine = offsets([0, 2, 3], "éx".as_bytes());
    assert!(both(&fine.stream(&text), &one(&text)).into_iter().all(|result| result.is_ok()));
    for told in [
        offsets([0, 2, 4], "éx".as_bytes()),
        offsets([0, 3, 2], "éx".as_bytes()),
        offsets([-1, 2, 3], "éx".as_bytes()),
        offsets([0, i32::MAX, 3], "éx".as_bytes()),
        // Half a character, although the whole is text.
        offsets([0, 1, 3], "éx".as_bytes()),
        offsets([0, 1, 2], b"\xff\xff"),
    ] {
        for result in both(&told.stream(&text), &one(&text)) {
            assert_eq!(result.expect_err("bad offsets").kind(), ErrorKind::Malformed);
        }
    }
    let part = offsets([2, 3, 3], "éx".as_bytes());
    assert!(
        both(&part.stream(&text), &one(&text)).into_iter().all(|result| result.is_ok()),
        "not all is used"
    );
}

#[test]
fn nulls_must_be_counted_rightly() {
    let body = [[0b01, 0, 0, 0, 0, 0, 0, 0], [0; 8], [0; 8]].concat();
    let told = |nulls| Told { nodes: vec![(2, nulls)], ..Told::new(&[(0, 1), (8, 16)], &body) };
    let int = DataType::Int64;
    assert!(both(&told(1).stream(&int), &one(&int)).into_iter().all(|result| result.is_ok()));
    for result in both(&told(2).stream(&int), &one(&int)) {
        assert_eq!(result.expect_err("one is told, one is there").kind(), ErrorKind::Malformed);
    }
}

#[test]
fn variadic_counts_must_be_right() {
    let view = DataType::Utf8View;
    for variadic in [vec![], vec![-1], vec![1], vec![0, 0], vec![i64::MAX]] {
        let told = Told { variadic, ..Told::new(&[(0, 0), (0, 32)], &[0; 32]) };
        let error = decode(told.stream(&view), &one(&DataType::Utf8)).expect_err("a wrong count");
        assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
    }
    let ragged = Told { variadic: vec![0], ..Told::new(&[(0, 0), (0, 33)], &[0; 40]) };
    assert!(decode(ragged.stream(&view), &one(&DataType::Utf8)).is_err());
    let told = Told { variadic: vec![0], ..Told::new(&[(0, 0), (0, 32)], &[0; 32]) };
    assert!(decode(told.stream(&view), &one(&DataType::Utf8)).is_ok());
}

#[test]
fn a_bomb_of_views_is_refused() {
    let text = "x".repeat(1 << 20);
    let mut builder = arrow_array::builder::StringViewBuilder::new();
    let block = builder.append_block(text.as_bytes().to_vec().into());
    (0..2_000).for_each(|_| builder.try_append_view(block, 0, 1 << 20).expect("a view"));
    let data = stream(&[batch(vec![Arc::new(builder.finish())])]);
    for result in both(&data, &one(&DataType::Utf8)) {
        assert!(result.expect_err("two gigabytes out of one megabyte").to_string().contains("overlap"));
    }
}

#[test]
fn misaligned_buffers_are_decoded_and_not_forwarded() {
    let told = Told::new(&[(0, 0), (4, 16)], &[0; 24]);
    let chunks = chunks(told.stream(&DataType::Int64), &one(&DataType::Int64), usize::MAX).expect("a batch");
    assert!(matches!(chunks[..], [crate::decode::Chunk::Batch(_)]));
}

#[test]
fn streams_must_be_whole() {
    let whole = stream(&[honest()]);
    let shape = like(&honest());
    for end in 0..whole.len() - 8 {
        // A stream may end without saying so, but only between two messages.
        if let Ok(batches) = decode(whole[..end].to_vec(), &shape) {
            assert_eq!(batches, [], "only the schema is there");
        }
    }
    let longer = [whole.as_slice(), &[0]].concat();
    assert_eq!(decode(longer, &shape).expect_err("something follows").kind(), ErrorKind::Malformed);
    let twice = [&whole[..whole.len() - 8], whole.as_slice()].concat();
    assert_eq!(decode(twice, &shape).expect_err("two schemas").kind(), ErrorKind::Malformed);
}

fn like(batch: &RecordBatch) -> Shape {
    announced(batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect())
}

/// Batches whose every byte is worth changing.
fn samples() -> Vec<(Vec<u8>, Shape)> {
    let honest = honest();
    let views = batch(vec![
        Arc::new(StringViewArray::from(vec!["short", "a text too long to stand in a view"])),
        Arc::new(StringArray::from(vec!["é", "x"])),
    ]);
    let texts =
        announced(vec![Field::new("c0", DataType::Utf8, true), Field::new("c1", DataType::Utf8, true)]);
    let time = announced(vec![Field::new("c0", DataType::Timestamp(TimeUnit::Microsecond, None), false)]);
    let times = batch(vec![Arc::new(arrow_array::TimestampNanosecondArray::from(vec![1, 2, 3]))]);
    vec![
        (stream(std::slice::from_ref(&honest)), like(&honest)),
        (stream(&[views]), texts),
        (stream(&[times]), time),
    ]
}

/// The library never gets anything that makes it panic: the checks before it close every known way.
fn check(data: &[u8], shape: &Shape) {
    for result in both(data, shape) {
        if let Err(Error::Malformed { what, .. }) = result {
            assert!(!what.contains("panicked"), "{what}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn changed_bytes_are_an_answer_or_an_error(
        sample in 0_usize..3,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in proptest::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let (mut data, shape) = samples().swap_remove(sample);
        for (at, byte) in changes {
            let at = at.index(data.len());
            data[at] = byte;
        }
        if let Some(end) = end {
            data.truncate(end.index(data.len()));
        }
        check(&data, &shape);
    }

    #[test]
    fn any_bytes_are_an_error(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(&data, &one(&DataType::Int64));
    }
}
