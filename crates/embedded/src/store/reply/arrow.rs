//! Answers as Arrow: each frame is a whole IPC stream.

use std::num::NonZeroUsize;

use bytes::Bytes;
use cubestore::codec::reply;
use datafusion::arrow::{array::RecordBatch, error::ArrowError, ipc::writer::StreamWriter};

use super::{ROWS_PER_BATCH, Rows, To};
use crate::Error;

/// The frames of a reply; the last one says so.
pub(super) fn encode(rows: &Rows, frames: NonZeroUsize, to: To<'_>) -> Result<Vec<Bytes>, Error> {
    let per_batch = rows.count().div_ceil(frames.get()).clamp(1, ROWS_PER_BATCH);
    let batches: Vec<_> = rows.batches.iter().flat_map(|batch| slices(batch, per_batch)).collect();
    let mut groups: Vec<_> = batches.chunks(batches.len().div_ceil(frames.get()).max(1)).collect();
    if groups.is_empty() {
        groups.push(&[]);
    }
    let last = groups.len() - 1;
    let frame = |(place, group): (usize, &[RecordBatch])| {
        let stream = stream(rows, group)?;
        reply::arrow(to.message_id, to.connection_id, &stream, place == last).map_err(Error::Reply)
    };
    groups.into_iter().enumerate().map(frame).collect()
}

fn slices(batch: &RecordBatch, rows: usize) -> impl Iterator<Item = RecordBatch> {
    let starts = (0..batch.num_rows()).step_by(rows);
    starts.map(move |start| batch.slice(start, rows.min(batch.num_rows() - start)))
}

fn stream(rows: &Rows, batches: &[RecordBatch]) -> Result<Vec<u8>, ArrowError> {
    let mut writer = StreamWriter::try_new(Vec::new(), &rows.columns)?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    writer.into_inner()
}
