//! Settings: a TOML file, then Cube's own environment variables, then `CUBEFLIGHT_*`. Unknown keys are refused.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono_tz::Tz;
use figment::{
    Figment, Profile,
    providers::{Env, Format, Serialized, Toml},
    value::{Dict, Map, Value},
};
use semantic::ArrowType;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Result, ServerError},
    listen::{ClientAuth, Tls},
};

/// Everything that can be set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// The name of this process in its logs, and to sessions whose temporary tables it has: letters, digits and hyphens,
    /// at most 64.
    pub(crate) node_id: String,
    /// What is logged: `info`, `debug`, or directives such as `info,engine=debug`.
    pub(crate) log: String,
    /// How it is logged: `text` or `json`.
    pub(crate) log_format: LogFormat,
    /// How long running queries may go on when the process is asked to stop.
    #[serde(with = "humantime_serde")]
    pub(crate) shutdown_grace: Duration,
    /// The zone whose clock the times of queries show.
    pub(crate) timezone: Tz,
    /// The data model.
    pub(crate) model: ModelSettings,
    /// Narrower Arrow types of members, `"orders.id" = "int64"`.
    pub(crate) types: BTreeMap<String, String>,
    /// Who says which rows a caller may see.
    pub(crate) access: engine::Access,
    /// Where the list of built tables comes from.
    pub(crate) tables: engine::TableSource,
    /// How much is done at once.
    pub(crate) limits: engine::Limits,
    /// Tables that callers bring along for their session.
    pub(crate) temporary: engine::Temporary,
    /// CubeStore.
    pub(crate) store: Option<cubestore::Config>,
    /// Cube's API.
    pub(crate) cube: Option<cube_api::Config>,
    /// Logging in.
    pub(crate) auth: auth::Config,
    /// The Flight SQL service.
    pub(crate) flight: FlightSettings,
    /// The admin service.
    pub(crate) admin: AdminSettings,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// Where the data model is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ModelSettings {
    /// A directory of files in YAML and JavaScript, or one file.
    pub(crate) path: Option<PathBuf>,
}

/// The Flight SQL service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FlightSettings {
    /// Address and port.
    pub(crate) listen: SocketAddr,
    /// PEM file with the server's certificate and its chain; without it the service is plaintext.
    pub(crate) tls_certificate: Option<PathBuf>,
    /// PEM file with the key of `tls_certificate`.
    pub(crate) tls_key: Option<PathBuf>,
    /// Whether clients show certificates: `off`, `optional` or `required`.
    pub(crate) client_auth: ClientAuth,
    /// PEM file with the authorities whose client certificates are taken.
    pub(crate) client_ca: Option<PathBuf>,
    /// A Unix socket to listen on too, in plaintext and for whom the file system lets at it.
    pub(crate) unix_socket: Option<PathBuf>,
    /// Connections that are open at once.
    pub(crate) max_connections: usize,
    /// Calls that run at once on one connection.
    pub(crate) max_streams: u32,
    /// Bytes of a call's headers. A token of 16 KiB fits many times, also sealed into one of the gateway's own.
    pub(crate) max_header_bytes: u32,
    /// After how long a connection is asked to begin anew, so that replicas share the load; calls on it end in peace.
    /// Each process takes up to a tenth more or less.
    #[serde(with = "humantime_serde")]
    pub(crate) max_connection_age: Option<Duration>,
    /// Whether gRPC reflection tells everybody who reaches the port, credential or not, what services there are and what
    /// messages look like. Of data and models it knows nothing.
    pub(crate) reflection: bool,
    /// How long a ticket may lie before it is used.
    #[serde(with = "humantime_serde")]
    pub(crate) ticket_ttl: Duration,
    /// How long a prepared statement's handle is accepted.
    #[serde(with = "humantime_serde")]
    pub(crate) handle_ttl: Duration,
    /// The longest message sent, in bytes.
    pub(crate) max_message_size: usize,
    /// Endpoints that a result of disjoint partitions is announced as at most, for callers whose session option
    /// `endpoints` does not say. Many clients read the first one only.
    pub(crate) endpoints: usize,
    /// Stored rows that are worth an endpoint of their own. Tables whose rows nobody counted are worth none, unless this
    /// is 0.
    pub(crate) endpoint_rows: u64,
    /// When set, an empty batch is sent on a stream of rows that was quiet for so long.
    #[serde(with = "humantime_serde")]
    pub(crate) keepalive: Option<Duration>,
}

