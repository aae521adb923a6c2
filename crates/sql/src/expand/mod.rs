//! Measures over other rows than those of their group, taken apart: plain leaves that a rollup can answer, and a plan
//! above them that rolls, shifts and sums.
//!
//! The meaning is Cube's, whose SQL has the same shape. A rolling measure has a value for every bin of the asked range,
//! also where there are no rows; a shifted one where there are rows in the shifted bin. With other measures beside it, a
//! group is shown when every one of them has it.

mod along;
mod apart;
mod bins;
mod calculated;
mod part;

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, TimeUnit},
    common::{Column, JoinType, NullEquality, ScalarValue, TableReference},
    functions_aggregate::expr_fn::{avg, max},
    logical_expr::{Cast, Expr, LogicalPlan, LogicalPlanBuilder, lit, logical_plan::TableScanBuilder},
};
use semantic::{Filter, MemberName, Model, Output, Remainder, SemanticQuery, model::WindowBounds, query};

use crate::{
    combine,
    error::Result,
    freeze::{Leaf, LeafScan},
    leaf::LEAF,
    remainder,
};
use along::{Along, MAX_BINS};
pub use apart::{Joined, apart};
pub use bins::rebin;
use calculated::Calculation;
use part::{How, Over, Part};

/// A leaf with such measures, in parts.
#[derive(Debug, Clone)]
pub struct Expanded {
    /// Plain queries, by the ids of the plan's scans.
    pub leaves: Vec<Leaf>,
    /// Shows the visible columns of the leaf that was taken apart.
    pub logical: LogicalPlan,
}

/// Why the measures of a leaf can only be computed by Cube.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotExpanded {
    /// A calculation, or a measure that is no sum of its bins, or of stages that only Cube knows.
    #[error("`{0}` does not add up from groups of plain measures")]
    NotAdditive(MemberName),
    /// Windows and shifts are measured along one time.
    #[error(
        "a window or shift needs bins of one time, in a range with both ends: add `WHERE t >= … AND t < …`"
    )]
    Range,
    /// A predicate that is no range would cut into windows.
    #[error("`{0}` is tested in another way than by one range")]
    Tested(MemberName),
    /// Bins that windows or shifts cut through.
    #[error("the window or shift of `{0}` is not made of whole bins of the query")]
    Grain(MemberName),
    /// Bins that a time declares for itself.
    #[error("`{0}` is asked for in a granularity of its own")]
    Custom(MemberName),
    /// More bins than a plan should hold.
    #[error("the range has more than {MAX_BINS} bins")]
    Bins,
    /// Outside the calendar.
    #[error("a bound is outside the calendar")]
    Calendar,
}

/// The name of the bins.
const SERIES: &str = "series";
const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

/// Takes a leaf with such measures apart.
pub fn expand(leaf: &Leaf, model: &Model) -> Result<std::result::Result<Expanded, NotExpanded>> {
    let parts = match Parts::of(&leaf.query, model) {
        Ok(parts) => parts,
        Err(why) => return Ok(Err(why)),
    };
    let mut leaves = Vec::new();
    let mut plan: Option<LogicalPlanBuilder> = None;
    if let Some(query) = parts.plain() {
        let part = plain_leaf(query, model)?;
        plan = Some(LogicalPlanBuilder::from(scan(0, &part)?));
        leaves.push(part);
    }
    for part in &parts.own {
        let id = leaves.len();
        let leaf = plain_leaf(parts.read(part), model)?;
        let computed = parts.computed(part, scan(id, &leaf)?, id, model)?;
        leaves.push(leaf);
        plan = Some(match plan {
            None => LogicalPlanBuilder::from(computed),
            Some(plan) => parts.joined(plan, computed, id)?,
        });
    }
    let Some(plan) = plan else { return Ok(Err(NotExpanded::Range)) };
    let plan = parts.shown(plan, leaves.len())?;
    let query = &leaf.query;
    let rest = Remainder {
        having: query.having.clone(),
        order: query.order.clone(),
        limit: query.limit,
        offset: query.offset,
        ..Remainder::nothing()
    };
    Ok(Ok(Expanded { logical: remainder::finished(plan, leaf, &rest, model)?, leaves }))
}

/// A query sorted into measures over the rows of a group, and others.
struct Parts<'a> {
    query: &'a SemanticQuery,
    along: Option<Along<'a>>,
    /// The others, and those that some are calculated from.
    plain: Vec<&'a MemberName>,
    own: Vec<Part<'a>>,
    calculated: Vec<Calculation<'a>>,
}

