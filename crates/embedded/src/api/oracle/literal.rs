//! Values of filters as SQL. All come as text; the member says what the text means.

use semantic::{DimensionType, MeasureType, granularity::parse_iso};

use super::super::refusal::Refusal;

/// What the values of a member are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Boolean,
    Time,
}

impl From<DimensionType> for Kind {
    fn from(kind: DimensionType) -> Self {
        match kind {
            DimensionType::String | DimensionType::Geo | DimensionType::Switch => Self::Text,
            DimensionType::Number => Self::Number,
            DimensionType::Boolean => Self::Boolean,
            DimensionType::Time => Self::Time,
        }
    }
}

impl From<MeasureType> for Kind {
    fn from(kind: MeasureType) -> Self {
        match kind {
            MeasureType::String => Self::Text,
            MeasureType::Time => Self::Time,
            MeasureType::Boolean => Self::Boolean,
            _ => Self::Number,
        }
    }
}

/// A value of a member of this kind.
pub(super) fn literal(kind: Kind, text: &str) -> Result<String, Refusal> {
    match kind {
        Kind::Text => Ok(quoted(text)),
        Kind::Number => number(text).ok_or_else(|| invalid("numeric", text)),
        Kind::Boolean => boolean(text).ok_or_else(|| invalid("boolean", text)),
        Kind::Time if parse_iso(text).is_some() => Ok(moment(text)),
        Kind::Time => Err(invalid("timestamp with time zone", text)),
    }
}

/// A time, as the source keeps it.
pub(super) fn moment(text: &str) -> String {
    format!("CAST({} AS TIMESTAMP)", quoted(text))
}

/// A text.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn invalid(kind: &str, text: &str) -> Refusal {
    Refusal::bad(format!("Error: invalid input syntax for type {kind}: \"{text}\""))
}

// A fraction is a decimal of its own scale: as floating point it would meet stored decimals only by luck.
fn number(text: &str) -> Option<String> {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.to_string());
    }
    text.parse::<f64>().ok()?;
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    let scale = text.split_once('.').map(|(_, fraction)| fraction.len());
    let scale = scale.or_else(|| plain.then_some(0).filter(|_| text.len() <= 38));
    Some(match scale.filter(|scale| plain && *scale <= 18) {
        Some(scale) => format!("CAST('{text}' AS DECIMAL(38, {scale}))"),
        None => format!("CAST('{text}' AS DOUBLE)"),
    })
}

fn boolean(text: &str) -> Option<String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "yes" | "on" => Some("TRUE".to_owned()),
        "false" | "f" | "0" | "no" | "off" => Some("FALSE".to_owned()),
        _ => None,
    }
}
