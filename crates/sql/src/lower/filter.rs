//! DataFusion's predicates as filters over members, where they mean exactly the same.

use std::sync::Arc;

use chrono_tz::Tz;
use datafusion::{
    arrow::datatypes::{DataType, TimeUnit},
    common::ScalarValue,
    logical_expr::{
        Between, BinaryExpr, Cast, Expr, Like as LikeExpr, Operator,
        expr::InList,
        utils::{split_binary, split_conjunction},
    },
};
use semantic::{
    ArrowType, Column, ColumnKind, CompareOp, Filter, Granularity, Like, MemberName, Model, Value,
};

use super::literal;
use crate::error::{PlanError, Result};

/// The left side of a predicate.
#[derive(Debug, Clone)]
pub(crate) struct Term {
    member: MemberName,
    kind: TermKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TermKind {
    Text,
    Number(ArrowType),
    Boolean,
    Segment,
    /// A time; with a bin, the start of the bin that it lies in.
    Time(Option<Granularity>),
}

/// Whether a filter tests rows or groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Rows,
    Groups,
}

type Lookup<'l> = dyn Fn(&str) -> Option<Term> + 'l;

impl Term {
    pub(crate) fn new(column: &Column, bin: Option<Granularity>) -> Self {
        let kind = match (column.kind, column.data_type) {
            (ColumnKind::Segment, _) => TermKind::Segment,
            (_, ArrowType::Boolean) => TermKind::Boolean,
            (_, ArrowType::Utf8) => TermKind::Text,
            // A date is the start of its day.
            (_, ArrowType::Date32) => TermKind::Time(bin.or(Some(Granularity::Day))),
            (_, ArrowType::Timestamp) => TermKind::Time(bin),
            (_, number) => TermKind::Number(number),
        };
        Self { member: column.member.clone(), kind }
    }
}

/// The filter that is true where `expr` is, false where it is, and unknown where it is; `None` when there is none.
pub(crate) fn convert(expr: &Expr, lookup: &Lookup<'_>, zone: Tz) -> Result<Option<Filter>> {
    Convert { lookup, zone }.predicate(expr, true)
}

/// Where a filter belongs; `None` when it tests rows and groups at once. One that is always or never true tests
/// what stands where it is written, `constant`: without rows there still is a group, but no group is none.
pub(crate) fn side(filter: &Filter, model: &Model, constant: Side) -> Option<Side> {
    let (mut rows, mut groups) = (false, false);
    filter.members(&mut |member| match model.column(member).is_some_and(Column::is_measure) {
        true => groups = true,
        false => rows = true,
    });
    match (rows, groups) {
        (true, true) => None,
        (true, false) => Some(Side::Rows),
        (false, true) => Some(Side::Groups),
        (false, false) => Some(constant),
    }
}

struct Convert<'c> {
    lookup: &'c Lookup<'c>,
    zone: Tz,
}

