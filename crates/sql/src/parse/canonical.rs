//! Words of other engines and of ODBC for what this SQL has under another name. Rewritten on the syntax tree, so
//! that everything behind knows one form of each.

mod functions;

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Fetch, LimitClause, Query, SetExpr, Top, TopQuantity, Value, VisitMut, VisitorMut,
};

use crate::error::{PlanError, Result};
pub(crate) use functions::call;

/// Rewrites a whole query in place.
pub(super) fn rewrite(query: &mut Query) -> Result<()> {
    match query.visit(&mut Canonical) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(*error),
    }
}

struct Canonical;

impl VisitorMut for Canonical {
    type Break = Box<PlanError>;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        flow(limited(query))
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        flow(match expr {
            // DataFusion takes it for a regular expression without anchors.
            Expr::SimilarTo { .. } => Err(PlanError::Unsupported("SIMILAR TO (write LIKE or ~)".to_owned())),
            Expr::Function(function) => match functions::rewritten(function) {
                Ok(Some(same)) => {
                    *expr = same;
                    Ok(())
                }
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            },
            _ => Ok(()),
        })
    }
}

fn flow(result: Result<()>) -> ControlFlow<Box<PlanError>> {
    result.map_or_else(|error| ControlFlow::Break(Box::new(error)), ControlFlow::Continue)
}

/// FETCH FIRST and TOP are LIMIT.
fn limited(query: &mut Query) -> Result<()> {
    let top = match query.body.as_mut() {
        SetExpr::Select(select) => select.top.take().map(quantity_of_top).transpose()?,
        _ => None,
    };
    let fetch = query.fetch.take().map(quantity_of_fetch).transpose()?;
    let quantity = match (top, fetch) {
        (None, None) => return Ok(()),
        (Some(quantity), None) | (None, Some(quantity)) => quantity,
        (Some(_), Some(_)) => return Err(PlanError::Unsupported("TOP beside FETCH".to_owned())),
    };
    match &mut query.limit_clause {
        Some(LimitClause::LimitOffset { limit: limit @ None, limit_by, .. }) if limit_by.is_empty() => {
            *limit = Some(quantity);
        }
        clause @ None => {
            *clause =
                Some(LimitClause::LimitOffset { limit: Some(quantity), offset: None, limit_by: Vec::new() });
        }
        Some(_) => return Err(PlanError::Unsupported("LIMIT beside FETCH or TOP".to_owned())),
    }
    Ok(())
}

fn quantity_of_fetch(fetch: Fetch) -> Result<Expr> {
    if fetch.with_ties || fetch.percent {
        return Err(PlanError::Unsupported("FETCH … PERCENT or WITH TIES".to_owned()));
    }
    Ok(fetch.quantity.unwrap_or_else(|| number(1)))
}

fn quantity_of_top(top: Top) -> Result<Expr> {
    match top {
        Top { with_ties: false, percent: false, quantity: Some(TopQuantity::Expr(expr)) } => Ok(expr),
        Top { with_ties: false, percent: false, quantity: Some(TopQuantity::Constant(count)) } => {
            Ok(number(count))
        }
        _ => Err(PlanError::Unsupported("TOP … PERCENT or WITH TIES".to_owned())),
    }
}

fn number(count: u64) -> Expr {
    Expr::value(Value::Number(count.to_string(), false))
}
