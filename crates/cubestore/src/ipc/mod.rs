//! Answers as Arrow IPC streams: taken apart, checked, and decoded or handed on. The bytes come from outside,
//! so every length is checked before a library sees them, and a panic in the library is an error here.
//! Never knows sockets or tickets.

mod batch;
mod cast;
mod forward;
mod layout;
mod source;

use std::sync::Arc;

use bytes::{Buf, Bytes};

pub(crate) use batch::Batch;
pub use forward::IpcMessage;
pub(crate) use source::Source;

use crate::error::{Error, Result};
use crate::shape::Shape;
use batch::header;

/// Before every message of a stream; only streams of 2019 and earlier lack it.
const CONTINUATION: u32 = u32::MAX;

/// An IPC stream whose record batches are not looked at yet.
#[derive(Debug)]
pub(crate) struct Stream {
    source: Arc<Source>,
    rest: Bytes,
}

impl Stream {
    /// Reads the schema, which must have the announced columns.
    pub(crate) fn open(mut data: Bytes, shape: &Shape) -> Result<Self> {
        let schema = next(&mut data)?.ok_or(Error::malformed("an Arrow stream has no schema"))?;
        Ok(Self { source: Arc::new(Source::read(&schema, shape)?), rest: data })
    }

    /// The columns that the stream says it has.
    pub(crate) fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The next record batch that has rows; `None` at the end.
    pub(crate) fn batch(&mut self) -> Result<Option<Batch>> {
        while let Some(message) = next(&mut self.rest)? {
            let batch = Batch::new(message)?;
            if batch.rows() > 0 {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }
}

/// A message of a stream: the FlatBuffers part that describes it and the buffers that it describes.
#[derive(Debug)]
struct Message {
    metadata: Bytes,
    body: Bytes,
}

/// Cuts off the next message; `None` at the end of the stream.
fn next(data: &mut Bytes) -> Result<Option<Message>> {
    const CUT: Error = Error::malformed("an Arrow stream is cut off");
    if data.is_empty() {
        return Ok(None);
    }
    let mut len = data.try_get_u32_le().map_err(|_| CUT)?;
    if len == CONTINUATION {
        len = data.try_get_u32_le().map_err(|_| CUT)?;
    }
    if len == 0 {
        return if data.is_empty() {
            Ok(None)
        } else {
            Err(Error::malformed("bytes follow an Arrow stream"))
        };
    }
    let metadata = split(data, u64::from(len)).ok_or(CUT)?;
    let body = u64::try_from(header(&metadata)?.bodyLength())
        .map_err(|_| Error::malformed("an Arrow message has a negative length"))?;
    let body = split(data, body).ok_or(CUT)?;
    Ok(Some(Message { metadata, body }))
}

fn split(data: &mut Bytes, len: u64) -> Option<Bytes> {
    let len = usize::try_from(len).ok().filter(|len| *len <= data.len())?;
    Some(data.split_to(len))
}

#[cfg(test)]
mod tests;
