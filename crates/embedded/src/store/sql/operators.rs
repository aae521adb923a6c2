//! Operators whose meaning depends on types: comparisons with texts, and division.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::DataType,
    common::{DFSchema, Result},
    logical_expr::{
        Expr, ExprSchemable, ScalarUDF, TryCast, cast,
        expr::ScalarFunction,
        planner::{ExprPlanner, PlannerResult, RawBinaryExpr},
    },
    sql::sqlparser::ast::BinaryOperator,
};

use super::refusal::Refusal;
use crate::functions::arithmetic;

/// The store's operators.
#[derive(Debug)]
pub(super) struct Operators {
    divide: Arc<ScalarUDF>,
}

impl Operators {
    pub(super) fn new() -> Self {
        Self { divide: Arc::new(arithmetic::divide()) }
    }

    fn divided(&self, left: Expr, right: Expr) -> Expr {
        let args = [left, right].map(|side| cast(side, DataType::Float64)).into();
        Expr::ScalarFunction(ScalarFunction::new_udf(self.divide.clone(), args))
    }
}

impl ExprPlanner for Operators {
    fn plan_binary_op(&self, raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        // Their types follow from what is below, all the way down: in a long chain that is asked too often.
        if matches!(raw.op, BinaryOperator::And | BinaryOperator::Or) {
            return Ok(PlannerResult::Original(raw));
        }
        let (left, right) = (raw.left.get_type(schema)?, raw.right.get_type(schema)?);
        if is_comparison(&raw.op) && [(&left, &right), (&right, &left)].into_iter().any(is_time_with_text) {
            return Err(Refusal::Planning(format!(
                "'{left:?} {} {right:?}' can't be evaluated because there isn't a common type to coerce the types to",
                raw.op
            ))
            .into());
        }
        let raw = texts_as_numbers(raw, &left, &right);
        let (left, right) = (raw.left.get_type(schema)?, raw.right.get_type(schema)?);
        if raw.op == BinaryOperator::Divide && is_floating(&raw, &left, &right) {
            return Ok(PlannerResult::Planned(self.divided(raw.left, raw.right)));
        }
        Ok(PlannerResult::Original(raw))
    }
}

fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

fn is_time_with_text((time, text): (&DataType, &DataType)) -> bool {
    matches!(time, DataType::Timestamp(..)) && text.is_string()
}

/// A text next to a number or boolean is read as one; what cannot be read is NULL.
fn texts_as_numbers(raw: RawBinaryExpr, left: &DataType, right: &DataType) -> RawBinaryExpr {
    let read = |text: Expr, as_type: &DataType| {
        // More digits than the column's own must not be rounded away in front of a comparison.
        let as_type = if as_type.is_decimal() { DataType::Decimal128(38, 10) } else { as_type.clone() };
        Expr::TryCast(TryCast::new(Box::new(text), as_type))
    };
    let is_read = |other: &DataType| other.is_numeric() || *other == DataType::Boolean;
    let RawBinaryExpr { op, left: left_expr, right: right_expr } = raw;
    if right.is_string() && is_read(left) {
        RawBinaryExpr { op, left: left_expr, right: read(right_expr, left) }
    } else if left.is_string() && is_read(right) {
        RawBinaryExpr { op, left: read(left_expr, right), right: right_expr }
    } else {
        RawBinaryExpr { op, left: left_expr, right: right_expr }
    }
}

/// Of the exact numbers, a decimal is divided exactly by a literal only; two whole numbers always are.
fn is_floating(raw: &RawBinaryExpr, left: &DataType, right: &DataType) -> bool {
    let exact = |data_type: &DataType| data_type.is_integer() || data_type.is_decimal();
    match (left, right) {
        (left, right) if !(exact(left) && exact(right)) => true,
        (left, right) if left.is_decimal() && right.is_integer() => !matches!(raw.right, Expr::Literal(..)),
        (left, right) => left.is_integer() && right.is_decimal(),
    }
}
