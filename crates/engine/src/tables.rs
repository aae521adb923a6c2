//! The list of built tables, read again when its file changes.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;
use preagg::{Manifest, Tables};
use tokio::{sync::Mutex, task::JoinSet};

use crate::{
    config::TableSource,
    error::{EngineError, Result},
};

/// The current list.
pub(crate) struct TableList {
    file: Option<PathBuf>,
    current: ArcSwap<Tables>,
    /// When the file that was read was written. The lock keeps it to one reader.
    read: Mutex<Option<SystemTime>>,
}

impl TableList {
    /// Reads the file, if there is one to read, and again whenever it changes, as long as `tasks` live.
    pub(crate) async fn open(source: &TableSource, tasks: &mut JoinSet<()>) -> Result<Arc<Self>> {
        let file = source.manifest.clone();
        let current = ArcSwap::from_pointee(Tables::unknown());
        let list = Arc::new(Self { file, current, read: Mutex::new(None) });
        list.refresh().await?;
        if list.file.is_some() {
            tasks.spawn(watch(list.clone(), source.refresh));
        }
        Ok(list)
    }

    pub(crate) fn current(&self) -> Arc<Tables> {
        self.current.load_full()
    }

    /// Reads the file again if it was written since; true when there is another list now.
    pub(crate) async fn refresh(&self) -> Result<bool> {
        let Some(file) = &self.file else { return Ok(false) };
        let mut read = self.read.lock().await;
        let file_error = |error| EngineError::TableFile(Arc::new(error));
        let written = tokio::fs::metadata(file).await.and_then(|data| data.modified()).map_err(file_error)?;
        if *read == Some(written) {
            return Ok(false);
        }
        let bytes = tokio::fs::read(file).await.map_err(file_error)?;
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|error| file_error(std::io::Error::other(error)))?;
        let tables =
            Tables::from_manifest(&manifest).map_err(|error| EngineError::Tables(Arc::new(error)))?;
        self.current.store(Arc::new(tables));
        *read = Some(written);
        Ok(true)
    }
}

/// Reads the file again and again. One that cannot be read leaves the list as it was.
async fn watch(list: Arc<TableList>, pause: Duration) {
    loop {
        tokio::time::sleep(pause).await;
        match list.refresh().await {
            Ok(true) => tracing::info!("the list of built tables has changed"),
            Ok(false) => {}
            Err(error) => tracing::warn!(error = error.detail(), "the list of built tables stays as it was"),
        }
    }
}
