//! ORDER BY: only over what the SELECT puts out.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, OrderBy, OrderByKind, SelectItem, SetExpr, Value, ValueWithSpan, visit_expressions,
};

use super::refusal::Refusal;

/// Checks the keys of an ORDER BY against the SELECT that it stands behind.
pub(super) fn check(order_by: &OrderBy, body: &SetExpr) -> Result<(), Refusal> {
    let (OrderByKind::Expressions(keys), SetExpr::Select(select)) = (&order_by.kind, body) else {
        return Ok(());
    };
    let items = &select.projection;
    sortable_names(items)?;
    let all = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    if items.iter().any(all) {
        return Ok(());
    }
    let names: Vec<_> = items.iter().filter_map(output_name).collect();
    keys.iter().map(|key| &key.expr).filter(|key| !is_ordinal(key) && !is_selected(key, items)).try_for_each(
        |key| match missing(key, &names) {
            None => Ok(()),
            Some(missing) => {
                let valid: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
                let text = format!("No field named '{missing}'. Valid fields are {}.", valid.join(", "));
                Err(Refusal::Planning(text))
            }
        },
    )
}

// Recorded: with such a name among the columns, sorting finds none of them any more.
fn sortable_names(items: &[SelectItem]) -> Result<(), Refusal> {
    let odd = items.iter().find_map(|item| match item {
        SelectItem::ExprWithAlias { expr, alias } if alias.value.contains(['.', '"']) => Some(expr),
        _ => None,
    });
    odd.map_or(Ok(()), |expr| Err(Refusal::Planning(format!("Invalid identifier '#{expr}' for schema "))))
}

fn output_name(item: &SelectItem) -> Option<&str> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(&alias.value),
        SelectItem::UnnamedExpr(expr) => column_name(expr),
        _ => None,
    }
}

fn column_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Identifier(name) => Some(&name.value),
        Expr::CompoundIdentifier(names) => names.last().map(|name| name.value.as_str()),
        _ => None,
    }
}

fn is_ordinal(key: &Expr) -> bool {
    matches!(key, Expr::Value(ValueWithSpan { value: Value::Number(..), .. }))
}

fn is_selected(key: &Expr, items: &[SelectItem]) -> bool {
    items.iter().any(|item| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => expr == key,
        _ => false,
    })
}

/// The first thing in a key that the SELECT does not put out: an aggregate, or a column.
fn missing(key: &Expr, names: &[&str]) -> Option<String> {
    let found = visit_expressions(key, |expr| match expr {
        Expr::Function(function) if is_aggregate(&function.name.to_string()) => {
            ControlFlow::Break(expr.to_string())
        }
        other => match column_name(other) {
            Some(name) if !names.contains(&name) => ControlFlow::Break(name.to_owned()),
            _ => ControlFlow::Continue(()),
        },
    });
    found.break_value()
}

/// True when an output column aggregates.
pub(super) fn item_aggregates(item: &SelectItem) -> bool {
    let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { return false };
    let found = visit_expressions(expr, |expr| match expr {
        Expr::Function(function) if is_aggregate(&function.name.to_string()) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

fn is_aggregate(name: &str) -> bool {
    ["count", "sum", "min", "max", "avg", "merge"].contains(&name.to_ascii_lowercase().as_str())
}
