//! Errors as gRPC statuses. The only place that builds one.

mod details;

use arrow_flight::error::FlightError;
use auth::AuthError;
use engine::{EngineError, ErrorKind, Progress};
use tonic::{
    Code, Status,
    metadata::{AsciiMetadataKey, MetadataMap},
};
use tonic_types::StatusExt;

use crate::{ipc::IpcError, session::OptionError};

/// What can be wrong with a call.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// Who is asking.
    #[error("{}", .0.told())]
    Auth(#[from] AuthError),
    /// The query.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Not what Flight SQL sends.
    #[error("{0}")]
    Malformed(String),
    /// A ticket or handle that is nobody's, somebody else's or too old. No more is told.
    #[error(
        "the ticket or handle is not valid here: it expired, or belongs to somebody else or to another session"
    )]
    Ticket,
    /// The data model changed since the schema was announced.
    #[error("the data model has changed since the statement was prepared; prepare it again")]
    ModelChanged,
    /// Parameters that cannot be bound.
    #[error("{0}")]
    Parameters(String),
    /// Parameters that are not read.
    #[error("the parameters cannot be read: {0}")]
    Ipc(#[from] IpcError),
    /// Rows that are not read.
    #[error("the rows cannot be read: {0}")]
    Rows(#[source] IpcError),
    /// An option of the session that a statement cannot set.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// Its owner has stopped it.
    #[error("the query was cancelled")]
    Cancelled,
    /// A part of Flight SQL that is not served.
    #[error("{0}")]
    Unimplemented(&'static str),
    /// A row that fits no message.
    #[error("a row of {size} bytes is longer than the longest message, {limit} bytes")]
    RowTooLong {
        /// Bytes.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// Arrow could not write a message.
    #[error("the answer could not be encoded")]
    Encoding(#[source] arrow_schema::ArrowError),
    /// An answer about metadata could not be put together.
    #[error("the answer could not be put together")]
    Metadata(#[source] FlightError),
    /// A message of the caller's did not arrive, or was longer than messages may be.
    #[error("the call's next message could not be read: {}", .0.message())]
    CutOff(#[source] Box<Status>),
}

impl CallError {
    fn code(&self) -> Code {
        match self {
            Self::Auth(_) => Code::Unauthenticated,
            Self::Engine(error) => code_of(error.kind()),
            Self::Malformed(_) | Self::Parameters(_) | Self::Ipc(_) | Self::Rows(_) | Self::Option(_) => {
                Code::InvalidArgument
            }
            Self::Ticket => Code::NotFound,
            Self::ModelChanged => Code::FailedPrecondition,
            Self::Cancelled => Code::Cancelled,
            Self::Unimplemented(_) => Code::Unimplemented,
            Self::RowTooLong { .. } => Code::ResourceExhausted,
            Self::Encoding(_) | Self::Metadata(_) => Code::Internal,
            Self::CutOff(status) => status.code(),
        }
    }

    fn log(&self) {
        match self {
            Self::Auth(error) => {
                crate::metrics::refused_credential();
                tracing::info!(%error, "a credential was not accepted");
            }
            Self::Encoding(error) => tracing::error!(%error, "an answer could not be encoded"),
            Self::Metadata(error) => tracing::error!(%error, "an answer could not be put together"),
            // The engine logs its own errors, with the query that they belong to.
            _ => tracing::debug!(error = %self, "a call was refused"),
        }
    }
}

fn code_of(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::Invalid => Code::InvalidArgument,
        ErrorKind::Precondition => Code::FailedPrecondition,
        ErrorKind::Denied => Code::PermissionDenied,
        ErrorKind::Taken => Code::AlreadyExists,
        ErrorKind::Unknown => Code::NotFound,
        ErrorKind::Unavailable => Code::Unavailable,
        ErrorKind::Deadline => Code::DeadlineExceeded,
        ErrorKind::Exhausted => Code::ResourceExhausted,
        ErrorKind::Internal => Code::Internal,
    }
}

/// Bytes of a text that is sent. It travels three times, in headers of which some clients take 16 KiB.
const LONGEST: usize = 1_500;

impl From<CallError> for Status {
    fn from(error: CallError) -> Self {
        error.log();
        let mut text = error.to_string();
        if text.len() > LONGEST {
            text.truncate(text.floor_char_boundary(LONGEST));
            text.push('…');
        }
        let details = details::of(&error, &text);
        Self::with_error_details(error.code(), text, details)
    }
}

/// The status of a stream that its sender has left.
pub(crate) fn broken_off() -> Status {
    Status::aborted("the caller left before the end of its messages")
}

/// The status of a stream that ended well. Its trailers say what took how long, in milliseconds.
pub(crate) fn ended(progress: &Progress) -> Status {
    let Progress { road, queue, plan, fetch, rows } = progress;
    let millis = |time: &std::time::Duration| format!("{:.3}", time.as_secs_f64() * 1e3);
    let trailers = [
        ("x-cubeflight-road", Some((*road).to_owned())),
        ("x-cubeflight-queue-ms", Some(millis(queue))),
        ("x-cubeflight-plan-ms", Some(millis(plan))),
        ("x-cubeflight-fetch-ms", fetch.as_ref().map(millis)),
        ("x-cubeflight-rows", Some(rows.to_string())),
    ];
    let mut metadata = MetadataMap::new();
    for (name, value) in trailers {
        if let Some(value) = value.and_then(|value| value.parse().ok()) {
            metadata.insert(AsciiMetadataKey::from_static(name), value);
        }
    }
    Status::with_metadata(Code::Ok, "", metadata)
}

impl From<prost::DecodeError> for CallError {
    fn from(error: prost::DecodeError) -> Self {
        Self::Malformed(format!("the message is not the protobuf that it says: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{CallError, code_of};
    use engine::{EngineError, ErrorKind};
    use std::time::Duration;
    use tonic::{Code, Status};
    use tonic_types::StatusExt;

    #[test]
    fn every_kind_has_its_code() {
        for (kind, code) in [
            (ErrorKind::Invalid, Code::InvalidArgument),
            (ErrorKind::Precondition, Code::FailedPrecondition),
            (ErrorKind::Denied, Code::PermissionDenied),
            (ErrorKind::Taken, Code::AlreadyExists),
            (ErrorKind::Unknown, Code::NotFound),
            (ErrorKind::Unavailable, Code::Unavailable),
            (ErrorKind::Deadline, Code::DeadlineExceeded),
            (ErrorKind::Exhausted, Code::ResourceExhausted),
            (ErrorKind::Internal, Code::Internal),
        ] {
            assert_eq!(code_of(kind), code);
        }
        assert_eq!(CallError::Ticket.code(), Code::NotFound);
        assert_eq!(CallError::Cancelled.code(), Code::Cancelled);
        assert_eq!(CallError::Auth(auth::AuthError::Expired).code(), Code::Unauthenticated);
    }

    #[test]
    fn details_say_the_reason_the_text_and_when_to_try_again() {
        let busy = EngineError::Busy { running: 1, queued: 2 };
        for (error, reason, retry) in [
            (CallError::Engine(busy), "BUSY", Some(Duration::from_secs(1))),
            (CallError::Ticket, "TICKET_NOT_VALID", None),
            (CallError::Auth(auth::AuthError::Expired), "CREDENTIAL_NOT_ACCEPTED", None),
            (CallError::Auth(auth::AuthError::Password), "CREDENTIAL_NOT_ACCEPTED", None),
            (CallError::Cancelled, "CANCELLED", None),
        ] {
            let text = error.to_string();
            let details = Status::from(error).get_error_details();
            let info = details.error_info().unwrap();
            assert_eq!((info.reason.as_str(), info.domain.as_str()), (reason, "cubeflight"));
            assert_eq!(details.retry_info().and_then(|retry| retry.retry_delay), retry);
            assert_eq!(details.localized_message().unwrap().message, text);
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let status = Status::from(CallError::Malformed("ä".repeat(100_000)));
        assert_eq!(status.message().chars().count(), 751);
        assert!(status.message().ends_with('…') && status.details().len() < 3_500);
    }
}
