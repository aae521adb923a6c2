//! Queries and predicates in few words, over the model of the fixtures.

use std::sync::LazyLock;

use semantic::{
    CompareOp, Filter, Granularity, Like, MemberName, Model, OrderBy, Output, SemanticQuery, Value,
    granularity::parse_iso, parse::SourceFile, query::Grouping,
};

pub(crate) static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let text = include_str!("../fixtures/model.yml").to_owned();
    semantic::parse::model(&[SourceFile { path: "model.yml".to_owned(), text }]).unwrap()
});

/// `status` is `orders.status`; a name with a dot is itself.
pub(crate) fn member(name: &str) -> MemberName {
    let full = if name.contains('.') { name.to_owned() } else { format!("orders.{name}") };
    MemberName::parse(&full).unwrap()
}

/// `status count created_at:month`: dimensions, measures and bins, told apart by the model.
pub(crate) fn outputs(names: &str) -> Vec<Output> {
    let output = |name: &str| match name.split_once(':') {
        Some((time, granularity)) => match granularity.parse() {
            Ok(granularity) => Output::Time(member(time), granularity),
            Err(_) => Output::Custom(member(time), granularity.into()),
        },
        None => match MODEL.column(&member(name)).map(|column| column.kind) {
            Some(semantic::ColumnKind::Measure(_)) => Output::Measure(member(name)),
            Some(semantic::ColumnKind::Segment) => Output::Segment(member(name)),
            _ => Output::Dimension(member(name)),
        },
    };
    names.split_whitespace().map(output).collect()
}

pub(crate) fn grouped(names: &str) -> SemanticQuery {
    SemanticQuery::grouped(outputs(names), chrono_tz::UTC)
}

pub(crate) fn ungrouped(names: &str) -> SemanticQuery {
    SemanticQuery { grouping: Grouping::Ungrouped, ..grouped(names) }
}

pub(crate) fn filtered(names: &str, filter: Filter) -> SemanticQuery {
    SemanticQuery { filter, ..grouped(names) }
}

pub(crate) fn compare(name: &str, op: CompareOp, value: impl Into<Literal>) -> Filter {
    Filter::Compare { member: member(name), op, value: value.into().0 }
}

pub(crate) fn eq(name: &str, value: impl Into<Literal>) -> Filter {
    compare(name, CompareOp::Eq, value)
}

pub(crate) fn ne(name: &str, value: impl Into<Literal>) -> Filter {
    compare(name, CompareOp::Ne, value)
}

pub(crate) fn gt(name: &str, value: impl Into<Literal>) -> Filter {
    compare(name, CompareOp::Gt, value)
}

pub(crate) fn lt(name: &str, value: impl Into<Literal>) -> Filter {
    compare(name, CompareOp::Lt, value)
}

pub(crate) fn one_of<L: Into<Literal>>(name: &str, values: impl IntoIterator<Item = L>) -> Filter {
    let values = values.into_iter().map(|value| value.into().0).collect();
    Filter::In { member: member(name), values, negated: false }
}

pub(crate) fn is_null(name: &str) -> Filter {
    Filter::Null { member: member(name), negated: false }
}

pub(crate) fn like(name: &str, pattern: &str) -> Filter {
    let like = Like { pattern: pattern.into(), escape: '\\', case_insensitive: false };
    Filter::Like { member: member(name), like, negated: false }
}

pub(crate) fn ilike(name: &str, pattern: &str) -> Filter {
    let like = Like { pattern: pattern.into(), escape: '\\', case_insensitive: true };
    Filter::Like { member: member(name), like, negated: false }
}

pub(crate) fn segment(name: &str) -> Filter {
    Filter::Segment { member: member(name), holds: true }
}

/// `2024-01-01`, `2024-01-01T12:00:00` or nothing.
pub(crate) fn during(name: &str, from: &str, to: &str) -> Filter {
    let bound = |text: &str| (!text.is_empty()).then(|| parse_iso(text).unwrap());
    Filter::During { member: member(name), from: bound(from), to: bound(to) }
}

pub(crate) fn not(filter: Filter) -> Filter {
    filter.negate()
}

pub(crate) fn ascending(output: usize) -> OrderBy {
    OrderBy { output, descending: false, nulls_first: false }
}

pub(crate) fn descending(output: usize) -> OrderBy {
    OrderBy { output, descending: true, nulls_first: true }
}

/// A literal of SQL.
pub(crate) struct Literal(Value);

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Self(Value::Text(text.into()))
    }
}

impl From<i64> for Literal {
    fn from(value: i64) -> Self {
        Self(Value::Int(value))
    }
}

impl From<f64> for Literal {
    fn from(value: f64) -> Self {
        Self(Value::Float(value))
    }
}

impl From<bool> for Literal {
    fn from(value: bool) -> Self {
        Self(Value::Bool(value))
    }
}

impl From<(i128, i8)> for Literal {
    fn from((unscaled, scale): (i128, i8)) -> Self {
        Self(Value::Decimal { unscaled, scale })
    }
}

#[test]
fn the_model_has_what_the_tests_name() {
    assert!(MODEL.column(&member("sales.quantity")).is_some());
    assert_eq!(outputs("created_at:month")[0], Output::Time(member("created_at"), Granularity::Month));
}