/// The admin service: health and metrics, plaintext, for the machine's own network.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AdminSettings {
    /// Address and port.
    pub(crate) listen: SocketAddr,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            node_id: "cubeflight".to_owned(),
            log: "info".to_owned(),
            log_format: LogFormat::Text,
            shutdown_grace: Duration::from_secs(30),
            timezone: Tz::UTC,
            model: ModelSettings::default(),
            types: BTreeMap::new(),
            access: engine::Access::default(),
            tables: engine::TableSource::default(),
            limits: engine::Limits::default(),
            temporary: engine::Temporary::default(),
            store: None,
            cube: None,
            auth: auth::Config::default(),
            flight: FlightSettings::default(),
            admin: AdminSettings::default(),
        }
    }
}

impl Default for FlightSettings {
    fn default() -> Self {
        let flight = flight::Config::default();
        Self {
            listen: ([127, 0, 0, 1], 31337).into(),
            tls_certificate: None,
            tls_key: None,
            client_auth: ClientAuth::Off,
            client_ca: None,
            unix_socket: None,
            max_connections: 10_000,
            max_streams: 100,
            max_header_bytes: 128 << 10,
            max_connection_age: Some(Duration::from_secs(300)),
            reflection: true,
            ticket_ttl: flight.ticket_ttl,
            handle_ttl: flight.handle_ttl,
            max_message_size: flight.max_message_size,
            endpoints: flight.endpoints,
            endpoint_rows: flight.endpoint_rows,
            keepalive: flight.keepalive,
        }
    }
}

impl Default for AdminSettings {
    fn default() -> Self {
        Self { listen: ([127, 0, 0, 1], 31338).into() }
    }
}

impl FlightSettings {
    /// The files of encryption, if there is any.
    pub(crate) fn tls(&self) -> Option<Tls> {
        let (certificate, key) = (self.tls_certificate.clone()?, self.tls_key.clone()?);
        Some(Tls { certificate, key, client_auth: self.client_auth, client_ca: self.client_ca.clone() })
    }

    pub(crate) fn service(&self) -> flight::Config {
        flight::Config {
            ticket_ttl: self.ticket_ttl,
            handle_ttl: self.handle_ttl,
            max_message_size: self.max_message_size,
            endpoints: self.endpoints,
            endpoint_rows: self.endpoint_rows,
            keepalive: self.keepalive,
        }
    }
}

impl Settings {
    /// The settings of the engine among them.
    pub(crate) fn engine(&self) -> engine::Config {
        engine::Config {
            access: self.access.clone(),
            tables: self.tables.clone(),
            limits: self.limits.clone(),
            temporary: self.temporary.clone(),
            node: self.node_id.clone(),
            timezone: self.timezone,
        }
    }

    /// The `[types]` section, read.
    pub(crate) fn arrow_types(&self) -> Result<BTreeMap<String, ArrowType>> {
        let read = |(member, name): (&String, &String)| match name.parse() {
            Ok(data_type) => Ok((member.clone(), data_type)),
            Err(error) => Err(ServerError::Setting { setting: "types", why: format!("`{member}`: {error}") }),
        };
        self.types.iter().map(read).collect()
    }

    fn check(&self) -> Result<()> {
        let id = &self.node_id;
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if id.is_empty() || id.len() > 64 || !plain {
            let why = "letters, digits and hyphens, at most 64".to_owned();
            return Err(ServerError::Setting { setting: "node_id", why });
        }
        if self.flight.tls_certificate.is_some() != self.flight.tls_key.is_some() {
            let why = "it goes with `flight.tls_key`; set both or none".to_owned();
            return Err(ServerError::Setting { setting: "flight.tls_certificate", why });
        }
        let shown = self.flight.client_auth != ClientAuth::Off;
        if shown != self.flight.client_ca.is_some() || shown && self.flight.tls_certificate.is_none() {
            let why = "client certificates need `flight.client_auth`, `flight.client_ca` and \
                       `flight.tls_certificate` together"
                .to_owned();
            return Err(ServerError::Setting { setting: "flight.client_auth", why });
        }
        if !flight::ENDPOINTS.contains(&self.flight.endpoints) {
            let why = format!("a number from {} to {}", flight::ENDPOINTS.start(), flight::ENDPOINTS.end());
            return Err(ServerError::Setting { setting: "flight.endpoints", why });
        }
        Ok(())
    }
}

/// Reads the settings.
pub(crate) fn load(file: Option<&Path>) -> Result<Settings> {
    let mut figment = Figment::new();
    if let Some(file) = file {
        figment = figment.merge(Toml::file_exact(file));
    }
    let settings: Settings = figment.merge(aliases(std::env::vars())).merge(environment()).extract()?;
    settings.check()?;
    Ok(settings)
}

