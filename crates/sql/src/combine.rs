//! Measures of groups added up to measures of coarser groups.

use datafusion::{
    arrow::datatypes::DataType,
    functions_aggregate::{
        expr_fn::{max, min, sum},
        sum::sum_udaf,
    },
    functions_window::rank::rank_udwf,
    logical_expr::{Case, Cast, Expr, ExprFunctionExt, WindowFunctionDefinition, expr::WindowFunction, lit},
};
use semantic::MeasureType;

use crate::error::Result;

/// The aggregate over `column`; `None` when values of that kind cannot be added up.
///
/// DataFusion's sum of integers and of narrow decimals wraps around. Wide decimals have room for any number of rows,
/// and the cast back to the measure's own type is checked.
pub(crate) fn call(column: Expr, kind: MeasureType, data_type: &DataType) -> Option<Expr> {
    Some(match kind {
        MeasureType::Count | MeasureType::Sum => sum(summand(column, data_type)),
        MeasureType::Min => min(column),
        MeasureType::Max => max(column),
        _ => return None,
    })
}

/// The measure's value from what [`call`] computed: counts are 0 over nothing.
pub(crate) fn value(computed: Expr, kind: MeasureType) -> Expr {
    if kind.is_count() {
        let count = Expr::Cast(Cast::new(Box::new(computed), DataType::Int64));
        // Not COALESCE, which only runs once the optimizer has rewritten it: what a road leaves to be done has no
        // optimizer behind it.
        let none = (Box::new(count.clone().is_null()), Box::new(lit(0_i64)));
        Expr::Case(Case::new(None, vec![none], Some(Box::new(count))))
    } else {
        computed
    }
}

/// The sum over all rows that are equal in `by`, beside each of them.
pub(crate) fn sum_over(column: Expr, data_type: &DataType, by: Vec<Expr>) -> Result<Expr> {
    let sum = WindowFunctionDefinition::AggregateUDF(sum_udaf());
    let sum = WindowFunction::new(sum, vec![summand(column, data_type)]);
    Ok(Expr::from(sum).partition_by(by).build()?)
}

/// The place of each row among all that are equal in `by`, beginning at 1. Nothing comes after every value, and before
/// it where the order descends, as in the store.
pub(crate) fn rank_of(column: Expr, descending: bool, by: Vec<Expr>) -> Result<Expr> {
    let rank = WindowFunctionDefinition::WindowUDF(rank_udwf());
    let rank = Expr::from(WindowFunction::new(rank, Vec::new()));
    Ok(rank.partition_by(by).order_by(vec![column.sort(!descending, descending)]).build()?)
}

fn summand(column: Expr, data_type: &DataType) -> Expr {
    match data_type {
        DataType::Int64 => wide(column, 0),
        DataType::Decimal128(_, scale) => wide(column, *scale),
        _ => column,
    }
}

fn wide(column: Expr, scale: i8) -> Expr {
    Expr::Cast(Cast::new(Box::new(column), DataType::Decimal256(76, scale)))
}
