//! The gateway's own bearer token: a caller, sealed, for a while.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use semantic::SecurityContext;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    caller::{Caller, Upstream},
    error::AuthError,
    seal::{KeyRing, Purpose},
    secret::Secret,
    session::SessionOptions,
};

/// What tells the gateway's tokens from JWTs.
const PREFIX: &str = "cubeflight1.";

#[derive(Serialize, Deserialize)]
struct Body {
    principal: String,
    context: Map<String, Value>,
    upstream: Option<String>,
    minted: bool,
    expires: i64,
    #[serde(default)]
    session: SessionOptions,
}

pub(crate) fn is_ours(token: &str) -> bool {
    token.starts_with(PREFIX)
}

pub(crate) fn seal(keys: &KeyRing, caller: &Caller, expires: DateTime<Utc>) -> Secret {
    let upstream = match &caller.upstream {
        Upstream::Own(token) => Some(token.expose().to_owned()),
        Upstream::Minted | Upstream::None => None,
    };
    let body = Body {
        principal: caller.principal.clone(),
        context: caller.context.claims().clone(),
        upstream,
        minted: caller.upstream == Upstream::Minted,
        expires: expires.timestamp(),
        session: caller.session.clone(),
    };
    let plain = serde_json::to_vec(&body).expect("a map of JSON values serializes");
    Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(keys.seal(Purpose::Token, &plain))))
}

pub(crate) fn open(keys: &KeyRing, token: &str, now: DateTime<Utc>) -> Result<Caller, AuthError> {
    let forged = |_| AuthError::Token("not sealed by this server".to_owned());
    let text = token.strip_prefix(PREFIX).ok_or(AuthError::Malformed("no gateway token"))?;
    let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| AuthError::Malformed("no base64"))?;
    let plain = keys.open(Purpose::Token, &sealed).map_err(forged)?;
    let body: Body = serde_json::from_slice(&plain).map_err(|_| AuthError::Malformed("an older form"))?;
    let expires = DateTime::from_timestamp(body.expires, 0).filter(|expires| *expires > now);
    let expires = expires.ok_or(AuthError::Expired)?;
    let upstream = match (&body.upstream, body.minted) {
        (Some(token), _) => Upstream::Own(Secret::new(token)),
        (None, true) => Upstream::Minted,
        (None, false) => Upstream::None,
    };
    let context = SecurityContext::new(body.context.clone());
    let Body { principal, session, .. } = body;
    Ok(Caller { principal, context, upstream, expires: Some(expires), session })
}
