//! One record batch of an IPC stream, on its way to the announced schema. Owns the call into the library and
//! what happens when that panics; never knows which batch of how many it is.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_buffer::Buffer;
use arrow_ipc as fb;
use arrow_ipc::reader::read_record_batch;

use super::forward::{self, IpcMessage};
use super::layout::{Layout, layout};
use super::{Message, Source, cast};
use crate::error::{Error, Result};
use crate::shape::Shape;

/// A record batch that is neither checked nor decoded.
#[derive(Debug)]
pub(crate) struct Batch {
    message: Message,
    rows: u64,
}

/// The description of an IPC message, verified as a FlatBuffer: it is small whatever the batch holds.
pub(super) fn header(metadata: &[u8]) -> Result<fb::Message<'_>> {
    fb::root_as_message(metadata)
        .map_err(|error| Error::malformed_by("the description of an Arrow message is broken", error))
}

impl Batch {
    pub(super) fn new(message: Message) -> Result<Self> {
        let rows = u64::try_from(described(&message)?.length())
            .map_err(|_| Error::malformed("an Arrow batch has an impossible number of rows"))?;
        Ok(Self { message, rows })
    }

    /// How many rows the batch says it has.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Length of the buffers.
    pub(crate) fn len(&self) -> usize {
        self.message.body.len()
    }

    fn layout(&self, source: &Source, shape: &Shape) -> Result<Layout> {
        shape.check_width(source.schema().fields().len())?;
        layout(&described(&self.message)?, source.schema(), self.message.body.len())
    }

    /// The message as it is, if every column already is what was announced and the body has at most
    /// `most` bytes; `None` if it must be decoded.
    pub(crate) fn forward(&self, source: &Source, shape: &Shape, most: usize) -> Result<Option<IpcMessage>> {
        let Message { metadata, body } = &self.message;
        let layout = self.layout(source, shape)?;
        let header = header(metadata)?;
        let as_is = body.len() <= most
            && header.version() == fb::MetadataVersion::V5
            && forward::fits(&layout, body, source, shape)?;
        let message = || IpcMessage { metadata: metadata.clone(), body: body.clone(), rows: layout.rows };
        Ok(as_is.then(message))
    }

    /// Decodes the batch to the announced schema; `first` is the answer's row that it begins with.
    pub(crate) fn decode(&self, source: &Source, shape: &Shape, first: u64) -> Result<RecordBatch> {
        self.layout(source, shape)?;
        guarded(|| {
            let decoded = self.read(source)?;
            let columns = shape.fields().zip(decoded.columns());
            let columns =
                columns.map(|(field, array)| cast::fit(array, field, first)).collect::<Result<_>>()?;
            let options = RecordBatchOptions::new().with_row_count(Some(decoded.num_rows()));
            RecordBatch::try_new_with_options(shape.schema().clone(), columns, &options)
                .map_err(|error| Error::malformed_by("Arrow columns do not make a batch", error))
        })
    }

    fn read(&self, source: &Source) -> Result<RecordBatch> {
        let version = header(&self.message.metadata)?.version();
        let batch = described(&self.message)?;
        let body = Buffer::from(self.message.body.clone());
        read_record_batch(&body, batch, source.schema().clone(), &HashMap::new(), None, &version)
            .map_err(|error| Error::malformed_by("an Arrow batch cannot be decoded", error))
    }
}

fn described(message: &Message) -> Result<fb::RecordBatch<'_>> {
    let batch = header(&message.metadata)?.header_as_record_batch();
    batch.ok_or(Error::malformed("an Arrow stream has a message that is no batch"))
}

/// Runs library code on bytes from outside. Every known way to a panic is closed by [`layout`]; this is for
/// the unknown ones, so that a message costs its query and not the process.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Error::malformed("decoding an Arrow batch panicked")))
}
