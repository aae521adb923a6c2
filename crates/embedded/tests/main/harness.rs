//! A stack at scale 0.01, and ways to ask it. The data is generated once and kept between runs.

use std::{path::Path, sync::Arc};

use cubestore::{Budget, Client, Lane, Query, Shape};
use datafusion::arrow::{
    array::RecordBatch,
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
    util::display::{ArrayFormatter, FormatOptions},
};
use embedded::{Config, Stack};
use futures::TryStreamExt;
use serde_json::{Value, json};

/// A running stack.
pub(crate) async fn stack(change: impl FnOnce(&mut Config)) -> Stack {
    stack_in(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("embedded"), change).await
}

/// A running stack with its files in a directory.
pub(crate) async fn stack_in(data_dir: &Path, change: impl FnOnce(&mut Config)) -> Stack {
    let mut config = Config { data_dir: data_dir.to_owned(), scale: 0.01, ..Config::default() };
    change(&mut config);
    embedded::start(config).await.unwrap()
}

/// A client of the stack's store.
pub(crate) fn client(stack: &Stack) -> Client {
    client_with(stack, |_| {})
}

/// A client of the stack's store, with other settings.
pub(crate) fn client_with(stack: &Stack, change: impl FnOnce(&mut cubestore::Config)) -> Client {
    let mut config =
        cubestore::Config { url: stack.store_url().parse().unwrap(), ..cubestore::Config::default() };
    change(&mut config);
    Client::new(config, Budget::new(1 << 30)).unwrap()
}

/// The rows of a statement, as columns of these types.
pub(crate) async fn ask(
    client: &Client,
    query: Query,
    columns: &SchemaRef,
) -> Result<Vec<RecordBatch>, cubestore::Error> {
    let answer = client.query(query, Lane::Small).await?;
    answer.batches(Shape::new(columns.clone())?).try_collect().await
}

/// One column of one row, as text.
pub(crate) async fn ask_one(client: &Client, sql: &str) -> Result<String, cubestore::Error> {
    let columns = Arc::new(Schema::new(vec![Field::new("x", DataType::Utf8, true)]));
    Ok(rows(&ask(client, Query::new(sql), &columns).await?).concat().concat())
}

/// The columns that an answer of this shape can be announced as.
pub(crate) fn announced(columns: &Schema) -> SchemaRef {
    let field = |field: &Arc<Field>| {
        let data_type = match field.data_type() {
            data_type if data_type.is_integer() => DataType::Int64,
            DataType::Utf8View => DataType::Utf8,
            DataType::Date32 | DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Microsecond, None),
            other => other.clone(),
        };
        Field::new(field.name(), data_type, true)
    };
    Arc::new(Schema::new(columns.fields().iter().map(field).collect::<Vec<_>>()))
}

/// All values as texts, row by row.
pub(crate) fn rows(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let options = FormatOptions::default()
        .with_null("NULL")
        .with_timestamp_format(Some("%Y-%m-%dT%H:%M:%S%.3f"))
        .with_date_format(Some("%Y-%m-%dT00:00:00.000"));
    let mut rows = Vec::new();
    for batch in batches {
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap());
        let columns: Vec<_> = columns.collect();
        let row = |row: usize| columns.iter().map(|column| column.value(row).to_string()).collect();
        rows.extend((0..batch.num_rows()).map(row));
    }
    rows
}

/// The same rows, in whatever order; tells the first that differ.
pub(crate) fn same(mut found: Vec<Vec<String>>, mut expected: Vec<Vec<String>>, what: &str) {
    found.sort();
    expected.sort();
    let differ = found.iter().zip(&expected).find(|(found, expected)| found != expected);
    assert!(
        differ.is_none(),
        "{what}\n  found:    {:?}\n  expected: {:?}",
        differ.unwrap().0,
        differ.unwrap().1
    );
    assert_eq!(found.len(), expected.len(), "{what}");
}

/// What stands for a pre-aggregation in FROM: its table, or all of its partitions.
pub(crate) fn table(stack: &Stack, pre_aggregation: &str) -> String {
    let rollup = stack.manifest().rollups.iter().find(|rollup| rollup.pre_aggregation == pre_aggregation);
    let tables: Vec<_> =
        rollup.unwrap().tables.iter().map(|t| format!("SELECT * FROM {}", t.table)).collect();
    format!("({})", tables.join(" UNION ALL "))
}

/// A token that the API takes.
pub(crate) fn token() -> String {
    token_of(&json!({ "user": 1 }), "secret")
}

/// A signed token.
pub(crate) fn token_of(claims: &Value, secret: &str) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key).unwrap()
}

/// What the API answers to a query: status and body.
pub(crate) async fn load(stack: &Stack, query: &Value) -> (u16, Value) {
    post(stack, &json!({ "query": query })).await
}

/// What the API answers to a body.
pub(crate) async fn post(stack: &Stack, body: &Value) -> (u16, Value) {
    let url = format!("{}/cubejs-api/v1/load", stack.cube_url());
    let request = reqwest::Client::new().post(url).header("authorization", token()).json(body);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}
