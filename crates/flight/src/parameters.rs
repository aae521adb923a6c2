//! Parameters that a caller binds: Arrow IPC from outside, checked before a library reads it.

use std::panic::AssertUnwindSafe;

use arrow_array::RecordBatch;
use arrow_flight::{FlightData, decode::FlightRecordBatchStream, error::FlightError};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use tonic::{Status, Streaming};

use crate::status::CallError;

/// The one row of parameters of a DoPut stream, whose first message was taken already; `None` when it has no row.
pub(crate) async fn read(
    first: FlightData,
    rest: Streaming<FlightData>,
) -> Result<Option<RecordBatch>, CallError> {
    let messages = stream::iter([Ok(first)]).chain(rest).map(|message| {
        let message = message.map_err(|status: Status| FlightError::Tonic(Box::new(status)))?;
        check(&message)?;
        Ok(message)
    });
    let batches = FlightRecordBatchStream::new_from_flight_data(messages);
    let read = AssertUnwindSafe(one_row(batches)).catch_unwind();
    // Arrow's reader may panic on messages that contradict themselves; here that is the caller's mistake.
    read.await
        .unwrap_or_else(|_| Err(CallError::Parameters("the parameters are no valid Arrow data".to_owned())))
}

/// Reads the stream of a call that binds nothing to its end: one that is left unread is cancelled, which some drivers
/// take for an error.
pub(crate) async fn none(mut messages: Streaming<FlightData>) -> Result<(), CallError> {
    for _ in 0..MOST_IGNORED {
        let message = messages.message().await.map_err(|status| CallError::CutOff(Box::new(status)))?;
        if message.is_none() {
            return Ok(());
        }
    }
    Err(CallError::Parameters("the statement takes no rows".to_owned()))
}

/// Messages that are read and not looked at.
const MOST_IGNORED: usize = 16;

async fn one_row(mut batches: FlightRecordBatchStream) -> Result<Option<RecordBatch>, CallError> {
    let mut row: Option<RecordBatch> = None;
    while let Some(batch) = batches.try_next().await.map_err(refused)? {
        if batch.num_rows() == 0 {
            continue;
        }
        if row.is_some() || batch.num_rows() > 1 {
            return Err(CallError::Parameters("a query takes one row of parameters".to_owned()));
        }
        row = Some(batch);
    }
    Ok(row)
}

// A compressed buffer says itself how much memory it wants, so none is taken.
fn check(message: &FlightData) -> Result<(), FlightError> {
    if message.data_header.is_empty() {
        return Ok(());
    }
    let header = arrow_ipc::root_as_message(&message.data_header)
        .map_err(|error| FlightError::DecodeError(format!("no Arrow message: {error}")))?;
    let batch = header.header_as_record_batch();
    let batch =
        batch.or_else(|| header.header_as_dictionary_batch().and_then(|dictionary| dictionary.data()));
    match batch.and_then(|batch| batch.compression()) {
        Some(_) => Err(FlightError::DecodeError("compressed parameters are not taken".to_owned())),
        None => Ok(()),
    }
}

fn refused(error: FlightError) -> CallError {
    match error {
        FlightError::Tonic(status) => CallError::CutOff(status),
        other => CallError::Parameters(format!("the parameters are no valid Arrow data: {other}")),
    }
}
