//! Times as the store knows them: microseconds without a zone.

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime};
use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, Datum, TimestampMicrosecondArray},
        compute::{cast, kernels::numeric},
        datatypes::{DataType, IntervalUnit, TimeUnit, TimestampMicrosecondType},
        error::ArrowError,
    },
    common::{Result, exec_datafusion_err},
    logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf},
};

const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);
const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

/// `to_timestamp('2024-01-31T00:00:00.000')`; a date alone is none.
pub(crate) fn to_timestamp() -> ScalarUDF {
    function("to_timestamp", vec![DataType::Utf8], |args| {
        let parsed = args[0].as_string::<i32>().iter().map(|text| text.map(parse).transpose());
        Ok(Arc::new(parsed.collect::<Result<TimestampMicrosecondArray>>()?))
    })
}

/// `convert_tz(time, '+05:30')`: the time, shifted.
pub(crate) fn convert_tz() -> ScalarUDF {
    function("convert_tz", vec![TIMESTAMP, DataType::Utf8], |args| {
        let times = args[0].as_primitive::<TimestampMicrosecondType>().iter();
        let shifted = times.zip(args[1].as_string::<i32>()).map(|pair| match pair {
            (Some(time), Some(zone)) => shifted(time, zone).map(Some),
            _ => Ok(None),
        });
        Ok(Arc::new(shifted.collect::<Result<TimestampMicrosecondArray>>()?))
    })
}

/// `date_add(time, INTERVAL '1 MONTH')`.
pub(crate) fn date_add() -> ScalarUDF {
    function("date_add", vec![TIMESTAMP, INTERVAL], |args| by_interval(numeric::add, args))
}

/// `date_sub(time, INTERVAL '1 MONTH')`.
pub(crate) fn date_sub() -> ScalarUDF {
    function("date_sub", vec![TIMESTAMP, INTERVAL], |args| by_interval(numeric::sub, args))
}

fn function(
    name: &str,
    inputs: Vec<DataType>,
    compute: impl Fn(&[ArrayRef]) -> Result<ArrayRef> + Send + Sync + 'static,
) -> ScalarUDF {
    let run = move |args: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(args)?;
        Ok(ColumnarValue::Array(compute(&arrays)?))
    };
    create_udf(name, inputs, TIMESTAMP, Volatility::Immutable, Arc::new(run))
}

fn parse(text: &str) -> Result<i64> {
    let with_zone = DateTime::parse_from_rfc3339(text).map(|at| at.naive_utc());
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
    let naive = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let at = with_zone.ok().or(naive);
    at.map(|at| at.and_utc().timestamp_micros())
        .ok_or_else(|| exec_datafusion_err!("Error parsing '{text}' as timestamp"))
}

/// Seconds of `+05:30`. Names of zones are not known.
fn offset(zone: &str) -> Option<i64> {
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let is_number = |part: &&str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let two_digits = |part| Some(part).filter(is_number)?.parse::<i64>().ok();
    let seconds = two_digits(hours)? * 3600 + two_digits(minutes)? * 60;
    match zone.as_bytes().first()? {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

fn shifted(time: i64, zone: &str) -> Result<i64> {
    let seconds = offset(zone).ok_or_else(|| exec_datafusion_err!("Can't parse timezone '{zone}'"))?;
    let shifted = time.checked_add(seconds * 1_000_000);
    shifted.ok_or_else(|| exec_datafusion_err!("no time is so far away"))
}

type Kernel = fn(&dyn Datum, &dyn Datum) -> Result<ArrayRef, ArrowError>;

fn by_interval(kernel: Kernel, args: &[ArrayRef]) -> Result<ArrayRef> {
    Ok(cast(&kernel(&args[0], &args[1])?, &TIMESTAMP)?)
}
