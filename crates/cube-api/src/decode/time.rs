//! Times as Cube writes them: `YYYY-MM-DDTHH:MM:SS.mmm`, the wall clock of the query's zone.

use chrono::NaiveDate;

use crate::error::Misfit;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Microseconds since 1970. The fraction and a closing `Z` may be absent; a date alone is its midnight.
pub(super) fn timestamp(text: &str) -> Result<i64, Misfit> {
    let bytes = text.as_bytes();
    let days = days(bytes).ok_or(Misfit::Unreadable)?;
    let time = match bytes.get(10..) {
        None | Some([]) => 0,
        Some([b'T' | b' ', rest @ ..]) => time_of_day(rest)?,
        Some(_) => return Err(Misfit::Unreadable),
    };
    Ok(days * MICROS_PER_DAY + time)
}

/// Days since 1970.
pub(super) fn date(text: &str) -> Result<i32, Misfit> {
    let at = timestamp(text)?;
    if at % MICROS_PER_DAY != 0 {
        return Err(Misfit::TimeOfDay);
    }
    i32::try_from(at / MICROS_PER_DAY).map_err(|_| Misfit::OutOfRange)
}

fn days(text: &[u8]) -> Option<i64> {
    let year = i32::try_from(digits(text.get(..4)?)?).ok()?;
    let month = u32::try_from(digits(text.get(5..7)?)?).ok()?;
    let day = u32::try_from(digits(text.get(8..10)?)?).ok()?;
    let is_separated = text[4] == b'-' && text[7] == b'-';
    let date = NaiveDate::from_ymd_opt(year, month, day).filter(|_| is_separated)?;
    Some(date.to_epoch_days().into())
}

fn time_of_day(text: &[u8]) -> Result<i64, Misfit> {
    let text = text.strip_suffix(b"Z").unwrap_or(text);
    let (clock, fraction) = text.split_at_checked(8).ok_or(Misfit::Unreadable)?;
    let [h1, h2, b':', m1, m2, b':', s1, s2] = clock else { return Err(Misfit::Unreadable) };
    let pair = |a: &u8, b: &u8, below| digits(&[*a, *b]).filter(|value| *value < below);
    let read = || Some((pair(h1, h2, 24)?, pair(m1, m2, 60)?, pair(s1, s2, 60)?));
    let (hours, minutes, seconds) = read().ok_or(Misfit::Unreadable)?;
    Ok(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros(fraction)?)
}

fn micros(fraction: &[u8]) -> Result<i64, Misfit> {
    let fraction = match fraction {
        [] => return Ok(0),
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => digits,
        _ => return Err(Misfit::Unreadable),
    };
    let value = digits(fraction).ok_or(Misfit::Unreadable)?;
    let nanos = value * 10_i64.pow(9 - fraction.len() as u32);
    if nanos % 1_000 == 0 { Ok(nanos / 1_000) } else { Err(Misfit::TooFine) }
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |value, b| b.is_ascii_digit().then(|| value * 10 + i64::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::{date, timestamp};
    use crate::error::Misfit::{TimeOfDay, TooFine, Unreadable};

    #[test]
    fn times() {
        for (text, expected) in [
            ("1970-01-01T00:00:00.000", Ok(0)),
            ("1969-12-31T23:59:59.999", Ok(-1_000)),
            ("2024-02-29T05:25:55.123", Ok(1_709_184_355_123_000)),
            ("2024-02-29T05:25:55.123Z", Ok(1_709_184_355_123_000)),
            ("2024-02-29T05:25:55.123456", Ok(1_709_184_355_123_456)),
            ("2024-02-29T05:25:55.123456000", Ok(1_709_184_355_123_456)),
            ("2024-02-29 05:25:55", Ok(1_709_184_355_000_000)),
            ("2024-02-29", Ok(1_709_164_800_000_000)),
            ("0001-01-01T00:00:00.000", Ok(-62_135_596_800_000_000)),
            ("9999-12-31T23:59:59.999", Ok(253_402_300_799_999_000)),
            ("2024-02-29T05:25:55.1234567", Err(TooFine)),
            ("2023-02-29T00:00:00.000", Err(Unreadable)),
            ("2024-02-29T24:00:00.000", Err(Unreadable)),
            ("2024-02-29T05:25", Err(Unreadable)),
            ("2024-02-29T05:25:55.", Err(Unreadable)),
            ("2024-02-29T05:25:55+02:00", Err(Unreadable)),
            ("2024-02-29x", Err(Unreadable)),
            ("2024/02/29", Err(Unreadable)),
            ("10000-01-01T00:00:00.000", Err(Unreadable)),
            ("Invalid date", Err(Unreadable)),
            ("２０２４-02-29", Err(Unreadable)),
            ("", Err(Unreadable)),
        ] {
            assert_eq!(timestamp(text), expected, "{text}");
        }
    }

    #[test]
    fn dates_are_whole_days() {
        assert_eq!(date("1970-01-02T00:00:00.000"), Ok(1));
        assert_eq!(date("1969-12-31"), Ok(-1));
        assert_eq!(date("1970-01-02T00:00:00.001"), Err(TimeOfDay));
    }
}
