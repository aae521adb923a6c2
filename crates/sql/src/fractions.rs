//! Fractions beside exact numbers. A fraction in a statement is read as floating point, which the engine would round
//! once more to compare it with a decimal: what was written is put there instead.

use std::ops::ControlFlow;

use datafusion::{
    arrow::datatypes::DataType,
    common::{DFSchema, ScalarValue, tree_node::Transformed},
    logical_expr::{
        Between, BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, expr::InList, utils::merge_schema,
    },
    sql::sqlparser::ast::{Query, Value, ValueWithSpan, Visit, Visitor},
};

use crate::{
    error::{PlanError, Result},
    rewrite::expressions,
};

/// Floating point keeps every number of so many digits apart, and no more.
const KEPT_DIGITS: usize = 15;

/// Refuses numbers of which floating point, as which they are about to be read, loses digits.
pub(crate) fn check(query: &Query) -> Result<()> {
    match query.visit(&mut Numbers) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Numbers;

impl Visitor for Numbers {
    type Break = PlanError;

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<PlanError> {
        match &value.value {
            Value::Number(text, _) if loses_digits(text) => {
                ControlFlow::Break(PlanError::Fraction(text.clone()))
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

fn loses_digits(text: &str) -> bool {
    // Most numbers are short. Whole ones are read as such while they fit.
    if text.len() <= KEPT_DIGITS || text.parse::<u64>().is_ok() {
        return false;
    }
    let mantissa = |text: &str| {
        let digits = text.split(['e', 'E']).next().unwrap_or_default().replace('.', "");
        digits.trim_matches('0').to_owned()
    };
    text.parse::<f64>().is_ok_and(|read| mantissa(text) != mantissa(&format!("{read:e}")))
}

/// The plan with decimals where fractions are compared with decimals or whole numbers.
pub(crate) fn exact(plan: LogicalPlan) -> Result<LogicalPlan> {
    let exact = plan.transform_up_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        expressions(node, &mut |expr| Ok(comparison(expr, &schema)))
    })?;
    Ok(exact.data)
}

fn comparison(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    let beside = |sides: &[&Expr]| sides.iter().any(|side| is_exact(side, schema));
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if compares(op) && beside(&[&left, &right]) => {
            let (left, right) = (decimal(*left), decimal(*right));
            Transformed::yes(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right))))
        }
        Expr::Between(Between { expr, negated, low, high }) if beside(&[&expr]) => {
            let (low, high) = (decimal(*low), decimal(*high));
            Transformed::yes(Expr::Between(Between::new(expr, negated, Box::new(low), Box::new(high))))
        }
        Expr::InList(InList { expr, list, negated }) if beside(&[&expr]) => {
            let list = list.into_iter().map(decimal).collect();
            Transformed::yes(Expr::InList(InList::new(expr, list, negated)))
        }
        other => Transformed::no(other),
    }
}

pub(crate) fn compares(op: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}

// What has no type yet is refused by the analyzer, in its own words.
fn is_exact(expr: &Expr, schema: &DFSchema) -> bool {
    let exact = |data_type: DataType| data_type.is_decimal() || data_type.is_integer();
    !matches!(expr, Expr::Literal(..)) && expr.get_type(schema).is_ok_and(exact)
}

/// A fraction as the decimal that it was written as; everything else as it is. Its shortest digits are those that were
/// written, see [`check`], or all that a parameter is known by.
fn decimal(expr: Expr) -> Expr {
    let Expr::Literal(ScalarValue::Float64(Some(number)), metadata) = &expr else { return expr };
    if !number.is_finite() {
        return expr;
    }
    let text = number.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{whole}{fraction}");
    // More than 38 digits are beyond every decimal and every fraction of one.
    let value = digits.parse::<i128>().ok().zip(i8::try_from(fraction.len()).ok());
    let length = digits.trim_start_matches('-').len();
    let precision = u8::try_from(length).ok().filter(|precision| *precision <= 38);
    match value.zip(precision) {
        Some(((value, scale), precision)) => {
            Expr::Literal(ScalarValue::Decimal128(Some(value), precision, scale), metadata.clone())
        }
        None => expr,
    }
}
