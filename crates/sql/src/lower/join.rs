//! An aggregate over a cube or view that is joined to something else, as tools write their top ten: the cube is
//! grouped by what the join and the groups look at, joined then, and grouped again.
//!
//! What the other side holds stands beside groups and not beside rows: it can be a key, a condition, or an argument of
//! MIN, MAX and COUNT(DISTINCT), which do not mind how often it comes.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::DataType,
    common::{
        DFSchema, JoinType,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    functions_aggregate::expr_fn::{count, max},
    logical_expr::{
        Aggregate, BinaryExpr, Expr, ExprSchemable, Filter, Join, LogicalPlan, Operator, lit,
        utils::{conjunction, split_conjunction},
    },
};
use semantic::{Grouping, MeasureType, MemberName};

use super::{
    Lower, aggregate,
    calls::{self, Call},
    chain::{Base, Chain},
    keys::check_correlated,
};
use crate::{
    catalog::SemanticTable,
    combine,
    error::{PlanError, Result},
};

/// The cube or view below the joins.
struct Inside<'p> {
    plan: &'p LogicalPlan,
    chain: Chain<'p>,
    table: &'p SemanticTable,
    /// No row of it meets several on the other side, as far as that is known.
    once: bool,
}

/// Lowers the aggregate; `None` when no single cube or view lies below its joins.
pub(super) fn lower(context: &Lower, aggregate: &Aggregate) -> Result<Option<LogicalPlan>> {
    let Some(inside) = inside(&aggregate.input)? else { return Ok(None) };
    let mut parts = Parts { inside, keys: Vec::new(), own: Vec::new(), calls: Vec::new(), counted: None };
    for group in &aggregate.group_expr {
        if matches!(group, Expr::GroupingSet(_)) {
            return Err(PlanError::Unsupported("GROUPING SETS over a join".to_owned()));
        }
        parts.collect(group)?;
    }
    for call in &aggregate.aggr_expr {
        parts.add_call(call)?;
    }
    parts.collect_path(&aggregate.input)?;
    parts.count_rows()?;
    // Each asked group is then one group of the cube, perhaps repeated.
    let told = parts.keys.iter().all(|key| aggregate.group_expr.contains(key));
    if !told {
        parts.check_repeats()?;
    }
    let own = parts.grouped(context, aggregate)?;
    let columns: Vec<Expr> = own.schema().columns().into_iter().map(Expr::Column).collect();
    let input = parts.rebuilt(&aggregate.input, &own, &columns)?;
    parts.regrouped(aggregate, input, &columns, told).map(Some)
}

fn inside(plan: &LogicalPlan) -> Result<Option<Inside<'_>>> {
    if let Some(chain) = Chain::of(plan)? {
        return Ok(match chain.base {
            Base::Table(table) => Some(Inside { plan, table, chain, once: true }),
            Base::Leaf(_) => None,
        });
    }
    match plan {
        LogicalPlan::Filter(filter) => inside(&filter.input),
        LogicalPlan::Join(join) => beside(join),
        _ => Ok(None),
    }
}

/// The side of a join that is a cube or view, if none of its rows is replaced by NULLs.
fn beside(join: &Join) -> Result<Option<Inside<'_>>> {
    let (found, other, keeps) = match (inside(&join.left)?, inside(&join.right)?) {
        (Some(left), Some(right)) => {
            let name = |inside: &Inside<'_>| inside.table.table().name.to_string();
            return Err(PlanError::Join(name(&left), name(&right)));
        }
        (Some(left), None) => (left, &join.right, JoinType::Left),
        (None, Some(right)) => (right, &join.left, JoinType::Right),
        (None, None) => return Ok(None),
    };
    if join.join_type != keeps && join.join_type != JoinType::Inner {
        return Err(PlanError::NotKept(found.table.table().name.to_string()));
    }
    let once = found.once && is_unique(join, other)?;
    Ok(Some(Inside { once, ..found }))
}

