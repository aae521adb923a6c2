//! Why a credential is refused. Callers are told little, logs are told all.

/// A credential that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// None was given.
    #[error("no credential")]
    Missing,
    /// Not a form that is understood.
    #[error("the credential is malformed: {0}")]
    Malformed(&'static str),
    /// A token whose signature or claims do not hold.
    #[error("the token does not hold: {0}")]
    Token(String),
    /// A token that was good once.
    #[error("the token has expired")]
    Expired,
    /// A name or password that is not known.
    #[error("unknown user or wrong password")]
    Password,
    /// A client certificate without a name that is known.
    #[error("no name of the client certificate stands in `auth.certificates`")]
    Certificate,
    /// A session that is over, or another caller's.
    #[error("the session is not valid here: it is over, or belongs to somebody else")]
    Session,
    /// The way of logging in is not configured.
    #[error("{0} is not configured")]
    NotConfigured(&'static str),
}

/// Settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A secret that can be guessed.
    #[error("`auth.jwt_secret` has {0} bytes; HS256 needs at least 32")]
    ShortSecret(usize),
    /// A key that is no key.
    #[error("`auth.keys[{0}]` is not 32 bytes in base64; make one with `openssl rand -base64 32`")]
    Key(usize),
    /// A password hash that is none.
    #[error("`auth.users.{0}.password_hash` is not an argon2id hash")]
    PasswordHash(String),
    /// Nobody could log in.
    #[error("nobody can log in: set `auth.jwt_secret`, `auth.users` or `auth.certificates`")]
    Nobody,
}

impl AuthError {
    /// What a caller is told: nothing that helps guessing.
    pub fn told(&self) -> &'static str {
        match self {
            Self::Missing => {
                "a credential is required: send `authorization: Bearer <token>`, or log in with user and password"
            }
            Self::Session => "the session is not valid here: it is over, or belongs to somebody else",
            Self::Certificate
            | Self::Malformed(_)
            | Self::Token(_)
            | Self::Expired
            | Self::Password
            | Self::NotConfigured(_) => "the credential is not accepted",
        }
    }
}
