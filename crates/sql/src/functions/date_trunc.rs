//! `DATE_TRUNC` whose times are microseconds: over dates and texts DataFusion's own gives nanoseconds.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, TimeUnit},
    common::{Result, plan_err},
    logical_expr::{
        ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
    },
};

pub(super) fn udf(inner: Arc<ScalarUDF>) -> ScalarUDF {
    ScalarUDF::from(DateTrunc { inner, signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct DateTrunc {
    inner: Arc<ScalarUDF>,
    signature: Signature,
}

impl ScalarUDFImpl for DateTrunc {
    fn name(&self) -> &'static str {
        "date_trunc"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        let [granularity, time] = arguments else {
            return plan_err!("DATE_TRUNC takes a granularity and a time");
        };
        let time = match time {
            DataType::Timestamp(..) => time.clone(),
            DataType::Date32
            | DataType::Date64
            | DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Null => DataType::Timestamp(TimeUnit::Microsecond, None),
            other => return plan_err!("DATE_TRUNC takes a time, not {other}"),
        };
        match granularity {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(vec![DataType::Utf8, time]),
            other => plan_err!("the granularity of DATE_TRUNC is a text, not {other}"),
        }
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arguments)
    }

    fn return_field_from_args(
        &self,
        arguments: ReturnFieldArgs<'_>,
    ) -> Result<datafusion::arrow::datatypes::FieldRef> {
        self.inner.return_field_from_args(arguments)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.inner.invoke_with_args(arguments)
    }
}
