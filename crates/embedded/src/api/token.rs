//! Who may ask: a token signed with the shared secret, or nobody when there is no secret.

use axum::http::HeaderMap;
use jsonwebtoken::{AlgorithmFamily, DecodingKey, Validation, decode};
use serde_json::Value;

use super::refusal::Refusal;

/// Checks the token of a request, as the real server does: the word in front of it does not matter.
pub(super) fn check(headers: &HeaderMap, secret: &str) -> Result<(), Refusal> {
    let header = headers.get("x-cube-authorization").or_else(|| headers.get("authorization"));
    let header = header.and_then(|value| value.to_str().ok()).map(str::trim).unwrap_or_default();
    if header.is_empty() {
        return Err(Refusal::forbidden("Authorization header isn't set"));
    }
    if secret.is_empty() {
        return Err(Refusal::forbidden("Invalid token"));
    }
    let token = header.split_whitespace().last().unwrap_or_default();
    let mut validation = Validation::new_for_family(AlgorithmFamily::Hmac);
    validation.required_spec_claims.clear();
    validation.validate_nbf = true;
    validation.validate_aud = false;
    validation.leeway = 0;
    let decoded = decode::<Value>(token, &DecodingKey::from_secret(secret.as_bytes()), &validation);
    decoded.map(|_| ()).map_err(|_| Refusal::forbidden("Invalid token"))
}