impl<'a> Parts<'a> {
    fn of(query: &'a SemanticQuery, model: &'a Model) -> std::result::Result<Self, NotExpanded> {
        let along = Along::of(query);
        let (mut computed, mut calculated) = (Vec::new(), Vec::new());
        for measure in query.measures() {
            match Calculation::of(measure, model) {
                Some(calculation) => {
                    computed.extend(&calculation.over);
                    calculated.push(calculation);
                }
                None => computed.push(measure),
            }
        }
        let (mut plain, mut own) = (Vec::new(), Vec::<Part<'_>>::new());
        for measure in computed {
            if plain.contains(&measure) || own.iter().any(|part| part.measure == measure) {
                continue;
            }
            match Part::of(measure, query, &along, model)? {
                Some(part) => own.push(part),
                None => plain.push(measure),
            }
        }
        Ok(Self { query, along: along.unwrap_or_default(), plain, own, calculated })
    }

    /// The query of the other measures; `None` when there are none.
    fn plain(&self) -> Option<SemanticQuery> {
        let measures = self.plain.iter().map(|measure| Output::Measure((*measure).clone()));
        let outputs = self.query.keys().cloned().chain(measures).collect();
        (!self.plain.is_empty()).then(|| self.over(outputs, self.query.filter.clone()))
    }

    /// The query of a part, by the finer bins that it is made of.
    fn read(&self, part: &Part<'_>) -> SemanticQuery {
        let finer = |key: &Output| match (key, &part.how) {
            (Output::Time(time, _), How::Bins { grain, .. }) => Output::Time(time.clone(), *grain),
            _ => key.clone(),
        };
        let added = match &part.how {
            How::Finer { by, .. } => by.as_slice(),
            _ => &[],
        };
        let keys = self.query.keys().map(finer).chain(added.iter().cloned());
        let outputs = keys.chain([Output::Measure(part.read.clone())]).collect();
        let filter = match (&part.how, &self.along) {
            (How::Bins { .. }, Some(along)) => {
                let others = self.query.filter.conjuncts().iter().filter(|test| !along.is_range(test));
                Filter::all(others.cloned().chain(part.range(along.time)).collect::<Vec<_>>())
            }
            _ => self.query.filter.clone(),
        };
        SemanticQuery { unrolled: part.is_unrolled(), ..self.over(outputs, filter) }
    }

    fn over(&self, outputs: Vec<Output>, filter: Filter) -> SemanticQuery {
        SemanticQuery { filter, ..SemanticQuery::grouped(outputs, self.query.zone) }
    }

    /// One measure by the keys of the query, as table `leaf{id}`.
    fn computed(&self, part: &Part<'_>, leaf: LogicalPlan, id: usize, model: &Model) -> Result<LogicalPlan> {
        let name = name(id);
        let read = of(&name, &Output::Measure(part.read.clone()).name());
        let data_type = DataType::from(query::column(model, &part.read)?.data_type);
        let own_keys = || self.query.keys().map(|key| of(&name, &key.name())).collect::<Vec<_>>();
        let (plan, value, keys) = match (&part.how, &self.along) {
            (How::Bins { grain, bounds, everywhere }, Some(along)) => {
                let time = of(&name, &Output::Time(along.time.clone(), *grain).name());
                let kind = if *everywhere { JoinType::Left } else { JoinType::Inner };
                let within = within(time, bounds);
                let joined = series(along, bounds)?.join_on(leaf, kind, within)?;
                // What does not add up has one bin in each group.
                let call = combine::call(read.clone(), part.kind, &data_type).unwrap_or_else(|| max(read));
                let value = Expr::Column(Column::new_unqualified(call.schema_name().to_string()));
                let key = |key: &Output| match key {
                    Output::Time(..) => of(SERIES, "bin"),
                    other => of(&name, &other.name()),
                };
                let keys: Vec<_> = self.query.keys().map(key).collect();
                (joined.aggregate(keys.clone(), [call])?, combine::value(value, part.kind), keys)
            }
            (How::Alike { by, over }, _) => {
                let by = by.iter().map(|key| of(&name, &key.name())).collect();
                let call = match over {
                    Over::Sum => combine::sum_over(read, &data_type, by),
                    Over::Rank { descending } => combine::rank_of(read, *descending, by),
                }?;
                let value = Expr::Column(Column::new_unqualified(call.schema_name().to_string()));
                (LogicalPlanBuilder::from(leaf).window([call])?, value, own_keys())
            }
            (How::Finer { over, .. }, _) => {
                let double = Expr::Cast(Cast::new(Box::new(read.clone()), DataType::Float64));
                let call = combine::call(read, *over, &data_type).unwrap_or_else(|| avg(double));
                let value = Expr::Column(Column::new_unqualified(call.schema_name().to_string()));
                (LogicalPlanBuilder::from(leaf).aggregate(own_keys(), [call])?, value, own_keys())
            }
            _ => (LogicalPlanBuilder::from(leaf), read, own_keys()),
        };
        let named = keys.into_iter().zip(self.query.keys());
        let named = named.map(|(key, output)| key.alias_qualified(Some(name.clone()), output.name()));
        let data_type = DataType::from(query::column(model, part.measure)?.data_type);
        let value = Expr::Cast(Cast::new(Box::new(value), data_type));
        let value = value.alias_qualified(Some(name.clone()), Output::Measure(part.measure.clone()).name());
        Ok(plan.project(named.chain([value]).collect::<Vec<_>>())?.build()?)
    }

    /// Groups that both have; a key without a value is a group like any other.
    fn joined(&self, plan: LogicalPlanBuilder, rolled: LogicalPlan, id: usize) -> Result<LogicalPlanBuilder> {
        let keys = |id: usize| {
            let column = |key: &Output| Column::new(Some(name(id)), key.name());
            self.query.keys().map(column).collect::<Vec<_>>()
        };
        if keys(0).is_empty() {
            return Ok(plan.cross_join(rolled)?);
        }
        let on = (keys(0), keys(id));
        Ok(plan.join_detailed(rolled, JoinType::Inner, on, None, NullEquality::NullEqualsNull)?)
    }

    /// The columns of the leaf, in its order and under its name.
    fn shown(&self, plan: LogicalPlanBuilder, parts: usize) -> Result<LogicalPlanBuilder> {
        let first_own = parts - self.own.len();
        let measure = |measure: &MemberName| {
            let own = self.own.iter().position(|part| part.measure == measure);
            of(&name(own.map_or(0, |at| first_own + at)), &Output::Measure(measure.clone()).name())
        };
        let shown = |output: &Output| {
            let calculated = self.calculated.iter().find(|found| found.measure == output.member());
            Ok(match (output, calculated) {
                (Output::Measure(_), Some(calculated)) => calculated.value(measure)?,
                (Output::Measure(member), None) => measure(member),
                (key, _) => of(&name(0), &key.name()),
            })
        };
        let columns = self.query.outputs.iter().map(|output| {
            let column: Result<Expr> = shown(output);
            Ok(column?.alias_qualified(Some(LEAF), output.name()))
        });
        Ok(plan.project(columns.collect::<Result<Vec<_>>>()?)?)
    }
}

/// Whether a finer bin belongs to a bin of the series.
fn within(time: Expr, bounds: &[WindowBounds]) -> Vec<Expr> {
    let mut within = Vec::new();
    if bounds.iter().any(|bounds| bounds.from.is_some()) {
        within.push(time.clone().gt_eq(of(SERIES, "from")));
    }
    if bounds.iter().any(|bounds| bounds.to.is_some()) {
        within.push(time.lt(of(SERIES, "to")));
    }
    if within.is_empty() {
        within.push(lit(true));
    }
    within
}

/// The bins, with the ends of what belongs to them: `bin`, `from`, `to`.
fn series(along: &Along<'_>, bounds: &[WindowBounds]) -> Result<LogicalPlanBuilder> {
    let at =
        |at: Option<i64>| lit(ScalarValue::TimestampMicrosecond(at.map(|at| at.saturating_mul(1000)), None));
    let mut rows: Vec<_> = along
        .bins
        .iter()
        .zip(bounds)
        .map(|(bin, bounds)| vec![at(Some(*bin)), at(bounds.from), at(bounds.to)])
        .collect();
    let is_empty = rows.is_empty();
    if is_empty {
        rows.push(vec![at(None), at(None), at(None)]);
    }
    let columns = ["bin", "from", "to"].iter().enumerate().map(|(place, name)| {
        let column = Column::new_unqualified(format!("column{}", place + 1));
        Expr::Cast(Cast::new(Box::new(Expr::Column(column)), TIMESTAMP)).alias_qualified(Some(SERIES), *name)
    });
    let series = LogicalPlanBuilder::values(rows)?.project(columns.collect::<Vec<_>>())?;
    Ok(if is_empty { series.filter(lit(false))? } else { series })
}

fn plain_leaf(query: SemanticQuery, model: &Model) -> Result<Leaf> {
    let schema = query.schema(model)?;
    Ok(Leaf { visible: query.outputs.len(), schema, contextual: false, uses: 1, query })
}

fn scan(id: usize, leaf: &Leaf) -> Result<LogicalPlan> {
    let source = Arc::new(LeafScan { id, schema: leaf.schema.clone() });
    Ok(LogicalPlan::TableScan(TableScanBuilder::new(TableReference::bare(name(id)), source).build()?))
}

fn name(id: usize) -> String {
    format!("{LEAF}{id}")
}

fn of(table: &str, name: &str) -> Expr {
    Expr::Column(Column::new(Some(table), name))
}
