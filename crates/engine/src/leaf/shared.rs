//! Leaves that several scans of one plan read: fetched once, kept while the query runs.

use std::{collections::HashMap, sync::Arc};

use cubestore::Reservation;
use datafusion::arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt};
use tokio::sync::OnceCell;

use super::{Batches, QueryContext, stream};
use crate::{
    error::{EngineError, Result},
    roads::RoutedLeaf,
};

/// The leaves with more than one reader, by id.
#[derive(Default)]
pub(crate) struct SharedLeaves(HashMap<usize, Arc<OnceCell<Kept>>>);

/// All rows of a leaf with the memory that they take.
struct Kept {
    batches: Arc<[RecordBatch]>,
    _memory: Reservation,
}

impl SharedLeaves {
    pub(crate) fn of(leaves: &[Arc<RoutedLeaf>]) -> Self {
        let shared = leaves.iter().filter(|leaf| leaf.leaf.uses > 1);
        Self(shared.map(|leaf| (leaf.id, Arc::default())).collect())
    }

    /// The leaf's rows, for one of its readers.
    pub(crate) fn stream(&self, context: Arc<QueryContext>, leaf: Arc<RoutedLeaf>) -> Batches {
        let Some(cell) = self.0.get(&leaf.id).cloned() else { return stream(context, leaf) };
        let read = async move {
            let kept = cell.get_or_try_init(|| keep(context, leaf)).await?;
            let batches = kept.batches.clone();
            // The rows live as long as one of their readers.
            let rows = (0..batches.len()).map(move |position| Ok(batches[position].clone()));
            Ok::<_, EngineError>(futures::stream::iter(rows).chain(holding(cell.clone())))
        };
        futures::stream::once(read).try_flatten().boxed()
    }
}

/// An empty stream that keeps the cell, and with it the reservation.
fn holding(cell: Arc<OnceCell<Kept>>) -> Batches {
    futures::stream::poll_fn(move |_| {
        let _ = &cell;
        std::task::Poll::Ready(None)
    })
    .boxed()
}

async fn keep(context: Arc<QueryContext>, leaf: Arc<RoutedLeaf>) -> Result<Kept> {
    let mut memory = context.shared.budget.try_reserve(0)?;
    let mut batches = Vec::new();
    let mut rows = stream(context, leaf);
    while let Some(batch) = rows.next().await.transpose()? {
        memory.try_grow(batch.get_array_memory_size()).map_err(|_| EngineError::Memory)?;
        batches.push(batch);
    }
    Ok(Kept { batches: batches.into(), _memory: memory })
}
