//! The types that operators and functions ask for, brought about as DataFusion's analyzer does. It makes every node of a
//! plan anew, of which most only name columns; here those stay.

use datafusion::{
    arrow::datatypes::DataType,
    common::{
        Result,
        config::ConfigOptions,
        tree_node::{Transformed, TreeNode},
    },
    logical_expr::{Expr, ExprSchemable, LogicalPlan, expr_rewriter::NamePreserver, utils::merge_schema},
    optimizer::{AnalyzerRule, analyzer::type_coercion::TypeCoercionRewriter},
};

use crate::{
    functions::is_measure,
    rewrite::{from_below, has},
};

/// Coerces types in the nodes that hold more than columns.
#[derive(Debug)]
pub(crate) struct Coercion;

impl AnalyzerRule for Coercion {
    fn name(&self) -> &'static str {
        "type_coercion"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        Ok(from_below(plan, &mut coerced)?.data)
    }
}

fn coerced(node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    if names_columns(&node)? {
        return Ok(Transformed::no(node));
    }
    let schema = merge_schema(&node.inputs());
    let node = match node {
        LogicalPlan::Filter(mut filter) => {
            // `WHERE NULL` has no type of its own.
            filter.predicate = filter.predicate.cast_to(&DataType::Boolean, &schema)?;
            LogicalPlan::Filter(filter)
        }
        node => node,
    };
    let mut rewriter = TypeCoercionRewriter::new(&schema);
    let names = NamePreserver::new(&node);
    let node = node.map_expressions(|expr| {
        let name = names.save(&expr);
        Ok(expr.rewrite(&mut rewriter)?.update_data(|expr| name.restore(expr)))
    })?;
    Ok(Transformed::yes(rewriter.coerce_plan(node.data)?.recompute_schema()?))
}

/// True of a node without anything that asks for a type.
fn names_columns(node: &LogicalPlan) -> Result<bool> {
    use LogicalPlan::{Aggregate, Projection, Sort, SubqueryAlias, TableScan};
    let is_plain = matches!(node, TableScan(_) | SubqueryAlias(_) | Projection(_) | Aggregate(_) | Sort(_));
    Ok(is_plain && !has(node, |part| !is_typed(part))?)
}

/// A column, a name, or MEASURE; what they hold is looked at for itself.
fn is_typed(expr: &Expr) -> bool {
    matches!(expr, Expr::Column(_) | Expr::Alias(_)) || is_measure(expr)
}