/// Whether the other side is grouped by columns that the join compares with what is not its own.
fn is_unique(join: &Join, other: &LogicalPlan) -> Result<bool> {
    let other = uncut(other)?;
    let Some(chain) = Chain::of(&other)? else { return Ok(false) };
    let Base::Leaf(leaf) = &chain.base else { return Ok(false) };
    let mut compared = Vec::new();
    let conditions = join.filter.iter().flat_map(split_conjunction).filter_map(|part| match part {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => Some((&**left, &**right)),
        _ => None,
    });
    for (left, right) in conditions.chain(join.on.iter().map(|(left, right)| (left, right))) {
        for (theirs, ours) in [(left, right), (right, left)] {
            let is_other = |column: &&_| other.schema().has_column(column);
            let names = ours.column_refs();
            let beside = !names.is_empty() && !names.iter().any(is_other);
            let named = theirs.column_refs().iter().all(is_other);
            if let (true, Expr::Column(column)) = (beside && named, chain.base(theirs)?) {
                compared.push(column.name);
            }
        }
    }
    let mut keys = leaf.query.keys();
    Ok(leaf.query.grouping == Grouping::Grouped && keys.all(|key| compared.contains(&key.name())))
}

/// The plan without orders and cuts, which make nothing come twice.
fn uncut(plan: &LogicalPlan) -> Result<LogicalPlan> {
    let uncut = plan.clone().transform_up(|node| match node {
        LogicalPlan::Sort(sort) => Ok(Transformed::yes(Arc::unwrap_or_clone(sort.input))),
        LogicalPlan::Limit(limit) => Ok(Transformed::yes(Arc::unwrap_or_clone(limit.input))),
        node => Ok(Transformed::no(node)),
    })?;
    Ok(uncut.data)
}

struct Parts<'p> {
    inside: Inside<'p>,
    /// What the cube is grouped by, over the columns of its plan.
    keys: Vec<Expr>,
    /// Calls over the cube's measures.
    own: Vec<Expr>,
    /// The aggregate's calls: a position in `own`, or a call over keys and the other side.
    calls: Vec<Value>,
    /// The call that counts the cube's rows, where no key tells that there are any.
    counted: Option<usize>,
}

/// What a node tests, part by part.
fn conditions(plan: &LogicalPlan) -> Vec<&Expr> {
    match plan {
        LogicalPlan::Filter(filter) => split_conjunction(&filter.predicate),
        LogicalPlan::Join(join) => join.filter.iter().flat_map(split_conjunction).collect(),
        _ => Vec::new(),
    }
}

enum Value {
    Own { at: usize, measure: MemberName, kind: MeasureType },
    Other(Expr),
}

