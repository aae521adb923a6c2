//! Queries: which clauses the store knows.

use chrono::{DateTime, Utc};
use cubestore::codec::request::Parameter;
use datafusion::sql::sqlparser::ast::{
    Cte, Distinct, Expr, GroupByExpr, JoinConstraint, JoinOperator, LimitClause, OrderBy, OrderByKind, Query,
    Select, SelectItem, SetExpr, SetOperator, SetQuantifier, TableFactor, TableWithJoins,
};

use super::{budget::Budget, order, refusal::Refusal};

/// Walks a statement, refuses what the store does not know and rewrites what DataFusion calls otherwise.
pub(super) struct Rewriter<'p> {
    pub(super) parameters: Option<&'p [Parameter]>,
    /// How many parameters were used.
    pub(super) used: usize,
    pub(super) now: DateTime<Utc>,
    /// Inside WHERE, HAVING or ON.
    pub(super) tests: bool,
    budget: Budget,
}

impl<'p> Rewriter<'p> {
    pub(super) fn new(parameters: Option<&'p [Parameter]>, now: DateTime<Utc>) -> Self {
        Self { parameters, used: 0, now, tests: false, budget: Budget::default() }
    }

    /// A whole query.
    pub(super) fn query(&mut self, query: &mut Query) -> Result<(), Refusal> {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        let known = fetch.is_none()
            && locks.is_empty()
            && for_clause.is_none()
            && settings.is_none()
            && format_clause.is_none()
            && pipe_operators.is_empty();
        if !known {
            return Err(Refusal::node(query));
        }
        if let Some(with) = with {
            if with.recursive {
                return Err(Refusal::NotImplemented("Recursive CTEs are not supported".to_owned()));
            }
            with.cte_tables.iter_mut().try_for_each(|cte| self.cte(cte))?;
        }
        self.body(body)?;
        if let Some(order_by) = order_by {
            order::check(order_by, body)?;
            self.order_by(order_by)?;
        }
        limit_clause.iter_mut().try_for_each(|limit| self.limit(limit))
    }

    fn cte(&mut self, cte: &mut Cte) -> Result<(), Refusal> {
        if cte.from.is_some() || cte.materialized.is_some() || !cte.alias.columns.is_empty() {
            return Err(Refusal::node(cte));
        }
        let before = self.budget.spent();
        self.query(&mut cte.query)?;
        self.budget.define(&cte.alias.name.value, before);
        Ok(())
    }

    fn body(&mut self, body: &mut SetExpr) -> Result<(), Refusal> {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation {
                left,
                op: SetOperator::Union,
                set_quantifier: SetQuantifier::All,
                right,
            } => {
                self.body(left)?;
                self.body(right)
            }
            SetExpr::SetOperation { op, .. } => {
                Err(Refusal::NotImplemented(format!("Only UNION ALL is supported, found {op}")))
            }
            other => Err(Refusal::NotImplemented(format!("Query {other} not implemented yet"))),
        }
    }

    fn order_by(&mut self, order_by: &mut OrderBy) -> Result<(), Refusal> {
        let OrderByKind::Expressions(keys) = &mut order_by.kind else { return Err(Refusal::node(order_by)) };
        keys.iter_mut().try_for_each(|key| self.expression(&mut key.expr))
    }

    fn limit(&mut self, limit: &mut LimitClause) -> Result<(), Refusal> {
        let LimitClause::LimitOffset { limit, offset, limit_by } = limit else {
            return Err(Refusal::node(limit));
        };
        if !limit_by.is_empty() {
            return Err(Refusal::node(limit_by));
        }
        let offset = offset.iter_mut().map(|offset| &mut offset.value);
        limit.iter_mut().chain(offset).try_for_each(|count| self.expression(count))
    }

    fn select(&mut self, select: &mut Select) -> Result<(), Refusal> {
        known_clauses(select)?;
        self.budget.join(&select.from)?;
        // In the order of the text, because parameters are counted on the way.
        select.projection.iter_mut().try_for_each(|item| self.item(item))?;
        select.from.iter_mut().try_for_each(|table| self.table_with_joins(table))?;
        select.selection.iter_mut().try_for_each(|condition| self.test(condition))?;
        let GroupByExpr::Expressions(keys, modifiers) = &mut select.group_by else {
            return Err(Refusal::node(&select.group_by));
        };
        if !modifiers.is_empty() {
            return Err(Refusal::node(modifiers));
        }
        keys.iter_mut().try_for_each(|key| self.expression(key))?;
        select.having.iter_mut().try_for_each(|condition| self.test(condition))
    }

    fn item(&mut self, item: &mut SelectItem) -> Result<(), Refusal> {
        match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => self.expression(expr),
            SelectItem::QualifiedWildcard(..) | SelectItem::Wildcard(_) => Ok(()),
            SelectItem::ExprWithAliases { .. } => Err(Refusal::node(item)),
        }
    }

    fn test(&mut self, condition: &mut Expr) -> Result<(), Refusal> {
        self.tests = true;
        let walked = self.expression(condition);
        self.tests = false;
        walked
    }

    fn table_with_joins(&mut self, table: &mut TableWithJoins) -> Result<(), Refusal> {
        self.table(&mut table.relation)?;
        for join in &mut table.joins {
            let constraint = match &mut join.join_operator {
                JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => constraint,
                JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
                    refuse_aggregates(&join.relation)?;
                    constraint
                }
                other => {
                    return Err(Refusal::NotImplemented(format!("Unsupported JOIN operator {other:?}")));
                }
            };
            let JoinConstraint::On(on) = constraint else {
                return Err(Refusal::NotImplemented(format!("Unsupported JOIN constraint {constraint:?}")));
            };
            self.table(&mut join.relation)?;
            self.test(on)?;
        }
        Ok(())
    }

    fn table(&mut self, table: &mut TableFactor) -> Result<(), Refusal> {
        match table {
            TableFactor::Table { name, args: None, sample: None, version: None, .. } if name.0.len() <= 2 => {
                self.budget.read(name)
            }
            TableFactor::Table { name, args: None, .. } => Err(Refusal::no_table(&name.to_string())),
            TableFactor::Derived { lateral: false, subquery, sample: None, .. } => self.query(subquery),
            other => {
                Err(Refusal::NotImplemented(format!("Unsupported ast node {other:?} in create_relation")))
            }
        }
    }
}

fn known_clauses(select: &Select) -> Result<(), Refusal> {
    let known = matches!(select.distinct, None | Some(Distinct::Distinct))
        && select.top.is_none()
        && select.exclude.is_none()
        && select.into.is_none()
        && select.lateral_views.is_empty()
        && select.prewhere.is_none()
        && select.connect_by.is_empty()
        && select.cluster_by.is_empty()
        && select.distribute_by.is_empty()
        && select.sort_by.is_empty()
        && select.named_window.is_empty()
        && select.qualify.is_none()
        && select.value_table_mode.is_none();
    if known { Ok(()) } else { Err(Refusal::node(select)) }
}

/// The right side of a LEFT JOIN cannot be a subquery that aggregates.
fn refuse_aggregates(table: &TableFactor) -> Result<(), Refusal> {
    let TableFactor::Derived { subquery, .. } = table else { return Ok(()) };
    let SetExpr::Select(select) = &*subquery.body else { return Ok(()) };
    let groups = !matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
    if groups || select.distinct.is_some() || select.projection.iter().any(order::item_aggregates) {
        let text = "Join of an aggregate is not supported: ClusterAggregate on the right side of a LEFT JOIN";
        return Err(Refusal::Other(text.to_owned()));
    }
    Ok(())
}
