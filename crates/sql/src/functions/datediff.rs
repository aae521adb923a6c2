//! `DATEDIFF(unit, from, to)`: how many starts of a unit lie between two times. Weeks start on Monday.

use std::sync::Arc;

use chrono::{DateTime, Datelike};
use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, Int64Array},
        datatypes::{DataType, TimeUnit, TimestampMicrosecondType},
    },
    common::{Result, ScalarValue, exec_datafusion_err, exec_err, plan_err},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};

pub(super) fn udf() -> ScalarUDF {
    ScalarUDF::from(DateDiff { signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct DateDiff {
    signature: Signature,
}

impl ScalarUDFImpl for DateDiff {
    fn name(&self) -> &'static str {
        "datediff"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        let [_, times @ ..] = arguments else { return plan_err!("DATEDIFF takes a unit and two times") };
        if times.len() != 2 {
            return plan_err!("DATEDIFF takes a unit and two times");
        }
        let is_time =
            |data_type: &DataType| data_type.is_temporal() || data_type.is_string() || data_type.is_null();
        if let Some(other) = times.iter().find(|data_type| !is_time(data_type)) {
            return plan_err!("DATEDIFF takes times, not {other}");
        }
        let time = DataType::Timestamp(TimeUnit::Microsecond, None);
        Ok(vec![DataType::Utf8, time.clone(), time])
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = arguments.number_rows;
        let [ColumnarValue::Scalar(ScalarValue::Utf8(Some(unit))), from, to] = arguments.args.as_slice()
        else {
            return exec_err!("the unit of DATEDIFF must be a constant");
        };
        let start = start_of(unit)?;
        let (from, to): (ArrayRef, ArrayRef) = (from.to_array(rows)?, to.to_array(rows)?);
        let times = from.as_primitive::<TimestampMicrosecondType>().iter();
        let pairs = times.zip(to.as_primitive::<TimestampMicrosecondType>());
        let between =
            pairs.map(|(from, to)| from.zip(to).map(|(from, to)| Ok(start(to)? - start(from)?)).transpose());
        Ok(ColumnarValue::Array(Arc::new(between.collect::<Result<Int64Array>>()?)))
    }
}

/// The number of the unit that a time in microseconds lies in.
type Number = fn(i64) -> Result<i64>;

fn start_of(unit: &str) -> Result<Number> {
    const SECOND: i64 = 1_000_000;
    const DAY: i64 = 86_400 * SECOND;
    // 1970-01-05 was a Monday.
    const MONDAY: i64 = 4 * DAY;
    Ok(match unit {
        "millisecond" => |at| Ok(at.div_euclid(1_000)),
        "second" => |at| Ok(at.div_euclid(SECOND)),
        "minute" => |at| Ok(at.div_euclid(60 * SECOND)),
        "hour" => |at| Ok(at.div_euclid(3_600 * SECOND)),
        "day" => |at| Ok(at.div_euclid(DAY)),
        "week" => |at| Ok(at.saturating_sub(MONDAY).div_euclid(7 * DAY)),
        "month" => months,
        "quarter" => |at| Ok(months(at)?.div_euclid(3)),
        "year" => |at| Ok(months(at)?.div_euclid(12)),
        other => return exec_err!("DATEDIFF knows no unit `{other}`"),
    })
}

fn months(at: i64) -> Result<i64> {
    let time = DateTime::from_timestamp_micros(at)
        .ok_or_else(|| exec_datafusion_err!("DATEDIFF of a time that has no calendar date"))?;
    Ok(i64::from(time.year()) * 12 + i64::from(time.month0()))
}