impl Parts<'_> {
    fn schema(&self) -> &DFSchema {
        self.inside.plan.schema()
    }

    fn is_own(&self, expr: &Expr) -> bool {
        let names = expr.column_refs();
        !names.is_empty() && names.iter().all(|column| self.schema().has_column(column))
    }

    /// Adds what an expression takes from the cube to the keys: the largest parts of it that look at nothing else.
    fn collect(&mut self, expr: &Expr) -> Result<()> {
        check_correlated(expr, self.inside.table.table())?;
        expr.apply(|expr| {
            // A cast tells no more apart than what it casts.
            if matches!(expr, Expr::Cast(_) | Expr::Alias(_)) || !self.is_own(expr) {
                return Ok(TreeNodeRecursion::Continue);
            }
            if !self.keys.contains(expr) {
                self.keys.push(expr.clone());
            }
            Ok(TreeNodeRecursion::Jump)
        })?;
        Ok(())
    }

    fn collect_path(&mut self, plan: &LogicalPlan) -> Result<()> {
        for node in self.above(plan) {
            if let LogicalPlan::Join(join) = node {
                let mut sides = join.on.iter().flat_map(|(left, right)| [left, right]);
                sides.try_for_each(|side| self.collect(side))?;
            }
            for part in conditions(node) {
                if !self.is_moved(part, node) {
                    self.collect(part)?;
                }
            }
        }
        Ok(())
    }

    /// The nodes from `plan` down to the cube, without the cube's own.
    fn above<'a>(&self, plan: &'a LogicalPlan) -> Vec<&'a LogicalPlan> {
        let mut nodes = Vec::new();
        let mut next = Some(plan).filter(|plan| self.holds(plan));
        while let Some(node) = next.filter(|node| !std::ptr::eq(*node, self.inside.plan)) {
            nodes.push(node);
            next = node.inputs().into_iter().find(|input| self.holds(input));
        }
        nodes
    }

    fn holds(&self, plan: &LogicalPlan) -> bool {
        std::ptr::eq(plan, self.inside.plan) || plan.inputs().into_iter().any(|input| self.holds(input))
    }

    /// A condition on the cube alone is tested on its rows, unless the join keeps those that fail it.
    fn is_moved(&self, part: &Expr, node: &LogicalPlan) -> bool {
        let tests = match node {
            LogicalPlan::Filter(_) => true,
            LogicalPlan::Join(join) => join.join_type == JoinType::Inner,
            _ => false,
        };
        tests && self.is_own(part)
    }

    fn moved(&self, plan: &LogicalPlan) -> Vec<Expr> {
        let parts = self
            .above(plan)
            .into_iter()
            .flat_map(|node| conditions(node).into_iter().filter(move |part| self.is_moved(part, node)));
        parts.cloned().collect()
    }

    fn add_call(&mut self, expr: &Expr) -> Result<()> {
        let Expr::AggregateFunction(call) = expr.clone().unalias() else {
            return Err(PlanError::Unsupported("an aggregate of this form over a join".to_owned()));
        };
        if call.params.filter.is_some() {
            return Err(PlanError::Unsupported("FILTER (WHERE …) on an aggregate".to_owned()));
        }
        let names = expr.column_refs();
        if names.iter().all(|column| self.schema().has_column(column)) {
            let based = self.inside.chain.base(expr)?;
            if let Expr::AggregateFunction(based) = based.unalias()
                && let Call::Measure(measure, kind) = calls::read(based, self.inside.table.table())?
            {
                let known = self.own.iter().position(|known| known == expr);
                let at = known.unwrap_or_else(|| {
                    self.own.push(expr.clone());
                    self.own.len() - 1
                });
                self.calls.push(Value::Own { at, measure, kind });
                return Ok(());
            }
        } else if !matches!((call.func.name(), call.params.distinct), ("min" | "max", _) | ("count", true)) {
            let function = call.func.name().to_uppercase();
            return Err(PlanError::BesideGroups {
                function,
                table: self.inside.table.table().name.to_string(),
            });
        }
        call.params.args.iter().try_for_each(|argument| self.collect(argument))?;
        self.calls.push(Value::Other(expr.clone()));
        Ok(())
    }

    /// Without keys there is one group even of no rows, which the join would take for a row: it has to be counted.
    fn count_rows(&mut self) -> Result<()> {
        if !self.keys.is_empty() {
            return Ok(());
        }
        let counted = calls::row_count(self.inside.table.table())?;
        let known = self.calls.iter().find_map(|call| match call {
            Value::Own { at, measure, .. } if *measure == counted.member => Some(*at),
            _ => None,
        });
        self.counted = Some(known.unwrap_or_else(|| {
            self.own.push(count(lit(1_i64)));
            self.own.len() - 1
        }));
        Ok(())
    }

    /// The cube by itself, grouped by the keys.
    fn grouped(&self, context: &Lower, aggregate: &Aggregate) -> Result<LogicalPlan> {
        let mut plan = self.inside.plan.clone();
        if let Some(predicate) = conjunction(self.moved(&aggregate.input)) {
            plan = LogicalPlan::Filter(Filter::try_new(predicate, Arc::new(plan))?);
        }
        let own = Aggregate::try_new(Arc::new(plan), self.keys.clone(), self.own.clone())?;
        let chain = Chain::of(&own.input)?.expect("a filter over a chain is a chain");
        let grouped = aggregate::lower(context, &own, &chain, self.inside.table)?;
        let Some(at) = self.counted else { return Ok(grouped) };
        let rows = Expr::Column(grouped.schema().columns().swap_remove(self.keys.len() + at));
        Ok(LogicalPlan::Filter(Filter::try_new(rows.gt(lit(0_i64)), Arc::new(grouped))?))
    }

    /// The same joins and conditions over the grouped cube.
    fn rebuilt(&self, plan: &LogicalPlan, own: &LogicalPlan, columns: &[Expr]) -> Result<LogicalPlan> {
        if std::ptr::eq(plan, self.inside.plan) {
            return Ok(own.clone());
        }
        if !self.holds(plan) {
            return Ok(plan.clone());
        }
        let inputs = plan.inputs().into_iter().map(|input| self.rebuilt(input, own, columns));
        let mut inputs = inputs.collect::<Result<Vec<_>>>()?;
        let kept = |expr: &Expr| {
            let parts = split_conjunction(expr).into_iter().filter(|part| !self.is_moved(part, plan));
            conjunction(parts.cloned())
        };
        match plan {
            LogicalPlan::Filter(filter) => {
                let input = inputs.swap_remove(0);
                Ok(match kept(&filter.predicate) {
                    Some(predicate) => {
                        let predicate = self.over_columns(predicate, columns)?;
                        LogicalPlan::Filter(Filter::try_new(predicate, Arc::new(input))?)
                    }
                    None => input,
                })
            }
            LogicalPlan::Join(join) => {
                let over = |expr: &Expr| self.over_columns(expr.clone(), columns);
                let on = join.on.iter().map(|(left, right)| Ok((over(left)?, over(right)?)));
                let filter = join.filter.as_ref().and_then(kept);
                let filter = filter.map(|filter| self.over_columns(filter, columns)).transpose()?;
                let right = Arc::new(inputs.swap_remove(1));
                Ok(LogicalPlan::Join(Join::try_new(
                    Arc::new(inputs.swap_remove(0)),
                    right,
                    on.collect::<Result<_>>()?,
                    filter,
                    join.join_type,
                    join.join_constraint,
                    join.null_equality,
                    join.null_aware,
                )?))
            }
            _ => Err(PlanError::Unsupported("an aggregate over this form of join".to_owned())),
        }
    }

    /// An expression with the grouped cube's columns in place of the keys.
    fn over_columns(&self, expr: Expr, columns: &[Expr]) -> Result<Expr> {
        let replaced = expr.transform_down(|expr| match self.keys.iter().position(|key| *key == expr) {
            Some(at) => Ok(Transformed::new(columns[at].clone(), true, TreeNodeRecursion::Jump)),
            None => Ok(Transformed::no(expr)),
        })?;
        Ok(replaced.data)
    }

    fn regrouped(
        &self,
        aggregate: &Aggregate,
        input: LogicalPlan,
        columns: &[Expr],
        told: bool,
    ) -> Result<LogicalPlan> {
        let over = |expr: &Expr| self.over_columns(expr.clone(), columns);
        let groups =
            aggregate::unique(&aggregate.group_expr).0.iter().map(over).collect::<Result<Vec<_>>>()?;
        let mut calls = Vec::with_capacity(self.calls.len());
        for call in &self.calls {
            calls.push(match call {
                Value::Own { at, measure, kind } => {
                    let column = &columns[self.keys.len() + at];
                    let data_type = column.get_type(input.schema())?;
                    self.combined(measure, *kind, column, &data_type, told)?
                }
                Value::Other(expr) => over(expr)?,
            });
        }
        aggregate::regrouped(input, aggregate, groups, calls, |at, value| match &self.calls[at] {
            Value::Own { kind, .. } => combine::value(value, *kind),
            Value::Other(_) => value,
        })
    }

    /// A measure of joined groups. What does not add up is the same in all rows of one group of the cube.
    fn combined(
        &self,
        measure: &MemberName,
        kind: MeasureType,
        column: &Expr,
        data_type: &DataType,
        told: bool,
    ) -> Result<Expr> {
        if let Some(call) = combine::call(column.clone(), kind, data_type) {
            return Ok(call);
        }
        // These do not mind rows that come twice; who knows what a calculation minds.
        let repeatable =
            matches!(kind, MeasureType::Avg | MeasureType::CountDistinct | MeasureType::CountDistinctApprox);
        if told && (repeatable || self.inside.once) {
            return Ok(max(column.clone()));
        }
        let because = "the join".to_owned();
        Err(PlanError::NotAdditive { measure: measure.clone(), kind: kind.name(), because })
    }

    fn check_repeats(&self) -> Result<()> {
        let table = self.inside.table.table();
        let mut finer = Vec::new();
        for key in &self.keys {
            let key = self.inside.chain.base(key)?;
            let columns = key.column_refs();
            let members = columns.into_iter().filter_map(|column| table.column(&column.name));
            finer.extend(members.map(|column| column.member.clone()));
        }
        let measures = self.calls.iter().filter_map(|call| match call {
            Value::Own { measure, kind, .. } => Some((measure, *kind)),
            Value::Other(_) => None,
        });
        aggregate::check_repeats(measures, &finer, self.inside.table.model(), "the join")
    }
}
