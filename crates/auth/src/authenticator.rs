//! The ways to log in, in one place.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use semantic::SecurityContext;
use serde_json::Map;

use crate::{
    basic::Users,
    caller::{Caller, Upstream},
    certificate,
    config::Config,
    error::{AuthError, ConfigError},
    gateway_token,
    jwt::{self, Verifier},
    seal::KeyRing,
    secret::Secret,
    session::{self, SessionOptions},
};

/// HS256 is as strong as its key is long.
const SHORTEST_SECRET: usize = 32;
/// How long a token lives that Cube is asked with on behalf of a user.
const MINTED: TimeDelta = TimeDelta::minutes(5);

/// Turns credentials into callers.
pub struct Authenticator {
    verifier: Option<Verifier>,
    secret: Option<Secret>,
    users: Users,
    certificates: BTreeMap<String, SecurityContext>,
    keys: Arc<KeyRing>,
    token_ttl: Duration,
    insecure_no_auth: bool,
    anonymous_cube_token: Option<Secret>,
}

/// A token of the gateway's own.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// To be sent as `authorization: Bearer <token>`.
    pub token: Secret,
    /// Never later than the end of the credential that it was given for.
    pub expires: DateTime<Utc>,
}

impl Authenticator {
    /// Checks the settings.
    pub fn new(config: &Config, keys: Arc<KeyRing>) -> Result<Self, ConfigError> {
        let secret = config.jwt_secret.clone();
        if let Some(length) = secret.as_ref().map(|s| s.expose().len()).filter(|l| *l < SHORTEST_SECRET) {
            return Err(ConfigError::ShortSecret(length));
        }
        let users = Users::new(&config.users)?;
        if secret.is_none() && users.is_empty() && config.certificates.is_empty() && !config.insecure_no_auth
        {
            return Err(ConfigError::Nobody);
        }
        let verifier =
            secret.as_ref().map(|s| Verifier::new(s, config.audience.clone(), config.issuer.clone()));
        let certificates = config.certificates.iter();
        let certificates = certificates
            .map(|(name, user)| (name.clone(), SecurityContext::new(user.context.clone())))
            .collect();
        Ok(Self {
            verifier,
            secret,
            users,
            certificates,
            keys,
            token_ttl: config.token_ttl,
            insecure_no_auth: config.insecure_no_auth,
            anonymous_cube_token: config.anonymous_cube_token.clone(),
        })
    }

    /// The keys that seal tokens, tickets and handles.
    pub fn keys(&self) -> &Arc<KeyRing> {
        &self.keys
    }

    /// A bearer token: the gateway's own, or a JWT.
    pub fn bearer(&self, token: &str, now: DateTime<Utc>) -> Result<Caller, AuthError> {
        if gateway_token::is_ours(token) {
            return gateway_token::open(&self.keys, token, now);
        }
        if self.insecure_no_auth && self.verifier.is_none() {
            return Ok(self.nobody());
        }
        let verifier = self.verifier.as_ref().ok_or(AuthError::NotConfigured("auth.jwt_secret"))?;
        let verified = verifier.verify(token, now)?;
        let subject = verified.claims.get("sub").and_then(|subject| subject.as_str()).map(str::to_owned);
        let context = SecurityContext::new(verified.claims);
        Ok(Caller {
            principal: subject.unwrap_or_else(|| format!("context {:?}", context.hash())),
            context,
            upstream: Upstream::Own(Secret::new(token)),
            expires: verified.expires,
            session: SessionOptions::new(),
        })
    }

    /// A user's name and password.
    pub async fn basic(&self, user: &str, password: &str) -> Result<Caller, AuthError> {
        if self.insecure_no_auth && self.users.is_empty() {
            return Ok(self.nobody());
        }
        let context = self.users.check(user, password).await?;
        Ok(Self::named(user, context, self.minted()))
    }

    /// A client certificate in DER that the transport has verified.
    pub fn certificate(&self, der: &[u8]) -> Result<Caller, AuthError> {
        let names = certificate::names(der).ok_or(AuthError::Malformed("the certificate cannot be read"))?;
        let known = names.iter().find_map(|name| self.certificates.get_key_value(name));
        match known {
            Some((name, context)) => Ok(Self::named(name, context.clone(), self.minted())),
            // Whoever is let in without a credential is let in with any.
            None if self.insecure_no_auth => Ok(self.nobody()),
            None => Err(AuthError::Certificate),
        }
    }

    /// No credential at all.
    pub fn anonymous(&self) -> Result<Caller, AuthError> {
        if self.insecure_no_auth { Ok(self.nobody()) } else { Err(AuthError::Missing) }
    }

    /// A token of the gateway's own for a caller.
    pub fn issue(&self, caller: &Caller, now: DateTime<Utc>) -> IssuedToken {
        let expires = self.end(caller, now);
        IssuedToken { token: gateway_token::seal(&self.keys, caller, expires), expires }
    }

    /// The caller's session for those who keep cookies and send the credential that they came with.
    pub fn issue_session(&self, caller: &Caller, now: DateTime<Utc>) -> Secret {
        session::seal(&self.keys, caller, self.end(caller, now))
    }

    /// The caller, with the session that was issued to them.
    pub fn resume(&self, caller: Caller, session: &str, now: DateTime<Utc>) -> Result<Caller, AuthError> {
        let session = session::open(&self.keys, session, &caller, now)?;
        Ok(Caller { session, ..caller })
    }

    /// What Cube may be asked with on the caller's behalf, now.
    pub fn upstream(&self, caller: &Caller, now: DateTime<Utc>) -> Option<Secret> {
        match &caller.upstream {
            Upstream::Own(token) => Some(token.clone()),
            Upstream::Minted => {
                let secret = self.secret.as_ref()?;
                Some(jwt::mint(secret, caller.context.claims(), now.checked_add_signed(MINTED)?))
            }
            Upstream::None => None,
        }
    }

    /// When what is issued to a caller now ends.
    fn end(&self, caller: &Caller, now: DateTime<Utc>) -> DateTime<Utc> {
        let ttl = TimeDelta::from_std(self.token_ttl).unwrap_or(TimeDelta::MAX);
        let own = now.checked_add_signed(ttl).unwrap_or(DateTime::<Utc>::MAX_UTC);
        caller.expires.map_or(own, |end| end.min(own))
    }

    fn nobody(&self) -> Caller {
        let upstream = self.anonymous_cube_token.clone().map_or_else(|| self.minted(), Upstream::Own);
        Self::named("nobody", SecurityContext::new(Map::new()), upstream)
    }

    /// A caller whose credential has no end and no session.
    fn named(principal: &str, context: SecurityContext, upstream: Upstream) -> Caller {
        let principal = principal.to_owned();
        Caller { principal, context, upstream, expires: None, session: SessionOptions::new() }
    }

    fn minted(&self) -> Upstream {
        if self.secret.is_some() { Upstream::Minted } else { Upstream::None }
    }
}

#[cfg(test)]
mod tests;
