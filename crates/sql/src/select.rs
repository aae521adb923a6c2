//! SELECTs of columns, keys and aggregates. DataFusion's planner makes the same plans of them, but looks at all columns
//! again for each of them, several times over.

use std::sync::Arc;

use datafusion::{
    common::{Column, DFSchema, Result, TableReference, plan_err},
    logical_expr::{
        Aggregate, Expr, LogicalPlan, LogicalPlanBuilder, Projection, Sort, SortExpr,
        builder::add_group_by_exprs_from_dependencies,
        expr_rewriter::normalize_col_with_schemas_and_ambiguity_check,
    },
    sql::{
        planner::{NullOrdering, PlannerContext, SqlToRel},
        sqlparser::ast::{
            self, Cte, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, LimitClause, OrderBy,
            OrderByExpr, OrderByKind, Query, Select, SelectItem, SetExpr, SetOperator, SetQuantifier,
            Statement, Value, With,
        },
    },
};

use crate::{catalog::Catalog, lower::unique};

/// Plans the queries of a statement whose names are resolved and which has no parameters.
pub(crate) struct Selects<'c> {
    pub(crate) planner: &'c SqlToRel<'c, Catalog<'c>>,
    pub(crate) nulls: NullOrdering,
}

/// An item of a SELECT, over its FROM.
struct Item {
    expr: Expr,
    /// `None` for a column under its own name.
    alias: Option<String>,
}

/// What GROUP BY makes groups of.
enum Groups {
    /// Every item that is no aggregate.
    All,
    /// Items, by position from zero.
    Items(Vec<usize>),
}

impl Selects<'_> {
    /// The plan of a query; parts of it that have another shape are planned by DataFusion. An error says nothing about
    /// the statement, which may only have looked like one of ours.
    pub(crate) fn plan(&self, query: Query) -> Result<LogicalPlan> {
        self.query(query, &PlannerContext::new())
    }

    fn query(&self, mut query: Query, around: &PlannerContext) -> Result<LogicalPlan> {
        let mut context = around.clone();
        for Cte { alias, query, .. } in
            query.with.take_if(is_plain).into_iter().flat_map(|with| with.cte_tables)
        {
            let name = alias.name.value;
            if context.contains_cte(&name) {
                return plan_err!("{name} is there twice");
            }
            let plan = LogicalPlanBuilder::from(self.query(*query, &context)?);
            let plan = plan.alias(TableReference::bare(name.as_str()))?.build()?;
            context.insert_cte(name, plan);
        }
        if !is_ours(&query) {
            return self.other(query, &mut context);
        }
        let Query { body, order_by, limit_clause, .. } = query;
        let plan = self.union(*body, &mut context)?;
        let plan = self.sorted(plan, order_by)?;
        self.limited(plan, limit_clause, &mut context)
    }

    fn other(&self, query: Query, context: &mut PlannerContext) -> Result<LogicalPlan> {
        self.planner.sql_statement_to_plan_with_context(Statement::Query(Box::new(query)), context)
    }

    fn union(&self, mut body: SetExpr, context: &mut PlannerContext) -> Result<LogicalPlan> {
        let mut right = Vec::new();
        while let SetExpr::SetOperation { left, right: operand, .. } = body {
            right.push(*operand);
            body = *left;
        }
        let mut union = self.select(body, context)?;
        for operand in right.into_iter().rev() {
            let operand = self.select(operand, context)?;
            if operand.schema().fields().len() != union.schema().fields().len() {
                return plan_err!("a union of unlike rows");
            }
            union = LogicalPlanBuilder::from(union).union(operand)?.build()?;
        }
        Ok(union)
    }

    fn select(&self, body: SetExpr, context: &mut PlannerContext) -> Result<LogicalPlan> {
        let SetExpr::Select(mut select) = body else { return plan_err!("no SELECT") };
        let items = std::mem::take(&mut select.projection);
        let none = GroupByExpr::Expressions(Vec::new(), Vec::new());
        let group_by = std::mem::replace(&mut select.group_by, none);
        let Some(groups) = groups(&group_by, &items) else { return plan_err!("keys of another shape") };
        // FROM and WHERE, in any shape.
        select.projection.push(SelectItem::UnnamedExpr(ast::Expr::value(Value::Null)));
        let LogicalPlan::Projection(below) = self.other(query_of(*select), context)? else {
            return plan_err!("no projection");
        };
        let input = below.input;
        let items = self.items(items, &input, context)?;
        let has_aggregate = items.iter().any(Item::is_aggregate);
        let plan = match groups {
            Groups::Items(keys) if keys.is_empty() && !has_aggregate => {
                let exprs = items.iter().map(Item::shown).collect();
                Projection::try_new(exprs, input)
            }
            groups => grouped(&items, &groups, input),
        };
        plan.map(LogicalPlan::Projection)
    }

    fn items(
        &self,
        items: Vec<SelectItem>,
        input: &LogicalPlan,
        context: &mut PlannerContext,
    ) -> Result<Vec<Item>> {
        let using = input.using_columns()?;
        let item = |item| {
            let (expr, alias) = match item {
                SelectItem::UnnamedExpr(expr) => (expr, None),
                SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias.value)),
                _ => return plan_err!("no expression"),
            };
            let expr = self.planner.sql_to_expr(expr, input.schema(), context)?;
            let expr = normalize_col_with_schemas_and_ambiguity_check(expr, &[&[input.schema()]], &using)?;
            let renames = |name: &String| !matches!(&expr, Expr::Column(column) if column.name == *name);
            let alias = alias.filter(renames);
            match expr {
                Expr::Column(_) | Expr::ScalarFunction(_) | Expr::AggregateFunction(_) => {
                    Ok(Item { expr, alias })
                }
                _ => plan_err!("neither a column nor a call"),
            }
        };
        items.into_iter().map(item).collect()
    }

    fn sorted(&self, plan: LogicalPlan, order_by: Option<OrderBy>) -> Result<LogicalPlan> {
        let Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) = order_by else { return Ok(plan) };
        let mut exprs = Vec::with_capacity(keys.len());
        for OrderByExpr { expr, options, .. } in keys {
            let Some(at) = position(&expr).filter(|at| *at < plan.schema().fields().len()) else {
                return plan_err!("no such position");
            };
            let ascending = options.asc.unwrap_or(true);
            let nulls_first = options.nulls_first.unwrap_or_else(|| self.nulls.nulls_first(ascending));
            let column = Expr::Column(Column::from(plan.schema().qualified_field(at)));
            exprs.push(SortExpr::new(column, ascending, nulls_first));
        }
        Ok(LogicalPlan::Sort(Sort { expr: exprs, input: plan.into(), fetch: None }))
    }

    fn limited(
        &self,
        plan: LogicalPlan,
        limit: Option<LimitClause>,
        context: &mut PlannerContext,
    ) -> Result<LogicalPlan> {
        let Some(LimitClause::LimitOffset { limit, offset, .. }) = limit else { return Ok(plan) };
        let mut number = |expr| self.planner.sql_to_expr(expr, &DFSchema::empty(), context);
        let skip = offset.map(|offset| number(offset.value)).transpose()?;
        let fetch = limit.map(number).transpose()?;
        if skip.is_none() && fetch.is_none() {
            return Ok(plan);
        }
        LogicalPlanBuilder::from(plan).limit_by_expr(skip, fetch)?.build()
    }
}

