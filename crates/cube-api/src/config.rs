//! The settings of the API client, as plain data. Never read from the environment here.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::{Error, Result};

/// How to reach Cube's HTTP API and what to allow it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address of the server, `http://host:4000` or `https://…`. It takes no user and password: every call
    /// carries its caller's own token.
    #[serde(deserialize_with = "url_without_userinfo")]
    pub url: Url,
    /// Cube's own setting `basePath`.
    pub base_path: String,
    /// How long name resolution, TCP and TLS may take together.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// How long the server may send nothing. It must be longer than Cube's `continueWaitTimeout`.
    #[serde(with = "humantime_serde")]
    pub silence_timeout: Duration,
    /// Rows asked for at once; at most Cube's `CUBEJS_DB_QUERY_LIMIT`, whose default is the same.
    pub row_page_size: NonZeroU32,
    /// The longest answer taken from the server, unpacked.
    pub max_response_bytes: u64,
    /// How often a page is asked for again when the server is out of reach or overloaded.
    pub retries: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: Url::parse("http://localhost:4000").expect("the default is an address"),
            base_path: "/cubejs-api".to_owned(),
            connect_timeout: Duration::from_secs(5),
            silence_timeout: Duration::from_secs(120),
            row_page_size: NonZeroU32::new(50_000).expect("the default is not zero"),
            max_response_bytes: 256 << 20,
            retries: 2,
        }
    }
}

impl Config {
    /// Checks what types cannot say.
    pub(crate) fn check(&self) -> Result<()> {
        check_url(&self.url).map_err(|problem| Error::config("url", problem))?;
        if !self.base_path.is_empty() && !self.base_path.starts_with('/') {
            return Err(Error::config("base_path", "it must begin with `/`"));
        }
        Ok(())
    }

    /// The address of an endpoint of the API, `load` or `meta`.
    pub(crate) fn endpoint(&self, name: &str) -> Url {
        self.under(&format!("{}/v1/{name}", self.base_path.trim_end_matches('/')))
    }

    /// The address of the readiness probe, which Cube serves outside its base path.
    pub(crate) fn readiness(&self) -> Url {
        self.under("/readyz")
    }

    fn under(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.url.path().trim_end_matches('/')));
        url
    }
}

fn check_url(url: &Url) -> Result<(), &'static str> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err("the scheme must be `http` or `https`");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it must not hold user and password: every call carries its caller's own token");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it must end with its path");
    }
    Ok(())
}

fn url_without_userinfo<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    // Not `Url`'s own reading, whose error repeats the text with whatever secret is in it.
    let text = String::deserialize(deserializer)?;
    let url = Url::parse(&text).map_err(|_| serde::de::Error::custom("`url` is not an address"))?;
    check_url(&url).map_err(|problem| serde::de::Error::custom(format!("`url`: {problem}")))?;
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::Config;
    use crate::error::Error;
    use url::Url;

    fn read(json: &str) -> Result<Config, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_survive_a_round_trip() {
        let json = serde_json::to_string(&Config::default()).unwrap();
        assert_eq!(read(&json).unwrap(), Config::default());
        assert_eq!(read("{}").unwrap(), Config::default());
    }

    #[test]
    fn wrong_settings_are_refused_without_repeating_secrets() {
        for (json, why) in [
            (r#"{"adress": "http://cube"}"#, "unknown field"),
            (r#"{"url": "http://user:hunter2@cube"}"#, "must not hold user and password"),
            (r#"{"url": "ws://cube"}"#, "`http` or `https`"),
            (r#"{"url": "http://cube/?token=hunter2"}"#, "end with its path"),
            (r#"{"url": "hunter2"}"#, "not an address"),
            (r#"{"row_page_size": 0}"#, "nonzero"),
            (r#"{"silence_timeout": 5}"#, "duration"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(why) && !error.contains("hunter2"), "{json}: {error}");
        }
    }

    #[test]
    fn what_types_cannot_say_is_checked() {
        let url = |text| Config { url: Url::parse(text).unwrap(), ..Config::default() };
        for config in [
            url("http://u:p@cube"),
            url("ws://cube"),
            Config { base_path: "api".to_owned(), ..Config::default() },
        ] {
            assert!(matches!(config.check(), Err(Error::Config { .. })), "{config:?}");
        }
    }

    #[test]
    fn addresses() {
        for (url, base_path, load, ready) in [
            (
                "http://cube:4000",
                "/cubejs-api",
                "http://cube:4000/cubejs-api/v1/load",
                "http://cube:4000/readyz",
            ),
            ("https://host/cube/", "/api/", "https://host/cube/api/v1/load", "https://host/cube/readyz"),
            ("https://host/cube", "", "https://host/cube/v1/load", "https://host/cube/readyz"),
        ] {
            let config = Config {
                url: Url::parse(url).unwrap(),
                base_path: base_path.to_owned(),
                ..Config::default()
            };
            assert_eq!(config.endpoint("load").as_str(), load);
            assert_eq!(config.readiness().as_str(), ready);
        }
    }
}
