//! What a caller binds: the messages of a DoPut, as many as are read.

use arrow_array::RecordBatch;
use arrow_flight::FlightData;
use tonic::Streaming;

use crate::{
    ipc::{self, MAX_BYTES},
    status::CallError,
};

/// Messages that a stream is read of.
const MAX_MESSAGES: usize = 1_100;

/// The rows of parameters of a DoPut stream, whose first message was taken already; `None` when it has none.
pub(crate) async fn read(
    first: FlightData,
    rest: Streaming<FlightData>,
) -> Result<Option<RecordBatch>, CallError> {
    Ok(ipc::read(&messages(first, rest).await?)?)
}

/// Reads the stream of a call that binds nothing to its end: one that is left unread is cancelled, which some drivers
/// take for an error.
pub(crate) async fn none(first: FlightData, rest: Streaming<FlightData>) -> Result<(), CallError> {
    messages(first, rest).await.map(drop)
}

async fn messages(first: FlightData, mut rest: Streaming<FlightData>) -> Result<Vec<FlightData>, CallError> {
    let mut bytes = 0;
    let mut messages = Vec::new();
    let mut next = Some(first);
    while let Some(message) = next {
        bytes += message.data_header.len() + message.data_body.len();
        if bytes > MAX_BYTES || messages.len() >= MAX_MESSAGES {
            return Err(CallError::Parameters(format!(
                "more than {MAX_BYTES} bytes or {MAX_MESSAGES} messages of parameters are not taken"
            )));
        }
        messages.push(message);
        next = rest.message().await.map_err(|status| CallError::CutOff(Box::new(status)))?;
    }
    Ok(messages)
}
