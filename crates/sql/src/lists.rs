//! What is or may be NULL in a list, written out: `x IN (1, NULL, y)` is `x IN (1) OR NULL OR x = y`. DataFusion's optimizer
//! puts lists over one expression together as sets, and takes NULL for a value that equals itself and no other.

use datafusion::{
    common::{ScalarValue, tree_node::Transformed},
    logical_expr::{Expr, LogicalPlan, expr::InList, lit},
};

use crate::{
    error::Result,
    lower::filter::is_null,
    rewrite::{expressions, from_below, has},
};

/// The plan with lists of known values alone. Names and types stay.
pub(crate) fn known(plan: LogicalPlan) -> Result<LogicalPlan> {
    let has_unknown = |expr: &Expr| matches!(expr, Expr::InList(list) if !list.list.iter().all(is_known));
    let mut known = |node: LogicalPlan| match has(&node, has_unknown)? {
        true => expressions(node, &mut |expr| Ok(written(expr))),
        false => Ok(Transformed::no(node)),
    };
    Ok(from_below(plan, &mut known)?.data)
}

fn written(expr: Expr) -> Transformed<Expr> {
    let Expr::InList(InList { expr, list, negated }) = expr else { return Transformed::no(expr) };
    // What is another value each time cannot be written twice.
    if expr.is_volatile() || list.iter().all(is_known) {
        return Transformed::no(Expr::InList(InList { expr, list, negated }));
    }
    let (known, others): (Vec<_>, Vec<_>) = list.into_iter().partition(is_known);
    let test = |value: Expr| match (is_null(&value), negated) {
        (true, _) => lit(ScalarValue::Boolean(None)),
        (false, true) => expr.as_ref().clone().not_eq(value),
        (false, false) => expr.as_ref().clone().eq(value),
    };
    let mut tests: Vec<_> = others.into_iter().map(test).collect();
    if !known.is_empty() {
        tests.push(Expr::InList(InList { expr, list: known, negated }));
    }
    Transformed::yes(joined(tests, if negated { Expr::and } else { Expr::or }))
}

/// A tree that is no deeper than it has to be. There is one test at least.
fn joined(mut tests: Vec<Expr>, join: fn(Expr, Expr) -> Expr) -> Expr {
    let rest = tests.split_off(tests.len() / 2);
    match (tests.is_empty(), rest) {
        (true, mut one) => one.remove(0),
        (false, rest) => join(joined(tests, join), joined(rest, join)),
    }
}

fn is_known(value: &Expr) -> bool {
    match value {
        Expr::Literal(value, _) => !value.is_null(),
        Expr::Alias(alias) => is_known(&alias.expr),
        Expr::Cast(cast) => is_known(&cast.expr),
        Expr::Negative(value) => is_known(value),
        _ => false,
    }
}
