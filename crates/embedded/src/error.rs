//! Everything that keeps the dev stack from starting or from answering a caller inside this process.

use std::{
    io,
    path::{Path, PathBuf},
};

use datafusion::error::DataFusionError;
use semantic::parse::ModelError;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The scale factor is none of TPC-H.
    #[error("the scale factor {0} is not above 0 and at most 100000")]
    Scale(f64),
    /// A file or directory cannot be used.
    #[error("`{path}` cannot be used")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A Parquet file cannot be written or read.
    #[error("a Parquet file cannot be written or read")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// Rows do not have the shape that was announced for them.
    #[error("rows do not fit their schema")]
    Arrow(#[from] datafusion::arrow::error::ArrowError),
    /// The data model is not readable.
    #[error("the data model cannot be read: {0}")]
    Model(#[from] ModelError),
    /// A query over the source tables failed.
    #[error("a query over the source tables failed")]
    Source(#[source] DataFusionError),
    /// A manifest is no manifest.
    #[error("`{path}` is no manifest")]
    Manifest {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A server cannot listen.
    #[error("port {port} of the loopback interface cannot be listened on")]
    Listen {
        /// Which.
        port: u16,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A table was given without any batch, so that nobody knows its columns.
    #[error("a table needs at least one batch of rows, be it empty")]
    NoRows,
    /// A reply cannot be written.
    #[error("a reply cannot be written")]
    Reply(#[source] cubestore::Error),
    /// A task of the stack was stopped while somebody waited for it.
    #[error("the dev stack was stopped")]
    Stopped,
}

impl Error {
    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}
