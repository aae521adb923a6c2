//! Settings of logging in.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::secret::Secret;

/// The `[auth]` section.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The HS256 key that bearer tokens are signed with, at least 32 bytes; Cube's `CUBEJS_API_SECRET`.
    pub jwt_secret: Option<Secret>,
    /// When set, tokens must carry this audience.
    pub audience: Option<String>,
    /// When set, tokens must carry this issuer.
    pub issuer: Option<String>,
    /// People and services that log in with a password, by name.
    pub users: BTreeMap<String, User>,
    /// Services that log in with a client certificate, by a URI or DNS name among its subject's alternative names.
    pub certificates: BTreeMap<String, CertificateUser>,
    /// How long the gateway's own tokens live at most.
    #[serde(with = "humantime_serde")]
    pub token_ttl: Duration,
    /// Keys that tickets and tokens are sealed with, 32 bytes in base64 each: the first seals, all open. Replicas
    /// need the same keys. Without any, a random one lives as long as the process.
    pub keys: Vec<Secret>,
    /// Let everybody in, as nobody. For demonstrations on one machine only.
    pub insecure_no_auth: bool,
    /// With `insecure_no_auth`: what Cube is asked with on behalf of nobody.
    pub anonymous_cube_token: Option<Secret>,
}

/// Somebody with a password.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// An argon2id hash in PHC form, `$argon2id$…`.
    pub password_hash: Secret,
    /// The security context of the user.
    #[serde(default)]
    pub context: Map<String, Value>,
}

/// Somebody with a client certificate.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CertificateUser {
    /// The security context of the service.
    pub context: Map<String, Value>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            jwt_secret: None,
            audience: None,
            issuer: None,
            users: BTreeMap::new(),
            certificates: BTreeMap::new(),
            token_ttl: Duration::from_secs(3600),
            keys: Vec::new(),
            insecure_no_auth: false,
            anonymous_cube_token: None,
        }
    }
}
