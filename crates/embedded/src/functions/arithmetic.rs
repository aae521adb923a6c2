//! Division as the store does it: a zero below the line is an error, for floating point numbers too.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{AsArray, Float64Array},
        datatypes::{DataType, Float64Type},
        error::ArrowError,
    },
    common::Result,
    logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf},
};

/// `divide(float, float)`.
pub(crate) fn divide() -> ScalarUDF {
    let both = vec![DataType::Float64, DataType::Float64];
    create_udf("divide", both, DataType::Float64, Volatility::Immutable, Arc::new(divided))
}

fn divided(args: &[ColumnarValue]) -> Result<ColumnarValue> {
    let sides = ColumnarValue::values_to_arrays(args)?;
    let [left, right] = [&sides[0], &sides[1]].map(AsArray::as_primitive::<Float64Type>);
    let quotient = |(left, right): (Option<f64>, Option<f64>)| match (left, right) {
        (Some(_), Some(0.0)) => Err(ArrowError::DivideByZero),
        (left, right) => Ok(left.zip(right).map(|(left, right)| left / right)),
    };
    let quotients: Result<Float64Array, _> = left.iter().zip(right).map(quotient).collect();
    Ok(ColumnarValue::Array(Arc::new(quotients?)))
}
