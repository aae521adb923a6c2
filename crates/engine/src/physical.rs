//! DataFusion's side of running: the session that all queries share, and plans made streams.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};

use cubestore::Budget;
use datafusion::{
    common::{
        DataFusionError,
        tree_node::{Transformed, TreeNode},
    },
    execution::{
        SessionState, SessionStateBuilder, TaskContext,
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        runtime_env::RuntimeEnvBuilder,
    },
    logical_expr::LogicalPlan,
    physical_plan::{ExecutionPlan, coop::CooperativeExec, execute_stream},
    physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner},
    prelude::SessionConfig,
};
use futures::{FutureExt, StreamExt};

use crate::{
    error::Result,
    leaf::{Batches, LeafPlanner},
    memory::BudgetPool,
};

/// What a panic of a library says, as an error.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> DataFusionError {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words");
    DataFusionError::Internal(format!("a panic: {text}"))
}

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
        // What does not fit the memory fails; disks of the machine are nobody's to fill.
        let no_disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(BudgetPool::new(budget)))
            .with_disk_manager_builder(no_disk)
            .build_arc()?;
        let state =
            SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).with_default_features();
        Ok(Self { state: state.build() })
    }

    /// Runs a plan whose scans are leaves.
    pub(crate) async fn run(&self, plan: &LogicalPlan, leaves: LeafPlanner) -> Result<Batches> {
        let planner = DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(leaves)]);
        let physical = AssertUnwindSafe(planner.create_physical_plan(plan, &self.state)).catch_unwind().await;
        let physical = physical.unwrap_or_else(|panic| Err(panicked(&*panic)))?;
        let physical = polite(physical)?;
        let rows = execute_stream(physical, Arc::new(TaskContext::from(&self.state)))?;
        // A kernel that panics ends its own query and nothing else.
        let rows = AssertUnwindSafe(rows).catch_unwind();
        Ok(rows.map(|rows| Ok(rows.unwrap_or_else(|panic| Err(panicked(&*panic)))?)).boxed())
    }
}

/// The plan with joins that let go of their thread now and then. A join may make billions of rows of a few thousand, and
/// where all of them end in an aggregate or a sort, nothing else would look whether anyone still waits.
fn polite(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let joins = plan.transform_up(|node| {
        let is_join = node.children().len() > 1;
        Ok(if is_join {
            Transformed::yes(Arc::new(CooperativeExec::new(node)) as _)
        } else {
            Transformed::no(node)
        })
    });
    Ok(joins?.data)
}
