//! Fetching one leaf: the rollup if it can be read, else Cube, then what is left to be done above the rows.

mod exec;
mod rollup;
mod shared;
mod source;
mod windows;

use std::sync::Arc;

use cubestore::Chunk;
use datafusion::arrow::{array::RecordBatch, datatypes::SchemaRef};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};

use crate::{
    caller::Caller,
    error::{EngineError, Result},
    metrics,
    pipeline::Shared,
    roads::{Road, Roads, RoutedLeaf},
    temporary::Snapshot,
};

pub(crate) use exec::LeafPlanner;
pub(crate) use shared::SharedLeaves;

/// What every leaf of one query needs.
#[derive(Clone)]
pub(crate) struct QueryContext {
    pub(crate) shared: Arc<Shared>,
    pub(crate) model: Arc<semantic::Model>,
    pub(crate) caller: Caller,
    pub(crate) request_id: Arc<str>,
    pub(crate) deadline: tokio::time::Instant,
    pub(crate) road: Arc<Road>,
    pub(crate) roads: Roads,
    /// The temporary tables that it was planned over.
    pub(crate) temporary: Arc<Snapshot>,
    /// Whether a part of the answer is asked for, which only the tables that it was made of can give.
    pub(crate) is_part: bool,
    /// Whether leaves are parts of joined ones, which Cube answers as a whole or not at all.
    pub(crate) is_joined: bool,
}

impl QueryContext {
    /// Whether Cube may answer where a rollup does not.
    fn falls_back(&self) -> bool {
        self.roads == Roads::Auto && !self.is_part && !self.is_joined
    }

    /// The same for the parts of a joined leaf, which are asked by another model.
    fn joined(&self, model: Arc<semantic::Model>) -> Self {
        Self { model, is_joined: true, ..self.clone() }
    }
}

/// The rows of a leaf's visible columns.
pub(crate) type Batches = BoxStream<'static, Result<RecordBatch>>;

/// The rows of a leaf as its road gives them.
pub(crate) enum Rows {
    /// All outputs of the query, some perhaps still in the store's encoding.
    Store(BoxStream<'static, Result<Chunk>>),
    /// The visible columns.
    Batches(Batches),
}

/// Opens the leaf's road; its first rows are known to be good when this returns.
///
/// `max_body` says how long a batch may be that is handed on in the store's own encoding; `None`: decode all.
pub(crate) async fn open(
    context: &Arc<QueryContext>,
    leaf: &Arc<RoutedLeaf>,
    max_body: Option<usize>,
) -> Result<Rows> {
    let opened = match (leaf.scan(), leaf.rolled()) {
        (Some(scan), _) => rollup::open(context, leaf, scan, max_body).await.map(Rows::Store),
        (None, Some(windows)) => windows::open(context, windows).await.map(Rows::Batches),
        (None, None) => return source::open(context, leaf).await.map(Rows::Batches),
    };
    match opened {
        Err(error) if context.falls_back() && falls_back(leaf, &error) => {
            tracing::warn!(error = error.detail(), "a rollup cannot be read, Cube is asked instead");
            metrics::fell_back(error.code());
            context.road.fall_back();
            // Without that road the store's own error is the one to act on.
            source::open(context, leaf).await.map(Rows::Batches).map_err(|other| match other {
                EngineError::NoRoad(_) => error,
                other => other,
            })
        }
        opened => opened,
    }
}

/// True when Cube may still answer. For a join more is read than answered, by keys that may be no whole numbers: what is
/// too large there, or does not fit, is nothing that Cube would send.
fn falls_back(leaf: &RoutedLeaf, error: &EngineError) -> bool {
    let is_joined = leaf.rolled().is_some_and(|windows| windows.joined.is_some());
    rollup::falls_back(error) || is_joined && matches!(error, EngineError::Store(_) | EngineError::Memory)
}

impl Rows {
    /// The visible columns, decoded.
    pub(crate) fn batches(self, schema: SchemaRef) -> Batches {
        match self {
            Self::Batches(batches) => batches,
            Self::Store(chunks) => chunks.map(move |chunk| visible(chunk?, &schema)).boxed(),
        }
    }
}

// A caller that takes no encoded batches asked for none.
fn visible(chunk: Chunk, schema: &SchemaRef) -> Result<RecordBatch> {
    let Chunk::Batch(batch) = chunk else {
        return Err(EngineError::Store(cubestore::Error::Malformed {
            what: "an encoded batch nobody asked for",
            source: None,
        }));
    };
    leading(&batch, schema)
}

/// Rows of which the first are known to be good: until some are sent, another road is open.
async fn begun<T: Send + 'static>(
    mut rows: BoxStream<'static, Result<T>>,
) -> Result<BoxStream<'static, Result<T>>> {
    let first = rows.next().await.transpose()?;
    Ok(futures::stream::iter(first.map(Ok)).chain(rows).boxed())
}

/// The first columns of a batch, those of `schema`.
pub(crate) fn leading(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = batch.columns()[..schema.fields().len()].to_vec();
    let options = datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let batch = RecordBatch::try_new_with_options(schema.clone(), columns, &options);
    batch.map_err(|error| EngineError::Internal(Arc::new(error.into())))
}

/// Opens the leaf and decodes its visible columns.
pub(crate) fn stream(context: Arc<QueryContext>, leaf: Arc<RoutedLeaf>) -> Batches {
    let opened = async move {
        let schema = leaf.leaf.schema.clone();
        Ok::<_, EngineError>(open(&context, &leaf, None).await?.batches(schema))
    };
    futures::stream::once(opened).try_flatten().boxed()
}
