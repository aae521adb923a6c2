//! Batches as messages: cut to a size that suits receivers, compressed if that was asked.

use std::collections::{HashMap, VecDeque};

use arrow_array::{Array, RecordBatch};
use arrow_buffer::Buffer;
use arrow_flight::FlightData;
use arrow_ipc::{
    CompressionType,
    reader::read_record_batch,
    writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions},
};
use arrow_schema::{ArrowError, SchemaRef};
use bytes::Bytes;
use engine::Chunk;

use super::{Compression, Encoding, Texts};
use crate::status::CallError;

/// Batches are cut to about this size before they are encoded.
const TARGET: usize = 2 << 20;

/// Writes the batches of one stream.
pub(super) struct Writer {
    /// Of the chunks.
    schema: SchemaRef,
    announced: SchemaRef,
    encoding: Encoding,
    generator: IpcDataGenerator,
    dictionaries: DictionaryTracker,
    options: IpcWriteOptions,
    context: IpcWriteContext,
}

impl Writer {
    pub(super) fn new(schema: SchemaRef, encoding: Encoding) -> Result<Self, CallError> {
        let compression = match encoding.compression {
            Compression::None => None,
            Compression::Lz4 => Some(CompressionType::LZ4_FRAME),
            Compression::Zstd => Some(CompressionType::ZSTD),
        };
        let options = IpcWriteOptions::default().try_with_compression(compression);
        Ok(Self {
            announced: encoding.texts.schema(schema.clone()),
            schema,
            encoding,
            generator: IpcDataGenerator::default(),
            dictionaries: DictionaryTracker::new(false),
            options: options.map_err(CallError::Encoding)?,
            context: IpcWriteContext::default(),
        })
    }

    /// The message that comes first. No dictionary counts as written any more.
    pub(super) fn schema(&mut self) -> FlightData {
        let (generator, tracker) = (&self.generator, &mut self.dictionaries);
        tracker.clear();
        generator.schema_to_bytes_with_dictionary_tracker(&self.announced, tracker, &self.options).into()
    }

    /// Writes a chunk; what is encoded already passes as it is, if it is short enough and as it was asked for.
    pub(super) fn chunk(&mut self, chunk: Chunk, out: &mut VecDeque<FlightData>) -> Result<(), CallError> {
        let message = match chunk {
            Chunk::Batch(batch) => return self.batch(&batch, out),
            Chunk::Ipc(message) => message,
        };
        let size = message.metadata.len() + message.body.len();
        let as_it_is = (self.encoding.compression, self.encoding.texts) == (Compression::None, Texts::Plain);
        if as_it_is && size <= self.encoding.limit {
            let (data_header, data_body) = (message.metadata, message.body);
            out.push_back(FlightData { data_header, data_body, ..FlightData::default() });
            return Ok(());
        }
        let batch = self.decoded(&message.metadata, message.body).map_err(CallError::Encoding)?;
        self.batch(&batch, out)
    }

    /// Writes a batch without rows.
    pub(super) fn nothing(&mut self, out: &mut VecDeque<FlightData>) -> Result<(), CallError> {
        self.slice(&RecordBatch::new_empty(self.schema.clone()), out)
    }

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
        let messages = self.encoded(batch).map_err(CallError::Encoding)?;
        let size = |message: &FlightData| message.data_header.len() + message.data_body.len();
        let (size, limit) = (messages.iter().map(size).max().unwrap_or_default(), self.encoding.limit);
        if size <= limit {
            out.extend(messages);
            return Ok(());
        }
        // Dictionaries that are not sent are not there.
        self.schema();
        let half = batch.num_rows() / 2;
        if half == 0 {
            return Err(CallError::RowTooLong { size, limit });
        }
        self.slice(&batch.slice(0, half), out)?;
        self.slice(&batch.slice(half, batch.num_rows() - half), out)
    }

    /// Dictionaries that changed, and the batch.
    fn encoded(&mut self, batch: &RecordBatch) -> Result<Vec<FlightData>, ArrowError> {
        let batch = self.encoding.texts.batch(batch, &self.announced)?;
        let (dictionaries, batch) =
            self.generator.encode(&batch, &mut self.dictionaries, &self.options, &mut self.context)?;
        Ok(dictionaries.into_iter().chain([batch]).map(FlightData::from).collect())
    }

    /// The batch of a message that the engine vouches for.
    fn decoded(&self, header: &[u8], body: Bytes) -> Result<RecordBatch, ArrowError> {
        let message = arrow_ipc::root_as_message(header)
            .map_err(|error| ArrowError::IpcError(format!("no message: {error}")))?;
        let batch = message.header_as_record_batch();
        let batch = batch.ok_or_else(|| ArrowError::IpcError("no record batch".to_owned()))?;
        let (body, none) = (Buffer::from(body), HashMap::new());
        read_record_batch(&body, batch, self.schema.clone(), &none, None, &message.version())
    }
}

// What the rows of a slice take, not the buffers that it is a slice of.
fn size(batch: &RecordBatch) -> usize {
    let columns = batch.columns().iter();
    columns.map(|column| column.to_data().get_slice_memory_size().unwrap_or(usize::MAX / 1024)).sum()
}
