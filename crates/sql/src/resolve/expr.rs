//! Names inside expressions.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Function, Ident, Query, VisitMut, VisitorMut};
use semantic::MemberName;

use super::{
    Around, Resolver, quoted,
    scope::{Found, Meaning, Scope, pick},
};
use crate::error::{PlanError, Result};

/// Where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    Select,
    Where,
    GroupBy,
    Having,
    OrderBy,
    /// ON, VALUES, LIMIT, ORDER BY of a set operation: no aliases, no measures of its own.
    Set,
}

/// An output column of the SELECT at hand.
#[derive(Debug, Clone)]
pub(super) struct Alias {
    pub(super) name: String,
    pub(super) expr: Expr,
    pub(super) aggregates: bool,
}

/// What expressions of one SELECT share.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    pub(super) grouped: bool,
    pub(super) aliases: Vec<Alias>,
}

impl Resolver<'_> {
    /// Resolves the expressions of a clause that stands by itself.
    pub(super) fn expressions(
        &self,
        node: &mut impl VisitMut,
        scope: &Scope<'_>,
        clause: Clause,
        around: &Around<'_>,
    ) -> Result<()> {
        self.clause(node, scope, clause, &Shape::default(), around)
    }

    /// Resolves the expressions of one clause of a SELECT.
    pub(super) fn clause(
        &self,
        node: &mut impl VisitMut,
        scope: &Scope<'_>,
        clause: Clause,
        shape: &Shape,
        around: &Around<'_>,
    ) -> Result<()> {
        let mut visitor = Expressions {
            resolver: self,
            scope,
            clause,
            shape,
            around,
            aggregates: 0,
            subqueries: 0,
            depth: 0,
        };
        match node.visit(&mut visitor) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(error) => Err(*error),
        }
    }

    pub(super) fn is_aggregate(&self, function: &Function) -> bool {
        let [part] = function.name.0.as_slice() else { return false };
        let name = part.as_ident().map(|ident| ident.value.to_lowercase());
        function.over.is_none() && name.is_some_and(|name| (self.is_aggregate)(&name))
    }
}

struct Expressions<'e> {
    resolver: &'e Resolver<'e>,
    scope: &'e Scope<'e>,
    clause: Clause,
    shape: &'e Shape,
    around: &'e Around<'e>,
    /// Aggregate calls around the expression at hand.
    aggregates: usize,
    /// Sub-queries around it: their names are resolved by themselves.
    subqueries: usize,
    /// Expressions around it.
    depth: usize,
}

impl VisitorMut for Expressions<'_> {
    type Break = Box<PlanError>;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if self.subqueries > 0 {
            return ControlFlow::Continue(());
        }
        self.depth += 1;
        if let Err(error) = self.name(expr) {
            return ControlFlow::Break(Box::new(error));
        }
        if matches!(expr, Expr::Function(function) if self.resolver.is_aggregate(function)) {
            self.aggregates += 1;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if self.subqueries > 0 {
            return ControlFlow::Continue(());
        }
        self.depth -= 1;
        if matches!(expr, Expr::Function(function) if self.resolver.is_aggregate(function)) {
            self.aggregates -= 1;
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Self::Break> {
        self.subqueries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        self.subqueries -= 1;
        if self.subqueries == 0 {
            let around = Around { ctes: self.around.ctes.clone(), outer: Some(self.scope) };
            if let Err(error) = self.resolver.query(query, &around) {
                return ControlFlow::Break(Box::new(error));
            }
        }
        ControlFlow::Continue(())
    }
}

impl Expressions<'_> {
    fn name(&mut self, expr: &mut Expr) -> Result<()> {
        match expr {
            Expr::Identifier(ident) => {
                if let Some(resolved) = self.bare(&ident.value).map_err(|error| error.at(ident))? {
                    *expr = resolved;
                }
            }
            Expr::CompoundIdentifier(parts) => {
                if let [.., relation, column] = parts.as_slice() {
                    let found = self.qualified(&relation.value, &column.value);
                    let found = found.and_then(|found| self.check_measure(&found).map(|()| found));
                    *expr = found.map_err(|error| error.at(relation))?.qualified();
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What a bare name means; `None` leaves it to the planner.
    fn bare(&self, written: &str) -> Result<Option<Expr>> {
        if let Some(alias) = self.alias_first(written)? {
            return Ok(Some(alias));
        }
        if let Some(found) = self.scope.column(written)? {
            self.check_measure(&found)?;
            return Ok(Some(found.bare()));
        }
        if let Some(alias) = self.alias(written)? {
            return Ok(Some(Expr::Identifier(quoted(&alias.name))));
        }
        if self.scope.is_open() || self.clause == Clause::Set && self.scope.relations.is_empty() {
            return Ok(None);
        }
        Err(PlanError::UnknownColumn { name: written.to_owned(), near: self.scope.near(written) })
    }

    fn qualified(&self, relation: &str, written: &str) -> Result<Found> {
        let unknown = |near| PlanError::UnknownColumn { name: format!("{relation}.{written}"), near };
        let found = self.scope.relation(relation)?.ok_or_else(|| unknown(self.scope.near(written)))?;
        let column = pick(written, found.names.columns.iter(), |column| &column.name)?;
        match column {
            Some(column) => Ok(Found { relation: found.name.clone(), column: column.clone() }),
            None if found.names.open => Ok(Found {
                relation: found.name.clone(),
                column: super::ColumnName::plain(written.to_owned()),
            }),
            None => Err(unknown(self.scope.near(written))),
        }
    }

    /// ORDER BY prefers the output's names; HAVING takes a measure's name for the aggregate that the output shows.
    fn alias_first(&self, written: &str) -> Result<Option<Expr>> {
        match self.clause {
            Clause::OrderBy if self.depth == 1 => {
                Ok(self.alias(written)?.map(|alias| Expr::Identifier(quoted(&alias.name))))
            }
            Clause::Having if self.aggregates == 0 => {
                Ok(self.alias(written)?.filter(|alias| alias.aggregates).map(|alias| alias.expr.clone()))
            }
            _ => Ok(None),
        }
    }

    fn alias(&self, written: &str) -> Result<Option<&Alias>> {
        match self.clause {
            Clause::GroupBy | Clause::Having | Clause::OrderBy => {
                pick(written, self.shape.aliases.iter(), |alias| &alias.name)
            }
            Clause::Select | Clause::Where | Clause::Set => Ok(None),
        }
    }

    // In a grouped query a measure stands inside an aggregate; a row has no value of it there.
    fn check_measure(&self, found: &Found) -> Result<()> {
        let Meaning::Measure(measure) = &found.column.meaning else { return Ok(()) };
        if !self.shape.grouped || self.aggregates > 0 {
            return Ok(());
        }
        Err(match self.clause {
            Clause::Where => PlanError::MeasureInWhere(MemberName::clone(measure)),
            _ => PlanError::BareMeasure(MemberName::clone(measure)),
        })
    }
}

/// The bare name that an expression shows as an output column.
pub(super) fn shown_name(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(ident) => Some(ident),
        Expr::CompoundIdentifier(parts) => parts.last(),
        _ => None,
    }
}
