//! Names of one SELECT: its relations, its output, and the clauses that see both.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, OrderBy,
    OrderByKind, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, Value, Visit, Visitor,
    WildcardAdditionalOptions,
};

use super::{
    Around, Relation, Resolver,
    expr::{Alias, Clause, Shape, shown_name},
    quoted,
    scope::{Bare, ColumnName, Copied, Found, Meaning, Names, Scope},
    using::last_part,
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
        let mut scope = Scope::new(around.outer);
        for item in &mut select.from {
            self.item(item, &mut scope, around)?;
        }
        let mut shape = Shape { grouped: self.is_grouped(select), aliases: Vec::new() };
        select.projection = self.expanded(std::mem::take(&mut select.projection), &scope, &shape)?;
        for item in &mut select.projection {
            name_merged(item, &scope)?;
        }
        self.clause(&mut select.projection, &scope, Clause::Select, &shape, around)?;
        select.projection.iter_mut().for_each(name_measure);
        let copies = tell_apart(&mut select.projection);
        shape.aliases = select.projection.iter().filter_map(|item| self.alias_of(item)).collect();

        self.clause(&mut select.selection, &scope, Clause::Where, &shape, around)?;
        if let GroupByExpr::Expressions(keys, _) = &mut select.group_by {
            keys.iter_mut().for_each(|key| count_in_sets(key, &select.projection));
            self.clause(&mut select.group_by, &scope, Clause::GroupBy, &shape, around)?;
        }
        self.clause(&mut select.having, &scope, Clause::Having, &shape, around)?;
        self.clause(&mut select.qualify, &scope, Clause::OrderBy, &shape, around)?;
        self.clause(&mut select.named_window, &scope, Clause::Select, &shape, around)?;
        if let Some(order_by) = order_by {
            self.clause(order_by, &scope, Clause::OrderBy, &shape, around)?;
            by_position(order_by, &select.projection);
        }
        Ok(Names { copies, ..output_names(&select.projection, &scope) })
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

    /// `*` over columns that are known, written out.
    fn expanded(&self, items: Vec<SelectItem>, scope: &Scope<'_>, shape: &Shape) -> Result<Vec<SelectItem>> {
        let mut expanded = Vec::with_capacity(items.len());
        for item in items {
            let shown = match &item {
                SelectItem::Wildcard(options) if is_plain(options) => every(scope),
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options)
                    if is_plain(options) =>
                {
                    scope.relation(&last_part(name))?.map_or_else(Vec::new, of)
                }
                _ => Vec::new(),
            };
            if !shown.is_empty() && !scope.is_open() && !shape.grouped {
                expanded.extend(shown.iter().filter(|found| self.is_shown(&found.column)).map(item_of));
            } else if matches!(item, SelectItem::Wildcard(_)) && scope.is_merged() {
                let what =
                    "`*` over USING or NATURAL of columns without names (name them with AS, or list them)";
                return Err(PlanError::Unsupported(what.to_owned()));
            } else {
                expanded.push(item);
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

/// The columns of `*`: those that joins made one come first.
fn every(scope: &Scope<'_>) -> Vec<Found> {
    let mut every = Vec::new();
    for (position, item) in scope.items.iter().enumerate() {
        let end = scope.items.get(position + 1).map_or(scope.relations.len(), |next| next.first);
        let columns = || {
            let relations = scope.relations[item.first..end].iter();
            relations.flat_map(|relation| relation.bare().map(move |column| found(relation, column)))
        };
        for name in &item.merged {
            every.extend(columns().filter(|found| found.column.name == *name));
        }
        every.extend(columns().filter(|found| !item.merged.contains(&found.column.name)));
    }
    every
}

/// The columns of one relation, with those that are known by other names.
fn of(relation: &Relation) -> Vec<Found> {
    let columns = relation.names.columns.iter();
    columns.map(|column| found(relation, &ColumnName { bare: Bare::Own, ..column.clone() })).collect()
}

fn found(relation: &Relation, column: &ColumnName) -> Found {
    Found { relation: relation.name.clone(), column: column.clone() }
}

fn is_plain(options: &WildcardAdditionalOptions) -> bool {
    options.opt_ilike.is_none()
        && options.opt_exclude.is_none()
        && options.opt_except.is_none()
        && options.opt_replace.is_none()
        && options.opt_rename.is_none()
}

fn item_of(found: &Found) -> SelectItem {
    match &found.column.bare {
        Bare::Merged(value) => {
            SelectItem::ExprWithAlias { expr: Expr::clone(value), alias: quoted(&found.column.name) }
        }
        Bare::Own | Bare::Hidden => SelectItem::UnnamedExpr(found.qualified()),
    }
}

/// A column that a join made of two keeps its name.
fn name_merged(item: &mut SelectItem, scope: &Scope<'_>) -> Result<()> {
    if let SelectItem::UnnamedExpr(Expr::Identifier(ident)) = item
        && let Some(found) = scope.column(&ident.value)?
        && let Bare::Merged(_) = found.column.bare
    {
        *item = item_of(&found);
    }
    Ok(())
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

/// Columns of one name get names of their own, since the planner tells columns apart by them; which are which.
fn tell_apart(projection: &mut [SelectItem]) -> Vec<Copied> {
    let mut copies = Vec::new();
    for position in 1..projection.len() {
        let (before, item) = projection.split_at_mut(position);
        let Some(item) = item.first_mut() else { break };
        let Some(original) = before.iter().position(|other| is_same(other, item)) else { continue };
        let (expr, name) = match item {
            SelectItem::ExprWithAlias { expr, alias } => (expr.clone(), alias.value.clone()),
            SelectItem::UnnamedExpr(expr) => {
                let shown = shown_name(expr).map(|name| name.value.clone());
                (expr.clone(), shown.unwrap_or_else(|| expr.to_string()))
            }
            _ => continue,
        };
        *item = SelectItem::ExprWithAlias { expr, alias: quoted(&format!("{name}:{position}")) };
        copies.push(Copied { position, original });
    }
    // Nobody knows yet how many columns a wildcard has.
    if projection.iter().any(is_wildcard) {
        copies.clear();
    }
    copies
}

fn is_same(one: &SelectItem, other: &SelectItem) -> bool {
    match (one, other) {
        (SelectItem::UnnamedExpr(one), SelectItem::UnnamedExpr(other)) => one == other,
        (SelectItem::ExprWithAlias { alias: one, .. }, SelectItem::ExprWithAlias { alias: other, .. }) => {
            one.value == other.value
        }
        _ => false,
    }
}

fn is_wildcard(item: &SelectItem) -> bool {
    matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
}

/// Numbers of output columns in grouping sets, which the planner knows only outside of them.
fn count_in_sets(key: &mut Expr, projection: &[SelectItem]) {
    let (Expr::GroupingSets(sets) | Expr::Rollup(sets) | Expr::Cube(sets)) = key else { return };
    for key in sets.iter_mut().flatten() {
        let Expr::Value(value) = &*key else { continue };
        let Value::Number(digits, _) = &value.value else { continue };
        let position = digits.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let item = position.and_then(|position| projection.get(position));
        if let Some(SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item {
            *key = expr.clone();
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
    let meaning = found.map_or(Meaning::Plain, |column| column.meaning.clone());
    ColumnName::new(name.to_owned(), meaning)
}
