//! Aggregate calls over a semantic table: which measure each one means.

use datafusion::{
    arrow::datatypes::DataType,
    logical_expr::{Expr, expr::AggregateFunction},
};
use semantic::{Column, ColumnKind, MeasureType, MemberName, Table, Value};

use super::{keys::measure_in, literal};
use crate::error::{PlanError, Result};

/// What an aggregate call means.
pub(super) enum Call {
    /// A measure of the model.
    Measure(MemberName, MeasureType),
    /// A measure over the groups that pass a predicate.
    Filtered(MemberName, MeasureType, Box<Expr>),
    /// MIN, MAX or COUNT(DISTINCT) over an expression of dimensions.
    Dimension(Box<AggregateFunction>),
}

impl Call {
    /// The measure, if it is one.
    pub(super) fn measure(&self) -> Option<(&MemberName, MeasureType)> {
        match self {
            Self::Measure(measure, kind) | Self::Filtered(measure, kind, _) => Some((measure, *kind)),
            Self::Dimension(_) => None,
        }
    }
}

/// Reads a call whose arguments are expressions over the table's own columns.
pub(super) fn read(mut call: AggregateFunction, table: &Table) -> Result<Call> {
    let Some(predicate) = call.params.filter.take() else { return unfiltered(call, table) };
    if let Some(measure) = measure_in(&predicate, table) {
        return Err(PlanError::MeasureInWhere(measure));
    }
    Ok(match unfiltered(call, table)? {
        Call::Measure(measure, kind) => Call::Filtered(measure, kind, predicate),
        Call::Dimension(mut call) => {
            call.params.filter = Some(predicate);
            Call::Dimension(call)
        }
        filtered @ Call::Filtered(..) => filtered,
    })
}

fn unfiltered(call: AggregateFunction, table: &Table) -> Result<Call> {
    let name = call.func.name().to_owned();
    let [argument] = call.params.args.as_slice() else {
        return Err(PlanError::Unsupported(format!("{} here", shown(&call))));
    };
    if let Some(column) = measure_column(argument, table) {
        return fitting(&call, column);
    }
    if let Some(measure) = measure_in(argument, table) {
        return Err(PlanError::MeasureLeft(format!("{} over an expression of `{measure}`", shown(&call))));
    }
    if name == "measure" {
        return Err(PlanError::NotAMeasure(argument.to_string()));
    }
    if is_row_count(&call, argument) {
        let count = row_count(table)?;
        return Ok(Call::Measure(count.member.clone(), MeasureType::Count));
    }
    match (name.as_str(), call.params.distinct) {
        ("min" | "max", _) | ("count", true) => Ok(Call::Dimension(Box::new(call))),
        _ => Err(PlanError::DimensionAggregate { function: shown(&call), dimension: argument.to_string() }),
    }
}

/// The measure that an argument is, through casts between numbers: tools write SUM(CAST(m AS DECIMAL)).
fn measure_column<'t>(argument: &Expr, table: &'t Table) -> Option<&'t Column> {
    match argument {
        Expr::Column(column) => table.column(&column.name).filter(|column| column.is_measure()),
        Expr::Cast(cast) if cast.field.data_type().is_numeric() => measure_column(&cast.expr, table),
        _ => None,
    }
}

fn fitting(call: &AggregateFunction, column: &Column) -> Result<Call> {
    use MeasureType::{
        Avg, Boolean, Count, CountDistinct, CountDistinctApprox, Max, Min, Number, NumberAgg, String, Sum,
        Time,
    };
    let ColumnKind::Measure(kind) = column.kind else {
        return Err(PlanError::NotAMeasure(column.member.to_string()));
    };
    let fits = match (call.func.name(), call.params.distinct) {
        ("measure", false) => true,
        ("count", false) => matches!(kind, Count | Number | NumberAgg),
        ("count", true) => matches!(kind, CountDistinct | CountDistinctApprox | Number | NumberAgg),
        ("approx_distinct", false) => kind == CountDistinctApprox,
        ("sum", false) => matches!(kind, Sum | Count | Number | NumberAgg),
        ("avg", false) => matches!(kind, Avg | Number | NumberAgg),
        ("min", _) => matches!(kind, Min | Number | NumberAgg | String | Time | Boolean),
        ("max", _) => matches!(kind, Max | Number | NumberAgg | String | Time | Boolean),
        _ => false,
    };
    let (function, measure) = (shown(call), column.member.clone());
    if fits {
        Ok(Call::Measure(measure, kind))
    } else {
        Err(PlanError::Misfit { function, measure, kind: kind.name() })
    }
}

/// COUNT(*), COUNT(1), SUM(1).
fn is_row_count(call: &AggregateFunction, argument: &Expr) -> bool {
    let Some(value) = literal::of(argument) else { return false };
    match (call.func.name(), call.params.distinct) {
        ("count", false) => true,
        ("sum", false) => {
            value.data_type() != DataType::Boolean && literal::value(value) == Some(Value::Int(1))
        }
        _ => false,
    }
}

/// The measure that COUNT(*) means.
pub(super) fn row_count(table: &Table) -> Result<&Column> {
    if table.is_repeated() {
        return Err(PlanError::RowsOfJoin(table.name.to_string()));
    }
    let count = table.column("count").filter(|column| column.kind == ColumnKind::Measure(MeasureType::Count));
    count.ok_or_else(|| PlanError::NoCount(table.name.to_string()))
}

fn shown(call: &AggregateFunction) -> String {
    let name = call.func.name().to_uppercase();
    if call.params.distinct { format!("{name}(DISTINCT)") } else { name }
}
