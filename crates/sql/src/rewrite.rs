//! Rewriting of plans from below, in which a node is made anew only where something below it was.

use datafusion::{
    common::{
        Result,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    logical_expr::LogicalPlan,
};

/// The plan with every node replaced by what `step` makes of it, sub-queries included. The schemas of nodes above a
/// change are computed again before they are shown to `step`.
pub(crate) fn from_below(
    plan: LogicalPlan,
    step: &mut impl FnMut(LogicalPlan) -> Result<Transformed<LogicalPlan>>,
) -> Result<Transformed<LogicalPlan>> {
    let below = plan
        .map_subqueries(|plan| from_below(plan, step))?
        .transform_sibling(|plan| plan.map_children(|plan| from_below(plan, step)))?;
    let node = if below.transformed { below.data.recompute_schema()? } else { below.data };
    let node = step(node)?;
    Ok(Transformed::new(node.data, node.transformed || below.transformed, TreeNodeRecursion::Continue))
}
