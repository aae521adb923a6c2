//! One predicate in Cube's operators. Owns what is exact and what is not; knows nothing of the rest of the query.
//!
//! Cube's operators are not SQL's: `notEquals` keeps NULL, `gt` takes one value, `contains` ignores case. A count
//! over nothing is 0 here, while Cube's rollups make it NULL: a test that 0 passes lets that NULL pass too.

use std::cmp::Ordering;

use semantic::{Column, CompareOp, Filter, MemberName, Value, json::JsonFilter};

use super::{like, literal, scope::Scope, time};
use crate::request::{NotExact, not_exact::shown};

/// Why a predicate is not sent as it is.
pub(super) enum Inexact {
    /// It can be tested above instead.
    Above,
    /// It is refused.
    Refused(NotExact),
}

impl From<NotExact> for Inexact {
    fn from(refusal: NotExact) -> Self {
        Self::Refused(refusal)
    }
}

/// The filter that passes exactly the rows that `filter` passes.
pub(super) fn exact(filter: &Filter, scope: &Scope<'_>) -> Result<JsonFilter, Inexact> {
    match filter {
        Filter::All(parts) => {
            let and = each(parts, scope)?.into_iter().flat_map(conjuncts).collect();
            Ok(JsonFilter::And { and })
        }
        Filter::Any(parts) => Ok(JsonFilter::Or { or: each(parts, scope)? }),
        Filter::Compare { member, op, value } => compare(scope.column(member), *op, value, filter),
        Filter::In { member, values, negated } => in_list(scope.column(member), values, *negated, filter),
        Filter::Null { member, negated } => Ok(if *negated { set(member) } else { not_set(member) }),
        Filter::Like { member, like, negated } => like::exact(scope.column(member), like, *negated, filter),
        Filter::During { member, from, to } => time::exact(scope.column(member), *from, *to, filter, scope),
        Filter::Segment { member, .. } => {
            Err(NotExact::Segment { member: member.clone(), predicate: shown(filter) }.into())
        }
    }
}

// A refusal anywhere wins over "above": what is refused cannot be tested above either.
fn each(parts: &[Filter], scope: &Scope<'_>) -> Result<Vec<JsonFilter>, Inexact> {
    let mut sent = Vec::with_capacity(parts.len());
    let mut above = false;
    for part in parts {
        match exact(part, scope) {
            Ok(filter) => sent.push(filter),
            Err(Inexact::Above) => above = true,
            Err(refused) => return Err(refused),
        }
    }
    if above { Err(Inexact::Above) } else { Ok(sent) }
}

fn compare(column: &Column, op: CompareOp, value: &Value, predicate: &Filter) -> Result<JsonFilter, Inexact> {
    let text = literal::text(value, column.data_type, predicate)?;
    let (operator, passes): (_, fn(Ordering) -> bool) = match op {
        CompareOp::Eq => ("equals", Ordering::is_eq),
        CompareOp::Ne => ("notEquals", Ordering::is_ne),
        CompareOp::Lt => ("lt", Ordering::is_lt),
        CompareOp::Le => ("lte", Ordering::is_le),
        CompareOp::Gt => ("gt", Ordering::is_gt),
        CompareOp::Ge => ("gte", Ordering::is_ge),
    };
    let by_order = !matches!(op, CompareOp::Eq | CompareOp::Ne);
    if by_order && !column.data_type.is_number() {
        let what = if matches!(value, Value::Bool(_)) { "truth values" } else { "text" };
        return Err(NotExact::Unordered { what, predicate: shown(predicate) }.into());
    }
    Ok(with_null(column, operator, vec![text], literal::zero_beside(value).is_some_and(passes)))
}

fn in_list(
    column: &Column,
    values: &[Value],
    negated: bool,
    predicate: &Filter,
) -> Result<JsonFilter, Inexact> {
    let texts = values.iter().map(|value| literal::text(value, column.data_type, predicate));
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    let holds_zero = values.iter().any(|value| literal::zero_beside(value).is_some_and(Ordering::is_eq));
    let operator = if negated { "notEquals" } else { "equals" };
    Ok(with_null(column, operator, texts, holds_zero != negated))
}

/// `operator`, and NULL passing only where SQL lets it pass: never, but for a count, whose NULL is a 0.
fn with_null(column: &Column, operator: &str, values: Vec<String>, zero_passes: bool) -> JsonFilter {
    let member = &column.member;
    let test = filter(member, operator, values);
    let null_passes = !column.is_nullable() && zero_passes;
    match (operator == "notEquals", null_passes) {
        (true, false) => JsonFilter::And { and: vec![test, set(member)] },
        (false, true) => JsonFilter::Or { or: vec![test, not_set(member)] },
        _ => test,
    }
}

/// The filters that must all pass; Cube AND-s every list of them.
pub(super) fn conjuncts(filter: JsonFilter) -> Vec<JsonFilter> {
    match filter {
        JsonFilter::And { and } => and,
        other => vec![other],
    }
}

pub(super) fn filter(
    member: &MemberName,
    operator: &str,
    values: impl IntoIterator<Item = String>,
) -> JsonFilter {
    JsonFilter::Member {
        member: member.asked().to_owned(),
        operator: operator.to_owned(),
        values: values.into_iter().map(serde_json::Value::String).collect(),
    }
}

pub(super) fn set(member: &MemberName) -> JsonFilter {
    filter(member, "set", [])
}

pub(super) fn not_set(member: &MemberName) -> JsonFilter {
    filter(member, "notSet", [])
}
