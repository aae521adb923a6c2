//! Patterns of times as PostgreSQL reads them: words that stand for fields, text in double quotes, and signs.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, NaiveDateTime, Timelike};
use datafusion::common::{Result, exec_datafusion_err, exec_err};

/// A pattern, read.
#[derive(Debug)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Debug)]
pub(super) enum Piece {
    Text(String),
    Field { word: &'static str, field: Field, filled: bool },
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Field {
    /// A number of at least so many digits.
    Number(fn(&NaiveDateTime) -> i64, usize),
    /// A name, and the width that it is filled to.
    Name(NameOf, Case, usize),
}

type NameOf = fn(&NaiveDateTime) -> &'static str;

#[derive(Debug, Clone, Copy)]
pub(super) enum Case {
    Upper,
    Capital,
    Lower,
}

/// Longer words stand before those that they begin with.
const NUMBERS: [(&str, Field); 20] = [
    ("HH24", Field::Number(|t| t.hour().into(), 2)),
    ("HH12", Field::Number(|t| t.hour12().1.into(), 2)),
    ("HH", Field::Number(|t| t.hour12().1.into(), 2)),
    ("MI", Field::Number(|t| t.minute().into(), 2)),
    ("SS", Field::Number(|t| t.second().into(), 2)),
    ("MS", Field::Number(|t| (t.nanosecond() / 1_000_000).into(), 3)),
    ("US", Field::Number(|t| (t.nanosecond() / 1_000).into(), 6)),
    ("YYYY", Field::Number(|t| t.year().into(), 4)),
    ("YY", Field::Number(|t| t.year().rem_euclid(100).into(), 2)),
    ("IYYY", Field::Number(|t| t.iso_week().year().into(), 4)),
    ("MM", Field::Number(|t| t.month().into(), 2)),
    ("DDD", Field::Number(|t| t.ordinal().into(), 3)),
    ("DD", Field::Number(|t| t.day().into(), 2)),
    ("ID", Field::Number(|t| t.weekday().number_from_monday().into(), 1)),
    ("D", Field::Number(|t| t.weekday().number_from_sunday().into(), 1)),
    ("IW", Field::Number(|t| t.iso_week().week().into(), 2)),
    ("WW", Field::Number(|t| (t.ordinal0() / 7 + 1).into(), 2)),
    ("W", Field::Number(|t| (t.day0() / 7 + 1).into(), 1)),
    ("Q", Field::Number(|t| t.quarter().into(), 1)),
    ("CC", Field::Number(|t| ((t.year() - 1).div_euclid(100) + 1).into(), 2)),
];

const NAMES: [(&str, NameOf, usize); 6] = [
    ("MONTH", |t| MONTHS[t.month0() as usize], 9),
    ("MON", |t| &MONTHS[t.month0() as usize][..3], 3),
    ("DAY", |t| DAYS[t.weekday().num_days_from_monday() as usize], 9),
    ("DY", |t| &DAYS[t.weekday().num_days_from_monday() as usize][..3], 3),
    ("AM", half, 2),
    ("PM", half, 2),
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

fn half(time: &NaiveDateTime) -> &'static str {
    if time.hour12().0 { "Pm" } else { "Am" }
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (piece, len) = if first == '"' {
                quoted(rest, text)?
            } else {
                let bare = ["FM", "fm"].into_iter().find_map(|prefix| rest.strip_prefix(prefix));
                match word(bare.unwrap_or(rest)) {
                    Some((word, field)) => {
                        let len = word.len() + rest.len() - bare.unwrap_or(rest).len();
                        (Piece::Field { word, field, filled: bare.is_none() }, len)
                    }
                    None if first.is_ascii_alphanumeric() => return unknown(rest, text),
                    None => (Piece::Text(first.to_string()), first.len_utf8()),
                }
            };
            pieces.push(piece);
            rest = &rest[len..];
        }
        Ok(Self(pieces))
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// Whether every number has all of its digits.
    pub(super) fn is_filled(&self) -> bool {
        let bare =
            |piece: &Piece| matches!(piece, Piece::Field { field: Field::Number(..), filled: false, .. });
        !self.0.iter().any(bare)
    }

    /// The words of its fields.
    pub(super) fn words(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Field { word, .. } => Some(*word),
            Piece::Text(_) => None,
        })
    }

    /// A time in microseconds.
    pub(super) fn print(&self, micros: i64) -> Result<String> {
        let time = DateTime::from_timestamp_micros(micros)
            .ok_or_else(|| exec_datafusion_err!("TO_CHAR of a time that has no calendar date"))?
            .naive_utc();
        let mut out = String::with_capacity(self.0.len() * 4);
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Field { field, filled, .. } => field.print(&time, *filled, &mut out),
            }
        }
        Ok(out)
    }
}

