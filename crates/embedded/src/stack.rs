//! The whole dev stack: data, rollups and both servers, in one value that stops them when it is dropped.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono_tz::Tz;
use preagg::Manifest;
use semantic::{
    Model,
    parse::{self, SourceFile},
};
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{
    Error, Source,
    api::{self, CubeApi},
    demo,
    rollup::{self, Rollups},
    store::{self, Store},
};

/// What the dev stack is made of.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where generated tables are kept and found again.
    pub data_dir: PathBuf,
    /// TPC-H's scale factor; 1 is a gigabyte.
    pub scale: f64,
    /// The data model: a directory of files in YAML and JavaScript, or empty for the demo's.
    pub model: ModelFiles,
    /// The zones that rollups are built for, as IANA names.
    pub zones: Vec<Tz>,
    /// The store.
    pub store: store::Config,
    /// The API server.
    pub cube: api::Config,
}

/// Where the data model comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "PathBuf", into = "PathBuf")]
pub enum ModelFiles {
    /// The demo over TPC-H.
    #[default]
    Demo,
    /// The files of a model in a directory.
    Directory(PathBuf),
    /// Files that are read already.
    Given(Vec<SourceFile>),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            scale: 0.1,
            model: ModelFiles::Demo,
            zones: vec![Tz::UTC],
            store: store::Config::default(),
            cube: api::Config::default(),
        }
    }
}

/// The largest scale factor that TPC-H knows.
const LARGEST_SCALE: f64 = 100_000.0;

/// The running servers.
#[derive(Debug)]
pub struct Stack {
    source: Source,
    rollups: Rollups,
    model: Arc<Model>,
    store: Store,
    cube: CubeApi,
    tasks: JoinSet<()>,
    closing: watch::Sender<()>,
}

/// Generates and builds what is missing, then starts both servers.
pub async fn start(config: Config) -> Result<Stack, Error> {
    if !(config.scale > 0.0 && config.scale <= LARGEST_SCALE) {
        return Err(Error::Scale(config.scale));
    }
    let model = Arc::new(parse::model(&config.model.read()?)?);
    let dir = config.data_dir.join(format!("scale-{}", config.scale));
    let source = Source::open(&dir.join("source"), config.scale).await?;
    let rollups = Rollups::open(&dir.join("rollups"), &model, &source, &config.zones).await?;
    let mut tasks = JoinSet::new();
    let store = Store::start(&config.store, &mut tasks).await?;
    for (table, path) in rollups.tables() {
        store.register_file(rollup::SCHEMA, table, path)?;
    }
    let (closing, closed) = watch::channel(());
    let cube = CubeApi::start(&config.cube, model.clone(), source.clone(), &mut tasks, closed).await?;
    tracing::info!(store = %store.url(), cube = %cube.url(), "the dev stack runs");
    Ok(Stack { source, rollups, model, store, cube, tasks, closing })
}

impl Stack {
    /// `http://127.0.0.1:port`
    pub fn cube_url(&self) -> String {
        self.cube.url()
    }

    /// `ws://127.0.0.1:port`
    pub fn store_url(&self) -> String {
        self.store.url()
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The API server.
    pub fn cube(&self) -> &CubeApi {
        &self.cube
    }

    /// The source tables, for opinions beside model and rollups.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The data model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The tables that were built.
    pub fn manifest(&self) -> &Manifest {
        self.rollups.manifest()
    }

    /// Where the manifest is kept.
    pub fn manifest_path(&self) -> PathBuf {
        self.rollups.manifest_path()
    }

    /// Stops both servers and waits until they are gone.
    pub async fn shutdown(mut self) {
        drop(self.closing);
        self.tasks.shutdown().await;
    }
}

/// A listener of the loopback interface.
pub(crate) async fn listen(port: u16) -> Result<(TcpListener, SocketAddr), Error> {
    let bound = TcpListener::bind(("127.0.0.1", port)).await;
    let listener = bound.map_err(|source| Error::Listen { port, source })?;
    let address = listener.local_addr().map_err(|source| Error::Listen { port, source })?;
    Ok((listener, address))
}

impl ModelFiles {
    fn read(&self) -> Result<Vec<SourceFile>, Error> {
        match self {
            Self::Demo => Ok(demo::files()),
            Self::Directory(dir) => read_dir(dir),
            Self::Given(files) => Ok(files.clone()),
        }
    }
}

impl From<PathBuf> for ModelFiles {
    fn from(dir: PathBuf) -> Self {
        if dir.as_os_str().is_empty() { Self::Demo } else { Self::Directory(dir) }
    }
}

impl From<ModelFiles> for PathBuf {
    fn from(files: ModelFiles) -> Self {
        match files {
            ModelFiles::Directory(dir) => dir,
            ModelFiles::Demo | ModelFiles::Given(_) => Self::new(),
        }
    }
}

// In the order of their names, so that the same files are the same model everywhere.
fn read_dir(dir: &Path) -> Result<Vec<SourceFile>, Error> {
    let entries = std::fs::read_dir(dir).map_err(|e| Error::file(dir, e))?;
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(|e| Error::file(dir, e))?;
    paths.retain(|path| parse::is_of_model(&path.to_string_lossy()));
    paths.sort();
    let file = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|e| Error::file(path, e))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(SourceFile { path: name, text })
    };
    paths.iter().map(file).collect()
}
