//! Bearer tokens signed with the secret that Cube shares: HS256 only.

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde_json::{Map, Value};

use crate::{error::AuthError, secret::Secret};

type Claims = Map<String, Value>;

/// Checks signatures and claims.
pub(crate) struct Verifier {
    key: DecodingKey,
    validation: Validation,
    audience: Option<String>,
    issuer: Option<String>,
}

/// Claims that hold.
pub(crate) struct Verified {
    pub(crate) claims: Claims,
    pub(crate) expires: Option<DateTime<Utc>>,
}

impl Verifier {
    pub(crate) fn new(secret: &Secret, audience: Option<String>, issuer: Option<String>) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // The library checks the signature. Claims are checked below, against the moment that is passed in and
        // whether or not they are of the expected type, which the library lets through.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        Self { key: DecodingKey::from_secret(secret.expose().as_bytes()), validation, audience, issuer }
    }

    pub(crate) fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Verified, AuthError> {
        let header = decode_header(token).map_err(refused)?;
        if header.crit.is_some() {
            return Err(AuthError::Token("critical header fields are not understood".to_owned()));
        }
        let claims = decode::<Claims>(token, &self.key, &self.validation).map_err(refused)?.claims;
        let expires = moment(&claims, "exp")?;
        if expires.is_some_and(|expires| expires <= now) {
            return Err(AuthError::Expired);
        }
        if moment(&claims, "nbf")?.is_some_and(|from| from > now) {
            return Err(AuthError::Token("not valid yet".to_owned()));
        }
        has(&claims, "aud", self.audience.as_deref())?;
        has(&claims, "iss", self.issuer.as_deref())?;
        Ok(Verified { claims, expires })
    }
}

/// Signs claims that expire at `expires`.
pub fn mint(secret: &Secret, claims: &Claims, expires: DateTime<Utc>) -> Secret {
    let mut claims = claims.clone();
    claims.insert("exp".to_owned(), expires.timestamp().into());
    let key = EncodingKey::from_secret(secret.expose().as_bytes());
    Secret::new(
        encode(&Header::new(Algorithm::HS256), &claims, &key).expect("a map of JSON values serializes"),
    )
}

fn refused(error: jsonwebtoken::errors::Error) -> AuthError {
    AuthError::Token(error.to_string())
}

fn moment(claims: &Claims, name: &str) -> Result<Option<DateTime<Utc>>, AuthError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64));
    match seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)) {
        Some(at) => Ok(Some(at)),
        None => Err(AuthError::Token(format!("`{name}` is no time"))),
    }
}

fn has(claims: &Claims, name: &str, wanted: Option<&str>) -> Result<(), AuthError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let found = match claims.get(name) {
        Some(Value::String(own)) => own == wanted,
        Some(Value::Array(list)) => list.iter().any(|own| own.as_str() == Some(wanted)),
        _ => false,
    };
    if found { Ok(()) } else { Err(AuthError::Token(format!("`{name}` is not the expected one"))) }
}
