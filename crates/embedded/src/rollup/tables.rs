//! The tables of a rollup as Parquet files: one, or one per partition.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use datafusion::arrow::{
    array::{Array, AsArray, RecordBatch},
    compute::{CastOptions, cast_with_options, concat_batches, partition},
    datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit, TimestampMillisecondType},
};
use parquet::{arrow::ArrowWriter, basic::Compression, file::properties::WriterProperties};
use preagg::{ManifestTable, names};
use semantic::{Granularity, granularity::iso};

use super::{Statement, Stored};
use crate::{Error, store_types};

/// The file of a table.
pub(super) fn file(dir: &Path, table: &str) -> PathBuf {
    dir.join(format!("{table}.parquet"))
}

/// What the names of a rollup's tables are made of.
pub(super) struct Names {
    logical: String,
    content: String,
    structure: String,
    built_at: u64,
}

impl Names {
    /// The structure follows from the statement, the content also from the data, which `dir` stands for.
    pub(super) fn new(logical: String, sql: &str, dir: &Path, built_at: u64) -> Self {
        let structure = names::version(&serde_json::json!([sql]).to_string());
        let content = names::version(&serde_json::json!([sql, dir.to_string_lossy()]).to_string());
        Self { logical, content, structure, built_at }
    }

    fn table(&self, partition: Option<(Granularity, i64)>) -> String {
        names::physical_table(&self.logical, partition, &self.content, &self.structure, self.built_at)
    }
}

/// What was written.
pub(super) struct Written {
    pub(super) tables: Vec<ManifestTable>,
    /// The first and the last partition.
    pub(super) range: Option<(String, String)>,
    /// False when rows were left out because the time of their partition is NULL.
    pub(super) holds_null_times: bool,
}

/// Writes the rows of a statement.
pub(super) fn write(
    dir: &Path,
    statement: &Statement,
    batches: &[RecordBatch],
    names: &Names,
    end: Option<i64>,
) -> Result<Written, Error> {
    let schema = schema(&statement.columns);
    let Some(granularity) = statement.partition else {
        let table = names.table(None);
        let rows = concat(batches, &schema)?;
        write_table(dir, &table, &rows)?;
        let tables = vec![entry(table, None, &rows)];
        return Ok(Written { tables, range: None, holds_null_times: true });
    };
    let mut tables = Vec::new();
    let (bins, holds_null_times) = bins(batches, &schema)?;
    for (start, rows) in with_gaps(bins, granularity, &schema) {
        let table = names.table(Some((granularity, start)));
        write_table(dir, &table, &rows)?;
        let stops = end.filter(|end| granularity.next(start).is_some_and(|next| *end < next - 1));
        let entry = entry(table, Some(start), &rows);
        tables.push(ManifestTable { build_range_end: stops.map(iso), ..entry });
    }
    let ends = tables.first().zip(tables.last());
    let range = ends.and_then(|(first, last)| first.partition.clone().zip(last.partition.clone()));
    Ok(Written { tables, range, holds_null_times })
}

fn entry(table: String, start: Option<i64>, rows: &RecordBatch) -> ManifestTable {
    let rows = Some(rows.num_rows() as u64);
    ManifestTable { table, partition: start.map(iso), rows, build_range_end: None }
}

fn schema(columns: &[Stored]) -> SchemaRef {
    let field = |column: &Stored| {
        let field = Field::new(&column.name, column.data_type.clone(), true);
        if column.sketch { store_types::sketch(field) } else { field }
    };
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// The rows as the store keeps them; a value that its column cannot hold is an error, never a NULL.
fn concat(batches: &[RecordBatch], schema: &SchemaRef) -> Result<RecordBatch, Error> {
    let Some(first) = batches.first() else { return Ok(RecordBatch::new_empty(schema.clone())) };
    let rows = concat_batches(&first.schema(), batches)?;
    let cast = |(column, field): (&Arc<dyn Array>, &FieldRef)| {
        cast_with_options(column, field.data_type(), &CastOptions { safe: false, ..CastOptions::default() })
    };
    let columns: Result<Vec<_>, _> = rows.columns().iter().zip(schema.fields()).map(cast).collect();
    Ok(RecordBatch::try_new(schema.clone(), columns?)?)
}

type Bins = Vec<(i64, RecordBatch)>;

/// The rows of each partition, by its start; they come sorted by it, in the last column. Rows without a start
/// belong to no partition: the second value is false when there are any.
fn bins(batches: &[RecordBatch], schema: &SchemaRef) -> Result<(Bins, bool), Error> {
    let Some(first) = batches.first() else { return Ok((Vec::new(), true)) };
    let starts = concat_batches(&first.schema(), batches)?.columns().last().cloned();
    let starts = starts.expect("the statement ends with the start of the partition");
    let millis = DataType::Timestamp(TimeUnit::Millisecond, None);
    let millis = cast_with_options(&starts, &millis, &CastOptions::default())?;
    let rows = concat(batches, schema)?;
    let ranges = partition(&[starts])?.ranges().into_iter().filter(|range| millis.is_valid(range.start));
    let start = |row: usize| millis.as_primitive::<TimestampMillisecondType>().value(row);
    let bins = ranges.map(|range| (start(range.start), rows.slice(range.start, range.len())));
    Ok((bins.collect(), millis.null_count() == 0))
}

/// A builder makes a table for every partition between the first and the last, rows or not.
fn with_gaps(bins: Bins, granularity: Granularity, schema: &SchemaRef) -> Bins {
    let mut all = Bins::new();
    for (start, rows) in bins {
        while let Some(gap) =
            all.last().and_then(|(last, _)| granularity.next(*last)).filter(|gap| *gap < start)
        {
            all.push((gap, RecordBatch::new_empty(schema.clone())));
        }
        all.push((start, rows));
    }
    all
}

fn write_table(dir: &Path, table: &str, rows: &RecordBatch) -> Result<(), Error> {
    let path = file(dir, table.rsplit('.').next().unwrap_or(table));
    let file = File::create(&path).map_err(|e| Error::file(&path, e))?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(file, rows.schema(), Some(properties))?;
    writer.write(rows)?;
    writer.close()?;
    Ok(())
}
