//! An aggregate over a semantic table: a leaf, and above it what the leaf cannot do.

use std::sync::Arc;

use datafusion::logical_expr::{
    Aggregate, Cast, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, TableSource, utils::conjunction,
};
use semantic::{
    Filter, MeasureType, MemberName, Model, Output, SemanticQuery, Table,
    model::{JoinTree, Reference},
    query,
};

use super::{
    Lower,
    calls::{self, Call},
    chain::Chain,
    filter::{Side, convert, side},
    keys::Keys,
    leaf_column,
};
use crate::{
    catalog::SemanticTable,
    combine,
    error::{PlanError, Result},
    leaf::{LEAF, LeafSource, member_term},
};

/// The parts of a lowered aggregate, over the columns of its leaf.
struct Parts<'t> {
    table: &'t Table,
    keys: Keys,
    filter: Filter,
    /// Predicates that only DataFusion can test.
    residual: Vec<Expr>,
    groups: Vec<Expr>,
    calls: Vec<Call>,
}

pub(super) fn lower(
    context: &Lower,
    aggregate: &Aggregate,
    chain: &Chain<'_>,
    source: &SemanticTable,
) -> Result<LogicalPlan> {
    let table = source.table();
    let mut parts = Parts {
        table,
        keys: Keys::default(),
        filter: Filter::always(),
        residual: Vec::new(),
        groups: Vec::new(),
        calls: Vec::new(),
    };
    for group in unique(&aggregate.group_expr).0 {
        let group = chain.base(&group)?;
        parts.groups.push(parts.keys.rewrite(group, table)?);
    }
    for call in &aggregate.aggr_expr {
        parts.add_call(chain.base(call)?)?;
    }
    for predicate in &chain.predicates {
        parts.add_predicate(context, predicate, source)?;
    }
    let why = parts.regrouped_for();
    let mut outputs = parts.keys.0.clone();
    outputs.extend(parts.measures());
    let query = SemanticQuery {
        filter: std::mem::replace(&mut parts.filter, Filter::always()),
        ..SemanticQuery::grouped(outputs, context.zone)
    };
    let leaf = LeafSource::new(source.model().clone(), query)?.scan()?;
    let mut plan = LogicalPlanBuilder::from(leaf);
    if let Some(predicate) = conjunction(std::mem::take(&mut parts.residual)) {
        plan = plan.filter(predicate)?;
    }
    let plan = plan.build()?;
    match why {
        None => parts.project(plan, aggregate),
        Some(because) => {
            parts.check_repeats(source.model(), &because)?;
            parts.regroup(plan, aggregate, &because)
        }
    }
}