impl Item {
    fn is_aggregate(&self) -> bool {
        matches!(self.expr, Expr::AggregateFunction(_))
    }

    fn shown(&self) -> Expr {
        named(self.expr.clone(), self.alias.as_ref())
    }
}

fn named(expr: Expr, alias: Option<&String>) -> Expr {
    match alias {
        Some(alias) => expr.alias(alias),
        None => expr,
    }
}

fn grouped(items: &[Item], groups: &Groups, input: Arc<LogicalPlan>) -> Result<Projection> {
    let (calls, keys): (Vec<usize>, Vec<usize>) = (0..items.len()).partition(|at| items[*at].is_aggregate());
    let listed = match groups {
        Groups::All => &keys,
        Groups::Items(listed) => listed,
    };
    if listed.len() != keys.len() || listed.iter().any(|at| items[*at].is_aggregate()) {
        return plan_err!("other keys than those that are shown");
    }
    let grouping = listed.iter().map(|at| match groups {
        Groups::All => items[*at].shown(),
        Groups::Items(_) => items[*at].expr.clone(),
    });
    // DataFusion groups by columns too that depend on the keys.
    let grouping = add_group_by_exprs_from_dependencies(grouping.collect(), input.schema())?;
    let call_columns = grouping.len()..;
    let mut columns: Vec<_> = listed.iter().zip(0..).chain(calls.iter().zip(call_columns)).collect();
    columns.sort_unstable();

    let computed: Vec<Expr> = calls.iter().map(|at| items[*at].expr.clone()).collect();
    if [&grouping, &computed].iter().any(|exprs| unique(exprs).0.len() < exprs.len()) {
        return plan_err!("an item is there twice");
    }
    let aggregate = Aggregate::try_new(input, grouping, computed)?;
    let computed = aggregate.schema.columns();
    let exprs = items.iter().zip(columns).map(|(item, (_, column))| {
        let column = Expr::Column(computed[column].clone());
        match groups {
            // Its name is that of the key.
            Groups::All if !item.is_aggregate() => column,
            _ => named(column, item.alias.as_ref()),
        }
    });
    Projection::try_new(exprs.collect(), LogicalPlan::Aggregate(aggregate).into())
}

