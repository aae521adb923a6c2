//! Users with passwords.

use std::{collections::BTreeMap, sync::Arc};

use argon2::{
    Argon2, PasswordHash, PasswordVerifier,
    password_hash::{PasswordHasher, SaltString},
};
use semantic::SecurityContext;
use tokio::sync::Semaphore;

use crate::{
    config::User,
    error::{AuthError, ConfigError},
};

/// Checks passwords, a few at a time: each check is made to cost.
pub(crate) struct Users {
    users: BTreeMap<String, (String, SecurityContext)>,
    /// Checked for names that do not exist, so that they take as long as those that do.
    nobody: String,
    at_once: Arc<Semaphore>,
}

impl Users {
    pub(crate) fn new(users: &BTreeMap<String, User>) -> Result<Self, ConfigError> {
        let mut known = BTreeMap::new();
        for (name, user) in users {
            let hash = user.password_hash.expose();
            let parsed = PasswordHash::new(hash).ok().filter(|hash| hash.algorithm.as_str() == "argon2id");
            parsed.ok_or_else(|| ConfigError::PasswordHash(name.clone()))?;
            known.insert(name.clone(), (hash.to_owned(), SecurityContext::new(user.context.clone())));
        }
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self { users: known, nobody: hash_of_nothing(), at_once: Arc::new(Semaphore::new(cores)) })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    pub(crate) async fn check(&self, name: &str, password: &str) -> Result<SecurityContext, AuthError> {
        let known = self.users.get(name);
        let hash = known.map_or_else(|| self.nobody.clone(), |(hash, _)| hash.clone());
        let password = password.to_owned();
        let permit = self.at_once.clone().acquire_owned().await.map_err(|_| AuthError::Password)?;
        let checked = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let hash = PasswordHash::new(&hash)?;
            Argon2::default().verify_password(password.as_bytes(), &hash)
        });
        match (checked.await, known) {
            (Ok(Ok(())), Some((_, context))) => Ok(context.clone()),
            _ => Err(AuthError::Password),
        }
    }
}

fn hash_of_nothing() -> String {
    let salt = SaltString::from_b64("Y3ViZWZsaWdodG5vYm9keQ").expect("the salt is base64");
    let hash = Argon2::default().hash_password(b"", &salt);
    hash.expect("argon2 hashes with its own defaults").to_string()
}
