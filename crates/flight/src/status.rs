//! Errors as gRPC statuses. The only place that builds one.

use arrow_flight::error::FlightError;
use auth::AuthError;
use engine::{EngineError, ErrorKind};
use tonic::{Code, Status};

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
    #[error("the ticket or handle is not valid here: it expired, or belongs to somebody else")]
    Ticket,
    /// The data model changed since the schema was announced.
    #[error("the data model has changed since the statement was prepared; prepare it again")]
    ModelChanged,
    /// Parameters that cannot be bound.
    #[error("{0}")]
    Parameters(String),
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
            Self::Malformed(_) | Self::Parameters(_) => Code::InvalidArgument,
            Self::Ticket => Code::NotFound,
            Self::ModelChanged => Code::FailedPrecondition,
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
        ErrorKind::Unavailable => Code::Unavailable,
        ErrorKind::Deadline => Code::DeadlineExceeded,
        ErrorKind::Exhausted => Code::ResourceExhausted,
        ErrorKind::Internal => Code::Internal,
    }
}

impl From<CallError> for Status {
    fn from(error: CallError) -> Self {
        error.log();
        Self::new(error.code(), error.to_string())
    }
}

impl From<prost::DecodeError> for CallError {
    fn from(error: prost::DecodeError) -> Self {
        Self::Malformed(format!("the message is not the protobuf that it says: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{CallError, code_of};
    use engine::ErrorKind;
    use tonic::Code;

    #[test]
    fn every_kind_has_its_code() {
        for (kind, code) in [
            (ErrorKind::Invalid, Code::InvalidArgument),
            (ErrorKind::Precondition, Code::FailedPrecondition),
            (ErrorKind::Denied, Code::PermissionDenied),
            (ErrorKind::Unavailable, Code::Unavailable),
            (ErrorKind::Deadline, Code::DeadlineExceeded),
            (ErrorKind::Exhausted, Code::ResourceExhausted),
            (ErrorKind::Internal, Code::Internal),
        ] {
            assert_eq!(code_of(kind), code);
        }
        assert_eq!(CallError::Ticket.code(), Code::NotFound);
        assert_eq!(CallError::Auth(auth::AuthError::Expired).code(), Code::Unauthenticated);
    }
}
