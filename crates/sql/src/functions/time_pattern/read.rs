//! Times read by a pattern: the fields that a date needs, in digits.

use chrono::{NaiveDate, NaiveDateTime};

use super::pattern::{Pattern, Piece};

/// What was read so far.
#[derive(Default)]
struct Fields {
    year: i32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    micro: u32,
}

/// The time that `text` is by `pattern`; `None` where it is none.
pub(super) fn read(pattern: &Pattern, text: &str) -> Option<NaiveDateTime> {
    let mut fields = Fields { month: 1, day: 1, ..Fields::default() };
    let mut rest = text;
    for piece in pattern.pieces() {
        rest = match piece {
            Piece::Text(expected) => rest.strip_prefix(expected.as_str())?,
            Piece::Field { word, .. } => fields.take(word, rest)?,
        };
    }
    let Fields { year, month, day, hour, minute, second, micro } = fields;
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    if rest.is_empty() { date.and_hms_micro_opt(hour, minute, second, micro) } else { None }
}

/// Whether times can be read by a field.
pub(super) fn is_readable(word: &str) -> bool {
    matches!(word, "YYYY" | "MM" | "DD" | "HH24" | "MI" | "SS" | "MS" | "US")
}

impl Fields {
    /// Reads a field; what is left of the text.
    fn take<'t>(&mut self, word: &str, text: &'t str) -> Option<&'t str> {
        let most = match word {
            "YYYY" => 4,
            "US" => 6,
            "MS" => 3,
            _ => 2,
        };
        let len = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = text.split_at(len);
        let number: u32 = digits.parse().ok()?;
        // Fractions may be written with fewer digits.
        let fraction = |digits: usize| number * 10_u32.pow((digits - len) as u32);
        match word {
            "YYYY" => self.year = number.try_into().ok()?,
            "MM" => self.month = number,
            "DD" => self.day = number,
            "HH24" => self.hour = number,
            "MI" => self.minute = number,
            "SS" => self.second = number,
            "MS" => self.micro = fraction(3) * 1_000,
            "US" => self.micro = fraction(6),
            _ => return None,
        }
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::pattern::Pattern, read};

    #[test]
    fn times() {
        for (pattern, text, time) in [
            ("YYYY-MM-DD", "2024-03-07", Some("2024-03-07 00:00:00")),
            ("YYYY-MM-DD HH24:MI:SS.US", "2024-03-07 15:04:05.678901", Some("2024-03-07 15:04:05.678901")),
            ("YYYY-MM-DD HH24:MI:SS.US", "2024-03-07 15:04:05.5", Some("2024-03-07 15:04:05.500")),
            ("DD/MM/YYYY", "7/3/2024", Some("2024-03-07 00:00:00")),
            ("YYYYMM", "202403", Some("2024-03-01 00:00:00")),
            ("YYYY-MM-DD", "2024-02-30", None),
            ("YYYY-MM-DD", "2024-03-07 15:04", None),
            ("YYYY-MM-DD", "2024/03/07", None),
            ("YYYY-MM-DD", "", None),
        ] {
            let read = read(&Pattern::parse(pattern).unwrap(), text).map(|time| time.to_string());
            assert_eq!(read.as_deref(), time, "{text} by {pattern}");
        }
    }
}
