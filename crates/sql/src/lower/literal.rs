//! Literals of a plan as values of a filter.

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;
use datafusion::{common::ScalarValue, logical_expr::Expr};
use semantic::{Value, granularity::millis};

/// The literal that an expression is; NULL is none.
pub(super) fn of(expr: &Expr) -> Option<&ScalarValue> {
    match expr {
        Expr::Literal(value, _) if !value.is_null() => Some(value),
        Expr::Alias(alias) => of(&alias.expr),
        _ => None,
    }
}

/// A boolean, number or text.
pub(super) fn value(literal: &ScalarValue) -> Option<Value> {
    Some(match literal {
        ScalarValue::Boolean(Some(truth)) => Value::Bool(*truth),
        ScalarValue::Int8(Some(n)) => Value::Int((*n).into()),
        ScalarValue::Int16(Some(n)) => Value::Int((*n).into()),
        ScalarValue::Int32(Some(n)) => Value::Int((*n).into()),
        ScalarValue::Int64(Some(n)) => Value::Int(*n),
        ScalarValue::UInt8(Some(n)) => Value::Int((*n).into()),
        ScalarValue::UInt16(Some(n)) => Value::Int((*n).into()),
        ScalarValue::UInt32(Some(n)) => Value::Int((*n).into()),
        ScalarValue::UInt64(Some(n)) => Value::Int((*n).try_into().ok()?),
        ScalarValue::Float32(Some(x)) => Value::Float((*x).into()),
        ScalarValue::Float64(Some(x)) => Value::Float(*x),
        ScalarValue::Decimal128(Some(unscaled), _, scale) => decimal(*unscaled, *scale)?,
        _ => Value::Text(literal.try_as_str()??.into()),
    })
}

/// The shortest form of a decimal, so that equal values look equal.
fn decimal(mut unscaled: i128, mut scale: i8) -> Option<Value> {
    while scale > 0 && unscaled % 10 == 0 {
        unscaled /= 10;
        scale -= 1;
    }
    match scale {
        0 => Some(i64::try_from(unscaled).map_or(Value::Decimal { unscaled, scale }, Value::Int)),
        1.. => Some(Value::Decimal { unscaled, scale }),
        _ => None,
    }
}

/// A time as wall-clock milliseconds of `zone`. The outer `None`: no time; the inner one: finer than milliseconds.
#[expect(clippy::option_option, reason = "the two absences are told apart above")]
pub(super) fn moment(literal: &ScalarValue, zone: Tz) -> Option<Option<i64>> {
    let (number, per_milli, per_unit, tz) = match literal {
        ScalarValue::Date32(Some(days)) => return Some(i64::from(*days).checked_mul(86_400_000)),
        ScalarValue::Date64(Some(at)) => return Some(Some(*at)),
        ScalarValue::TimestampSecond(Some(at), tz) => (*at, 1, 1_000, tz),
        ScalarValue::TimestampMillisecond(Some(at), tz) => (*at, 1, 1, tz),
        ScalarValue::TimestampMicrosecond(Some(at), tz) => (*at, 1_000, 1, tz),
        ScalarValue::TimestampNanosecond(Some(at), tz) => (*at, 1_000_000, 1, tz),
        _ => return None,
    };
    let exact = (number % per_milli == 0).then(|| (number / per_milli).checked_mul(per_unit)).flatten();
    Some(exact.and_then(|at| if tz.is_some() { wall_clock(at, zone) } else { Some(at) }))
}

/// The wall clock that `zone` shows at an instant.
fn wall_clock(instant: i64, zone: Tz) -> Option<i64> {
    let utc = DateTime::from_timestamp_millis(instant)?.naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc).fix();
    Some(millis(utc + offset))
}
