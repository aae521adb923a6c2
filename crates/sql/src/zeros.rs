//! The zeros of floating point, which SQL takes for one number. DataFusion does so where it compares and groups, but
//! looks up lists, cases and NULLIF by bits, and puts -0.0 before 0.0: there zero is added, which makes both 0.0.

use datafusion::{
    arrow::datatypes::DataType,
    common::{DFSchema, Result, ScalarValue, tree_node::Transformed},
    logical_expr::{Expr, ExprSchemable, LogicalPlan, SortExpr, lit, utils::merge_schema},
};

use crate::rewrite::{expressions, from_below, has};

/// A plan behind the optimizer, which makes lists of comparisons, with one zero. Names and types stay.
pub(crate) fn one(plan: LogicalPlan) -> Result<LogicalPlan> {
    let mut one = |node: LogicalPlan| match node {
        // What is looked up in a leaf is the road's.
        LogicalPlan::TableScan(_) => Ok(Transformed::no(node)),
        LogicalPlan::Sort(mut sort) => {
            sort.expr = sorted(sort.expr, sort.input.schema());
            Ok(Transformed::yes(LogicalPlan::Sort(sort)))
        }
        node if has(&node, tells)? => {
            let schema = merge_schema(&node.inputs());
            expressions(node, &mut |expr| Ok(Transformed::yes(looked_up(expr, &schema))))
        }
        node => Ok(Transformed::no(node)),
    };
    Ok(from_below(plan, &mut one)?.data)
}

fn tells(expr: &Expr) -> bool {
    match expr {
        Expr::InList(_) | Expr::WindowFunction(_) => true,
        Expr::Case(case) => case.expr.is_some(),
        Expr::ScalarFunction(call) => call.func.name() == "nullif",
        Expr::AggregateFunction(call) => !call.params.order_by.is_empty(),
        _ => false,
    }
}

fn looked_up(expr: Expr, schema: &DFSchema) -> Expr {
    let all = |exprs: Vec<Expr>| exprs.into_iter().map(|expr| zeroed(expr, schema)).collect();
    match expr {
        Expr::InList(mut list) => {
            list.expr = Box::new(zeroed(*list.expr, schema));
            list.list = all(list.list);
            Expr::InList(list)
        }
        Expr::Case(mut case) if case.expr.is_some() => {
            case.expr = case.expr.map(|expr| Box::new(zeroed(*expr, schema)));
            for (when, _) in &mut case.when_then_expr {
                **when = zeroed(std::mem::take(when), schema);
            }
            Expr::Case(case)
        }
        Expr::ScalarFunction(mut call) if call.func.name() == "nullif" => {
            call.args = all(call.args);
            Expr::ScalarFunction(call)
        }
        Expr::WindowFunction(mut window) => {
            window.params.partition_by = all(window.params.partition_by);
            window.params.order_by = sorted(window.params.order_by, schema);
            Expr::WindowFunction(window)
        }
        Expr::AggregateFunction(mut call) => {
            call.params.order_by = sorted(call.params.order_by, schema);
            Expr::AggregateFunction(call)
        }
        other => other,
    }
}

fn sorted(keys: Vec<SortExpr>, schema: &DFSchema) -> Vec<SortExpr> {
    keys.into_iter().map(|key| SortExpr { expr: zeroed(key.expr, schema), ..key }).collect()
}

fn zeroed(expr: Expr, schema: &DFSchema) -> Expr {
    use ScalarValue::{Float32, Float64};
    match (&expr, expr.get_type(schema)) {
        // Lists of literals are looked up at once.
        (Expr::Literal(Float64(Some(value)), metadata), _) => {
            Expr::Literal(Float64(Some(value + 0.0)), metadata.clone())
        }
        (Expr::Literal(Float32(Some(value)), metadata), _) => {
            Expr::Literal(Float32(Some(value + 0.0)), metadata.clone())
        }
        (Expr::Literal(..), _) => expr,
        (_, Ok(DataType::Float64)) => expr + lit(0.0_f64),
        (_, Ok(DataType::Float32)) => expr + lit(0.0_f32),
        _ => expr,
    }
}
