//! HAVING, ORDER BY and LIMIT directly above a leaf become part of it.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::DataType,
    common::tree_node::{Transformed, TreeNode},
    logical_expr::{
        self, Expr, FetchType, Limit, LogicalPlan, SkipType, Sort,
        utils::{conjunction, split_conjunction},
    },
};
use semantic::{Filter, Grouping, OrderBy, SemanticQuery};

use super::{
    Lower,
    chain::{Base, Chain},
    filter::{Side, widens},
};
use crate::{error::Result, leaf::LeafSource};

impl Lower {
    /// Conjuncts that a leaf can test go into it; the others stay.
    pub(super) fn absorb_filter(&self, filter: &logical_expr::Filter) -> Result<Option<LogicalPlan>> {
        let Some((chain, leaf)) = grouped_leaf(&filter.input)? else { return Ok(None) };
        let (mut rows, mut groups, mut residual) = (Vec::new(), Vec::new(), Vec::new());
        for part in split_conjunction(&filter.predicate) {
            let folded = self.folded(part.clone(), filter.input.schema())?;
            match leaf.filter(&chain.base(&folded)?)? {
                Some((Side::Rows, narrowed)) => rows.push(narrowed),
                Some((Side::Groups, narrowed)) => groups.push(narrowed),
                None => residual.push(part.clone()),
            }
        }
        if rows.is_empty() && groups.is_empty() {
            return Ok(None);
        }
        let narrowed = with_query(&filter.input, |query| {
            query.filter =
                std::mem::replace(&mut query.filter, Filter::always()).and(Filter::all(rows.clone()));
            query.having =
                std::mem::replace(&mut query.having, Filter::always()).and(Filter::all(groups.clone()));
        })?;
        match conjunction(residual) {
            None => Ok(Some(narrowed)),
            Some(predicate) => {
                let filter = logical_expr::Filter::try_new(predicate, Arc::new(narrowed))?;
                Ok(Some(LogicalPlan::Filter(filter)))
            }
        }
    }
}

/// Keys that are outputs of the leaf become its order.
pub(super) fn sort(sort: &Sort) -> Result<Option<LogicalPlan>> {
    let Some((chain, leaf)) = grouped_leaf(&sort.input)? else { return Ok(None) };
    if leaf.query.is_cut() {
        return Ok(None);
    }
    let mut order = Vec::with_capacity(sort.expr.len());
    for key in &sort.expr {
        let Some(output) = ordered_by(&chain.base(&key.expr)?, leaf) else { return Ok(None) };
        order.push(OrderBy { output, descending: !key.asc, nulls_first: key.nulls_first });
    }
    let fetch = sort.fetch.map(|fetch| fetch as u64);
    let sorted = with_query(&sort.input, |query| {
        query.order.clone_from(&order);
        query.limit = fetch;
    })?;
    Ok(Some(sorted))
}

/// The output that an expression is, or is in the order of: a wider decimal of it, as SUM makes.
fn ordered_by(expr: &Expr, leaf: &LeafSource) -> Option<usize> {
    match expr {
        Expr::Column(column) => leaf.query.outputs.iter().position(|output| output.name() == column.name),
        Expr::Cast(cast) => {
            let output = ordered_by(&cast.expr, leaf)?;
            let column = leaf.model.column(leaf.query.outputs[output].member())?;
            let wider = matches!(cast.field.data_type(), DataType::Decimal128(..));
            (wider && widens(column.data_type, cast.field.data_type())).then_some(output)
        }
        _ => None,
    }
}

/// A constant LIMIT and OFFSET become those of the leaf.
pub(super) fn limit(limit: &Limit) -> Result<Option<LogicalPlan>> {
    let Some((_, leaf)) = grouped_leaf(&limit.input)? else { return Ok(None) };
    if leaf.query.is_cut() {
        return Ok(None);
    }
    let (SkipType::Literal(skip), FetchType::Literal(fetch)) =
        (limit.get_skip_type()?, limit.get_fetch_type()?)
    else {
        return Ok(None);
    };
    let cut = with_query(&limit.input, |query| {
        query.offset = skip as u64;
        query.limit = fetch.map(|fetch| fetch as u64);
    })?;
    Ok(Some(cut))
}

/// The grouped leaf below renames and projections.
fn grouped_leaf(plan: &LogicalPlan) -> Result<Option<(Chain<'_>, &LeafSource)>> {
    let Some(chain) = Chain::of(plan)?.filter(|chain| chain.predicates.is_empty()) else { return Ok(None) };
    match chain.base {
        Base::Leaf(leaf) if leaf.query.grouping == Grouping::Grouped => Ok(Some((chain, leaf))),
        _ => Ok(None),
    }
}

/// The same nodes over a leaf whose query was changed in a way that keeps its outputs.
fn with_query(plan: &LogicalPlan, change: impl Fn(&mut SemanticQuery)) -> Result<LogicalPlan> {
    let changed = plan.clone().transform_down(|node| match LeafSource::of(&node) {
        Some(leaf) => {
            let mut query = leaf.query.clone();
            change(&mut query);
            Ok(Transformed::yes(LeafSource::new(leaf.model.clone(), query)?.scan()?))
        }
        None => Ok(Transformed::no(node)),
    })?;
    Ok(changed.data)
}