impl Convert<'_> {
    /// `positive` is false below NOT, where unknown must not be taken for false.
    fn predicate(&self, expr: &Expr, positive: bool) -> Result<Option<Filter>> {
        match expr {
            Expr::BinaryExpr(BinaryExpr { op: Operator::And, .. }) => {
                let parts = split_conjunction(expr).into_iter().map(|part| self.predicate(part, positive));
                Ok(parts.collect::<Result<Option<Vec<_>>>>()?.map(Filter::all))
            }
            Expr::BinaryExpr(BinaryExpr { op: Operator::Or, .. }) => {
                let parts = split_binary(expr, Operator::Or);
                let parts = parts.into_iter().map(|part| self.predicate(part, positive));
                Ok(parts.collect::<Result<Option<Vec<_>>>>()?.map(Filter::any))
            }
            Expr::BinaryExpr(comparison) if is_unknown(comparison) => Ok(positive.then(Filter::never)),
            Expr::BinaryExpr(comparison) => self.comparison(comparison),
            Expr::Not(inner) => Ok(self.predicate(inner, false)?.map(Filter::negate)),
            Expr::IsNull(inner) => Ok(self.null(inner, false)),
            Expr::IsNotNull(inner) => Ok(self.null(inner, true)),
            Expr::IsTrue(inner) => Ok(self.is(inner, true, positive)),
            Expr::IsFalse(inner) => Ok(self.is(inner, false, positive)),
            Expr::IsNotTrue(inner) => Ok(self.is(inner, true, false).map(Filter::negate)),
            Expr::IsNotFalse(inner) => Ok(self.is(inner, false, false).map(Filter::negate)),
            Expr::InList(list) => self.in_list(list, positive),
            Expr::Between(between) => self.between(between),
            Expr::Like(like) => self.like(like),
            Expr::Literal(ScalarValue::Boolean(Some(truth)), _) => {
                Ok(Some(if *truth { Filter::always() } else { Filter::never() }))
            }
            Expr::Literal(ScalarValue::Boolean(None), _) if positive => Ok(Some(Filter::never())),
            Expr::Column(_) => Ok(self.term(expr).and_then(|term| truth(term, true))),
            _ => Ok(None),
        }
    }

    fn comparison(&self, comparison: &BinaryExpr) -> Result<Option<Filter>> {
        let Some(op) = compare_op(comparison.op) else { return Ok(None) };
        let (left, right) = (&comparison.left, &comparison.right);
        match (self.term(left), literal::of(right), self.term(right), literal::of(left)) {
            (Some(term), Some(value), ..) => self.compare(term, op, value),
            (.., Some(term), Some(value)) => self.compare(term, op.flipped(), value),
            _ => Ok(None),
        }
    }

    fn compare(&self, term: Term, op: CompareOp, literal: &ScalarValue) -> Result<Option<Filter>> {
        if let TermKind::Time(bin) = term.kind {
            return self.compare_time(term.member, bin, op, literal);
        }
        let Some(value) = literal::value(literal) else { return Ok(None) };
        let member = term.member;
        Ok(match (term.kind, &value, op) {
            (TermKind::Segment, Value::Bool(truth), CompareOp::Eq | CompareOp::Ne) => {
                Some(Filter::Segment { member, holds: *truth == (op == CompareOp::Eq) })
            }
            (TermKind::Boolean, Value::Bool(_), CompareOp::Eq | CompareOp::Ne)
            | (TermKind::Text, Value::Text(_), _)
            | (TermKind::Number(_), Value::Int(_) | Value::Float(_) | Value::Decimal { .. }, _) => {
                Some(Filter::Compare { member, op, value })
            }
            _ => None,
        })
    }

    fn compare_time(
        &self,
        member: MemberName,
        bin: Option<Granularity>,
        op: CompareOp,
        literal: &ScalarValue,
    ) -> Result<Option<Filter>> {
        let Some(at) = literal::moment(literal, self.zone) else { return Ok(None) };
        let at = at.ok_or_else(|| PlanError::TooFine(member.clone()))?;
        // The raw time is a bin of one millisecond.
        let start = bin.map_or(Some(at), |bin| bin.floor(at));
        let next = start.and_then(|start| bin.map_or(start.checked_add(1), |bin| bin.next(start)));
        let (Some(start), Some(next)) = (start, next) else { return Ok(None) };
        let not_before = if start == at { at } else { next };
        let (from, to) = match op {
            CompareOp::Ge => (Some(not_before), None),
            CompareOp::Gt => (Some(next), None),
            CompareOp::Lt => (None, Some(not_before)),
            CompareOp::Le => (None, Some(next)),
            // No bin starts at a moment inside one: an empty range is false, and unknown for NULL.
            CompareOp::Eq | CompareOp::Ne if start != at => (Some(start), Some(start)),
            CompareOp::Eq | CompareOp::Ne => (Some(start), Some(next)),
        };
        let during = Filter::During { member, from, to };
        Ok(Some(if op == CompareOp::Ne { during.negate() } else { during }))
    }

    fn in_list(&self, list: &InList, positive: bool) -> Result<Option<Filter>> {
        let Some(term) = self.term(&list.expr) else { return Ok(None) };
        let known: Vec<_> = list.list.iter().filter(|value| !is_null(value)).collect();
        if known.len() < list.list.len() {
            // What equals none of the known values may equal the unknown one.
            match (positive, list.negated || known.is_empty()) {
                (true, true) => return Ok(Some(Filter::never())),
                (true, false) => {}
                (false, _) => return Ok(None),
            }
        }
        let Some(literals) = known.into_iter().map(literal::of).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        if let TermKind::Time(bin) = term.kind {
            let any = literals
                .into_iter()
                .map(|literal| self.compare_time(term.member.clone(), bin, CompareOp::Eq, literal));
            let any = any.collect::<Result<Option<Vec<_>>>>()?.map(Filter::any);
            return Ok(any.map(|any| if list.negated { any.negate() } else { any }));
        }
        let values: Option<Vec<_>> = literals.into_iter().map(literal::value).collect();
        let fits = |values: &Vec<Value>| {
            !values.is_empty()
                && values.iter().all(|value| match term.kind {
                    TermKind::Text => matches!(value, Value::Text(_)),
                    TermKind::Number(_) => !matches!(value, Value::Text(_) | Value::Bool(_)),
                    _ => false,
                })
        };
        let (member, negated) = (term.member.clone(), list.negated);
        Ok(values.filter(fits).map(|values| Filter::In { member, values, negated }))
    }

    fn between(&self, between: &Between) -> Result<Option<Filter>> {
        let term = self.term(&between.expr);
        let bounds = (literal::of(&between.low), literal::of(&between.high));
        let (Some(term), (Some(low), Some(high))) = (term, bounds) else { return Ok(None) };
        let low = self.compare(term.clone(), CompareOp::Ge, low)?;
        let high = self.compare(term, CompareOp::Le, high)?;
        let both = low.zip(high).map(|(low, high)| range(low, high));
        Ok(both.map(|both| if between.negated { both.negate() } else { both }))
    }

    fn like(&self, like: &LikeExpr) -> Result<Option<Filter>> {
        let term = self.term(&like.expr).filter(|term| term.kind == TermKind::Text);
        let pattern = literal::of(&like.pattern).and_then(literal::value);
        let (Some(term), Some(Value::Text(pattern))) = (term, pattern) else { return Ok(None) };
        let escape = like.escape_char.unwrap_or('\\');
        if ends_escaping(&pattern, escape) {
            return Err(PlanError::Pattern(format!("'{pattern}'")));
        }
        let like_of = Like { pattern: Arc::clone(&pattern), escape, case_insensitive: like.case_insensitive };
        Ok(Some(Filter::Like { member: term.member, like: like_of, negated: like.negated }))
    }

    fn null(&self, expr: &Expr, negated: bool) -> Option<Filter> {
        let term = self.term(expr).filter(|term| term.kind != TermKind::Segment)?;
        Some(Filter::Null { member: term.member, negated })
    }

    /// IS TRUE and IS FALSE are never unknown.
    fn is(&self, expr: &Expr, wanted: bool, positive: bool) -> Option<Filter> {
        let term = self.term(expr)?;
        match term.kind {
            TermKind::Segment if positive => truth(term, wanted),
            TermKind::Boolean => {
                let known = Filter::Null { member: term.member.clone(), negated: true };
                Some(truth(term, wanted)?.and(known))
            }
            _ => None,
        }
    }

    /// The member that an expression is, through casts that change no value and through DATE_TRUNC.
    fn term(&self, expr: &Expr) -> Option<Term> {
        match expr {
            Expr::Column(column) => (self.lookup)(&column.name),
            Expr::Alias(alias) => self.term(&alias.expr),
            Expr::Cast(Cast { expr, field }) => cast(self.term(expr)?, field.data_type()),
            Expr::ScalarFunction(_) => {
                let (granularity, time) = date_trunc(expr)?;
                bin(self.term(time)?, granularity)
            }
            _ => None,
        }
    }
}

