//! `dateRange`: a pair of dates, or words such as `last 7 days`, on the clock of the query's zone.

use chrono::{NaiveDate, NaiveDateTime};
use serde_json::Value;

use super::AskError;
use crate::granularity::{Granularity, iso, millis, parse_iso};

const DAY: i64 = 86_400_000;

/// First and last millisecond inside.
pub(super) fn read(range: &Value, now: NaiveDateTime) -> Result<[String; 2], AskError> {
    let unreadable = || AskError::Date(range.to_string());
    match range {
        Value::String(words) => {
            let [from, behind] = said(words, now).ok_or_else(|| AskError::Date(words.clone()))?;
            Ok([iso(from), iso(behind - 1)])
        }
        Value::Array(bounds) => {
            let texts: Option<Vec<_>> = bounds.iter().map(Value::as_str).collect();
            match texts.as_deref() {
                Some([day]) => Ok([first(day)?, last(day)?]),
                Some([from, to]) => Ok([first(from)?, last(to)?]),
                _ => Err(unreadable()),
            }
        }
        _ => Err(unreadable()),
    }
}

fn first(text: &str) -> Result<String, AskError> {
    moment(text).map(iso).ok_or_else(|| AskError::Date(text.to_owned()))
}

fn last(text: &str) -> Result<String, AskError> {
    let at = moment(text).ok_or_else(|| AskError::Date(text.to_owned()))?;
    Ok(iso(if is_date(text) { at + DAY - 1 } else { at }))
}

fn moment(text: &str) -> Option<i64> {
    let minutes = || NaiveDateTime::parse_from_str(&text.replacen(' ', "T", 1), "%Y-%m-%dT%H:%M").ok();
    parse_iso(&text.replacen(' ', "T", 1)).or_else(|| minutes().map(millis))
}

fn is_date(text: &str) -> bool {
    text.parse::<NaiveDate>().is_ok()
}

/// The first moment inside and the first behind.
fn said(words: &str, now: NaiveDateTime) -> Option<[i64; 2]> {
    let lower = words.to_lowercase();
    let words: Vec<_> = lower.split_whitespace().collect();
    let bins = |unit: &str, from: i64, to: i64| {
        let unit: Granularity = unit.strip_suffix('s').unwrap_or(unit).parse().ok()?;
        let at = unit.floor(millis(now))?;
        Some([moved(unit, at, from)?, moved(unit, at, to)?])
    };
    match words.as_slice() {
        ["today"] => bins("day", 0, 1),
        ["yesterday"] => bins("day", -1, 0),
        ["tomorrow"] => bins("day", 1, 2),
        ["this", unit] => bins(unit, 0, 1),
        ["last", unit] => bins(unit, -1, 0),
        ["next", unit] => bins(unit, 1, 2),
        ["last", count, unit] => bins(unit, -count.parse().ok()?, 0),
        ["next", count, unit] => bins(unit, 1, 1_i64.checked_add(count.parse().ok()?)?),
        ["from", middle @ ..] => {
            let to = middle.iter().position(|word| *word == "to")?;
            let from = point(&middle[..to], now)?;
            let to = point(&middle[to + 1..], now)?;
            Some([Granularity::Day.floor(from)?, Granularity::Day.floor(to)?.checked_add(DAY)?])
        }
        _ => {
            let day = Granularity::Day.floor(point(&words, now)?)?;
            Some([day, day.checked_add(DAY)?])
        }
    }
}

/// `now`, `3 days ago`, `2 months from now`, or a date.
fn point(words: &[&str], now: NaiveDateTime) -> Option<i64> {
    let at = millis(now);
    let by = |count: &str, unit: &str, sign: i64| {
        let unit: Granularity = unit.strip_suffix('s').unwrap_or(unit).parse().ok()?;
        moved(unit, at, sign * count.parse::<i64>().ok()?)
    };
    match words {
        ["now" | "today"] => Some(at),
        ["yesterday"] => moved(Granularity::Day, at, -1),
        ["tomorrow"] => moved(Granularity::Day, at, 1),
        [count, unit, "ago"] => by(count, unit, -1),
        [count, unit, "from", "now"] => by(count, unit, 1),
        [date] => moment(&date.to_uppercase()),
        [date, time] => moment(&format!("{date}T{time}")),
        _ => None,
    }
}

/// So many bins away.
fn moved(unit: Granularity, at: i64, count: i64) -> Option<i64> {
    let months = match unit {
        Granularity::Month => 1,
        Granularity::Quarter => 3,
        Granularity::Year => 12,
        _ => return unit.next(0).and_then(|length| length.checked_mul(count)?.checked_add(at)),
    };
    let at = crate::granularity::moment(at)?;
    let months = chrono::Months::new(u32::try_from(count.unsigned_abs().checked_mul(months)?).ok()?);
    let moved = if count < 0 { at.checked_sub_months(months) } else { at.checked_add_months(months) };
    moved.map(millis)
}
