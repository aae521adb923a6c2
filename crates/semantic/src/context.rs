//! The security context: what Cube calls the verified claims of a caller.

use std::{fmt, sync::Arc};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The verified claims of a caller, as Cube sees them. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct SecurityContext {
    claims: Arc<Map<String, Value>>,
    hash: ContextHash,
}

/// Claims about a token and not about its bearer, who stays the same with the next one.
const OF_ONE_TOKEN: [&str; 4] = ["exp", "iat", "jti", "nbf"];

/// A digest of a security context: equal for equal claims, whatever their order, and for every token of one bearer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContextHash([u8; 32]);

impl SecurityContext {
    /// Takes verified claims.
    pub fn new(claims: Map<String, Value>) -> Self {
        let mut digest = Sha256::new();
        let lasting = claims.iter().filter(|(name, _)| !OF_ONE_TOKEN.contains(&name.as_str()));
        canonical_map(lasting.collect(), &mut digest);
        Self { claims: Arc::new(claims), hash: ContextHash(digest.finalize().into()) }
    }

    /// The claims.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The digest that caches and tickets are bound to.
    pub fn hash(&self) -> ContextHash {
        self.hash
    }
}

impl ContextHash {
    /// The digest's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

// Every value is written with a type tag and a length, so that no two different contexts give the same bytes.
fn canonical(value: &Value, digest: &mut Sha256) {
    match value {
        Value::Null => digest.update(b"n"),
        Value::Bool(b) => digest.update(if *b { b"t" } else { b"f" }),
        Value::Number(n) => tagged(b'#', n.to_string().as_bytes(), digest),
        Value::String(s) => tagged(b's', s.as_bytes(), digest),
        Value::Array(items) => {
            tagged(b'[', &(items.len() as u64).to_le_bytes(), digest);
            items.iter().for_each(|item| canonical(item, digest));
        }
        Value::Object(map) => canonical_map(map.iter().collect(), digest),
    }
}

fn canonical_map(mut entries: Vec<(&String, &Value)>, digest: &mut Sha256) {
    entries.sort_by_key(|(key, _)| *key);
    tagged(b'{', &(entries.len() as u64).to_le_bytes(), digest);
    for (key, value) in entries {
        tagged(b'k', key.as_bytes(), digest);
        canonical(value, digest);
    }
}

fn tagged(tag: u8, bytes: &[u8], digest: &mut Sha256) {
    digest.update([tag]);
    digest.update((bytes.len() as u64).to_le_bytes());
    digest.update(bytes);
}

// Claims may hold personal data: logs get the digest only.
impl fmt::Debug for SecurityContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecurityContext({:?})", self.hash)
    }
}

impl fmt::Debug for ContextHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::SecurityContext;
    use serde_json::json;

    fn context(value: serde_json::Value) -> SecurityContext {
        SecurityContext::new(value.as_object().unwrap().clone())
    }

    #[test]
    fn order_of_claims_does_not_matter_and_every_value_does() {
        let base = context(json!({"a": 1, "b": {"c": [1, 2], "d": null}}));
        assert_eq!(base.hash(), context(json!({"b": {"d": null, "c": [1, 2]}, "a": 1})).hash());
        for other in [
            json!({"a": "1", "b": {"c": [1, 2], "d": null}}),
            json!({"a": 1, "b": {"c": [2, 1], "d": null}}),
            json!({"a": 1, "b": {"c": [1], "d": 2}}),
            json!({"a": 1, "b": {"c": [1, 2]}}),
            json!({}),
        ] {
            assert_ne!(base.hash(), context(other.clone()).hash(), "{other}");
        }
    }

    #[test]
    fn debug_shows_no_claim() {
        let text = format!("{:?}", context(json!({"email": "ann@example.com"})));
        assert!(!text.contains("ann"), "{text}");
    }
}
