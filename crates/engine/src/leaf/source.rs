//! Asking Cube's API, and doing above its rows what it cannot do.

use std::sync::Arc;

use cube_api::Call;
use datafusion::arrow::datatypes::SchemaRef;
use futures::{StreamExt, TryStreamExt};

use super::{Batches, LeafPlanner, QueryContext, leading};
use crate::{
    error::{EngineError, NoApi, Result},
    roads::RoutedLeaf,
};

/// The visible columns of the leaf, from Cube.
pub(super) async fn open(context: &Arc<QueryContext>, leaf: &Arc<RoutedLeaf>) -> Result<Batches> {
    let cube = context.shared.cube.as_ref().ok_or(EngineError::NoRoad(NoApi::NotConfigured))?;
    let credential = context.caller.credential.as_deref().ok_or(EngineError::NoRoad(NoApi::NoCredential))?;
    let request = leaf.request(&context.model).map_err(cube_api::Error::NotExact)?;
    let fetched = request.schema(&context.model).map_err(sql::PlanError::from)?;
    let call = Call { credential, request_id: &context.request_id, deadline: context.deadline };
    let rows = cube.load(&request, fetched, call).map_err(EngineError::from).boxed();
    if request.remainder.is_nothing() {
        let schema: SchemaRef = leaf.leaf.schema.clone();
        return Ok(rows.map(move |batch| leading(&batch?, &schema)).boxed());
    }
    let plan = sql::above(leaf.id, &leaf.leaf, &request.columns, &request.remainder, &context.model)?;
    let planner = LeafPlanner::over_rows(leaf.id, rows);
    context.shared.physical.run(&plan, planner).await
}