impl Parts<'_> {
    fn add_call(&mut self, call: Expr) -> Result<()> {
        let Expr::AggregateFunction(call) = call.unalias() else {
            return Err(PlanError::Unsupported("an aggregate of this form".to_owned()));
        };
        let call = match calls::read(call, self.table)? {
            Call::Dimension(mut call) => {
                for argument in &mut call.params.args {
                    *argument = self.keys.rewrite(argument.clone(), self.table)?;
                }
                if let Some(predicate) = &mut call.params.filter {
                    **predicate = self.keys.rewrite((**predicate).clone(), self.table)?;
                }
                Call::Dimension(call)
            }
            Call::Filtered(measure, kind, predicate) => {
                Call::Filtered(measure, kind, Box::new(self.keys.rewrite(*predicate, self.table)?))
            }
            measure @ Call::Measure(..) => measure,
        };
        self.calls.push(call);
        Ok(())
    }

    /// A predicate becomes part of the leaf where it can, and is tested above it where it cannot.
    fn add_predicate(&mut self, context: &Lower, predicate: &Expr, source: &SemanticTable) -> Result<()> {
        if let Some(measure) = super::keys::measure_in(predicate, self.table) {
            return Err(PlanError::MeasureInWhere(measure));
        }
        let schema = datafusion::common::DFSchema::try_from(TableSource::schema(source))?;
        let predicate = context.folded(predicate.clone(), &schema)?;
        let lookup = |name: &str| member_term(&self.table.column(name)?.member, None, source.model());
        match convert(&predicate, &lookup, context.zone)? {
            Some(filter) if side(&filter, source.model(), Side::Rows) == Some(Side::Rows) => {
                let before = std::mem::replace(&mut self.filter, Filter::always());
                self.filter = before.and(filter);
            }
            _ => self.residual.push(self.keys.rewrite(predicate, self.table)?),
        }
        Ok(())
    }

    fn measures(&self) -> Vec<Output> {
        let mut measures = Vec::new();
        for call in &self.calls {
            if let Some((member, _)) = call.measure() {
                let output = Output::Measure(member.clone());
                if !measures.contains(&output) {
                    measures.push(output);
                }
            }
        }
        measures
    }

    /// What makes the leaf's groups finer than the asked ones; `None` when each is one of them.
    fn regrouped_for(&self) -> Option<String> {
        let direct = self.direct();
        let dimension = self.calls.iter().find_map(|call| match call {
            Call::Dimension(call) => {
                Some(Expr::AggregateFunction((**call).clone()).human_display().to_string())
            }
            Call::Filtered(_, _, predicate) => Some(format!("FILTER (WHERE {})", predicate.human_display())),
            Call::Measure(..) => None,
        });
        let sets = self.groups.iter().find(|group| matches!(group, Expr::GroupingSet(_)));
        let finer = || {
            let key = self.keys.0.iter().find(|key| !direct.contains(key))?.name();
            let names = |expr: &&Expr| expr.column_refs().iter().any(|column| column.name == key);
            let expr = self.groups.iter().chain(&self.residual).find(names);
            Some(expr.map_or(key.clone(), |expr| expr.human_display().to_string()))
        };
        let why = dimension.or_else(|| sets.map(ToString::to_string)).or_else(finer);
        // The caller knows nothing of leaves.
        why.map(|text| text.replace(&format!("{LEAF}."), ""))
    }

    /// The keys that the asked groups tell apart.
    fn direct(&self) -> Vec<&Output> {
        self.keys.told(&self.groups)
    }

    fn check_repeats(&self, model: &Model, because: &str) -> Result<()> {
        let direct = self.direct();
        let finer = self.keys.0.iter().filter(|key| !direct.contains(key));
        let finer: Vec<_> = finer.map(|key| key.member().clone()).collect();
        let measures = self.calls.iter().filter_map(Call::measure);
        check_repeats(measures, &finer, model, because)
    }

    /// Restores names, qualifiers and types of the aggregate's output.
    fn project(self, plan: LogicalPlan, aggregate: &Aggregate) -> Result<LogicalPlan> {
        let calls = self.calls.iter().map(|call| match call {
            Call::Measure(member, _) | Call::Filtered(member, ..) => leaf_column(member.member()),
            Call::Dimension(call) => Expr::AggregateFunction((**call).clone()),
        });
        let exprs: Vec<Expr> = self.groups.iter().cloned().chain(calls).collect();
        restored(plan, exprs, aggregate)
    }

    /// Groups the leaf's rows again.
    fn regroup(self, plan: LogicalPlan, aggregate: &Aggregate, because: &str) -> Result<LogicalPlan> {
        let mut calls = Vec::with_capacity(self.calls.len());
        for call in &self.calls {
            calls.push(match call {
                Call::Measure(member, kind) => combined(&plan, member, *kind, because)?,
                Call::Filtered(member, kind, predicate) => {
                    filtered(combined(&plan, member, *kind, because)?, predicate)?
                }
                Call::Dimension(call) => Expr::AggregateFunction((**call).clone()),
            });
        }
        regrouped(plan, aggregate, self.groups, calls, |at, value| match self.calls[at].measure() {
            Some((_, kind)) => combine::value(value, kind),
            None => value,
        })
    }
}

/// The measure of coarser groups.
fn combined(plan: &LogicalPlan, measure: &MemberName, kind: MeasureType, because: &str) -> Result<Expr> {
    let column = leaf_column(measure.member());
    let data_type = column.get_type(plan.schema())?;
    combine::call(column, kind, &data_type).ok_or_else(|| PlanError::NotAdditive {
        measure: measure.clone(),
        kind: kind.name(),
        because: because.to_owned(),
    })
}

fn filtered(call: Expr, predicate: &Expr) -> Result<Expr> {
    let Expr::AggregateFunction(mut call) = call else {
        return Err(PlanError::Unsupported("FILTER (WHERE …) on this measure".to_owned()));
    };
    call.params.filter = Some(Box::new(predicate.clone()));
    Ok(Expr::AggregateFunction(call))
}

