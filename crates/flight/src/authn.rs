//! Who is calling: the credential of a call's metadata, and the handshake that trades one for a token.

use std::{sync::Arc, time::Duration};

use arrow_flight::{BasicAuth, HandshakeRequest};
use auth::{AuthError, Authenticator, Caller};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use chrono::{DateTime, Utc};
use prost::Message;
use tonic::{
    Streaming,
    metadata::{Ascii, MetadataMap, MetadataValue},
};
use uuid::Uuid;

use crate::{encode::Compression, peer::Peer, session::Session, status::CallError, unclaimed::Unclaimed};

/// The header that names a call in logs.
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// The header in which clients send what a handshake has answered, unless they know of `authorization`.
pub(crate) const TOKEN: &str = "auth-token-bin";

/// How long a handshake waits for its first message.
const PATIENCE: Duration = Duration::from_secs(10);

/// The header that asks for compressed batches.
const COMPRESSION: &str = "x-cubeflight-compression";

/// The cookie in which callers that keep cookies carry their session.
pub(crate) const SESSION_COOKIE: &str = "cubeflight-session";

/// Drivers in Go leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the metadata of a call says.
pub(crate) struct Call {
    /// Who is calling.
    pub(crate) caller: Caller,
    /// What Cube may be asked with for them.
    pub(crate) engine_caller: engine::Caller,
    /// What they have set.
    pub(crate) session: Session,
    /// Whether they may not know of their session yet.
    pub(crate) unaware: bool,
    /// What logs know the call by.
    pub(crate) request_id: Arc<str>,
    /// How the call's batches are to be compressed, whatever the session says.
    pub(crate) compression: Option<Compression>,
    /// `grpc-timeout`
    pub(crate) timeout: Option<Duration>,
    /// The moment of the call.
    pub(crate) now: DateTime<Utc>,
}

impl Call {
    /// Checks the credential.
    pub(crate) async fn of(
        metadata: &MetadataMap,
        peer: &Peer,
        auth: &Authenticator,
        unclaimed: &Unclaimed,
    ) -> Result<Self, CallError> {
        let now = Utc::now();
        let mut caller = caller(metadata, peer, auth, now).await?;
        if let Some(cookie) = cookie(metadata) {
            caller = auth.resume(caller, &cookie, now)?;
        }
        let mut session = Session::of(&caller.session).ok_or(AuthError::Session)?;
        let mut unaware = false;
        match &session.place {
            Some(place) => unclaimed.claimed(place),
            None => {
                session.place = unclaimed.get(metadata, peer);
                unaware = session.place.is_some();
            }
        }
        let credential = auth.upstream(&caller, now).map(|token| Arc::from(token.expose()));
        let engine_caller = engine::Caller {
            principal: Arc::from(caller.principal.as_str()),
            context: caller.context.clone(),
            credential,
            place: session.place.clone(),
        };
        let compression = compression(metadata)?;
        let request_id = Arc::from(request_id(metadata).to_str().unwrap_or_default());
        let timeout = timeout(metadata);
        Ok(Self { caller, engine_caller, session, unaware, compression, request_id, timeout, now })
    }
}

/// The caller behind a call's `authorization`, or, when it has none, behind the connection's certificate.
pub(crate) async fn caller(
    metadata: &MetadataMap,
    peer: &Peer,
    auth: &Authenticator,
    now: DateTime<Utc>,
) -> Result<Caller, AuthError> {
    let Some(header) = metadata.get("authorization") else {
        if let Some(token) = metadata.get_bin(TOKEN).and_then(|token| token.to_bytes().ok()) {
            let token =
                std::str::from_utf8(&token).map_err(|_| AuthError::Malformed("the token is no text"))?;
            return auth.bearer(token, now);
        }
        return peer.certificate.as_ref().map_or_else(|| auth.anonymous(), |der| auth.certificate(der));
    };
    let header = header.to_str().map_err(|_| AuthError::Malformed("the header is no text"))?;
    let (scheme, credential) =
        header.split_once(' ').ok_or(AuthError::Malformed("the header has no scheme"))?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return auth.bearer(credential.trim(), now);
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = BASE64.decode(credential.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = decoded.ok_or(AuthError::Malformed("Basic is base64 of user:password"))?;
        let (user, password) = text.split_once(':').ok_or(AuthError::Malformed("Basic is user:password"))?;
        return auth.basic(user, password).await;
    }
    Err(AuthError::Malformed("the scheme is neither Bearer nor Basic"))
}

