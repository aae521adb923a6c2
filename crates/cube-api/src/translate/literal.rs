//! Literals as Cube's API takes them: text, in the fewest digits that say the same.

use std::cmp::Ordering;

use semantic::{ArrowType, Filter, Value, filter::decimal_text};

use crate::request::{NotExact, not_exact::shown};

/// The text of a literal that is compared with a member of type `data_type`.
pub(super) fn text(value: &Value, data_type: ArrowType, predicate: &Filter) -> Result<String, NotExact> {
    let wrong = |expected| NotExact::Literal { expected, predicate: shown(predicate) };
    match data_type {
        ArrowType::Boolean => match value {
            Value::Bool(value) => Ok(value.to_string()),
            _ => Err(wrong("truth value")),
        },
        ArrowType::Utf8 => match value {
            Value::Text(value) => Ok(value.to_string()),
            _ => Err(wrong("text")),
        },
        ArrowType::Int64 | ArrowType::Float64 | ArrowType::Decimal { .. } => {
            number(value).ok_or_else(|| wrong("finite number"))
        }
        ArrowType::Timestamp | ArrowType::Date32 => Err(wrong("range of time")),
    }
}

// PostgreSQL reads a parameter by the column's type: `3.00` beside an integer column is an error, `3` is not.
fn number(value: &Value) -> Option<String> {
    match value {
        Value::Int(value) => Some(value.to_string()),
        Value::Float(value) => value.is_finite().then(|| shortest(*value)),
        Value::Decimal { unscaled, scale } => Some(trimmed(decimal_text(*unscaled, *scale))),
        Value::Bool(_) | Value::Text(_) => None,
    }
}

fn shortest(value: f64) -> String {
    let text = format!("{value:?}");
    if text.contains('e') { text } else { trimmed(text) }
}

fn trimmed(text: String) -> String {
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Where zero stands beside a literal; `None` for what is no number.
pub(super) fn zero_beside(value: &Value) -> Option<Ordering> {
    match value {
        Value::Int(value) => Some(0.cmp(value)),
        Value::Float(value) => 0.0.partial_cmp(value),
        Value::Decimal { unscaled, .. } => Some(0.cmp(unscaled)),
        Value::Bool(_) | Value::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::number;
    use semantic::Value;

    #[test]
    fn numbers_have_the_fewest_digits() {
        let decimal = |unscaled, scale| Value::Decimal { unscaled, scale };
        for (value, text) in [
            (Value::Int(i64::MIN), "-9223372036854775808"),
            (Value::Float(3.0), "3"),
            (Value::Float(-0.0), "0"),
            (Value::Float(0.1), "0.1"),
            (Value::Float(1e300), "1e300"),
            (Value::Float(5e-324), "5e-324"),
            (Value::Float(100.0), "100"),
            (decimal(300, 2), "3"),
            (decimal(-305, 2), "-3.05"),
            (decimal(0, 2), "0"),
            (decimal(1200, 0), "1200"),
            (decimal(i128::MAX, 10), "17014118346046923173168730371.5884105727"),
        ] {
            assert_eq!(number(&value).as_deref(), Some(text), "{value:?}");
        }
        assert_eq!(number(&Value::Float(f64::NAN)), None);
        assert_eq!(number(&Value::Float(f64::INFINITY)), None);
    }
}
