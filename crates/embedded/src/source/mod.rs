//! The source database: the eight TPC-H tables as Parquet files, and SQL over them.
//!
//! Never knows cubes or rollups; whoever asks brings finished SQL.

mod generate;

use std::path::{Path, PathBuf};

use datafusion::{
    arrow::array::RecordBatch,
    execution::context::SessionContext,
    prelude::{ParquetReadOptions, SessionConfig},
};

use crate::{Error, functions};

pub use generate::TABLES;

/// The tables of one scale factor, generated and readable.
#[derive(Clone)]
pub struct Source {
    dir: PathBuf,
    context: SessionContext,
}

impl Source {
    /// Opens the tables under `dir`, generating those that are missing.
    pub async fn open(dir: &Path, scale: f64) -> Result<Self, Error> {
        generate::missing(dir, scale).await?;
        let context = SessionContext::new_with_config(SessionConfig::new().with_information_schema(false));
        functions::register_for_source(&context);
        let source = Self { dir: dir.to_owned(), context };
        for table in TABLES {
            let path = source.parquet(table);
            let registered =
                source.context.register_parquet(table, path.to_string_lossy(), ParquetReadOptions::default());
            registered.await.map_err(Error::Source)?;
        }
        Ok(source)
    }

    /// The Parquet file of a table.
    pub fn parquet(&self, table: &str) -> PathBuf {
        generate::file(&self.dir, table)
    }

    /// Runs one statement in DataFusion's own dialect, for whoever wants an opinion beside model and rollups.
    pub async fn sql(&self, sql: &str) -> Result<Vec<RecordBatch>, Error> {
        // Boxed, because the engine's futures are far larger than those of its callers.
        let frame = Box::pin(self.context.sql(sql)).await.map_err(Error::Source)?;
        Box::pin(frame.collect()).await.map_err(Error::Source)
    }
}

// The session prints its whole state otherwise.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("dir", &self.dir).finish_non_exhaustive()
    }
}
