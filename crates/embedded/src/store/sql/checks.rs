//! What a planned query must not be, though every piece of it is fine.

use std::collections::HashSet;

use datafusion::{
    arrow::datatypes::DataType,
    common::{
        DFSchema, Result,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    logical_expr::{
        Expr, ExprSchemable, LogicalPlan,
        expr::{AggregateFunction, ScalarFunction},
        utils::merge_schema,
    },
};

use super::refusal::Refusal;

/// Refuses plans that the store does not run.
pub(in crate::store) fn check(plan: &LogicalPlan) -> Result<()> {
    unique_names(plan)?;
    plan.apply(|node| {
        if let LogicalPlan::Limit(limit) = node
            && reads_union_unsorted(&limit.input)
        {
            return Err(Refusal::Worker.into());
        }
        let inputs = node.inputs();
        let schema = merge_schema(&inputs);
        node.apply_expressions(|expr| expr.apply(|part| expression(part, &schema)))
    })?;
    Ok(())
}

/// True when the rows are groups: then also an empty answer has names.
pub(in crate::store) fn aggregates(plan: &LogicalPlan) -> bool {
    let is_group = |node: &LogicalPlan| matches!(node, LogicalPlan::Aggregate(_) | LogicalPlan::Distinct(_));
    plan.exists(|node| Ok(is_group(node))).unwrap_or(false)
}

fn unique_names(plan: &LogicalPlan) -> Result<()> {
    let mut seen = HashSet::new();
    match plan.schema().fields().iter().find(|field| !seen.insert(field.name().clone())) {
        None => Ok(()),
        Some(field) => Err(Refusal::Planning(format!(
            "Projections require unique expression names but the expression \"#{0}\" and \"#{0}\" have the same name. \
             Consider aliasing (\"AS\") one of them.",
            field.name()
        ))
        .into()),
    }
}

/// The workers of the store cannot cut a union short that nothing above sorts or groups.
fn reads_union_unsorted(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Union(union) => union.inputs.len() > 1,
        LogicalPlan::Projection(_) | LogicalPlan::Filter(_) | LogicalPlan::SubqueryAlias(_) => {
            plan.inputs().into_iter().any(reads_union_unsorted)
        }
        _ => false,
    }
}

fn expression(expr: &Expr, schema: &DFSchema) -> Result<TreeNodeRecursion> {
    match expr {
        Expr::AggregateFunction(call) if call.func.name() == "avg" => average(call, schema)?,
        Expr::ScalarFunction(call) if call.func.name() == "nullif" => null_if(call, schema)?,
        _ => {}
    }
    Ok(TreeNodeRecursion::Continue)
}

fn average(call: &AggregateFunction, schema: &DFSchema) -> Result<()> {
    for argument in &call.params.args {
        if let DataType::Decimal128(precision, scale) = argument.get_type(schema)? {
            let kind = if precision > 18 { "Int96Decimal" } else { "Int64Decimal" };
            return Err(Refusal::Planning(format!("AVG does not support {kind}({scale})")).into());
        }
    }
    Ok(())
}

fn null_if(call: &ScalarFunction, schema: &DFSchema) -> Result<()> {
    const TEXT: &str = "Coercion from [Utf8, Utf8] to the signature Uniform(2, [Boolean, UInt8, UInt16, UInt32, \
                        UInt64, Int8, Int16, Int32, Int64, Float32, Float64]) failed.";
    for argument in &call.args {
        if argument.get_type(schema)?.is_string() {
            return Err(Refusal::Planning(TEXT.to_owned()).into());
        }
    }
    Ok(())
}
