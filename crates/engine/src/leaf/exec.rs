//! Leaves as nodes of a physical plan.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use datafusion::{
    arrow::datatypes::SchemaRef,
    catalog::Session,
    common::{Result, internal_err, tree_node::TreeNodeRecursion},
    datasource::memory::MemorySourceConfig,
    execution::TaskContext,
    logical_expr::{
        LogicalPlan, TableScan, UserDefinedLogicalNode, physical_planning_context::PhysicalPlanningContext,
    },
    physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr},
    physical_plan::{
        DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream,
        execution_plan::{Boundedness, EmissionType},
        stream::RecordBatchStreamAdapter,
    },
    physical_planner::{ExtensionPlanner, PhysicalPlanner},
};
use futures::TryStreamExt;
use sql::{LeafScan, OwnTable, TemporaryTable};

use super::{Batches, QueryContext, SharedLeaves};
use crate::{error::EngineError, own, roads::RoutedLeaf};

/// Plans the scans of leaves.
pub(crate) struct LeafPlanner {
    open: Arc<Open>,
}

/// How a leaf's rows are got when its node runs.
enum Open {
    /// Over its road.
    Roads { context: Arc<QueryContext>, leaves: Vec<Arc<RoutedLeaf>>, shared: SharedLeaves },
    /// They are being fetched already; one reader takes them.
    Rows { id: usize, rows: Mutex<Option<Batches>> },
}

impl LeafPlanner {
    /// Over the roads of a query's leaves.
    pub(crate) fn over_roads(context: Arc<QueryContext>, leaves: Vec<Arc<RoutedLeaf>>) -> Self {
        let shared = SharedLeaves::of(&leaves);
        Self { open: Arc::new(Open::Roads { context, leaves, shared }) }
    }

    /// Over rows that are being fetched.
    pub(crate) fn over_rows(id: usize, rows: Batches) -> Self {
        Self { open: Arc::new(Open::Rows { id, rows: Mutex::new(Some(rows)) }) }
    }
}

impl Open {
    fn rows(&self, id: usize) -> Option<Batches> {
        match self {
            Self::Roads { context, leaves, shared } => {
                let leaf = leaves.get(id)?;
                Some(shared.stream(context.clone(), leaf.clone()))
            }
            Self::Rows { id: own, rows } if *own == id => {
                rows.lock().unwrap_or_else(PoisonError::into_inner).take()
            }
            Self::Rows { .. } => None,
        }
    }
}

#[async_trait::async_trait]
impl ExtensionPlanner for LeafPlanner {
    async fn plan_extension(
        &self,
        _planner: &dyn PhysicalPlanner,
        _node: &dyn UserDefinedLogicalNode,
        _logical: &[&LogicalPlan],
        _physical: &[Arc<dyn ExecutionPlan>],
        _session: &dyn Session,
        _context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        Ok(None)
    }

    async fn plan_table_scan(
        &self,
        _planner: &dyn PhysicalPlanner,
        scan: &TableScan,
        _session: &dyn Session,
        _context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        if let (Some(table), Open::Roads { context, .. }) = (OwnTable::of(scan), &*self.open) {
            let rows = own::rows(table, context).map_err(EngineError::into_datafusion)?;
            let columns = scan.projection.clone();
            return Ok(Some(MemorySourceConfig::try_new_exec(&[vec![rows]], table.schema(), columns)?));
        }
        if let (Some(table), Open::Roads { context, .. }) = (TemporaryTable::of(scan), &*self.open) {
            let Some(found) = context.temporary.planned(table) else {
                return internal_err!("a temporary table was planned that is not among the session's");
            };
            let (rows, columns) = ([found.batches()], scan.projection.clone());
            return Ok(Some(MemorySourceConfig::try_new_exec(&rows, table.schema.clone(), columns)?));
        }
        let Some(leaf) = LeafScan::of(scan) else { return Ok(None) };
        let schema = scan.projected_schema.inner().clone();
        Ok(Some(Arc::new(LeafExec::new(leaf.id, schema, self.open.clone()))))
    }
}

/// The rows of one leaf. It takes no filters, dynamic ones included: its query is fixed.
struct LeafExec {
    id: usize,
    properties: Arc<PlanProperties>,
    open: Arc<Open>,
}

impl LeafExec {
    fn new(id: usize, schema: SchemaRef, open: Arc<Open>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self { id, properties: Arc::new(properties), open }
    }
}

impl fmt::Debug for LeafExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LeafExec({})", self.id)
    }
}

impl DisplayAs for LeafExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LeafExec: {}", self.id)
    }
}

impl ExecutionPlan for LeafExec {
    fn name(&self) -> &'static str {
        "LeafExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        _children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, partition: usize, _context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return internal_err!("a leaf has one partition, not {partition}");
        }
        let Some(rows) = self.open.rows(self.id) else {
            return internal_err!("the rows of leaf {} were taken already", self.id);
        };
        let rows = rows.map_err(EngineError::into_datafusion);
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }
}
