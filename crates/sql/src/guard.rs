//! Operators that DataFusion computes without a check, replaced by functions that check: whole numbers would wrap
//! around, and texts would grow until no memory is left.

use datafusion::{
    arrow::datatypes::DataType,
    common::{
        DFSchema, Result,
        tree_node::{Transformed, TreeNode},
    },
    logical_expr::{
        BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, expr_rewriter::NamePreserver,
        utils::merge_schema,
    },
};

use crate::functions::{Functions, operator::Checked};

/// The plan with checked operators. Names and types stay.
pub(crate) fn guarded(plan: LogicalPlan, functions: &Functions) -> Result<LogicalPlan> {
    let guard = |node: LogicalPlan| {
        let schema = merge_schema(&node.inputs());
        let names = NamePreserver::new(&node);
        let changed = node.map_expressions(|expr| {
            let name = names.save(&expr);
            let changed = expr.transform_up(|expr| checked(expr, &schema, functions))?;
            Ok(changed.update_data(|expr| name.restore(expr)))
        })?;
        changed.map_data(LogicalPlan::recompute_schema)
    };
    Ok(plan.transform_up_with_subqueries(guard)?.data)
}

fn checked(expr: Expr, schema: &DFSchema, functions: &Functions) -> Result<Transformed<Expr>> {
    let Expr::BinaryExpr(binary) = expr else { return Ok(Transformed::no(expr)) };
    let Some(function) = function_of(&binary, schema) else {
        return Ok(Transformed::no(Expr::BinaryExpr(binary)));
    };
    let BinaryExpr { left, right, .. } = binary;
    Ok(Transformed::yes(functions.checked(function).call(vec![*left, *right])))
}

fn function_of(binary: &BinaryExpr, schema: &DFSchema) -> Option<Checked> {
    let left = binary.left.get_type(schema).ok()?;
    let right = binary.right.get_type(schema).ok()?;
    let whole = left == right && left.is_integer();
    match binary.op {
        Operator::Plus if whole => Some(Checked::Add),
        Operator::Minus if whole => Some(Checked::Subtract),
        Operator::Multiply if whole => Some(Checked::Multiply),
        Operator::StringConcat if left == DataType::Utf8 && right == DataType::Utf8 => Some(Checked::Concat),
        _ => None,
    }
}
