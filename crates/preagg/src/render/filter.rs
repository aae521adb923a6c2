//! Predicates in the store's SQL.

use semantic::{Filter, MemberName, Value};

use super::{write_measure, writer::Writer};
use crate::scan::Scan;

/// WHERE, over stored columns.
pub(super) fn rows(scan: &Scan, out: &mut Writer) {
    predicate(&scan.query.filter, out, &mut |term, out| match term {
        Term::Member(member) => out.identifier(scan.column(member)),
        Term::Range(member, from, to) => out.identifier(scan.range(member, from, to)),
    });
}

/// HAVING, over aggregates.
pub(super) fn groups(scan: &Scan, out: &mut Writer) {
    predicate(&scan.query.having, out, &mut |term, out| {
        let (Term::Member(member) | Term::Range(member, ..)) = term;
        let measure = scan.measures.get(member).expect("HAVING is over measures, and cover bound each");
        out.text("(");
        write_measure(measure, out);
        out.text(")");
    });
}

/// The left side of a predicate.
enum Term<'a> {
    Member(&'a MemberName),
    Range(&'a MemberName, Option<i64>, Option<i64>),
}

type Write<'w> = dyn FnMut(Term<'_>, &mut Writer) + 'w;

fn predicate(filter: &Filter, out: &mut Writer, write: &mut Write<'_>) {
    match filter {
        Filter::All(parts) => group(parts, " AND ", "1 = 1", out, write),
        Filter::Any(parts) => group(parts, " OR ", "1 = 0", out, write),
        Filter::Compare { member, op, value } => {
            write(Term::Member(member), out);
            out.text(&format!(" {} ", op.sql()));
            out.value(value);
        }
        Filter::In { member, values, negated } => list(member, values, *negated, out, write),
        Filter::Null { member, negated } => {
            write(Term::Member(member), out);
            out.text(if *negated { " IS NOT NULL" } else { " IS NULL" });
        }
        Filter::Like { member, like, negated } => {
            write(Term::Member(member), out);
            out.text(if *negated { " NOT" } else { "" });
            out.text(if like.case_insensitive { " ILIKE " } else { " LIKE " });
            out.string(&like.with_backslash());
        }
        Filter::During { member, from, to } => during(member, *from, *to, out, write),
        Filter::Segment { member, holds } => {
            write(Term::Member(member), out);
            out.text(if *holds { " = TRUE" } else { " = FALSE" });
        }
    }
}

fn group(parts: &[Filter], by: &str, empty: &str, out: &mut Writer, write: &mut Write<'_>) {
    if parts.is_empty() {
        return out.text(empty);
    }
    out.text("(");
    for (position, part) in parts.iter().enumerate() {
        out.text(if position > 0 { by } else { "" });
        predicate(part, out, write);
    }
    out.text(")");
}

fn list(member: &MemberName, values: &[Value], negated: bool, out: &mut Writer, write: &mut Write<'_>) {
    write(Term::Member(member), out);
    out.text(if negated { " NOT IN (" } else { " IN (" });
    for (position, value) in values.iter().enumerate() {
        out.text(if position > 0 { ", " } else { "" });
        out.value(value);
    }
    out.text(")");
}

fn during(member: &MemberName, from: Option<i64>, to: Option<i64>, out: &mut Writer, write: &mut Write<'_>) {
    let bounds = [(" >= ", from), (" < ", to)];
    let mut bounds = bounds.into_iter().filter_map(|(op, at)| at.map(|at| (op, at))).peekable();
    while let Some((op, at)) = bounds.next() {
        write(Term::Range(member, from, to), out);
        out.text(op);
        out.moment(at);
        out.text(if bounds.peek().is_some() { " AND " } else { "" });
    }
}