/// `CUBEFLIGHT_*`. Kubernetes makes names such as `CUBEFLIGHT_PORT` for every container beside a service that is called
/// `cubeflight`; they are no settings, and no key at the top level is lost with them.
fn environment() -> Env {
    Env::prefixed("CUBEFLIGHT_")
        .filter(|key| key.as_str().contains("__") || TOP_LEVEL.iter().any(|top| key == *top))
        .split("__")
}

/// The keys that belong to no section.
const TOP_LEVEL: [&str; 5] = ["node_id", "log", "log_format", "shutdown_grace", "timezone"];

/// The settings as TOML, secrets masked.
pub(crate) fn printed(settings: &Settings) -> Result<String> {
    toml::to_string(settings)
        .map_err(|error| ServerError::Setting { setting: "print-config", why: error.to_string() })
}

/// Names that Cube and its SQL API already use for the same things.
fn aliases(vars: impl Iterator<Item = (String, String)>) -> Serialized<Dict> {
    let vars: BTreeMap<String, String> = vars.collect();
    let get = |name: &str| vars.get(name).filter(|value| !value.is_empty()).cloned();
    let mut root = Dict::new();
    if let Some(host) = get("CUBEJS_CUBESTORE_HOST") {
        let port = get("CUBEJS_CUBESTORE_PORT").unwrap_or_else(|| "3030".to_owned());
        set(&mut root, "store", "url", format!("ws://{host}:{port}"));
    }
    let plain = [
        ("CUBESQL_CUBESTORE_URL", "store", "url"),
        ("CUBESQL_CUBE_URL", "cube", "url"),
        ("CUBEJS_API_SECRET", "auth", "jwt_secret"),
        ("CUBESQL_CUBE_TOKEN", "auth", "anonymous_cube_token"),
    ];
    for (name, section, key) in plain {
        if let Some(value) = get(name) {
            set(&mut root, section, key, value);
        }
    }
    if let Some(seconds) = get("CUBESQL_METADATA_CACHE_TTL") {
        set(&mut root, "access", "names_ttl", format!("{seconds}s"));
    }
    if let Some(id) = get("NODE_ID") {
        root.insert("node_id".to_owned(), Value::from(id));
    }
    Serialized::from(root, Profile::Default)
}

fn set(root: &mut Dict, section: &str, key: &str, value: String) {
    let entry = root.entry(section.to_owned()).or_insert_with(|| Value::from(Map::<String, Value>::new()));
    if let Value::Dict(_, section) = entry {
        section.insert(key.to_owned(), Value::from(value));
    }
}

#[cfg(test)]
mod tests {
    use super::{Settings, aliases, printed};
    use figment::{
        Figment,
        providers::{Format, Toml},
    };

    fn read(toml: &str, vars: &[(&str, &str)]) -> Result<Settings, String> {
        let vars = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let figment = Figment::new().merge(Toml::string(toml)).merge(aliases(vars));
        figment.extract().map_err(|error| error.to_string())
    }

    #[test]
    fn cubes_own_names_are_understood() {
        let settings = read(
            "[store]\nurl = \"ws://file:1\"\n",
            &[
                ("CUBEJS_CUBESTORE_HOST", "cubestore"),
                ("CUBEJS_API_SECRET", "0123456789-0123456789-0123456789"),
                ("CUBESQL_CUBE_URL", "http://cube:4000"),
                ("CUBESQL_METADATA_CACHE_TTL", "5"),
                ("NODE_ID", "pod-7"),
            ],
        )
        .unwrap();
        assert_eq!(settings.store.unwrap().url.as_str(), "ws://cubestore:3030/");
        assert_eq!(settings.cube.unwrap().url.as_str(), "http://cube:4000/");
        assert_eq!(settings.node_id, "pod-7");
        assert_eq!(settings.access.names_ttl.as_secs(), 5);
    }

    #[test]
    fn unknown_keys_are_named() {
        for (toml, key) in
            [("colour = 1", "colour"), ("[auth]\ncolour = 1", "colour"), ("[flight]\nport = 1", "port")]
        {
            let error = read(toml, &[]).unwrap_err();
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn secrets_are_masked() {
        let toml = r#"
            [auth]
            jwt_secret = "hunter2-hunter2-hunter2-hunter2-hunter2"
            keys = ["hunter2"]
            [auth.users.ann]
            password_hash = "hunter2"
            [store]
            user = "u"
            password = "hunter2"
        "#;
        let shown = printed(&read(toml, &[]).unwrap()).unwrap();
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn the_example_is_what_it_says() {
        let example = include_str!("../../../config.example.toml");
        let settings = read(example, &[]).unwrap_or_else(|error| panic!("{error}"));
        settings.check().unwrap();
    }
}
