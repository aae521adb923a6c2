//! The end of rewriting: projections, filters and limits that reached a leaf become part of its query.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{Schema, SchemaRef},
    common::{
        Column,
        tree_node::{Transformed, TreeNodeRecursion},
    },
    logical_expr::{
        Expr, LogicalPlan, LogicalPlanBuilder, TableScan, TableSource, logical_plan::TableScanBuilder,
    },
};
use semantic::{Filter, Grouping, OrderBy, Output, SemanticQuery};

use crate::{
    error::{PlanError, Result},
    leaf::LeafSource,
    lower::{filter::Side, has_row_value},
};

/// One semantic query of a plan. Queries with the same rows are one leaf, if one of them has all the columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// What to fetch. The first `visible` outputs are the leaf's columns, the others are group keys and sort keys.
    pub query: SemanticQuery,
    /// How many outputs the plan above sees.
    pub visible: usize,
    /// The schema of the visible outputs.
    pub schema: SchemaRef,
    /// Whether values depend on other rows than those of their group, see [`SemanticQuery::is_contextual`].
    pub contextual: bool,
    /// How many scans of the plan read it.
    pub uses: usize,
}

/// The place of a leaf in a frozen plan: a table source that only names it.
#[derive(Debug)]
pub struct LeafScan {
    /// Position among the plan's leaves.
    pub id: usize,
    pub(crate) schema: SchemaRef,
}

impl LeafScan {
    /// The leaf that a scan of a frozen plan stands for.
    pub fn of(scan: &TableScan) -> Option<&Self> {
        (scan.source.as_ref() as &dyn std::any::Any).downcast_ref()
    }
}

