//! Names of one SELECT: its relations, its output, and the clauses that see both.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, JoinConstraint,
    JoinOperator, ObjectName, OrderBy, OrderByKind, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, Value, Visit, Visitor, WildcardAdditionalOptions,
};

use super::{
    Around, Resolver,
    expr::{Alias, Clause, Shape, shown_name},
    quoted,
    scope::{ColumnName, Meaning, Names, Scope, pick},
};
use crate::error::{PlanError, Result};

impl Resolver<'_> {
    /// Resolves a SELECT with the ORDER BY of its query; its output's names.
    pub(super) fn select(
        &self,
        select: &mut Select,
        order_by: Option<&mut OrderBy>,
        around: &Around<'_>,
    ) -> Result<Names> {
        if let Some(Distinct::On(_)) = select.distinct {
            return Err(PlanError::Unsupported("DISTINCT ON".to_owned()));
        }
        let mut scope = Scope { relations: Vec::new(), outer: around.outer };
        for table in &mut select.from {
            self.relation(&mut table.relation, &mut scope, around)?;
            for join in &mut table.joins {
                self.relation(&mut join.relation, &mut scope, around)?;
            }
        }
        for join in select.from.iter_mut().flat_map(|table| &mut table.joins) {
            self.join(&mut join.join_operator, &scope, around)?;
        }
        let mut shape = Shape { grouped: self.is_grouped(select), aliases: Vec::new() };
        select.projection = self.expanded(std::mem::take(&mut select.projection), &scope, &shape)?;
        self.clause(&mut select.projection, &scope, Clause::Select, &shape, around)?;
        select.projection.iter_mut().for_each(name_measure);
        shape.aliases = select.projection.iter().filter_map(|item| self.alias_of(item)).collect();

        self.clause(&mut select.selection, &scope, Clause::Where, &shape, around)?;
        if let GroupByExpr::Expressions(..) = select.group_by {
            self.clause(&mut select.group_by, &scope, Clause::GroupBy, &shape, around)?;
        }
        self.clause(&mut select.having, &scope, Clause::Having, &shape, around)?;
        self.clause(&mut select.qualify, &scope, Clause::OrderBy, &shape, around)?;
        self.clause(&mut select.named_window, &scope, Clause::Select, &shape, around)?;
        if let Some(order_by) = order_by {
            self.clause(order_by, &scope, Clause::OrderBy, &shape, around)?;
            by_position(order_by, &select.projection);
        }
        Ok(output_names(&select.projection, &scope))
    }

    fn join(&self, operator: &mut JoinOperator, scope: &Scope<'_>, around: &Around<'_>) -> Result<()> {
        self.expressions(operator, scope, Clause::Set, around)?;
        if let Some(JoinConstraint::Using(columns)) = constraint(operator) {
            for column in columns {
                let written = column.to_string().trim_matches('"').to_owned();
                let names = scope.relations.iter().flat_map(|relation| &relation.names.columns);
                if let Some(found) = pick(&written, names, |column| &column.name)? {
                    *column = ObjectName::from(quoted(&found.name));
                }
            }
        }
        Ok(())
    }

    fn is_grouped(&self, select: &Select) -> bool {
        let by = match &select.group_by {
            GroupByExpr::All(_) => true,
            GroupByExpr::Expressions(keys, _) => !keys.is_empty(),
        };
        by || select.having.is_some() || self.has_aggregate(&select.projection)
    }

    fn has_aggregate(&self, node: &impl Visit) -> bool {
        node.visit(&mut FindAggregate { resolver: self, subqueries: 0 }).is_break()
    }

    /// `*` over cubes and views, written out.
    fn expanded(&self, items: Vec<SelectItem>, scope: &Scope<'_>, shape: &Shape) -> Result<Vec<SelectItem>> {
        let mut expanded = Vec::with_capacity(items.len());
        for item in items {
            match wildcard(&item, scope)? {
                Some(relations) if !scope.is_open() && !shape.grouped => {
                    for relation in relations {
                        let columns = relation.names.columns.iter();
                        let shown = columns.filter(|column| self.is_shown(column));
                        expanded.extend(shown.map(|column| item_of(relation.name.as_deref(), column)));
                    }
                }
                _ => expanded.push(item),
            }
        }
        Ok(expanded)
    }

    /// Segments are for WHERE: Cube's API has no column for them.
    fn is_shown(&self, column: &ColumnName) -> bool {
        match &column.meaning {
            Meaning::Plain => true,
            Meaning::Measure(measure) => crate::lower::has_row_value(measure, self.model),
            Meaning::Segment | Meaning::Virtual => false,
        }
    }

    fn alias_of(&self, item: &SelectItem) -> Option<Alias> {
        let (name, expr) = match item {
            SelectItem::ExprWithAlias { expr, alias } => (alias.value.clone(), expr),
            SelectItem::UnnamedExpr(expr) => (shown_name(expr)?.value.clone(), expr),
            _ => return None,
        };
        Some(Alias { name, expr: expr.clone(), aggregates: self.has_aggregate(expr) })
    }
}

