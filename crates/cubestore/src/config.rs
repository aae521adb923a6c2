//! The settings of the store client, as plain data. Never read from the environment here.

mod byte_size;
mod secret;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

pub use byte_size::ByteSize;
pub use secret::Secret;

use crate::error::{Error, Result};

/// How to reach CubeStore and what to allow it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address of CubeStore's HTTP port, `ws://host:3030` or `wss://…`; without a path `/ws` is meant.
    /// It takes no user and password: they would end in logs.
    #[serde(deserialize_with = "url_without_userinfo")]
    pub url: Url,
    /// User for Basic authentication at the upgrade.
    pub user: Option<String>,
    /// Password for Basic authentication at the upgrade.
    pub password: Option<Secret>,
    /// TLS, for `wss`.
    pub tls: Tls,
    /// How long name resolution, TCP, TLS and upgrade may take together.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// How long a socket without a query stays open.
    #[serde(with = "humantime_serde")]
    pub idle_limit: Duration,
    /// How often a socket is pinged.
    #[serde(with = "humantime_serde")]
    pub heartbeat: Duration,
    /// How long a socket may be silent before it counts as dead. CubeStore is silent while it encodes an
    /// answer: about three seconds per million rows.
    #[serde(with = "humantime_serde")]
    pub heartbeat_limit: Duration,
    /// How long a query may take until its answer has arrived. CubeStore leaves some requests without any
    /// answer; its own limit for the others is two minutes.
    #[serde(with = "humantime_serde")]
    pub request_timeout: Duration,
    /// How long an arriving answer waits for memory before its query fails.
    #[serde(with = "humantime_serde")]
    pub memory_wait: Duration,
    /// How many connections in a row may fail before the queries that wait for one fail.
    pub connect_attempts: u32,
    /// The pause after the first failed connection; it doubles up to fifty times this.
    #[serde(with = "humantime_serde")]
    pub connect_pause: Duration,
    /// Sockets for small answers.
    pub small_sockets: NonZeroUsize,
    /// Sockets for large answers: CubeStore encodes an answer inside its socket's loop, and everything else
    /// on that socket waits.
    pub large_sockets: NonZeroUsize,
    /// The longest message taken from the store; it is reserved in the memory budget while it arrives.
    pub max_store_message: ByteSize,
    /// How many batches are decoded at once, over all queries; by default one per core.
    pub decode_parallelism: Option<NonZeroUsize>,
}

/// Certificates for `wss`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// PEM file with the authorities to trust instead of the public ones.
    pub ca: Option<PathBuf>,
    /// PEM file with the gateway's own certificate and its chain.
    pub certificate: Option<PathBuf>,
    /// PEM file with the key of `certificate`.
    pub key: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        let sockets = |count| NonZeroUsize::new(count).expect("the defaults are not zero");
        Self {
            url: Url::parse("ws://localhost:3030").expect("the default is an address"),
            user: None,
            password: None,
            tls: Tls::default(),
            connect_timeout: Duration::from_secs(10),
            idle_limit: Duration::from_secs(300),
            heartbeat: Duration::from_secs(5),
            heartbeat_limit: Duration::from_secs(30),
            request_timeout: Duration::from_secs(180),
            memory_wait: Duration::from_secs(30),
            connect_attempts: 6,
            connect_pause: Duration::from_millis(100),
            small_sockets: sockets(2),
            large_sockets: sockets(4),
            max_store_message: ByteSize(512 << 20),
            decode_parallelism: None,
        }
    }
}

impl Config {
    /// Checks what types cannot say.
    pub(crate) fn check(&self) -> Result<()> {
        check_url(&self.url).map_err(|problem| Error::config("url", problem))?;
        if self.password.is_some() && self.user.is_none() {
            return Err(Error::config("password", "it needs a `user`"));
        }
        if self.heartbeat.is_zero() {
            return Err(Error::config("heartbeat", "it must be longer than nothing"));
        }
        if self.connect_attempts == 0 {
            return Err(Error::config("connect_attempts", "one is the least"));
        }
        Ok(())
    }
}

fn check_url(url: &Url) -> Result<(), &'static str> {
    if !matches!(url.scheme(), "ws" | "wss") {
        return Err("the scheme must be `ws` or `wss`");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("it has no host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("user and password belong into `user` and `password`");
    }
    Ok(())
}

fn url_without_userinfo<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    // Not `Url`'s own reading, whose error repeats the text with whatever secret is in it.
    let text = String::deserialize(deserializer)?;
    let url = Url::parse(&text).map_err(|_| serde::de::Error::custom("`url` is not an address"))?;
    check_url(&url).map_err(|problem| serde::de::Error::custom(format!("`url`: {problem}")))?;
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Config, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn settings_are_human() {
        let config = read(r#"{"url": "wss://store:3030", "idle_limit": "2m", "max_store_message": "1 GiB"}"#);
        let config = config.expect("these are settings");
        assert_eq!(config.idle_limit, Duration::from_secs(120));
        assert_eq!(config.max_store_message, ByteSize(1 << 30));
        assert_eq!(config.small_sockets.get(), 2);
    }

    #[test]
    fn defaults_survive_a_round_trip() {
        let json = serde_json::to_string(&Config::default()).expect("settings can be written");
        assert_eq!(format!("{:?}", read(&json).expect("and read")), format!("{:?}", Config::default()));
    }

    #[test]
    fn wrong_settings_are_refused_without_repeating_secrets() {
        for (json, why) in [
            (r#"{"adress": "ws://store"}"#, "unknown field"),
            (r#"{"url": "ws://user:hunter2@store"}"#, "`user` and `password`"),
            (r#"{"url": "http://store"}"#, "`ws` or `wss`"),
            (r#"{"url": "hunter2"}"#, "not an address"),
            (r#"{"small_sockets": 0}"#, "nonzero"),
            (r#"{"max_store_message": "much"}"#, "bytes"),
        ] {
            let error = read(json).expect_err(json);
            assert!(error.contains(why) && !error.contains("hunter2"), "{json}: {error}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let config = Config { password: Some(Secret::new("hunter2")), ..Config::default() };
        let json = serde_json::to_string(&config).expect("settings can be written");
        assert!(!format!("{config:?}{json}").contains("hunter2"));
    }

    #[test]
    fn what_types_cannot_say_is_checked() {
        let wrong = [
            Config { password: Some(Secret::new("x")), ..Config::default() },
            Config { heartbeat: Duration::ZERO, ..Config::default() },
            Config { connect_attempts: 0, ..Config::default() },
            Config { url: Url::parse("ws://u:p@store").expect("an address"), ..Config::default() },
        ];
        for config in wrong {
            assert!(matches!(config.check(), Err(Error::Config { .. })), "{config:?}");
        }
    }
}
