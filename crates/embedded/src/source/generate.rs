//! Writes the TPC-H tables. A file appears under its name only when it is whole.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parquet::{
    arrow::ArrowWriter,
    basic::Compression,
    file::properties::{EnabledStatistics, WriterProperties},
};
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator,
    RegionGenerator, SupplierGenerator,
};
use tpchgen_arrow::{
    CustomerArrow, LineItemArrow, NationArrow, OrderArrow, PartArrow, PartSuppArrow, RecordBatchIterator,
    RegionArrow, SupplierArrow,
};

use crate::{Error, files};

/// The tables, small ones first.
pub const TABLES: [&str; 8] =
    ["region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem"];

const ROWS_PER_GROUP: usize = 50_000;

const UNFINISHED: &str = "unfinished";

/// The file of a table.
pub(super) fn file(dir: &Path, table: &str) -> PathBuf {
    dir.join(format!("{table}.parquet"))
}

/// Generates the tables that are not there yet; several processes may ask at once, one of them works.
///
/// Nobody waiting for them any more, the work stops, and only then is the lock let go.
pub(super) async fn missing(dir: &Path, scale: f64) -> Result<(), Error> {
    let lock = files::lock(dir).await?;
    let wanted = Wanted::default();
    let (dir, still_wanted) = (dir.to_owned(), wanted.0.clone());
    let work = move || {
        let _lock = lock;
        // What an interrupted run left.
        files::remove_with_extension(&dir, UNFINISHED)?;
        TABLES.into_iter().filter(|table| !file(&dir, table).exists()).try_for_each(|table| {
            tracing::info!(table, scale, "generating a TPC-H table");
            write(&file(&dir, table), rows(table, scale), &still_wanted)
        })
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Stopped)?
}

/// Tells a thread that its work is wanted, until this is dropped.
struct Wanted(Arc<AtomicBool>);

impl Default for Wanted {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

fn rows(table: &str, scale: f64) -> Box<dyn RecordBatchIterator> {
    match table {
        "region" => Box::new(RegionArrow::new(RegionGenerator::new(scale, 1, 1))),
        "nation" => Box::new(NationArrow::new(NationGenerator::new(scale, 1, 1))),
        "supplier" => Box::new(SupplierArrow::new(SupplierGenerator::new(scale, 1, 1))),
        "customer" => Box::new(CustomerArrow::new(CustomerGenerator::new(scale, 1, 1))),
        "part" => Box::new(PartArrow::new(PartGenerator::new(scale, 1, 1))),
        "partsupp" => Box::new(PartSuppArrow::new(PartSuppGenerator::new(scale, 1, 1))),
        "orders" => Box::new(OrderArrow::new(OrderGenerator::new(scale, 1, 1))),
        _ => Box::new(LineItemArrow::new(LineItemGenerator::new(scale, 1, 1))),
    }
}

fn write(path: &Path, rows: Box<dyn RecordBatchIterator>, wanted: &AtomicBool) -> Result<(), Error> {
    let unfinished = path.with_extension(UNFINISHED);
    let file = File::create(&unfinished).map_err(|e| Error::file(&unfinished, e))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        .build();
    let mut writer = ArrowWriter::try_new(file, rows.schema().clone(), Some(properties))?;
    for batch in rows {
        if !wanted.load(Ordering::Relaxed) {
            return Err(Error::Stopped);
        }
        writer.write(&batch)?;
    }
    writer.close()?;
    fs::rename(&unfinished, path).map_err(|e| Error::file(path, e))
}