struct FindAggregate<'r> {
    resolver: &'r Resolver<'r>,
    subqueries: usize,
}

impl Visitor for FindAggregate<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.subqueries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.subqueries -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) if self.subqueries == 0 && self.resolver.is_aggregate(function) => {
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

/// The relations whose columns a plain `*` or `t.*` stands for.
fn wildcard<'s>(item: &SelectItem, scope: &'s Scope<'_>) -> Result<Option<Vec<&'s super::Relation>>> {
    match item {
        SelectItem::Wildcard(options) if is_plain(options) => Ok(Some(scope.relations.iter().collect())),
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options)
            if is_plain(options) =>
        {
            let written = name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.clone());
            Ok(scope.relation(&written.unwrap_or_default())?.map(|relation| vec![relation]))
        }
        _ => Ok(None),
    }
}

fn is_plain(options: &WildcardAdditionalOptions) -> bool {
    options.opt_ilike.is_none()
        && options.opt_exclude.is_none()
        && options.opt_except.is_none()
        && options.opt_replace.is_none()
        && options.opt_rename.is_none()
}

fn item_of(relation: Option<&str>, column: &ColumnName) -> SelectItem {
    let column = quoted(&column.name);
    SelectItem::UnnamedExpr(match relation {
        Some(relation) => Expr::CompoundIdentifier(vec![quoted(relation), column]),
        None => Expr::Identifier(column),
    })
}

/// An unaliased `MEASURE(m)` is named `m`.
fn name_measure(item: &mut SelectItem) {
    if let SelectItem::UnnamedExpr(Expr::Function(function)) = item
        && let Some(measure) = measure_argument(function).and_then(shown_name)
    {
        let alias = quoted(&measure.value);
        let expr = Expr::Function(function.clone());
        *item = SelectItem::ExprWithAlias { expr, alias };
    }
}

fn measure_argument(function: &Function) -> Option<&Expr> {
    let is_measure = function.over.is_none() && function.name.to_string().eq_ignore_ascii_case("measure");
    match &function.args {
        FunctionArguments::List(list) if is_measure => match list.args.as_slice() {
            [FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))] => Some(expr),
            _ => None,
        },
        _ => None,
    }
}

/// An ORDER BY key that repeats an output expression means that output.
fn by_position(order_by: &mut OrderBy, projection: &[SelectItem]) {
    let OrderByKind::Expressions(keys) = &mut order_by.kind else { return };
    for key in keys {
        let same = |item: &SelectItem| match item {
            SelectItem::ExprWithAlias { expr, .. } | SelectItem::UnnamedExpr(expr) => {
                matches!(expr, Expr::Function(_)) && *expr == key.expr
            }
            _ => false,
        };
        if let Some(position) = projection.iter().position(same) {
            key.expr = Expr::value(Value::Number((position + 1).to_string(), false));
        }
    }
}

fn output_names(projection: &[SelectItem], scope: &Scope<'_>) -> Names {
    let mut names = Names::default();
    for item in projection {
        match item {
            SelectItem::ExprWithAlias { alias, .. } => {
                names.columns.push(ColumnName::plain(alias.value.clone()));
            }
            SelectItem::UnnamedExpr(expr) => match shown_name(expr) {
                Some(ident) => names.columns.push(output_column(expr, &ident.value, scope)),
                None => names.open = true,
            },
            _ => names.open = true,
        }
    }
    names
}

// An ungrouped sub-query hands a measure on as it is.
fn output_column(expr: &Expr, name: &str, scope: &Scope<'_>) -> ColumnName {
    let relation = match expr {
        Expr::CompoundIdentifier(parts) => parts.first().map(|relation| relation.value.as_str()),
        _ => None,
    };
    let mut relations =
        scope.relations.iter().filter(|r| relation.is_none() || r.name.as_deref() == relation);
    let found = relations.find_map(|r| r.names.columns.iter().find(|column| column.name == name));
    found.cloned().unwrap_or_else(|| ColumnName::plain(name.to_owned()))
}

fn constraint(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint) => Some(constraint),
        _ => None,
    }
}