/// The granularity and the time of a DATE_TRUNC with a constant standard granularity.
pub(crate) fn date_trunc(expr: &Expr) -> Option<(Granularity, &Expr)> {
    let (name, time) = cut_by_name(expr)?;
    Some((name.parse().ok()?, time))
}

/// The constant first argument and the time of a DATE_TRUNC.
pub(super) fn cut_by_name(expr: &Expr) -> Option<(Arc<str>, &Expr)> {
    let Expr::ScalarFunction(call) = expr else { return None };
    match call.args.as_slice() {
        [granularity, time] if call.name() == "date_trunc" => {
            let Some(Value::Text(name)) = literal::of(granularity).and_then(literal::value) else {
                return None;
            };
            Some((name, time))
        }
        _ => None,
    }
}

fn truth(term: Term, wanted: bool) -> Option<Filter> {
    let member = term.member;
    match term.kind {
        TermKind::Segment => Some(Filter::Segment { member, holds: wanted }),
        TermKind::Boolean => Some(Filter::Compare { member, op: CompareOp::Eq, value: Value::Bool(wanted) }),
        _ => None,
    }
}

fn bin(term: Term, granularity: Granularity) -> Option<Term> {
    let TermKind::Time(inner) = term.kind else { return None };
    let fits = inner.is_none_or(|inner| granularity.is_made_of(inner));
    fits.then_some(Term { kind: TermKind::Time(Some(granularity)), ..term })
}