impl Field {
    fn print(self, time: &NaiveDateTime, filled: bool, out: &mut String) {
        let written = match self {
            Self::Number(number, width) => {
                write!(out, "{:0width$}", number(time), width = if filled { width } else { 0 })
            }
            Self::Name(name, case, width) => {
                let name = match case {
                    Case::Upper => name(time).to_uppercase(),
                    Case::Capital => name(time).to_owned(),
                    Case::Lower => name(time).to_lowercase(),
                };
                write!(out, "{name:width$}", width = if filled { width } else { 0 })
            }
        };
        written.expect("a String takes everything");
    }
}

/// Text up to the next double quote, and the length with both.
fn quoted(rest: &str, whole: &str) -> Result<(Piece, usize)> {
    match rest[1..].split_once('"') {
        Some((text, _)) => Ok((Piece::Text(text.to_owned()), text.len() + 2)),
        None => exec_err!("a double quote is not closed in the pattern '{whole}' of a time"),
    }
}

/// The word that `rest` begins with, and its field.
fn word(rest: &str) -> Option<(&'static str, Field)> {
    let starts = |word: &str| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    // Names first: DAY begins with D.
    for (name, value, width) in NAMES {
        if starts(name)
            && let Some(case) = case(&rest[..name.len()])
        {
            return Some((name, Field::Name(value, case, width)));
        }
    }
    NUMBERS.into_iter().find(|(word, _)| starts(word))
}

fn case(word: &str) -> Option<Case> {
    let lower = |text: &str| text.chars().all(|letter| letter.is_ascii_lowercase());
    let upper = |text: &str| text.chars().all(|letter| letter.is_ascii_uppercase());
    match word.split_at(1) {
        _ if upper(word) => Some(Case::Upper),
        _ if lower(word) => Some(Case::Lower),
        (first, others) if upper(first) && lower(others) => Some(Case::Capital),
        _ => None,
    }
}

fn unknown<T>(rest: &str, whole: &str) -> Result<T> {
    let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len());
    exec_err!(
        "the pattern '{whole}' of a time has the unknown word `{}`; plain text goes in double quotes",
        &rest[..end]
    )
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn fields() {
        let time = chrono::NaiveDate::from_ymd_opt(2024, 3, 7).unwrap().and_hms_micro_opt(15, 4, 5, 678_901);
        let micros = time.unwrap().and_utc().timestamp_micros();
        for (pattern, printed) in [
            ("YYYY-MM-DD", "2024-03-07"),
            ("yyyy-mm-dd hh24:mi:ss.ms", "2024-03-07 15:04:05.678"),
            ("HH12:MI AM US", "03:04 PM 678901"),
            ("hh:mi am", "03:04 pm"),
            ("\"Q\"Q YY", "Q1 24"),
            ("Mon MON mon DD", "Mar MAR mar 07"),
            ("Month|FMMonth|MONTH|month", "March    |March|MARCH    |march    "),
            ("Day|FMDAY|dy", "Thursday |THURSDAY|thu"),
            ("FMMM/FMDD/FMHH12", "3/7/3"),
            ("IYYY-\"W\"IW-ID D", "2024-W10-4 5"),
            ("DDD WW W CC", "067 10 1 21"),
            ("YYYY-MM-DD\"T\"HH24:MI", "2024-03-07T15:04"),
            ("日 YYYY年", "日 2024年"),
            ("", ""),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().print(micros).unwrap(), printed, "{pattern}");
        }
    }

    #[test]
    fn what_is_not_known_is_named() {
        for (pattern, word) in [
            ("YYYY-MM-DDTHH24", "`THH24`"),
            ("%Y-%m", "`Y`"),
            ("YYYY \"x", "quote"),
            ("Julian J", "`Julian`"),
        ] {
            let error = Pattern::parse(pattern).unwrap_err().to_string();
            assert!(error.contains(word), "{pattern}: {error}");
        }
    }
}
