//! Turns what a plan asks of cubes and views into leaves, before any rewriting could tear measures apart.

mod absorb;
mod aggregate;
mod calls;
mod chain;
pub(crate) mod filter;
mod join;
mod keys;
mod literal;
mod parts;
mod rows;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use datafusion::{
    arrow::datatypes::DataType,
    common::{
        Column, DFSchema, DataFusionError,
        config::ConfigOptions,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    logical_expr::{
        Aggregate, BinaryExpr, Distinct, Expr, LogicalPlan, expr::InList, simplify::SimplifyContext,
    },
    optimizer::simplify_expressions::{ExprSimplifier, THRESHOLD_INLINE_INLIST},
};
use semantic::Granularity;

use crate::{
    catalog::SemanticTable,
    error::{PlanError, Result},
    fractions::compares,
    functions::is_measure,
    rewrite::from_below,
};
use chain::{Base, Chain};

pub(crate) use aggregate::{check_repeats, unique};
pub(crate) use rows::has_row_value;

/// What lowering knows beside the plan.
pub(crate) struct Lower {
    pub(crate) zone: Tz,
    /// The wall clock of `zone`, written as if it were UTC.
    pub(crate) now: DateTime<Utc>,
    pub(crate) options: Arc<ConfigOptions>,
}

impl Lower {
    /// Replaces every use of a cube or view by a leaf.
    pub(crate) fn plan(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let grouped = from_below(plan, &mut |node| self.node(node).map_err(DataFusionError::from))?.data;
        check_calls(&grouped)?;
        if !reads_rows(&grouped)? {
            return Ok(grouped);
        }
        let rows = from_below(grouped, &mut |node| match rows::scan(&node, self.zone)? {
            Some(leaf) => Ok(Transformed::yes(leaf)),
            None => Ok(Transformed::no(node)),
        });
        Ok(rows?.data)
    }

    fn node(&self, node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        let lowered = match &node {
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate)?,
            LogicalPlan::Distinct(Distinct::All(input)) => self.distinct(input)?,
            LogicalPlan::Filter(filter) => self.absorb_filter(filter)?,
            LogicalPlan::Sort(sort) => absorb::sort(sort)?,
            LogicalPlan::Limit(limit) => absorb::limit(limit)?,
            _ => None,
        };
        Ok(lowered.map_or_else(|| Transformed::no(node), Transformed::yes))
    }

    fn aggregate(&self, aggregate: &Aggregate) -> Result<Option<LogicalPlan>> {
        match Chain::of(&aggregate.input)? {
            Some(chain) => match chain.base {
                Base::Table(table) => aggregate::lower(self, aggregate, &chain, table).map(Some),
                Base::Leaf(_) => Ok(None),
            },
            None => match join::lower(self, aggregate)? {
                None => refuse_join(aggregate),
                lowered => Ok(lowered),
            },
        }
    }

    /// DISTINCT over dimensions is a grouping without measures.
    fn distinct(&self, input: &Arc<LogicalPlan>) -> Result<Option<LogicalPlan>> {
        let Some(chain) = Chain::of(input)? else { return Ok(None) };
        let Base::Table(table) = chain.base else { return Ok(None) };
        let keys: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
        for key in &keys {
            let key = chain.base(key)?;
            if keys::measure_in(&key, table.table()).is_some() {
                return Ok(None);
            }
        }
        let aggregate = Aggregate::try_new(input.clone(), keys, Vec::new())?;
        aggregate::lower(self, &aggregate, &chain, table).map(Some)
    }

    /// Folds what is constant, now() included.
    fn folded(&self, expr: Expr, schema: &DFSchema) -> Result<Expr> {
        if is_folded(&expr) {
            return Ok(expr);
        }
        let context = SimplifyContext::builder()
            .with_schema(Arc::new(schema.clone()))
            .with_config_options(self.options.clone())
            .with_query_execution_start_time(Some(self.now))
            .build();
        Ok(ExprSimplifier::new(context).simplify(expr)?)
    }
}

/// True of the common shapes that hold nothing to fold: a column, and one that is compared with constants.
fn is_folded(expr: &Expr) -> bool {
    let is_column = |expr: &Expr| matches!(expr, Expr::Column(_));
    let is_constant = |expr: &Expr| matches!(expr, Expr::Literal(value, _) if !value.is_null() && value.data_type() != DataType::Boolean);
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            compares(*op) && is_column(left) && is_constant(right)
        }
        // Shorter lists become comparisons.
        Expr::InList(InList { expr, list, .. }) => {
            list.len() > THRESHOLD_INLINE_INLIST && is_column(expr) && list.iter().all(is_constant)
        }
        other => is_column(other),
    }
}

/// An aggregate over a join of cubes has no rows to work on: each leaf is grouped by itself.
fn refuse_join(aggregate: &Aggregate) -> Result<Option<LogicalPlan>> {
    let mut tables = Vec::new();
    aggregate.input.apply(|node| {
        if matches!(node, LogicalPlan::Aggregate(_) | LogicalPlan::Distinct(_)) {
            return Ok(TreeNodeRecursion::Jump);
        }
        tables.extend(SemanticTable::of(node).map(|table| table.table().name.to_string()));
        Ok(TreeNodeRecursion::Continue)
    })?;
    match tables.as_slice() {
        [first, second, ..] => Err(PlanError::Join(first.clone(), second.clone())),
        _ => Ok(None),
    }
}

/// Whatever measure call is left has no semantic query below it, nor has a granularity of somebody's own.
fn check_calls(plan: &LogicalPlan) -> Result<()> {
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                if is_measure(expr) {
                    let text = expr.human_display().to_string();
                    return Err(PlanError::MeasureLeft(text).into());
                }
                if let Some((name, _)) = filter::cut_by_name(expr).filter(|(name, _)| !is_granularity(name)) {
                    return Err(PlanError::Granularity(name.to_string()).into());
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(())
}

/// Whether a cube or view is left that nothing grouped.
fn reads_rows(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        found |= SemanticTable::of(node).is_some();
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

/// One that DATE_TRUNC itself knows.
fn is_granularity(name: &str) -> bool {
    let finer = ["millisecond", "microsecond"];
    name.parse::<Granularity>().is_ok() || finer.iter().any(|finer| name.eq_ignore_ascii_case(finer))
}

/// A column of a leaf's scan.
fn leaf_column(name: &str) -> Expr {
    Expr::Column(Column::new(Some(crate::leaf::LEAF), name))
}
