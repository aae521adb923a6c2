//! The client on a real socket, one file per promise.

mod answers;
mod faults;
mod lanes;
mod limits;
mod resume;
mod secured;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Field, Schema};
use cubestore::{Client, Lane, Query, Result, Shape};
use futures::TryStreamExt;
use tokio::time::timeout;

/// Runs a test, but not forever.
fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let in_time = async { timeout(Duration::from_secs(60), test).await };
    runtime.expect("a runtime").block_on(in_time).expect("the test ends");
}

/// One text column.
fn text() -> Shape {
    shape(vec![Field::new("v", DataType::Utf8, true)])
}

fn shape(fields: Vec<Field>) -> Shape {
    Shape::new(Arc::new(Schema::new(fields))).expect("supported types")
}

/// Asks and takes all rows of one text column.
async fn ask(client: &Client, sql: &str) -> Result<Vec<Option<String>>> {
    ask_in(client, sql, Lane::Small).await
}

async fn ask_in(client: &Client, sql: &str, lane: Lane) -> Result<Vec<Option<String>>> {
    let batches: Vec<RecordBatch> =
        client.query(Query::new(sql), lane).await?.batches(text()).try_collect().await?;
    let values = batches.iter().flat_map(|batch| batch.column(0).as_string::<i32>().iter());
    Ok(values.map(|value| value.map(str::to_owned)).collect())
}

/// What an echo of `sql` is.
fn echoed(sql: &str) -> Vec<Option<String>> {
    vec![Some(sql.to_owned())]
}

/// Waits until something is so.
async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
