//! What a road left to be done above the rows that it fetched, as a plan.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, Schema, TimeUnit},
    common::{Column, ScalarValue, TableReference, config::ConfigOptions},
    logical_expr::{
        BinaryExpr, Cast, Expr, ExprSchemable, Like, LogicalPlan, LogicalPlanBuilder, Operator, SortExpr,
        lit, logical_plan::TableScanBuilder,
    },
    optimizer::analyzer::{AnalyzerRule, type_coercion::TypeCoercion},
};
use semantic::{
    ArrowType, ColumnKind, CompareOp, Filter, MemberName, Model, Output, Remainder, Value, query,
};

use crate::{
    combine,
    error::{PlanError, Result},
    freeze::{Leaf, LeafScan},
    leaf::LEAF,
    zeros,
};

/// A plan that reads `fetched` columns under the id of `leaf`, does the rest, and shows the leaf's own columns.
pub fn above(
    id: usize,
    leaf: &Leaf,
    fetched: &[Output],
    remainder: &Remainder,
    model: &Model,
) -> Result<LogicalPlan> {
    let outputs = &leaf.query.outputs;
    let mut plan = LogicalPlanBuilder::from(scan(id, fetched, model)?);
    if !remainder.filter.is_always() {
        plan = plan.filter(predicate(&remainder.filter, model)?)?;
    }
    if remainder.regroup {
        let extra = fetched.iter().skip(outputs.len()).filter(|output| output.is_measure());
        let kept: Vec<&Output> = outputs.iter().chain(extra).collect();
        plan = regrouped(plan, &kept, model)?;
    }
    finished(plan, leaf, remainder, model)
}

/// Tests, sorts and cuts groups, and shows the leaf's own columns.
pub(crate) fn finished(
    mut plan: LogicalPlanBuilder,
    leaf: &Leaf,
    remainder: &Remainder,
    model: &Model,
) -> Result<LogicalPlan> {
    let outputs = &leaf.query.outputs;
    if !remainder.having.is_always() {
        plan = plan.filter(predicate(&remainder.having, model)?)?;
    }
    if !remainder.order.is_empty() {
        let keys = remainder.order.iter().map(|key| SortExpr {
            expr: column(&outputs[key.output].name()),
            asc: !key.descending,
            nulls_first: key.nulls_first,
        });
        plan = plan.sort(keys)?;
    }
    if remainder.limit.is_some() || remainder.offset > 0 {
        plan = plan.limit(rows(remainder.offset), remainder.limit.map(rows))?;
    }
    let visible = outputs.iter().take(leaf.visible).map(|output| column(&output.name()));
    let plan = plan.project(visible)?.build()?;
    // Literals meet columns of other types.
    Ok(zeros::one(TypeCoercion::new().analyze(plan, &ConfigOptions::new())?)?)
}

fn scan(id: usize, fetched: &[Output], model: &Model) -> Result<LogicalPlan> {
    let fields: std::result::Result<Vec<_>, _> = fetched.iter().map(|output| output.field(model)).collect();
    let source = Arc::new(LeafScan { id, schema: Arc::new(Schema::new(fields?)) });
    Ok(LogicalPlan::TableScan(TableScanBuilder::new(TableReference::bare(LEAF), source).build()?))
}

/// Groups again by the keys among `outputs`, and adds their measures up.
pub(crate) fn regrouped(
    plan: LogicalPlanBuilder,
    outputs: &[&Output],
    model: &Model,
) -> Result<LogicalPlanBuilder> {
    let keys = outputs.iter().filter(|output| !output.is_measure()).map(|output| column(&output.name()));
    let mut calls = Vec::new();
    let mut shown = Vec::with_capacity(outputs.len());
    for output in outputs {
        let own = column(&output.name());
        let ColumnKind::Measure(kind) = query::column(model, output.member())?.kind else {
            shown.push(own);
            continue;
        };
        let data_type = own.get_type(plan.schema())?;
        let call = combine::call(own, kind, &data_type).ok_or_else(|| PlanError::NotAdditive {
            measure: output.member().clone(),
            kind: kind.name(),
            because: "the remainder of a query".to_owned(),
        })?;
        let computed = Expr::Column(Column::new_unqualified(call.schema_name().to_string()));
        calls.push(call);
        let value = Expr::Cast(Cast::new(Box::new(combine::value(computed, kind)), data_type));
        shown.push(value.alias_qualified(Some(LEAF), output.name()));
    }
    Ok(plan.aggregate(keys.collect::<Vec<_>>(), calls)?.project(shown)?)
}

