//! No message is too long, no row is lost, and a quiet stream is heard of.

use std::{sync::Arc, time::Duration};

use arrow_array::{RecordBatch, StringArray};
use arrow_cast::cast;
use arrow_flight::{FlightData, decode::FlightRecordBatchStream, error::FlightError};
use arrow_schema::DataType;
use arrow_select::concat::concat;
use engine::Chunk;
use futures::{StreamExt, TryStreamExt, stream};

use super::{Compression, Encoder, Encoding, Texts};
use crate::status::CallError;

const LIMIT: usize = 100_000;

fn encoding(compression: Compression) -> Encoding {
    Encoding { limit: LIMIT, compression, texts: Texts::Plain, keepalive: None }
}

async fn encoded(batch: &RecordBatch, encoding: Encoding) -> Vec<Result<FlightData, tonic::Status>> {
    let chunks = stream::iter([Ok::<_, CallError>(Chunk::Batch(batch.clone()))]);
    Encoder::new(&batch.schema(), chunks, encoding).unwrap().collect().await
}

fn texts(lengths: &[usize]) -> RecordBatch {
    let texts: StringArray = lengths.iter().map(|length| Some("x".repeat(*length))).collect();
    RecordBatch::try_from_iter([("text", Arc::new(texts) as _)]).unwrap()
}

async fn decoded(messages: Vec<FlightData>) -> Vec<RecordBatch> {
    let messages = stream::iter(messages).map(Ok::<_, FlightError>);
    FlightRecordBatchStream::new_from_flight_data(messages).try_collect().await.unwrap()
}

fn size(message: &FlightData) -> usize {
    message.data_body.len() + message.data_header.len()
}

#[tokio::test]
async fn no_message_is_too_long_and_no_row_is_lost() {
    for compression in [Compression::None, Compression::Lz4, Compression::Zstd] {
        for lengths in [vec![10; 50_000], vec![90_000, 10, 10, 90_000, 50_000, 50_000], vec![0; 3]] {
            let messages = encoded(&texts(&lengths), encoding(compression)).await;
            let messages: Vec<_> = messages.into_iter().map(Result::unwrap).collect();
            assert!(messages.iter().all(|message| size(message) <= LIMIT));
            let rows: usize = decoded(messages).await.iter().map(RecordBatch::num_rows).sum();
            assert_eq!(rows, lengths.len());
        }
    }
    // A slice of a large batch is not cut as finely as the large batch.
    let slice = texts(&vec![1_000; 10_000]).slice(0, 50);
    assert_eq!(encoded(&slice, encoding(Compression::None)).await.len(), 2);
}

#[tokio::test]
async fn texts_are_numbered_when_asked() {
    let numbered = Encoding { texts: Texts::Dictionary, ..encoding(Compression::None) };
    let long = |letter: &str| letter.repeat(30_000);
    for values in [
        (0..60_000).map(|row| Some(format!("text {}", row % 7)).filter(|_| row % 5 > 0)).collect::<Vec<_>>(),
        // Too many texts for one message, then so few that both halves have the same.
        (0..10).map(|row| Some(long(&row.to_string()))).collect(),
        ["a", "b", "c", "d", "a", "b", "c", "d"].map(|letter| Some(long(letter))).to_vec(),
        vec![None, None],
    ] {
        let rows: StringArray = values.into_iter().collect();
        let batch = RecordBatch::try_from_iter([("text", Arc::new(rows) as _)]).unwrap();
        let messages = encoded(&batch, numbered).await.into_iter().map(Result::unwrap).collect::<Vec<_>>();
        assert!(messages.iter().all(|message| size(message) <= LIMIT));
        let mut texts = Vec::new();
        for part in decoded(messages).await {
            assert_eq!(part.schema(), Texts::Dictionary.schema(batch.schema()));
            texts.push(cast(part.column(0), &DataType::Utf8).unwrap());
        }
        let texts: Vec<_> = texts.iter().map(AsRef::as_ref).collect();
        assert_eq!(&concat(&texts).unwrap(), batch.column(0));
    }
}

#[tokio::test]
async fn batches_are_compressed_when_asked() {
    let batch = texts(&[60_000]);
    let mut sizes = Vec::new();
    for compression in [Compression::None, Compression::Lz4, Compression::Zstd] {
        let messages = encoded(&batch, encoding(compression)).await;
        sizes.push(size(messages[1].as_ref().unwrap()));
        let received = decoded(messages.into_iter().map(Result::unwrap).collect()).await;
        assert_eq!(received, std::slice::from_ref(&batch));
    }
    assert!(sizes[0] > 60_000 && sizes[1] < 2_000 && sizes[2] < 2_000, "{sizes:?}");
}

#[tokio::test]
async fn a_row_that_fits_no_message_is_an_error() {
    let messages = encoded(&texts(&[10, 200_000]), encoding(Compression::None)).await;
    let error = messages.into_iter().find_map(Result::err).unwrap();
    assert_eq!(error.code(), tonic::Code::ResourceExhausted);
    assert!(error.message().contains("longer than the longest message"), "{error}");
}

#[tokio::test]
async fn what_the_store_encoded_is_cut_too() {
    let batch = texts(&[1_000; 500]);
    let wide = Encoding { limit: usize::MAX, ..encoding(Compression::None) };
    let message = encoded(&batch, wide).await.remove(1).unwrap();
    let stored = engine::IpcMessage { metadata: message.data_header, body: message.data_body, rows: 500 };
    let chunks = stream::iter([Ok::<_, CallError>(Chunk::Ipc(stored))]);
    let encoder = Encoder::new(&batch.schema(), chunks, encoding(Compression::None)).unwrap();
    let messages: Vec<_> = encoder.try_collect().await.unwrap();
    assert!(messages.len() > 5 && messages.iter().all(|message| size(message) <= LIMIT));
    assert_eq!(decoded(messages).await.iter().map(RecordBatch::num_rows).sum::<usize>(), 500);
}

#[tokio::test]
async fn a_quiet_stream_sends_empty_batches() {
    let batch = texts(&[1]);
    let schema = batch.schema();
    let late = stream::once(async move {
        tokio::time::sleep(Duration::from_millis(350)).await;
        Ok::<_, CallError>(Chunk::Batch(batch))
    });
    let keepalive = Some(Duration::from_millis(100));
    let encoding = Encoding { keepalive, ..encoding(Compression::None) };
    let encoder = Encoder::new(&schema, late.boxed(), encoding).unwrap();
    let rows: Vec<_> = decoded(encoder.try_collect().await.unwrap()).await;
    let rows: Vec<_> = rows.iter().map(RecordBatch::num_rows).collect();
    // How many there are in this time is for the machine to say.
    assert!(
        rows.len() > 1 && rows[..rows.len() - 1].iter().all(|rows| *rows == 0) && rows.ends_with(&[1]),
        "{rows:?}"
    );
}
