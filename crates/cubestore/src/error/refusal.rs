//! The store's refusals that someone acts on. Owns the matching of its error texts, which are the only thing
//! it sends: no code, no state. Never knows what was asked.

use super::ErrorKind;

/// The store's refusals that someone acts on, told apart loosely: its texts differ between versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A table or schema is not there.
    #[error("it has no such table")]
    TableNotFound,
    /// The store's own limit of time.
    #[error("it took too long")]
    QueryTimeout,
    /// The store is overloaded and asks for patience.
    #[error("it is overloaded")]
    Overloaded,
    /// The store lost track of the socket; it closes it afterwards.
    #[error("it lost the connection")]
    WrongConnection,
    /// The request is larger than the store's limit.
    #[error("the request is too large for it")]
    RequestTooLarge,
    /// The statement is not understood.
    #[error("it does not understand the statement")]
    NotUnderstood,
    /// Anything else.
    #[error("see the gateway's log")]
    Other,
}

impl Refusal {
    pub(super) fn of(message: &str) -> Self {
        let text = message.to_lowercase();
        let has = |part: &str| text.contains(part);
        if text.starts_with("wrongconnection") {
            Self::WrongConnection
        } else if has("table") && (has("not found") || has("not exist") || has("doesn't exist")) {
            Self::TableNotFound
        } else if has("exceeds the maximum message size") {
            Self::RequestTooLarge
        } else if has("rate limit") || has("queue is full") || has("no available capacity") {
            Self::Overloaded
        } else if has("timeout") || has("timed out") {
            Self::QueryTimeout
        } else if has("parsererror") || has("error during planning") || has("not implemented") {
            Self::NotUnderstood
        } else {
            Self::Other
        }
    }

    pub(super) fn kind(self) -> ErrorKind {
        match self {
            Self::TableNotFound | Self::NotUnderstood | Self::Other => ErrorKind::Refused,
            Self::QueryTimeout => ErrorKind::Timeout,
            Self::Overloaded => ErrorKind::Exhausted,
            Self::WrongConnection => ErrorKind::Unavailable,
            Self::RequestTooLarge => ErrorKind::TooLarge,
        }
    }
}
