//! The plain road from a plan node down to one table: renames, computed columns and filters.

use datafusion::{
    common::{
        Column, DFSchema,
        tree_node::{Transformed, TreeNode},
    },
    logical_expr::{Expr, LogicalPlan, utils::split_conjunction},
};

use crate::{catalog::SemanticTable, error::Result, leaf::LeafSource};

/// A node over one table, with no grouping, cut or join in between.
pub(super) struct Chain<'p> {
    pub(super) base: Base<'p>,
    /// The node's output columns as expressions over the table's own columns, by position.
    columns: Vec<(Column, Expr)>,
    /// Conjuncts on the way, over the table's own columns.
    pub(super) predicates: Vec<Expr>,
}

/// What a road ends at.
pub(super) enum Base<'p> {
    /// A cube or view whose measures are not lowered yet.
    Table(&'p SemanticTable),
    /// A lowered query.
    Leaf(&'p LeafSource),
}

impl<'p> Chain<'p> {
    /// `None` when something else lies between the node and a table of ours.
    pub(super) fn of(plan: &'p LogicalPlan) -> Result<Option<Self>> {
        match plan {
            LogicalPlan::TableScan(_) => Ok(Base::of(plan).map(|base| Self::start(base, plan.schema()))),
            LogicalPlan::SubqueryAlias(alias) => {
                let Some(mut chain) = Self::of(&alias.input)? else { return Ok(None) };
                for ((name, _), renamed) in chain.columns.iter_mut().zip(alias.schema.columns()) {
                    *name = renamed;
                }
                Ok(Some(chain))
            }
            LogicalPlan::Filter(filter) => {
                let Some(mut chain) = Self::of(&filter.input)? else { return Ok(None) };
                for part in split_conjunction(&filter.predicate) {
                    let part = chain.base(part)?;
                    chain.predicates.push(part);
                }
                Ok(Some(chain))
            }
            LogicalPlan::Projection(projection) => {
                let Some(mut chain) = Self::of(&projection.input)? else { return Ok(None) };
                let exprs: Result<Vec<_>> = projection.expr.iter().map(|expr| chain.base(expr)).collect();
                chain.columns = projection.schema.columns().into_iter().zip(exprs?).collect();
                Ok(Some(chain))
            }
            _ => Ok(None),
        }
    }

    fn start(base: Base<'p>, schema: &DFSchema) -> Self {
        let own = |column: Column| (column.clone(), Expr::Column(Column::new_unqualified(column.name)));
        Self { base, columns: schema.columns().into_iter().map(own).collect(), predicates: Vec::new() }
    }

    /// An expression over the node's columns, over the table's own ones.
    pub(super) fn base(&self, expr: &Expr) -> Result<Expr> {
        let replaced = expr.clone().transform(|expr| match &expr {
            Expr::Column(column) => match self.columns.iter().find(|(name, _)| name == column) {
                Some((_, base)) => Ok(Transformed::yes(base.clone())),
                None => Ok(Transformed::no(expr)),
            },
            _ => Ok(Transformed::no(expr)),
        })?;
        Ok(replaced.data.unalias_nested().data)
    }
}

impl<'p> Base<'p> {
    fn of(plan: &'p LogicalPlan) -> Option<Self> {
        match (SemanticTable::of(plan), LeafSource::of(plan)) {
            (Some(table), _) => Some(Self::Table(table)),
            (None, Some(leaf)) => Some(Self::Leaf(leaf)),
            (None, None) => None,
        }
    }
}
