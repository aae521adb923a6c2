//! Predicates with SQL's three truth values.

use semantic::{CompareOp, Filter, Like, MemberName, Value as Literal, filter::decimal_text};

use super::{Row, Value};

pub(crate) fn passes(filter: &Filter, row: &Row) -> bool {
    truth(filter, row) == Some(true)
}

fn truth(filter: &Filter, row: &Row) -> Option<bool> {
    match filter {
        Filter::All(parts) => parts.iter().map(|part| truth(part, row)).fold(Some(true), and),
        Filter::Any(parts) => parts.iter().map(|part| truth(part, row)).fold(Some(false), or),
        Filter::Compare { member, op, value } => {
            let value = literal(value);
            known(member, row).map(|found| compare(found, *op, &value))
        }
        Filter::In { member, values, negated } => {
            let is_in = |found: &Value| values.iter().any(|value| *found == literal(value));
            known(member, row).map(|found| is_in(found) != *negated)
        }
        Filter::Null { member, negated } => Some(known(member, row).is_none() != *negated),
        Filter::Like { member, like, negated } => {
            known(member, row).map(|found| matches(found, like) != *negated)
        }
        Filter::During { member, from, to } => known(member, row).map(|found| {
            let Value::Number(at) = found else { panic!("{member} is no time") };
            from.is_none_or(|from| *at >= from as f64) && to.is_none_or(|to| *at < to as f64)
        }),
        Filter::Segment { .. } => panic!("rows have no segments"),
    }
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (a, b) => a.zip(b).map(|(a, b)| a && b),
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    and(a.map(|a| !a), b.map(|b| !b)).map(|both| !both)
}

fn known<'r>(member: &MemberName, row: &'r Row) -> Option<&'r Value> {
    row.get(member.as_str()).filter(|value| **value != Value::Null)
}

fn compare(found: &Value, op: CompareOp, value: &Value) -> bool {
    match op {
        CompareOp::Eq => found == value,
        CompareOp::Ne => found != value,
        CompareOp::Lt => found < value,
        CompareOp::Le => found <= value,
        CompareOp::Gt => found > value,
        CompareOp::Ge => found >= value,
    }
}

fn literal(value: &Literal) -> Value {
    match value {
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Number(*value as f64),
        Literal::Float(value) => Value::Number(*value),
        Literal::Decimal { unscaled, scale } => {
            Value::Number(decimal_text(*unscaled, *scale).parse().unwrap())
        }
        Literal::Text(value) => Value::Text(value.to_string()),
    }
}

fn matches(found: &Value, like: &Like) -> bool {
    let Value::Text(text) = found else { panic!("{found:?} is no text") };
    let fold = |text: &str| if like.case_insensitive { folded(text) } else { text.to_owned() };
    let (text, pattern): (Vec<_>, Vec<_>) =
        (fold(text).chars().collect(), fold(&like.pattern).chars().collect());
    matches_from(&text, &pattern, like.escape)
}

/// Unicode's simple folding of what the tests use, which arrow's regular expressions apply.
fn folded(text: &str) -> String {
    text.chars().map(|c| if c == 'ς' { 'σ' } else { c.to_lowercase().next().unwrap_or(c) }).collect()
}

fn matches_from(text: &[char], pattern: &[char], escape: char) -> bool {
    match pattern {
        [] => text.is_empty(),
        [c, literal, rest @ ..] if *c == escape => {
            text.first() == Some(literal) && matches_from(&text[1..], rest, escape)
        }
        ['%', rest @ ..] => (0..=text.len()).any(|skip| matches_from(&text[skip..], rest, escape)),
        ['_', rest @ ..] => !text.is_empty() && matches_from(&text[1..], rest, escape),
        [c, rest @ ..] => text.first() == Some(c) && matches_from(&text[1..], rest, escape),
    }
}
