//! DataFusion's side of running: the session that all queries share, and plans made streams.

use std::sync::Arc;

use cubestore::Budget;
use datafusion::{
    execution::{
        SendableRecordBatchStream, SessionState, SessionStateBuilder, TaskContext,
        runtime_env::RuntimeEnvBuilder,
    },
    logical_expr::LogicalPlan,
    physical_plan::execute_stream,
    physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner},
    prelude::SessionConfig,
};

use crate::{
    error::{EngineError, Result},
    leaf::LeafPlanner,
    memory::BudgetPool,
};

/// Rows of a batch that residual plans aim at.
const BATCH_ROWS: usize = 8192;

/// What it takes to run plans.
pub(crate) struct Physical {
    state: SessionState,
}

impl Physical {
    pub(crate) fn new(budget: Budget) -> Result<Self> {
        // What remains above a leaf is small as a rule, and one partition starts it fastest.
        let config = SessionConfig::new().with_target_partitions(1).with_batch_size(BATCH_ROWS);
        let runtime =
            RuntimeEnvBuilder::new().with_memory_pool(Arc::new(BudgetPool::new(budget))).build_arc()?;
        let state =
            SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).with_default_features();
        Ok(Self { state: state.build() })
    }

    /// Runs a plan whose scans are leaves.
    pub(crate) async fn run(
        &self,
        plan: &LogicalPlan,
        leaves: LeafPlanner,
    ) -> Result<SendableRecordBatchStream> {
        let planner = DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(leaves)]);
        let physical = planner.create_physical_plan(plan, &self.state).await.map_err(EngineError::from)?;
        Ok(execute_stream(physical, Arc::new(TaskContext::from(&self.state)))?)
    }
}
