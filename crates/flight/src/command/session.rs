//! Sessions: actions that set options, and statements that do. A session is in what its caller sends with every call;
//! temporary tables are all that is kept of one, by the engine.

use arrow_flight::{HandshakeResponse, sql::DoPutUpdateResult};
use bytes::Bytes;
use engine::Dropped;
use prost::Message;
use tonic::{Response, metadata::MetadataMap};

use crate::{
    authn::{Call, SESSION_COOKIE},
    proto::session::{
        CloseSessionRequest, CloseSessionResult, GetSessionOptionsRequest, GetSessionOptionsResult,
        SessionOptionValue, SetSessionOptionsRequest, SetSessionOptionsResult, close_session_result::Status,
        session_option_value::OptionValue, set_session_options_result,
    },
    service::Service,
    session::{OptionError, Session},
    status::CallError,
};

/// The answer to SetSessionOptions, and the session with what could be set.
pub(crate) fn set(body: &[u8], call: &Call) -> Result<(Bytes, Session), CallError> {
    let mut session = call.session.clone();
    let mut result = SetSessionOptionsResult::default();
    for (name, value) in SetSessionOptionsRequest::decode(body)?.session_options {
        if let Err(error) = set_one(&mut session, &name, value.option_value) {
            tracing::debug!(%error, "a session option was not set");
            let value = match error {
                OptionError::Name { .. } => set_session_options_result::ErrorValue::InvalidName,
                OptionError::Value { .. } => set_session_options_result::ErrorValue::InvalidValue,
            };
            result.errors.insert(name, set_session_options_result::Error { value: value as i32 });
        }
    }
    Ok((result.encode_to_vec().into(), session))
}

/// The answer to GetSessionOptions.
pub(crate) fn get(body: &[u8], service: &Service, call: &Call) -> Result<Bytes, CallError> {
    GetSessionOptionsRequest::decode(body)?;
    let session = call.session.clone().with_zone(service.engine.timezone());
    let option = |(name, value): (&str, String)| {
        let value = SessionOptionValue { option_value: Some(OptionValue::StringValue(value)) };
        (name.to_owned(), value)
    };
    let session_options = session.shown().map(option).collect();
    Ok(GetSessionOptionsResult { session_options }.encode_to_vec().into())
}

/// The answer to CloseSession. Of a session that is kept nowhere else, its temporary tables go.
pub(crate) fn close(body: &[u8], service: &Service, call: &Call) -> Result<Bytes, CallError> {
    CloseSessionRequest::decode(body)?;
    service.engine.close_session(&call.engine_caller);
    Ok(CloseSessionResult { status: Status::Closed as i32 }.encode_to_vec().into())
}

/// The session as a statement changes it; `None` when the statement asks for rows.
pub(crate) fn changed(sql: &str, call: &Call) -> Result<Option<Session>, CallError> {
    let settings = engine::settings(sql).map_err(|error| CallError::Engine(error.into()))?;
    let Some(settings) = settings else { return Ok(None) };
    let mut session = call.session.clone();
    for setting in settings {
        session.set(&setting.name, setting.value.as_deref())?;
    }
    Ok(Some(session))
}

/// The temporary table that a statement drops; `None` when it is another statement.
pub(crate) fn dropped(sql: &str) -> Result<Option<Dropped>, CallError> {
    engine::dropped(sql).map_err(|error| CallError::Engine(error.into()))
}

/// What an update answers that touched so many rows.
pub(crate) fn updated(rows: u64) -> Bytes {
    DoPutUpdateResult { record_count: i64::try_from(rows).unwrap_or(-1) }.encode_to_vec().into()
}

/// Gives the session to its caller. Drivers in Go take over the token that an answer brings, JDBC keeps cookies.
pub(crate) fn hand_out<T>(
    response: &mut Response<T>,
    session: Session,
    service: &Service,
    call: &Call,
) -> Result<(), CallError> {
    let caller = auth::Caller { session: session.options(), ..call.caller.clone() };
    let token = service.auth.issue(&caller, call.now).token;
    let cookie = service.auth.issue_session(&caller, call.now);
    let metadata = response.metadata_mut();
    put(metadata, "authorization", format!("Bearer {}", token.expose()))?;
    put(metadata, "set-cookie", format!("{SESSION_COOKIE}={}; HttpOnly; SameSite=Strict", cookie.expose()))
}

/// Whether the caller looks at the headers of an answer to DoPut. Drivers in Go do so only at its end, to which they do
/// not read, and would go on in the old session without a word.
pub(crate) fn is_kept_by(metadata: &MetadataMap) -> bool {
    !is_in_go(metadata)
}

/// The answer to a handshake, besides its header. Drivers in Go read one message, and where there is one they look at the
/// headers again when the stream is collected as garbage: the token in them then takes the place of those that were
/// handed out since, and a session is lost. Who logged in by message reads no header, and `needs` one.
pub(crate) fn handshake(token: &str, metadata: &MetadataMap, needs: bool) -> Option<HandshakeResponse> {
    let payload = Bytes::copy_from_slice(token.as_bytes());
    (needs || !is_in_go(metadata)).then_some(HandshakeResponse { protocol_version: 0, payload })
}

fn is_in_go(metadata: &MetadataMap) -> bool {
    let agent = metadata.get("user-agent").and_then(|agent| agent.to_str().ok());
    agent.is_some_and(|agent| agent.contains("grpc-go/"))
}

/// Takes the session back from callers that keep cookies.
pub(crate) fn take_back<T>(response: &mut Response<T>) -> Result<(), CallError> {
    put(
        response.metadata_mut(),
        "set-cookie",
        format!("{SESSION_COOKIE}=; Max-Age=0; HttpOnly; SameSite=Strict"),
    )
}

fn put(metadata: &mut MetadataMap, name: &'static str, value: String) -> Result<(), CallError> {
    let value = value.parse().map_err(|_| CallError::Malformed("the session is no header".to_owned()))?;
    metadata.insert(name, value);
    Ok(())
}

fn set_one(session: &mut Session, name: &str, value: Option<OptionValue>) -> Result<(), OptionError> {
    let text = match value {
        None => None,
        Some(OptionValue::StringValue(text)) => Some(text),
        Some(OptionValue::BoolValue(truth)) => Some(truth.to_string()),
        Some(OptionValue::Int64Value(number)) => Some(number.to_string()),
        Some(OptionValue::DoubleValue(number)) => Some(number.to_string()),
        Some(OptionValue::StringListValue(list)) => Some(list.values.join(",")),
    };
    // An empty text is how some drivers take an option back.
    session.set(name, text.as_deref().filter(|text| !text.is_empty()))
}
