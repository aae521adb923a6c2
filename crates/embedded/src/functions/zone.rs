//! Wall-clock times of a zone. A source keeps times in UTC; people ask in their own zone.

use std::sync::Arc;

use chrono::{DateTime, TimeZone};
use chrono_tz::Tz;
use datafusion::{
    arrow::{
        array::{AsArray, TimestampMicrosecondArray},
        datatypes::{DataType, TimeUnit, TimestampMicrosecondType},
    },
    common::{Result, ScalarValue, exec_datafusion_err},
    logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf},
};
use semantic::granularity::{millis, moment};

/// `wall_clock(utc, 'Europe/Berlin')`: what clocks in the zone show at that moment.
pub(crate) fn wall_clock() -> ScalarUDF {
    let timestamp = DataType::Timestamp(TimeUnit::Microsecond, None);
    create_udf(
        "wall_clock",
        vec![timestamp.clone(), DataType::Utf8],
        timestamp,
        Volatility::Immutable,
        Arc::new(wall_clocks),
    )
}

fn wall_clocks(args: &[ColumnarValue]) -> Result<ColumnarValue> {
    let [times, ColumnarValue::Scalar(ScalarValue::Utf8(Some(zone)))] = args else {
        return Err(exec_datafusion_err!("the zone must be a literal"));
    };
    let zone: Tz = zone.parse().map_err(|_| exec_datafusion_err!("`{zone}` is no zone"))?;
    let times = ColumnarValue::values_to_arrays(std::slice::from_ref(times))?;
    let times = times[0].as_primitive::<TimestampMicrosecondType>();
    let shown: TimestampMicrosecondArray = times.unary_opt(|at| shown_at(at, zone));
    Ok(ColumnarValue::Array(Arc::new(shown)))
}

fn shown_at(utc: i64, zone: Tz) -> Option<i64> {
    let at = DateTime::from_timestamp_micros(utc)?;
    Some(at.with_timezone(&zone).naive_local().and_utc().timestamp_micros())
}

/// The moment, in UTC, at which clocks in the zone show `wall` (both in milliseconds); the first of two.
pub(crate) fn utc_of(wall: i64, zone: Tz) -> Option<i64> {
    let local = moment(wall)?;
    let found = zone.from_local_datetime(&local).earliest();
    // In the gap of a spring night no clock shows that time: it is read as if the clocks had been moved already.
    let found = found.or_else(|| zone.from_local_datetime(&(local + chrono::TimeDelta::hours(1))).earliest());
    Some(millis(found?.naive_utc()))
}

#[cfg(test)]
mod tests {
    use super::{shown_at, utc_of};
    use chrono_tz::Europe::Berlin;
    use semantic::granularity::{iso, parse_iso};

    #[test]
    fn clocks_of_berlin() {
        for (utc, wall) in [
            ("2023-01-15T12:00:00.000", "2023-01-15T13:00:00.000"),
            ("2023-03-26T00:59:59.999", "2023-03-26T01:59:59.999"),
            ("2023-03-26T01:00:00.000", "2023-03-26T03:00:00.000"),
            ("2023-07-01T22:00:00.000", "2023-07-02T00:00:00.000"),
        ] {
            let at = parse_iso(utc).unwrap();
            assert_eq!(iso(shown_at(at * 1000, Berlin).unwrap() / 1000), wall, "{utc}");
            assert_eq!(utc_of(parse_iso(wall).unwrap(), Berlin), Some(at), "{wall}");
        }
    }

    #[test]
    fn a_time_that_no_clock_shows_is_read_an_hour_on() {
        let at = utc_of(parse_iso("2023-03-26T02:30:00.000").unwrap(), Berlin).unwrap();
        assert_eq!(iso(at), "2023-03-26T01:30:00.000");
    }
}