impl TableSource for LeafScan {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

/// Folds everything into the leaves.
pub(crate) fn freeze(plan: LogicalPlan) -> Result<(LogicalPlan, Vec<Leaf>)> {
    let mut leaves = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let (LogicalPlan::TableScan(scan), Some(source)) = (node, LeafSource::of(node)) {
            add(&mut leaves, Leaf::of(scan, source)?);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    let frozen = plan.transform_up_with_subqueries(|node| {
        let (LogicalPlan::TableScan(scan), Some(source)) = (&node, LeafSource::of(&node)) else {
            return Ok(Transformed::no(node));
        };
        let wanted = Leaf::of(scan, source)?;
        let id = leaves.iter().position(|leaf| leaf.covers(&wanted)).expect("every leaf was added");
        leaves[id].uses += 1;
        Ok(Transformed::yes(scan_of(scan, id, &leaves[id], &wanted)?))
    })?;
    Ok((frozen.data, leaves))
}

/// Adds a leaf, unless one is there that has all of its columns. Those that have no more than the new one go.
fn add(leaves: &mut Vec<Leaf>, leaf: Leaf) {
    if leaves.iter().any(|known| known.covers(&leaf)) {
        return;
    }
    leaves.retain(|known| !leaf.covers(known));
    leaves.push(leaf);
}

/// The columns of `wanted`, from the leaf that has them.
fn scan_of(
    scan: &TableScan,
    id: usize,
    leaf: &Leaf,
    wanted: &Leaf,
) -> datafusion::common::Result<LogicalPlan> {
    let source = Arc::new(LeafScan { id, schema: leaf.schema.clone() });
    let all = LogicalPlan::TableScan(TableScanBuilder::new(scan.table_name.clone(), source).build()?);
    if leaf.schema == wanted.schema {
        return Ok(all);
    }
    let columns = wanted
        .schema
        .fields()
        .iter()
        .map(|field| Expr::Column(Column::new(Some(scan.table_name.clone()), field.name())));
    LogicalPlanBuilder::from(all).project(columns)?.build()
}

impl Leaf {
    fn of(scan: &TableScan, source: &LeafSource) -> Result<Self> {
        let (query, visible) = folded(scan, source)?;
        let schema = Arc::new(Schema::new(scan.projected_schema.fields().clone()));
        let contextual = query.is_contextual(&source.model);
        Ok(Self { query, visible, schema, contextual, uses: 0 })
    }

    fn columns(&self) -> &[Output] {
        &self.query.outputs[..self.visible]
    }

    /// Whether the other leaf has the same rows and no column besides.
    fn covers(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.query, &other.query);
        let same_rows = SemanticQuery { outputs: Vec::new(), order: Vec::new(), ..ours.clone() }
            == SemanticQuery { outputs: Vec::new(), order: Vec::new(), ..theirs.clone() };
        let same_windows = || {
            let theirs: Vec<_> = theirs.measures().collect();
            ours.measures().count() == theirs.len() && ours.measures().all(|m| theirs.contains(&m))
        };
        same_rows
            && (!(self.contextual || other.contextual) || same_windows())
            && ours.keys().all(|key| theirs.outputs.contains(key))
            && theirs.keys().all(|key| ours.outputs.contains(key))
            && other.columns().iter().all(|output| self.columns().contains(output))
            && order(ours).eq(order(theirs))
    }
}

fn order(query: &SemanticQuery) -> impl Iterator<Item = (&Output, bool, bool)> {
    query.order.iter().map(|key| (&query.outputs[key.output], key.descending, key.nulls_first))
}

fn folded(scan: &TableScan, source: &LeafSource) -> Result<(SemanticQuery, usize)> {
    let mut query = source.query.clone();
    for filter in &scan.filters {
        let (side, filter) = source
            .filter(filter)?
            .ok_or_else(|| PlanError::Unsupported(format!("the predicate {filter} below a LIMIT")))?;
        let target = match side {
            Side::Rows => &mut query.filter,
            Side::Groups => &mut query.having,
        };
        *target = std::mem::replace(target, Filter::always()).and(filter);
    }
    query.filter = query.filter.tidied();
    query.having = query.having.tidied();
    let fetch = scan.fetch.map(|fetch| fetch as u64);
    query.limit = query.limit.into_iter().chain(fetch).min();
    let visible = match &scan.projection {
        Some(columns) => columns.clone(),
        None => (0..query.outputs.len()).collect(),
    };
    let count = visible.len();
    let contextual = query.is_contextual(&source.model);
    prune(&mut query, visible, contextual);
    check_rows(&query, source)?;
    Ok((query, count))
}

/// Puts the visible outputs first and drops the others, but for group keys and sort keys, and for measures that have a
/// part in which groups there are.
fn prune(query: &mut SemanticQuery, visible: Vec<usize>, contextual: bool) {
    let needed = |position: usize| {
        let is_key = query.grouping == Grouping::Grouped && !query.outputs[position].is_measure();
        is_key || contextual || query.order.iter().any(|key| key.output == position)
    };
    let hidden = (0..query.outputs.len()).filter(|p| !visible.contains(p) && needed(*p));
    let mut kept: Vec<usize> = visible.iter().copied().chain(hidden).collect();
    if kept.is_empty() {
        // Rows are counted even when no column of them is looked at.
        kept.extend(cheapest(&query.outputs));
    }
    let place = |old: usize| kept.iter().position(|position| *position == old).expect("sort keys were kept");
    let order = query.order.iter().map(|key| OrderBy { output: place(key.output), ..*key }).collect();
    query.order = order;
    query.outputs = kept.iter().map(|position| query.outputs[*position].clone()).collect();
}

fn cheapest(outputs: &[Output]) -> Option<usize> {
    outputs
        .iter()
        .position(|output| matches!(output, Output::Dimension(_)))
        .or((!outputs.is_empty()).then_some(0))
}

fn check_rows(query: &SemanticQuery, source: &LeafSource) -> Result<()> {
    if query.grouping == Grouping::Grouped {
        return Ok(());
    }
    match query.measures().find(|measure| !has_row_value(measure, &source.model)) {
        None => Ok(()),
        Some(measure) => {
            let column = semantic::query::column(&source.model, measure)?;
            let kind = match column.kind {
                semantic::ColumnKind::Measure(kind) => kind.name(),
                semantic::ColumnKind::Dimension(_) | semantic::ColumnKind::Segment => "member",
            };
            Err(PlanError::NoRowValue { measure: measure.clone(), kind })
        }
    }
}
