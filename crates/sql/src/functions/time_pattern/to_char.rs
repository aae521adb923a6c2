//! `TO_CHAR(time, pattern)`.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, AsArray, StringBuilder},
        datatypes::{DataType, Field, FieldRef, TimeUnit, TimestampMicrosecondType},
    },
    common::{Result, ScalarValue, exec_err, plan_err},
    logical_expr::{
        ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
    },
};

use super::pattern::Pattern;

pub(super) fn udf() -> ScalarUDF {
    ScalarUDF::from(ToChar { signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ToChar {
    signature: Signature,
}

impl ScalarUDFImpl for ToChar {
    fn name(&self) -> &'static str {
        "to_char"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        let [time, pattern] = arguments else { return plan_err!("TO_CHAR takes a time and a pattern") };
        if !matches!(time, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 | DataType::Null) {
            return plan_err!("TO_CHAR takes a time, not {time}; write CAST(… AS VARCHAR) for other types");
        }
        if !(pattern.is_string() || pattern.is_null()) {
            return plan_err!("the pattern of TO_CHAR is a text, not {pattern}");
        }
        Ok(vec![DataType::Timestamp(TimeUnit::Microsecond, None), DataType::Utf8])
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        // What is wrong with a pattern is told before anything runs.
        if let Some(Some(ScalarValue::Utf8(Some(pattern)))) = arguments.scalar_arguments.get(1) {
            Pattern::parse(pattern)?;
        }
        Ok(Arc::new(Field::new(self.name(), DataType::Utf8, true)))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [time, ColumnarValue::Scalar(ScalarValue::Utf8(pattern))] = arguments.args.as_slice() else {
            return exec_err!("the pattern of TO_CHAR must be a constant");
        };
        let Some(pattern) = pattern else { return Ok(ColumnarValue::Scalar(ScalarValue::Utf8(None))) };
        let pattern = Pattern::parse(pattern)?;
        match time {
            ColumnarValue::Scalar(ScalarValue::TimestampMicrosecond(time, _)) => {
                let text = time.map(|micros| pattern.print(micros)).transpose()?;
                Ok(ColumnarValue::Scalar(ScalarValue::Utf8(text)))
            }
            time => printed(&pattern, time.to_array(arguments.number_rows)?.as_ref()),
        }
    }
}

fn printed(pattern: &Pattern, times: &dyn Array) -> Result<ColumnarValue> {
    let mut texts = StringBuilder::with_capacity(times.len(), times.len() * 10);
    for time in times.as_primitive::<TimestampMicrosecondType>() {
        texts.append_option(time.map(|micros| pattern.print(micros)).transpose()?);
    }
    Ok(ColumnarValue::Array(Arc::new(texts.finish())))
}