fn is_plain(with: &mut With) -> bool {
    !with.recursive && with.cte_tables.iter().all(|cte| cte.alias.columns.is_empty() && cte.from.is_none())
}

/// Whether the parts of a query have shapes that are planned here.
pub(crate) fn is_ours(query: &Query) -> bool {
    let is_whole = query.with.is_none() && query.fetch.is_none() && query.pipe_operators.is_empty();
    is_whole
        && match query.body.as_ref() {
            SetExpr::Select(select) => {
                is_simple(select)
                    && query.order_by.as_ref().is_none_or(is_by_position)
                    && query.limit_clause.as_ref().is_none_or(is_standard)
            }
            body => query.order_by.is_none() && query.limit_clause.is_none() && is_union(body),
        }
}

fn is_union(mut body: &SetExpr) -> bool {
    use SetOperator::Union;
    while let SetExpr::SetOperation { op: Union, set_quantifier: SetQuantifier::All, left, right } = body {
        if !matches!(right.as_ref(), SetExpr::Select(select) if is_simple(select) && names_all(select)) {
            return false;
        }
        body = left;
    }
    matches!(body, SetExpr::Select(select) if is_simple(select))
}

fn is_by_position(order_by: &OrderBy) -> bool {
    let OrderBy { kind: OrderByKind::Expressions(keys), interpolate: None } = order_by else { return false };
    keys.iter().all(|key| position(&key.expr).is_some() && key.with_fill.is_none())
}

fn is_standard(limit: &LimitClause) -> bool {
    matches!(limit, LimitClause::LimitOffset { limit_by, .. } if limit_by.is_empty())
}

fn is_simple(select: &Select) -> bool {
    let is_item = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => is_term(expr),
        _ => false,
    };
    select.distinct.is_none()
        && select.into.is_none()
        && select.exclude.is_none()
        && select.having.is_none()
        && select.qualify.is_none()
        && select.named_window.is_empty()
        && select.distribute_by.is_empty()
        && !select.from.is_empty()
        && select.projection.iter().all(is_item)
        && groups(&select.group_by, &select.projection).is_some()
}

/// On the right of a union, what has no name gets that of the left.
fn names_all(select: &Select) -> bool {
    let is_nameless = |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(ast::Expr::Function(_)));
    !select.projection.iter().any(is_nameless)
}

/// A column, or a call with columns and constants.
fn is_term(expr: &ast::Expr) -> bool {
    use ast::Expr::{CompoundIdentifier, Function, Identifier, Value};
    let Function(call) = expr else { return matches!(expr, Identifier(_) | CompoundIdentifier(_)) };
    let FunctionArguments::List(list) = &call.args else { return false };
    let is_argument = |argument: &FunctionArg| {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = argument else { return false };
        matches!(expr, Identifier(_) | CompoundIdentifier(_) | Value(_))
    };
    call.over.is_none()
        && call.filter.is_none()
        && call.null_treatment.is_none()
        && call.within_group.is_empty()
        && list.clauses.is_empty()
        && list.args.iter().all(is_argument)
}

/// What GROUP BY names by position or writes again; `None` for anything else.
fn groups(group_by: &GroupByExpr, items: &[SelectItem]) -> Option<Groups> {
    let keys = match group_by {
        GroupByExpr::All(modifiers) if modifiers.is_empty() => return Some(Groups::All),
        GroupByExpr::Expressions(keys, modifiers) if modifiers.is_empty() => keys,
        _ => return None,
    };
    let mut listed = Vec::with_capacity(keys.len());
    for key in keys {
        let is_same = |item: &SelectItem| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => expr == key,
            _ => false,
        };
        let at = position(key).or_else(|| items.iter().position(is_same))?;
        if at >= items.len() || listed.contains(&at) {
            return None;
        }
        listed.push(at);
    }
    Some(Groups::Items(listed))
}

/// The place that a number means, from zero.
fn position(expr: &ast::Expr) -> Option<usize> {
    let ast::Expr::Value(value) = expr else { return None };
    let Value::Number(number, _) = &value.value else { return None };
    number.parse::<usize>().ok()?.checked_sub(1)
}

fn query_of(select: Select) -> Query {
    Query {
        with: None,
        body: Box::new(SetExpr::Select(Box::new(select))),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}
