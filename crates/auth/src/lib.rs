//! Credentials to callers: who is asking, with which security context, and what Cube may be asked with on their behalf.
//!
//! Owns secrets, tokens and sealing. Knows nothing of SQL or stores. Every failure closes.

mod authenticator;
mod basic;
mod caller;
mod certificate;
mod config;
mod error;
mod gateway_token;
mod jwt;
mod seal;
mod secret;
mod session;

pub use authenticator::{Authenticator, IssuedToken};
pub use caller::{Caller, Upstream};
pub use config::{CertificateUser, Config, User};
pub use error::{AuthError, ConfigError};
pub use jwt::mint;
pub use seal::{Forged, KeyRing, Purpose};
pub use secret::Secret;
pub use session::SessionOptions;
