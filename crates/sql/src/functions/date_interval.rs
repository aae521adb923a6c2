//! A date and an interval of hours make a time, as in PostgreSQL. DataFusion would keep a date and drop the hours.

use datafusion::{
    arrow::datatypes::{DataType, TimeUnit},
    common::{DFSchema, Result, ScalarValue},
    logical_expr::{
        Cast, Expr, ExprSchemable,
        planner::{ExprPlanner, PlannerResult, RawBinaryExpr},
    },
    sql::sqlparser::ast::BinaryOperator,
};

/// Plans `date + interval` and `date - interval`.
#[derive(Debug)]
pub(super) struct DateIntervals;

impl ExprPlanner for DateIntervals {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let RawBinaryExpr { op, left, right } = expr;
        // An operand of no known type, such as a parameter, is no date yet.
        let is_date = |expr: &Expr| expr.get_type(schema).is_ok_and(|found| found == DataType::Date32);
        let (left, right) = match op {
            BinaryOperator::Plus | BinaryOperator::Minus if has_hours(&right) && is_date(&left) => {
                (moment(left), right)
            }
            BinaryOperator::Plus if has_hours(&left) && is_date(&right) => (left, moment(right)),
            _ => (left, right),
        };
        Ok(PlannerResult::Original(RawBinaryExpr { op, left, right }))
    }
}

fn moment(date: Expr) -> Expr {
    Expr::Cast(Cast::new(Box::new(date), DataType::Timestamp(TimeUnit::Microsecond, None)))
}

/// True for an interval with a part that is no whole day.
fn has_hours(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), _) => interval.nanoseconds != 0,
        Expr::Literal(ScalarValue::IntervalDayTime(Some(interval)), _) => interval.milliseconds != 0,
        Expr::Negative(inner) => has_hours(inner),
        _ => false,
    }
}
