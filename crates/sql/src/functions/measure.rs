//! `MEASURE(m)`: the aggregate that every measure fits. It is replaced before anything runs.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, FieldRef},
    common::{Result, plan_err},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, Expr, Signature, Volatility, function::AccumulatorArgs,
    },
};

const NAME: &str = "measure";

pub(super) fn udaf() -> AggregateUDF {
    AggregateUDF::from(Measure { signature: Signature::any(1, Volatility::Immutable) })
}

/// True for `MEASURE(...)`.
pub(crate) fn is_measure(expr: &Expr) -> bool {
    matches!(expr, Expr::AggregateFunction(call) if call.func.name() == NAME)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Measure {
    signature: Signature,
}

impl AggregateUDFImpl for Measure {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [one] => Ok(one.clone()),
            _ => plan_err!("MEASURE takes one measure"),
        }
    }

    // Type and nullability are the measure's own.
    fn return_field(&self, arguments: &[FieldRef]) -> Result<FieldRef> {
        match arguments {
            [one] => Ok(Arc::clone(one)),
            _ => plan_err!("MEASURE takes one measure"),
        }
    }

    fn accumulator(&self, _arguments: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        plan_err!("MEASURE is evaluated by a query over a cube or view")
    }
}
