//! The tables of the store. A table of a file is read when somebody first asks for its rows, and kept.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use datafusion::{
    arrow::{array::RecordBatch, datatypes::SchemaRef},
    datasource::MemTable,
    error::DataFusionError,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tokio::sync::OnceCell;

use super::{
    reply::{ROWS_PER_BATCH, converted},
    version::Abilities,
};
use crate::{Error, store_types::kept};

#[derive(Debug)]
pub(super) struct Catalogue {
    pub(super) abilities: Abilities,
    tables: RwLock<Vec<Arc<Table>>>,
}

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) columns: SchemaRef,
    file: Option<PathBuf>,
    rows: OnceCell<Arc<MemTable>>,
}

impl Catalogue {
    pub(super) fn new(abilities: Abilities) -> Self {
        Self { abilities, tables: RwLock::default() }
    }

    /// Adds a table of rows that are here already.
    pub(super) fn register(&self, schema: &str, name: &str, rows: Vec<RecordBatch>) -> Result<(), Error> {
        let given = rows.first().map(RecordBatch::schema).ok_or(Error::NoRows)?;
        let columns = Arc::new(kept(&given));
        let rows = rows.iter().map(|batch| converted(batch, &columns)).collect::<Result<_, _>>()?;
        let rows = MemTable::try_new(columns.clone(), vec![rows]).map_err(Error::Source)?;
        self.add(schema, name, columns, None, OnceCell::new_with(Some(Arc::new(rows))));
        Ok(())
    }

    /// Adds the table of a Parquet file.
    pub(super) fn register_file(&self, schema: &str, name: &str, path: PathBuf) -> Result<(), Error> {
        let columns = open(&path)?.schema().clone();
        self.add(schema, name, columns, Some(path), OnceCell::new());
        Ok(())
    }

    fn add(
        &self,
        schema: &str,
        name: &str,
        columns: SchemaRef,
        file: Option<PathBuf>,
        rows: OnceCell<Arc<MemTable>>,
    ) {
        let (schema, name) = (schema.to_owned(), name.to_owned());
        let new = Table { schema, name, columns, file, rows };
        let mut tables = self.changed();
        tables.retain(|table| !table.is(&new.schema, &new.name));
        tables.push(Arc::new(new));
    }

    pub(super) fn remove(&self, schema: &str, name: &str) {
        self.changed().retain(|table| !table.is(schema, name));
    }

    /// All tables, oldest first.
    pub(super) fn all(&self) -> Vec<Arc<Table>> {
        self.read().clone()
    }

    pub(super) fn find(&self, schema: &str, name: &str) -> Option<Arc<Table>> {
        self.read().iter().find(|table| table.is(schema, name)).cloned()
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Arc<Table>>> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) -> RwLockWriteGuard<'_, Vec<Arc<Table>>> {
        self.tables.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn is(&self, schema: &str, name: &str) -> bool {
        self.schema == schema && self.name == name
    }

    /// The table's rows.
    pub(super) async fn rows(&self) -> Result<Arc<MemTable>, DataFusionError> {
        self.rows.get_or_try_init(|| self.load()).await.cloned()
    }

    async fn load(&self) -> Result<Arc<MemTable>, DataFusionError> {
        let (file, columns) = (self.file.clone(), self.columns.clone());
        let read = move || match file {
            Some(file) => batches(&file),
            None => Ok(Vec::new()),
        };
        let read = tokio::task::spawn_blocking(read).await;
        let batches = read.map_err(|e| DataFusionError::External(Box::new(e)))?;
        let batches = batches.map_err(|e| DataFusionError::External(Box::new(e)))?;
        Ok(Arc::new(MemTable::try_new(columns, vec![batches])?))
    }
}

fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, Error> {
    let file = File::open(path).map_err(|e| Error::file(path, e))?;
    Ok(ParquetRecordBatchReaderBuilder::try_new(file)?)
}

fn batches(path: &Path) -> Result<Vec<RecordBatch>, Error> {
    let reader = open(path)?.with_batch_size(ROWS_PER_BATCH).build()?;
    Ok(reader.collect::<Result<_, _>>()?)
}
