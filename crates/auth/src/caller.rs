//! Who is asking.

use chrono::{DateTime, Utc};
use semantic::SecurityContext;

use crate::{secret::Secret, session::SessionOptions};

/// A verified caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The name that tickets are bound to: the user, or the token's subject.
    pub principal: String,
    /// The verified claims.
    pub context: SecurityContext,
    /// What Cube may be asked with on the caller's behalf.
    pub upstream: Upstream,
    /// When the credential ends.
    pub expires: Option<DateTime<Utc>>,
    /// What they have set for their session.
    pub session: SessionOptions,
}

/// A credential for Cube.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upstream {
    /// The caller's own token.
    Own(Secret),
    /// A short token is made from the context whenever one is needed.
    Minted,
    /// None: the roads over Cube's API are closed.
    None,
}
