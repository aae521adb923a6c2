//! `TO_TIMESTAMP(text, pattern)` and `TO_DATE(text, pattern)` with PostgreSQL's patterns. Without a pattern they are
//! casts.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, TimestampMicrosecondArray},
        compute::{CastOptions, cast_with_options},
        datatypes::{DataType, TimeUnit},
    },
    common::{Result, ScalarValue, exec_datafusion_err, exec_err, plan_err},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};

use super::{pattern::Pattern, read};

const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

pub(in crate::functions) fn udfs() -> [ScalarUDF; 2] {
    [("to_timestamp", TIMESTAMP), ("to_date", DataType::Date32)].map(|(name, data_type)| {
        ScalarUDF::from(ToTime { name, data_type, signature: Signature::user_defined(Volatility::Immutable) })
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ToTime {
    name: &'static str,
    data_type: DataType,
    signature: Signature,
}

impl ScalarUDFImpl for ToTime {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        let name = self.name.to_uppercase();
        match arguments {
            [time] if time.is_temporal() || time.is_null() => Ok(vec![TIMESTAMP]),
            [text] if text.is_string() => Ok(vec![DataType::Utf8]),
            [text, pattern] if [text, pattern].iter().all(|t| t.is_string() || t.is_null()) => {
                Ok(vec![DataType::Utf8; 2])
            }
            [_] | [_, _] => plan_err!("{name} takes a text, and perhaps a pattern"),
            _ => plan_err!("{name} takes one text and one pattern"),
        }
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(self.data_type.clone())
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = arguments.number_rows;
        let times = match arguments.args.as_slice() {
            [time] => time.to_array(rows)?,
            [text, ColumnarValue::Scalar(ScalarValue::Utf8(Some(pattern)))] => {
                let times = self.read(&text.to_array(rows)?, pattern)?;
                Arc::new(times) as ArrayRef
            }
            [_, ColumnarValue::Scalar(ScalarValue::Utf8(None))] => {
                return Ok(ColumnarValue::Scalar(ScalarValue::try_from(&self.data_type)?));
            }
            _ => return exec_err!("the pattern of {} must be a constant", self.name.to_uppercase()),
        };
        // What does not parse is an error, not a NULL.
        let options = CastOptions { safe: false, ..CastOptions::default() };
        Ok(ColumnarValue::Array(cast_with_options(&times, &self.data_type, &options)?))
    }
}

impl ToTime {
    fn read(&self, texts: &ArrayRef, pattern: &str) -> Result<TimestampMicrosecondArray> {
        let name = self.name.to_uppercase();
        let read_by = Pattern::parse(pattern)?;
        if let Some(word) = read_by.words().find(|word| !read::is_readable(word)) {
            return exec_err!("{name} cannot read `{word}`, which the pattern '{pattern}' has");
        }
        let time = |text: &str| {
            let time = read::read(&read_by, text).map(|time| time.and_utc().timestamp_micros());
            time.ok_or_else(|| exec_datafusion_err!("{name}: '{text}' is no time by the pattern '{pattern}'"))
        };
        texts.as_string::<i32>().iter().map(|text| text.map(time).transpose()).collect()
    }
}
