//! `google.rpc.Status` of an error: what programs read instead of its text.

use std::{collections::HashMap, time::Duration};

use auth::AuthError;
use engine::{EngineError, ErrorKind};
use tonic_types::ErrorDetails;

use super::CallError;
use crate::session::OptionError;

/// Whose reasons they are.
const DOMAIN: &str = "cubeflight";
/// After which it is worth trying again what failed because of others.
const LATER: Duration = Duration::from_secs(1);

/// The details of an error that its caller is told with `text`.
pub(super) fn of(error: &CallError, text: &str) -> ErrorDetails {
    let mut details = ErrorDetails::new();
    details.set_error_info(reason(error).to_ascii_uppercase(), DOMAIN, facts(error));
    details.set_localized_message("en", text);
    if is_temporary(error) {
        details.set_retry_info(Some(LATER));
    }
    details
}

/// A stable word.
fn reason(error: &CallError) -> &'static str {
    match error {
        CallError::Auth(AuthError::Missing) => "credential_missing",
        CallError::Auth(AuthError::Session) => "session_not_valid",
        // Which one it is would help guessing.
        CallError::Auth(
            AuthError::Certificate
            | AuthError::Malformed(_)
            | AuthError::Token(_)
            | AuthError::Expired
            | AuthError::Password
            | AuthError::NotConfigured(_),
        ) => "credential_not_accepted",
        CallError::Engine(error) => error.reason(),
        CallError::Malformed(_) => "malformed_request",
        CallError::Ticket => "ticket_not_valid",
        CallError::ModelChanged => "model_changed",
        CallError::Parameters(_) | CallError::Ipc(_) => "parameter",
        CallError::Rows(_) => "rows",
        CallError::Option(OptionError::Name { .. }) => "unknown_option",
        CallError::Option(OptionError::Value { .. }) => "invalid_option",
        CallError::Cancelled => "cancelled",
        CallError::Unimplemented(_) => "unimplemented",
        CallError::RowTooLong { .. } => "row_too_long",
        CallError::Encoding(_) | CallError::Metadata(_) => "internal",
        CallError::CutOff(_) => "cut_off",
    }
}

fn facts(error: &CallError) -> HashMap<String, String> {
    let facts = match error {
        CallError::Engine(error) => error.facts(),
        CallError::Option(OptionError::Name { name }) => vec![("option", name.clone())],
        CallError::Option(OptionError::Value { name, .. }) => vec![("option", (*name).to_owned())],
        CallError::RowTooLong { limit, .. } => vec![("limit_bytes", limit.to_string())],
        _ => Vec::new(),
    };
    // They stand in headers, and names can be as long as statements.
    let short = |value: String| value.chars().take(200).collect();
    facts.into_iter().map(|(name, value)| (name.to_owned(), short(value))).collect()
}

fn is_temporary(error: &CallError) -> bool {
    let CallError::Engine(error) = error else { return false };
    matches!(error, EngineError::Busy { .. } | EngineError::Waited(_))
        || error.kind() == ErrorKind::Unavailable
}