/// A cast that loses nothing is no obstacle; any other one stays an expression.
fn cast(term: Term, to: &DataType) -> Option<Term> {
    let keeps = match (term.kind, to) {
        (TermKind::Text, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        | (TermKind::Boolean | TermKind::Segment, DataType::Boolean)
        | (TermKind::Time(Some(_)), DataType::Timestamp(_, None)) => true,
        // Seconds would cut what a time has behind them.
        (TermKind::Time(None), DataType::Timestamp(unit, None)) => *unit != TimeUnit::Second,
        (TermKind::Time(None), DataType::Date32) => return bin(term, Granularity::Day),
        (TermKind::Time(Some(inner)), DataType::Date32) => inner.is_made_of(Granularity::Day),
        (TermKind::Number(from), to) => widens(from, to),
        _ => false,
    };
    keeps.then_some(term)
}

/// Whether a type holds every value of another.
pub(super) fn widens(from: ArrowType, to: &DataType) -> bool {
    match (from, to) {
        (ArrowType::Int64, DataType::Int64 | DataType::Float64)
        | (ArrowType::Float64 | ArrowType::Decimal { .. }, DataType::Float64) => true,
        (ArrowType::Int64, DataType::Decimal128(precision, scale)) => {
            i16::from(*precision) - i16::from(*scale) >= 19
        }
        (ArrowType::Decimal { precision, scale }, DataType::Decimal128(wider, longer)) => {
            let whole = |precision: u8, scale: i8| i16::from(precision) - i16::from(scale);
            *longer >= scale && whole(*wider, *longer) >= whole(precision, scale)
        }
        _ => false,
    }
}

/// Two bounds of one time are one range.
fn range(low: Filter, high: Filter) -> Filter {
    match (low, high) {
        (Filter::During { member, from, to: None }, Filter::During { member: other, from: None, to })
            if member == other =>
        {
            Filter::During { member, from, to }
        }
        (low, high) => low.and(high),
    }
}

/// A comparison with NULL is never true and never false.
fn is_unknown(comparison: &BinaryExpr) -> bool {
    compare_op(comparison.op).is_some() && (is_null(&comparison.left) || is_null(&comparison.right))
}

pub(crate) fn is_null(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(value, _) => value.is_null(),
        Expr::Alias(alias) => is_null(&alias.expr),
        Expr::Cast(cast) => is_null(&cast.expr),
        _ => false,
    }
}

fn compare_op(op: Operator) -> Option<CompareOp> {
    Some(match op {
        Operator::Eq => CompareOp::Eq,
        Operator::NotEq => CompareOp::Ne,
        Operator::Lt => CompareOp::Lt,
        Operator::LtEq => CompareOp::Le,
        Operator::Gt => CompareOp::Gt,
        Operator::GtEq => CompareOp::Ge,
        _ => return None,
    })
}

/// Whether the last letter of a pattern escapes nothing.
pub(crate) fn ends_escaping(pattern: &str, escape: char) -> bool {
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter == escape && letters.next().is_none() {
            return true;
        }
    }
    false
}
