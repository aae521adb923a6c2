//! Raw rows of the store's catalogue. Owns the statements and the quoting in them; never takes a name apart.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_array::{Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use futures::TryStreamExt;

use crate::client::{Client, Lane};
use crate::codec::request::Query;
use crate::error::Result;
use crate::shape::Shape;

/// A row of `information_schema.tables`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Its name within its schema.
    pub name: String,
    /// Where the data of its build ends, in milliseconds since 1970 UTC.
    pub build_range_end: Option<i64>,
}

/// A row of `information_schema.columns`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnRow {
    /// The name of its table within the schema.
    pub table: String,
    /// Its own name.
    pub name: String,
    /// The store's name of its type, as it stands: `text`, `int`, `decimal(2)`, which is the scale, …
    pub data_type: String,
}

impl Client {
    /// The tables of a schema that are ready to be read.
    pub async fn tables(&self, schema: &str) -> Result<Vec<TableRow>> {
        let sql = format!(
            "SELECT table_name, build_range_end FROM information_schema.tables WHERE table_schema = {}",
            literal(schema)
        );
        let moment = DataType::Timestamp(TimeUnit::Millisecond, None);
        let fields = vec![
            Field::new("table_name", DataType::Utf8, false),
            Field::new("build_range_end", moment, true),
        ];
        self.catalogue(sql, fields, tables).await
    }

    /// The columns of the tables of a schema, in the order in which each table has them.
    pub async fn columns(&self, schema: &str) -> Result<Vec<ColumnRow>> {
        let sql = format!(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = {}",
            literal(schema)
        );
        let fields =
            ["table_name", "column_name", "data_type"].map(|name| Field::new(name, DataType::Utf8, false));
        self.catalogue(sql, fields.to_vec(), columns).await
    }

    async fn catalogue<T>(
        &self,
        sql: String,
        fields: Vec<Field>,
        read: fn(&RecordBatch) -> Vec<T>,
    ) -> Result<Vec<T>> {
        let shape = Shape::new(Arc::new(Schema::new(fields)))?;
        let answer = self.query(Query::new(sql), Lane::Small).await?;
        let add = |mut all: Vec<T>, batch: RecordBatch| async move {
            all.extend(read(&batch));
            Ok(all)
        };
        answer.batches(shape).try_fold(Vec::new(), add).await
    }
}

fn tables(batch: &RecordBatch) -> Vec<TableRow> {
    let ends = batch.column(1).as_primitive::<TimestampMillisecondType>();
    let row = |(row, name): (usize, String)| TableRow {
        name,
        build_range_end: ends.is_valid(row).then(|| ends.value(row)),
    };
    texts(batch, 0).enumerate().map(row).collect()
}

fn columns(batch: &RecordBatch) -> Vec<ColumnRow> {
    let rows = texts(batch, 0).zip(texts(batch, 1)).zip(texts(batch, 2));
    rows.map(|((table, name), data_type)| ColumnRow { table, name, data_type }).collect()
}

fn texts(batch: &RecordBatch, column: usize) -> impl Iterator<Item = String> {
    let texts: &StringArray = batch.column(column).as_string();
    (0..texts.len()).map(|row| texts.value(row).to_owned())
}

/// A string literal. CubeStore reads a backslash in it as an escape, so that is doubled like the quote.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn quotes_and_backslashes_are_doubled() {
        for (text, quoted) in [
            ("prod_pre_aggregations", "'prod_pre_aggregations'"),
            ("it's", "'it''s'"),
            (r"a\s", r"'a\\s'"),
            (r"\'; DROP TABLE x; --", r"'\\''; DROP TABLE x; --'"),
        ] {
            assert_eq!(literal(text), quoted);
        }
    }
}
