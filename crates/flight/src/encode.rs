//! Chunks as Flight messages, none longer than receivers take.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
};

use arrow_array::{Array, RecordBatch};
use arrow_flight::{FlightData, SchemaAsIpc};
use arrow_ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};
use arrow_schema::SchemaRef;
use engine::Chunk;
use futures::Stream;
use tonic::Status;

use crate::status::CallError;

/// Batches are cut to about this size before they are encoded.
const TARGET: usize = 2 << 20;

/// A stream of chunks as messages: the schema first, then batches.
pub(crate) struct Encoder<S> {
    chunks: Option<S>,
    writer: Writer,
    ready: VecDeque<FlightData>,
}

struct Writer {
    generator: IpcDataGenerator,
    dictionaries: DictionaryTracker,
    options: IpcWriteOptions,
    context: IpcWriteContext,
    limit: usize,
}

impl<S> Encoder<S> {
    /// `limit` is the longest message in bytes.
    pub(crate) fn new(schema: &SchemaRef, chunks: S, limit: usize) -> Self {
        let options = IpcWriteOptions::default();
        let first = FlightData::from(SchemaAsIpc::new(schema, &options));
        let writer = Writer {
            generator: IpcDataGenerator::default(),
            dictionaries: DictionaryTracker::new(false),
            options,
            context: IpcWriteContext::default(),
            limit,
        };
        Self { chunks: Some(chunks), writer, ready: VecDeque::from([first]) }
    }
}

impl<S, E> Stream for Encoder<S>
where
    S: Stream<Item = Result<Chunk, E>> + Unpin,
    CallError: From<E>,
{
    type Item = Result<FlightData, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(message) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(message)));
            }
            let Some(chunks) = &mut this.chunks else { return Poll::Ready(None) };
            let encoded = match ready!(Pin::new(chunks).poll_next(cx)) {
                Some(Ok(Chunk::Batch(batch))) => this.writer.batch(&batch, &mut this.ready),
                Some(Ok(Chunk::Ipc(message))) => {
                    this.ready.push_back(FlightData {
                        data_header: message.metadata,
                        data_body: message.body,
                        ..FlightData::default()
                    });
                    Ok(())
                }
                Some(Err(error)) => Err(CallError::from(error)),
                None => {
                    this.chunks = None;
                    continue;
                }
            };
            if let Err(error) = encoded {
                this.chunks = None;
                return Poll::Ready(Some(Err(error.into())));
            }
        }
    }
}

impl Writer {
    fn batch(&mut self, batch: &RecordBatch, out: &mut VecDeque<FlightData>) -> Result<(), CallError> {
        let rows = batch.num_rows();
        if rows == 0 {
            return Ok(());
        }
        let parts = size(batch).div_ceil(TARGET).clamp(1, rows);
        let step = rows.div_ceil(parts);
        for start in (0..rows).step_by(step) {
            self.slice(&batch.slice(start, step.min(rows - start)), out)?;
        }
        Ok(())
    }

    /// Encodes a slice; halves it as long as it is too long, which wide texts in a few rows can make it.
    fn slice(&mut self, batch: &RecordBatch, out: &mut VecDeque<FlightData>) -> Result<(), CallError> {
        let encoded = self.generator.encode(batch, &mut self.dictionaries, &self.options, &mut self.context);
        let (dictionaries, encoded) = encoded.map_err(CallError::Encoding)?;
        let message = FlightData::from(encoded);
        let size = message.data_header.len() + message.data_body.len();
        if size <= self.limit {
            out.extend(dictionaries.into_iter().map(FlightData::from));
            out.push_back(message);
            return Ok(());
        }
        let half = batch.num_rows() / 2;
        if half == 0 {
            return Err(CallError::RowTooLong { size, limit: self.limit });
        }
        self.slice(&batch.slice(0, half), out)?;
        self.slice(&batch.slice(half, batch.num_rows() - half), out)
    }
}

// What the rows of a slice take, not the buffers that it is a slice of.
fn size(batch: &RecordBatch) -> usize {
    let columns = batch.columns().iter();
    columns.map(|column| column.to_data().get_slice_memory_size().unwrap_or(usize::MAX / 1024)).sum()
}

#[cfg(test)]
mod tests {
    use super::Encoder;
    use crate::status::CallError;
    use arrow_array::{RecordBatch, StringArray};
    use arrow_flight::{FlightData, decode::FlightRecordBatchStream, error::FlightError};
    use engine::Chunk;
    use futures::{StreamExt, TryStreamExt, stream};
    use std::sync::Arc;

    async fn encoded(batch: &RecordBatch, limit: usize) -> Vec<Result<FlightData, tonic::Status>> {
        let chunks = stream::iter([Ok::<_, CallError>(Chunk::Batch(batch.clone()))]);
        Encoder::new(&batch.schema(), chunks, limit).collect().await
    }

    fn texts(lengths: &[usize]) -> RecordBatch {
        let texts: StringArray = lengths.iter().map(|length| Some("x".repeat(*length))).collect();
        RecordBatch::try_from_iter([("text", Arc::new(texts) as _)]).unwrap()
    }

    async fn decoded(messages: Vec<FlightData>) -> Vec<RecordBatch> {
        let messages = stream::iter(messages).map(Ok::<_, FlightError>);
        FlightRecordBatchStream::new_from_flight_data(messages).try_collect().await.unwrap()
    }

    #[tokio::test]
    async fn no_message_is_too_long_and_no_row_is_lost() {
        let limit = 100_000;
        for lengths in [vec![10; 50_000], vec![90_000, 10, 10, 90_000, 50_000, 50_000], vec![0; 3]] {
            let batch = texts(&lengths);
            let messages: Vec<_> = encoded(&batch, limit).await.into_iter().map(Result::unwrap).collect();
            assert!(
                messages.iter().all(|message| message.data_body.len() + message.data_header.len() <= limit)
            );
            let rows: usize = decoded(messages).await.iter().map(RecordBatch::num_rows).sum();
            assert_eq!(rows, lengths.len());
        }
        // A slice of a large batch is not cut as finely as the large batch.
        let slice = texts(&vec![1_000; 10_000]).slice(0, 50);
        assert_eq!(encoded(&slice, limit).await.len(), 2);
    }

    #[tokio::test]
    async fn a_row_that_fits_no_message_is_an_error() {
        let messages = encoded(&texts(&[10, 200_000]), 100_000).await;
        let error = messages.into_iter().find_map(Result::err).unwrap();
        assert_eq!(error.code(), tonic::Code::ResourceExhausted);
        assert!(error.message().contains("longer than the longest message"), "{error}");
    }
}
