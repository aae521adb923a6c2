//! Reading a rollup from the store.

use std::sync::Arc;

use cubestore::{Chunk, ErrorKind, Lane, Parameter, Query, Shape};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use preagg::{Dialect, Route, Scan, StoreQuery};
use semantic::Value;

use super::{QueryContext, begun};
use crate::{
    error::{EngineError, Result},
    roads::RoutedLeaf,
};

/// Answers of at most so many rows take the sockets of small ones.
const SMALL: u64 = 5_000;

/// Asks the store and waits for the first rows. A table that is gone is looked up once more.
pub(super) async fn open(
    context: &Arc<QueryContext>,
    leaf: &Arc<RoutedLeaf>,
    scan: &Scan,
    max_body: Option<usize>,
) -> Result<BoxStream<'static, Result<Chunk>>> {
    match read(context, scan, max_body).await {
        Err(EngineError::Store(error)) if error.is_table_not_found() && context.is_part => {
            Err(EngineError::TablesChanged)
        }
        Err(EngineError::Store(error)) if error.is_table_not_found() => {
            let tables = &context.shared.tables;
            let Ok(true) = tables.refresh().await else { return Err(error.into()) };
            // What is joined is chosen together.
            if context.is_joined {
                return Err(error.into());
            }
            match preagg::choose(&leaf.scoped, &context.model, &tables.current()) {
                Route::Rollup { scan, .. } => read(context, &scan, max_body).await,
                Route::Source { .. } => Err(error.into()),
            }
        }
        other => other,
    }
}

/// True when Cube may still answer: the store is down, refuses, or does not keep its protocol. What is too large
/// for the store's road is not tried on the slower one, and a value that does not fit would not fit there either.
pub(super) fn falls_back(error: &EngineError) -> bool {
    let EngineError::Store(error) = error else { return false };
    match error.kind() {
        ErrorKind::Unavailable
        | ErrorKind::Timeout
        | ErrorKind::Auth
        | ErrorKind::Refused
        | ErrorKind::Malformed
        | ErrorKind::Unsupported => true,
        ErrorKind::Config | ErrorKind::TooLarge | ErrorKind::Exhausted | ErrorKind::Mismatch => false,
    }
}

async fn read(
    context: &QueryContext,
    scan: &Scan,
    max_body: Option<usize>,
) -> Result<BoxStream<'static, Result<Chunk>>> {
    let Some(store) = &context.shared.store else {
        return Err(cubestore::Error::Closed.into());
    };
    let parameters = store.capabilities().await?.parameters();
    let StoreQuery { sql, params, schema, .. } = preagg::render(scan, Dialect { parameters });
    tracing::debug!(sql, "asking the store");
    let query = Query { parameters: params.into_iter().map(parameter).collect(), ..Query::new(sql) };
    let answer = store.query(query, lane(scan)).await?;
    let shape = Shape::new(schema)?;
    let rows = match max_body {
        Some(max_body) => answer.chunks(shape, max_body).boxed(),
        None => answer.batches(shape).map_ok(Chunk::Batch).boxed(),
    };
    begun(rows.map_err(EngineError::from).boxed()).await
}

fn lane(scan: &Scan) -> Lane {
    let groups = if scan.query.keys().next().is_none() { Some(1) } else { scan.rows };
    match groups.into_iter().chain(scan.query.limit).min() {
        Some(rows) if rows <= SMALL => Lane::Small,
        _ => Lane::Large,
    }
}

fn parameter(value: Value) -> Parameter {
    match value {
        Value::Bool(truth) => Parameter::Bool(truth),
        Value::Int(number) => Parameter::Int64(number),
        Value::Float(number) => Parameter::Float64(number),
        Value::Decimal { unscaled, scale } => {
            Parameter::String(semantic::filter::decimal_text(unscaled, scale))
        }
        Value::Text(text) => Parameter::String(text.to_string()),
    }
}