/// Groups `plan` by `groups`, under the names and types of the aggregate that this replaces; `value` makes a call's
/// value of what was computed.
pub(super) fn regrouped(
    plan: LogicalPlan,
    aggregate: &Aggregate,
    groups: Vec<Expr>,
    calls: Vec<Expr>,
    value: impl Fn(usize, Expr) -> Expr,
) -> Result<LogicalPlan> {
    // What is written twice has one column.
    let (groups, group_places) = unique(&groups);
    let (calls, call_places) = unique(&calls);
    let sets = matches!(groups.as_slice(), [Expr::GroupingSet(_)]);
    let regrouped = Aggregate::try_new(Arc::new(plan), groups, calls.clone())?;
    let columns: Vec<Expr> = regrouped.schema.columns().into_iter().map(Expr::Column).collect();
    let (keys, values) = columns.split_at(columns.len() - calls.len());
    let keys = if sets { keys.to_vec() } else { group_places.iter().map(|at| keys[*at].clone()).collect() };
    let values = call_places.iter().enumerate().map(|(call, at)| value(call, values[*at].clone()));
    let exprs = keys.into_iter().chain(values).collect();
    restored(LogicalPlan::Aggregate(regrouped), exprs, aggregate)
}

/// Sums and counts of a cube add up over another cube's finer groups only where each row is in one of them.
pub(crate) fn check_repeats<'m>(
    measures: impl Iterator<Item = (&'m MemberName, MeasureType)>,
    finer: &[MemberName],
    model: &Model,
    because: &str,
) -> Result<()> {
    let reached = |member| Ok::<_, PlanError>(query::column(model, member)?.source.reached(model));
    let keys: Vec<Vec<Reference>> = finer.iter().map(reached).collect::<Result<_>>()?;
    for (measure, kind) in measures {
        if query::column(model, measure)?.source.is_contextual(model) {
            let (measure, because) = (measure.clone(), because.to_owned());
            return Err(PlanError::NotAdditive { measure, kind: "of other rows too", because });
        }
        if !matches!(kind, MeasureType::Count | MeasureType::Sum) {
            continue;
        }
        let reached = reached(measure)?;
        let own = query::column(model, measure)?.source.path.last();
        let repeats = |key: &Vec<Reference>| {
            let tree = JoinTree::of(reached.iter().chain(key).map(|reached| &reached.path));
            let mut cubes = key.iter().filter_map(|reached| reached.path.last());
            cubes.any(|cube| own.is_none_or(|own| tree.repeats(own, cube, model)))
        };
        if keys.iter().any(repeats) {
            return Err(PlanError::Repeated { measure: measure.clone(), because: because.to_owned() });
        }
    }
    Ok(())
}

/// A projection that shows `exprs` under the names and types of the aggregate that they replace.
fn restored(plan: LogicalPlan, exprs: Vec<Expr>, aggregate: &Aggregate) -> Result<LogicalPlan> {
    if exprs.len() != aggregate.schema.fields().len() {
        return Err(PlanError::Unsupported("an aggregate whose keys are written more than once".to_owned()));
    }
    let mut columns = Vec::with_capacity(exprs.len());
    for (expr, (qualifier, field)) in exprs.into_iter().zip(aggregate.schema.iter()) {
        let expr = if expr.get_type(plan.schema())? == *field.data_type() {
            expr
        } else {
            Expr::Cast(Cast::new(Box::new(expr), field.data_type().clone()))
        };
        columns.push(expr.alias_qualified(qualifier.cloned(), field.name()));
    }
    Ok(LogicalPlanBuilder::from(plan).project(columns)?.build()?)
}

/// The expressions without repetitions, and where each of the given ones stands among them.
pub(crate) fn unique(exprs: &[Expr]) -> (Vec<Expr>, Vec<usize>) {
    let mut unique: Vec<Expr> = Vec::with_capacity(exprs.len());
    let mut places = Vec::with_capacity(exprs.len());
    for expr in exprs {
        let known = unique.iter().position(|known| known == expr);
        places.push(known.unwrap_or(unique.len()));
        if known.is_none() {
            unique.push(expr.clone());
        }
    }
    (unique, places)
}
