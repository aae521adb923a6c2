//! Rolling measures computed above the rollups that hold their parts.

use std::sync::Arc;

use futures::StreamExt;

use super::{Batches, LeafPlanner, QueryContext};
use crate::{error::Result, roads::Windows};

/// Reads the parts and rolls them. The first rows are known to be good when this returns.
pub(super) async fn open(context: &Arc<QueryContext>, windows: &Windows) -> Result<Batches> {
    let planner = LeafPlanner::over_roads(context.clone(), windows.leaves.clone());
    let mut rows = context.shared.physical.run(&windows.logical, planner).await?;
    let first = rows.next().await.transpose()?;
    Ok(futures::stream::iter(first.map(Ok)).chain(rows).boxed())
}
