//! Operators that DataFusion computes without a check, replaced by functions that check: whole numbers would wrap
//! around, and texts would grow until no memory is left. And patterns with an escape character that it does not know,
//! rewritten to the one that it knows.

use datafusion::{
    arrow::datatypes::DataType,
    common::{DFSchema, DataFusionError, Result, tree_node::Transformed},
    logical_expr::{
        BinaryExpr, Expr, ExprSchemable, Like as LikeExpr, LogicalPlan, Operator, lit, utils::merge_schema,
    },
};
use semantic::Like;

use crate::{
    error::PlanError,
    functions::{Functions, operator::Checked},
    lower::filter::ends_escaping,
    rewrite::{expressions, from_below, has},
};

/// The plan with checked operators. Names and types stay.
pub(crate) fn guarded(plan: LogicalPlan, functions: &Functions) -> Result<LogicalPlan> {
    let mut guard = |node: LogicalPlan| {
        if !has(&node, may_be_unchecked)? {
            return Ok(Transformed::no(node));
        }
        let schema = merge_schema(&node.inputs());
        let changed = expressions(node, &mut |expr| checked(expr, &schema, functions))?;
        if changed.transformed { changed.map_data(LogicalPlan::recompute_schema) } else { Ok(changed) }
    };
    Ok(from_below(plan, &mut guard)?.data)
}

fn may_be_unchecked(expr: &Expr) -> bool {
    use Operator::{Minus, Multiply, Plus, StringConcat};
    match expr {
        Expr::Like(_) => true,
        Expr::BinaryExpr(binary) => matches!(binary.op, Plus | Minus | Multiply | StringConcat),
        _ => false,
    }
}

fn checked(expr: Expr, schema: &DFSchema, functions: &Functions) -> Result<Transformed<Expr>> {
    if let Expr::Like(like) = expr {
        return Ok(escaped_by_backslash(like).map_err(DataFusionError::from)?.update_data(Expr::Like));
    }
    let Expr::BinaryExpr(binary) = expr else { return Ok(Transformed::no(expr)) };
    let Some(function) = function_of(&binary, schema) else {
        return Ok(Transformed::no(Expr::BinaryExpr(binary)));
    };
    let BinaryExpr { left, right, .. } = binary;
    Ok(Transformed::yes(functions.checked(function).call(vec![*left, *right])))
}

fn escaped_by_backslash(mut like: LikeExpr) -> Result<Transformed<LikeExpr>, PlanError> {
    let Some(escape) = like.escape_char.take().filter(|escape| *escape != '\\') else {
        return Ok(Transformed::no(like));
    };
    let Expr::Literal(literal, _) = &*like.pattern else {
        return Err(PlanError::Escape);
    };
    if let Some(Some(pattern)) = literal.try_as_str() {
        if ends_escaping(pattern, escape) {
            return Err(PlanError::Pattern(format!("'{pattern}'")));
        }
        let ours = Like { pattern: pattern.into(), escape, case_insensitive: like.case_insensitive };
        like.pattern = Box::new(lit(ours.with_backslash()));
    }
    Ok(Transformed::yes(like))
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