fn column(name: &str) -> Expr {
    Expr::Column(Column::new(Some(LEAF), name))
}

// Fetched columns of members carry the member's own name.
fn member(member: &MemberName) -> Expr {
    column(member.member())
}

/// A filter over columns of [`LEAF`].
pub(crate) fn predicate(filter: &Filter, model: &Model) -> Result<Expr> {
    Ok(match filter {
        Filter::All(parts) => joined(parts, Operator::And, true, model)?,
        Filter::Any(parts) => joined(parts, Operator::Or, false, model)?,
        Filter::Compare { member: name, op, value } => binary(member(name), operator(*op), literal(value)),
        Filter::In { member: name, values, negated } => {
            member(name).in_list(values.iter().map(literal).collect(), *negated)
        }
        Filter::Null { member: name, negated: true } => member(name).is_not_null(),
        Filter::Null { member: name, negated: false } => member(name).is_null(),
        Filter::Like { member: name, like, negated } => Expr::Like(Like {
            negated: *negated,
            expr: Box::new(member(name)),
            pattern: Box::new(lit(like.with_backslash())),
            escape_char: None,
            case_insensitive: like.case_insensitive,
        }),
        Filter::Segment { member: name, holds } => binary(member(name), Operator::Eq, lit(*holds)),
        Filter::During { member: name, from, to } => {
            let time = match query::column(model, name)?.data_type {
                ArrowType::Date32 => {
                    let moment = DataType::Timestamp(TimeUnit::Microsecond, None);
                    Expr::Cast(Cast::new(Box::new(member(name)), moment))
                }
                _ => member(name),
            };
            let bounds = [(Operator::GtEq, from), (Operator::Lt, to)];
            let tests = bounds.into_iter().filter_map(|(op, at)| {
                let at = ScalarValue::TimestampMicrosecond(Some((*at)?.saturating_mul(1000)), None);
                Some(binary(time.clone(), op, lit(at)))
            });
            tests.reduce(|low, high| binary(low, Operator::And, high)).unwrap_or_else(|| lit(true))
        }
    })
}

fn joined(parts: &[Filter], op: Operator, empty: bool, model: &Model) -> Result<Expr> {
    let parts: Result<Vec<Expr>> = parts.iter().map(|part| predicate(part, model)).collect();
    Ok(parts?.into_iter().reduce(|left, right| binary(left, op, right)).unwrap_or_else(|| lit(empty)))
}

fn binary(left: Expr, op: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
}

fn operator(op: CompareOp) -> Operator {
    match op {
        CompareOp::Eq => Operator::Eq,
        CompareOp::Ne => Operator::NotEq,
        CompareOp::Lt => Operator::Lt,
        CompareOp::Le => Operator::LtEq,
        CompareOp::Gt => Operator::Gt,
        CompareOp::Ge => Operator::GtEq,
    }
}

fn literal(value: &Value) -> Expr {
    lit(match value {
        Value::Bool(truth) => ScalarValue::Boolean(Some(*truth)),
        Value::Int(number) => ScalarValue::Int64(Some(*number)),
        Value::Float(number) => ScalarValue::Float64(Some(*number)),
        Value::Decimal { unscaled, scale } => {
            // As narrow as its digits, so that a type for it and for the column can be found.
            let digits = unscaled.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
            let precision = digits.max(scale.unsigned_abs().into()).min(38);
            ScalarValue::Decimal128(Some(*unscaled), u8::try_from(precision).unwrap_or(38), *scale)
        }
        Value::Text(text) => ScalarValue::Utf8(Some(text.to_string())),
    })
}

fn rows(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
