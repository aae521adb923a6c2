//! Rewriting of plans from below, in which a node is made anew only where something below it was.

use datafusion::{
    common::{
        Result,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    logical_expr::{Expr, LogicalPlan, expr_rewriter::NamePreserver},
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

/// The node with every part of its expressions replaced by what `step` makes of it. Their names stay.
pub(crate) fn expressions(
    node: LogicalPlan,
    step: &mut impl FnMut(Expr) -> Result<Transformed<Expr>>,
) -> Result<Transformed<LogicalPlan>> {
    let names = NamePreserver::new(&node);
    node.map_expressions(|expr| {
        let name = names.save(&expr);
        Ok(expr.transform_up(&mut *step)?.update_data(|expr| name.restore(expr)))
    })
}

/// Whether any part of the node's expressions is so.
pub(crate) fn has(node: &LogicalPlan, is: impl Fn(&Expr) -> bool) -> Result<bool> {
    let mut found = false;
    node.apply_expressions(|expr| {
        found = expr.exists(|expr| Ok(is(expr)))?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}