/// The caller who says in the first message of a handshake who they are, as clients did before there were headers for it.
pub(crate) async fn told(
    messages: &mut Streaming<HandshakeRequest>,
    auth: &Authenticator,
) -> Result<Caller, CallError> {
    // Nobody has to say anything yet, so nobody waits for it long.
    let first = tokio::time::timeout(PATIENCE, messages.message()).await.map_err(|_| AuthError::Missing)?;
    let first = first.map_err(|status| CallError::CutOff(Box::new(status)))?.ok_or(AuthError::Missing)?;
    if first.payload.is_empty() {
        return Err(AuthError::Missing.into());
    }
    let told =
        BasicAuth::decode(first.payload).map_err(|_| AuthError::Malformed("the payload is BasicAuth"))?;
    Ok(auth.basic(&told.username, &told.password).await?)
}

/// What the header of that name asks for.
fn compression(metadata: &MetadataMap) -> Result<Option<Compression>, CallError> {
    let Some(header) = metadata.get(COMPRESSION) else { return Ok(None) };
    let asked = header.to_str().ok().and_then(Compression::parse);
    let asked = asked.ok_or_else(|| CallError::Malformed(format!("`{COMPRESSION}` is none, lz4 or zstd")))?;
    Ok(Some(asked))
}

/// The value of the session's cookie, wherever among the others it stands.
fn cookie(metadata: &MetadataMap) -> Option<String> {
    let headers = metadata.get_all("cookie").iter().filter_map(|header| header.to_str().ok());
    let mut pairs =
        headers.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let value = pairs.find(|(name, _)| *name == SESSION_COOKIE).map(|(_, value)| value.trim_matches('"'));
    value.filter(|value| !value.is_empty()).map(str::to_owned)
}

/// The caller's own id, if it is short and plain enough for logs, else a new one.
pub(crate) fn request_id(metadata: &MetadataMap) -> MetadataValue<Ascii> {
    let plain = |id: &&MetadataValue<Ascii>| {
        (1..=128).contains(&id.len())
            && id.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || b"-_.:/".contains(b))
    };
    let new = || {
        let id = Uuid::now_v7().hyphenated().to_string();
        id.parse().expect("a UUID is letters, digits and hyphens")
    };
    metadata.get(REQUEST_ID).filter(plain).cloned().unwrap_or_else(new)
}

/// gRPC writes a number of at most eight digits and a unit.
fn timeout(metadata: &MetadataMap) -> Option<Duration> {
    let text = metadata.get("grpc-timeout")?.to_str().ok()?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = number.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number.checked_mul(3600)?),
        "M" => Duration::from_secs(number.checked_mul(60)?),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{request_id, timeout};
    use std::time::Duration;
    use tonic::metadata::MetadataMap;

    fn with(name: &'static str, value: &str) -> MetadataMap {
        let mut metadata = MetadataMap::new();
        metadata.insert(name, value.parse().unwrap());
        metadata
    }

    #[test]
    fn timeouts() {
        for (text, expected) in [
            ("5S", Some(Duration::from_secs(5))),
            ("1H", Some(Duration::from_secs(3600))),
            ("2M", Some(Duration::from_secs(120))),
            ("250m", Some(Duration::from_millis(250))),
            ("7u", Some(Duration::from_micros(7))),
            ("9n", Some(Duration::from_nanos(9))),
            ("S", None),
            ("5", None),
            ("-5S", None),
            ("5X", None),
        ] {
            assert_eq!(timeout(&with("grpc-timeout", text)), expected, "{text}");
        }
    }

    #[test]
    fn only_plain_request_ids_are_taken_over() {
        assert_eq!(request_id(&with("x-request-id", "abc-123")), "abc-123");
        for text in ["", "with space", "\"quoted\"", &"x".repeat(129)] {
            assert_ne!(request_id(&with("x-request-id", text)), text);
        }
    }
}
