//! A session: options that a caller has set, carried by the caller. What they mean is not known here.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    caller::Caller,
    error::AuthError,
    seal::{KeyRing, Purpose},
    secret::Secret,
};

/// Options by name.
pub type SessionOptions = BTreeMap<String, String>;

#[derive(Serialize, Deserialize)]
struct Body {
    principal: String,
    context: Vec<u8>,
    options: SessionOptions,
    expires: i64,
}

/// The caller's options, for them alone.
pub(crate) fn seal(keys: &KeyRing, caller: &Caller, expires: DateTime<Utc>) -> Secret {
    let body = Body {
        principal: caller.principal.clone(),
        context: caller.context.hash().as_bytes().to_vec(),
        options: caller.session.clone(),
        expires: expires.timestamp(),
    };
    let plain = serde_json::to_vec(&body).expect("texts and numbers serialize");
    Secret::new(URL_SAFE_NO_PAD.encode(keys.seal(Purpose::Session, &plain)))
}

/// The options of a session that belongs to the caller and is not over.
pub(crate) fn open(
    keys: &KeyRing,
    text: &str,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<SessionOptions, AuthError> {
    let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| AuthError::Session)?;
    let plain = keys.open(Purpose::Session, &sealed).map_err(|_| AuthError::Session)?;
    let body: Body = serde_json::from_slice(&plain).map_err(|_| AuthError::Session)?;
    let own = body.principal == caller.principal
        && body.context == caller.context.hash().as_bytes()
        && body.expires > now.timestamp();
    if own { Ok(body.options) } else { Err(AuthError::Session) }
}
