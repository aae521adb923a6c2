//! Rolling measures, and joins, computed above the rollups that hold their parts.

use std::sync::Arc;

use super::{Batches, LeafPlanner, QueryContext, begun};
use crate::{error::Result, roads::Windows};

/// Reads the parts and rolls or joins them. The first rows are known to be good when this returns.
pub(super) async fn open(context: &Arc<QueryContext>, windows: &Windows) -> Result<Batches> {
    let of_parts = match &windows.joined {
        Some(model) => Arc::new(context.joined(model.clone())),
        None => context.clone(),
    };
    let planner = LeafPlanner::over_roads(of_parts, windows.leaves.clone());
    begun(context.shared.physical.run(&windows.logical, planner).await?).await
}
