//! Parameters: their announced types, and values put in their place.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema, SchemaRef},
    common::{
        DataFusionError, ParamValues, ScalarValue,
        datatype::DataTypeExt,
        tree_node::{Transformed, TreeNode},
    },
    logical_expr::{Cast, Expr, LogicalPlan, expr::Placeholder},
};
use semantic::ArrowType;

use crate::error::{PlanError, Result};

/// A parameter that is cast is of the type that it is cast to. One whose type nothing says is a text; a LIMIT counts.
pub(crate) fn with_types(plan: LogicalPlan) -> Result<LogicalPlan> {
    let typed = plan.transform_up_with_subqueries(|node| {
        let schema = node.schema().clone();
        let unsaid = if matches!(node, LogicalPlan::Limit(_)) { DataType::Int64 } else { DataType::Utf8 };
        node.map_expressions(|expr| {
            let (expr, _) = expr.infer_placeholder_types(&schema)?;
            expr.transform_down(cast_to)?.transform_data(|expr| {
                expr.transform_up(|expr| match expr {
                    Expr::Placeholder(Placeholder { id, field: None }) => {
                        let field = Some(unsaid.clone().into_nullable_field_ref());
                        Ok(Transformed::yes(Expr::Placeholder(Placeholder { id, field })))
                    }
                    other => Ok(Transformed::no(other)),
                })
            })
        })
    })?;
    Ok(typed.data)
}

fn cast_to(expr: Expr) -> datafusion::common::Result<Transformed<Expr>> {
    let Expr::Cast(Cast { expr: inner, field }) = expr else { return Ok(Transformed::no(expr)) };
    let Expr::Placeholder(Placeholder { id, field: None }) = *inner else {
        return Ok(Transformed::no(Expr::Cast(Cast { expr: inner, field })));
    };
    let data_type = match field.data_type() {
        DataType::Timestamp(_, None) => DataType::from(ArrowType::Timestamp),
        other => other.clone(),
    };
    let known = Some(data_type.into_nullable_field_ref());
    let inner = Box::new(Expr::Placeholder(Placeholder { id, field: known }));
    Ok(Transformed::yes(Expr::Cast(Cast { expr: inner, field })))
}

/// One nullable field per parameter, in order, named `$1`, `$2`, ….
pub(crate) fn parameters(plan: &LogicalPlan) -> Result<SchemaRef> {
    let found = plan.get_parameter_fields()?;
    let mut fields = Vec::with_capacity(found.len());
    for position in 1..=found.len() {
        let name = format!("${position}");
        let field = found.get(&name).ok_or_else(|| PlanError::Parameter {
            position,
            message: "parameters are `?`, or `$1`, `$2`, … without gaps".to_owned(),
        })?;
        let data_type = field.as_ref().map_or(DataType::Utf8, |field| field.data_type().clone());
        fields.push(Field::new(name, data_type, true));
    }
    Ok(Arc::new(Schema::new(fields)))
}

/// The plan with values in place of its parameters.
pub(crate) fn bind(plan: LogicalPlan, parameters: &Schema, values: &[ScalarValue]) -> Result<LogicalPlan> {
    let (expected, given) = (parameters.fields().len(), values.len());
    if expected != given {
        return Err(PlanError::Parameters { expected, given });
    }
    if expected == 0 {
        return Ok(plan);
    }
    let values: Result<Vec<ScalarValue>> = parameters
        .fields()
        .iter()
        .zip(values)
        .enumerate()
        .map(|(position, (field, value))| fitted(position + 1, field.data_type(), value))
        .collect();
    let values =
        values?.into_iter().map(|value| datafusion::common::metadata::ScalarAndMetadata::new(value, None));
    Ok(plan.replace_params_with_values(&ParamValues::List(values.collect()))?)
}

/// The value in the announced type, when that loses nothing; a number keeps its own type rather than its digits, and
/// a time rather than its hours.
fn fitted(position: usize, announced: &DataType, value: &ScalarValue) -> Result<ScalarValue> {
    let own = value.data_type();
    if own == *announced {
        return Ok(value.clone());
    }
    let cast = value.cast_to(announced);
    let refused = |error: DataFusionError| {
        let message = format!("{own} is not {announced}: {}", error.strip_backtrace());
        PlanError::Parameter { position, message }
    };
    let alike = own.is_numeric() && announced.is_numeric() || own.is_temporal() && announced.is_temporal();
    if !alike {
        return cast.map_err(refused);
    }
    let same = |cast: &ScalarValue| cast.cast_to(&own).is_ok_and(|back| back == *value);
    Ok(cast.ok().filter(same).unwrap_or_else(|| value.clone()))
}
