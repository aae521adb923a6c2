//! Rolling measures taken apart: plain leaves that a rollup can answer, and a plan above them that rolls.
//!
//! The meaning is Cube's, whose SQL has the same shape. A rolling measure has a value for every bin of the asked range,
//! also where there are no rows; with other measures beside it, a group is shown when every one of them has it.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, TimeUnit},
    common::{Column, JoinType, NullEquality, ScalarValue, TableReference},
    logical_expr::{Cast, Expr, LogicalPlan, LogicalPlanBuilder, lit, logical_plan::TableScanBuilder},
};
use semantic::{
    Filter, Granularity, Grouping, MemberName, Model, Output, Remainder, SemanticQuery,
    model::{RollingWindow, WindowBounds},
    query,
};

use crate::{
    combine,
    error::Result,
    freeze::{Leaf, LeafScan},
    leaf::LEAF,
    remainder,
};

/// A leaf with rolling measures, in parts.
#[derive(Debug, Clone)]
pub struct Expanded {
    /// Plain queries, by the ids of the plan's scans.
    pub leaves: Vec<Leaf>,
    /// Shows the visible columns of the leaf that was taken apart.
    pub logical: LogicalPlan,
}

/// Why the windows of a leaf can only be computed by Cube.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotExpanded {
    /// A calculation, a measure of several stages, or one that is no sum of its bins.
    #[error("`{0}` does not add up from finer bins")]
    NotAdditive(MemberName),
    /// Windows are measured along one time.
    #[error("a window needs bins of one time, in a range with both ends: add `WHERE t >= … AND t < …`")]
    Range,
    /// A predicate that is no range would cut into windows.
    #[error("`{0}` is tested in another way than by one range")]
    Tested(MemberName),
    /// Bins that windows cut through.
    #[error("the window of `{0}` is not made of whole bins of the query")]
    Grain(MemberName),
    /// More bins than a plan should hold.
    #[error("the range has more than {MAX_BINS} bins")]
    Bins,
    /// Outside the calendar.
    #[error("a bound is outside the calendar")]
    Calendar,
}

/// Bins of an answer. Each is a row of the plan.
const MAX_BINS: usize = 20_000;
/// The name of the bins.
const SERIES: &str = "series";
const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

/// Takes a leaf with rolling measures apart.
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
    for rolling in &parts.rolling {
        let id = leaves.len();
        let part = plain_leaf(parts.unrolled(rolling), model)?;
        let rolled = parts.rolled(rolling, scan(id, &part)?, id, model)?;
        leaves.push(part);
        plan = Some(match plan {
            None => LogicalPlanBuilder::from(rolled),
            Some(plan) => parts.joined(plan, rolled, id)?,
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

/// A query sorted into what rolls and what does not.
struct Parts<'a> {
    query: &'a SemanticQuery,
    /// What is along the time: `None` when nothing is, and windows hold every row.
    along: Option<Along<'a>>,
    rolling: Vec<Rolling<'a>>,
}

/// The time that windows are measured along.
struct Along<'a> {
    time: &'a MemberName,
    bin: Granularity,
    /// The starts of the bins.
    bins: Vec<i64>,
}

/// A rolling measure.
struct Rolling<'a> {
    measure: &'a MemberName,
    kind: semantic::MeasureType,
    /// The finer bins that its window is made of, and those in each bin; empty when windows hold every row.
    grain: Option<Granularity>,
    bounds: Vec<WindowBounds>,
}

impl<'a> Parts<'a> {
    fn of(query: &'a SemanticQuery, model: &'a Model) -> std::result::Result<Self, NotExpanded> {
        let along = Along::of(query)?;
        let mut rolling = Vec::new();
        for measure in query.measures() {
            let source = model.column(measure).map(|column| &column.source);
            let Some(source) = source.filter(|source| source.is_contextual(model)) else { continue };
            let not_additive = || NotExpanded::NotAdditive(measure.clone());
            let definition = model.measure(&source.member).ok_or_else(not_additive)?;
            let window = definition.window().ok_or_else(not_additive)?;
            // Sketches are numbers above a leaf.
            let kind = definition.kind;
            if definition.is_multi_stage()
                || !kind.is_additive()
                || kind == semantic::MeasureType::CountDistinctApprox
            {
                return Err(not_additive());
            }
            rolling.push(Rolling::of(measure, kind, &window, along.as_ref())?);
        }
        Ok(Self { query, along, rolling })
    }

    /// The query of the other measures; `None` when there are none.
    fn plain(&self) -> Option<SemanticQuery> {
        let rolls = |output: &&Output| self.rolling.iter().any(|rolling| output.member() == rolling.measure);
        let outputs: Vec<_> = self.query.outputs.iter().filter(|output| !rolls(output)).cloned().collect();
        let any = outputs.iter().any(Output::is_measure);
        any.then(|| self.over(outputs, self.query.filter.clone()))
    }

    /// The query of one rolling measure, by the finer bins that its window is made of.
    fn unrolled(&self, rolling: &Rolling<'_>) -> SemanticQuery {
        let finer = |key: &Output| match (key, rolling.grain) {
            (Output::Time(time, _), Some(grain)) => Output::Time(time.clone(), grain),
            _ => key.clone(),
        };
        let keys = self.query.keys().map(finer);
        let outputs = keys.chain([Output::Measure(rolling.measure.clone())]).collect();
        let filter = match &self.along {
            None => self.query.filter.clone(),
            Some(along) => {
                let others = self.query.filter.conjuncts().iter().filter(|part| !along.is_range(part));
                Filter::all(others.cloned().chain(rolling.range(along.time)).collect::<Vec<_>>())
            }
        };
        SemanticQuery { unrolled: true, ..self.over(outputs, filter) }
    }

    fn over(&self, outputs: Vec<Output>, filter: Filter) -> SemanticQuery {
        SemanticQuery { filter, ..SemanticQuery::grouped(outputs, self.query.zone) }
    }

    /// One measure by the keys of the query, as table `leaf{id}`.
    fn rolled(
        &self,
        rolling: &Rolling<'_>,
        part: LogicalPlan,
        id: usize,
        model: &Model,
    ) -> Result<LogicalPlan> {
        let (Some(along), Some(grain)) = (&self.along, rolling.grain) else { return Ok(part) };
        let name = name(id);
        let column = |output: &Output| of(&name, &output.name());
        let time = of(&name, &Output::Time(along.time.clone(), grain).name());
        let mut within = Vec::new();
        if rolling.bounds.iter().any(|bounds| bounds.from.is_some()) {
            within.push(time.clone().gt_eq(of(SERIES, "from")));
        }
        if rolling.bounds.iter().any(|bounds| bounds.to.is_some()) {
            within.push(time.lt(of(SERIES, "to")));
        }
        if within.is_empty() {
            within.push(lit(true));
        }
        let joined = series(along, &rolling.bounds)?.join_on(part, JoinType::Left, within)?;
        let measure = Output::Measure(rolling.measure.clone());
        let data_type = DataType::from(query::column(model, rolling.measure)?.data_type);
        let call = combine::call(column(&measure), rolling.kind, &data_type);
        let call = call.expect("Parts::of takes additive measures only");
        let computed = Expr::Column(Column::new_unqualified(call.schema_name().to_string()));
        let key = |key: &Output| match key {
            Output::Time(..) => of(SERIES, "bin"),
            other => column(other),
        };
        let grouped = joined.aggregate(self.query.keys().map(key).collect::<Vec<_>>(), [call])?;
        let named =
            self.query.keys().map(|output| key(output).alias_qualified(Some(name.clone()), output.name()));
        let value = Expr::Cast(Cast::new(Box::new(combine::value(computed, rolling.kind)), data_type));
        let value = value.alias_qualified(Some(name.clone()), measure.name());
        Ok(grouped.project(named.chain([value]).collect::<Vec<_>>())?.build()?)
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
        let first_rolling = parts - self.rolling.len();
        let columns = self.query.outputs.iter().map(|output| {
            let rolling = self.rolling.iter().position(|rolling| rolling.measure == output.member());
            let part = rolling.filter(|_| output.is_measure()).map_or(0, |at| first_rolling + at);
            of(&name(part), &output.name()).alias_qualified(Some(LEAF), output.name())
        });
        Ok(plan.project(columns.collect::<Vec<_>>())?)
    }
}

impl<'a> Along<'a> {
    fn of(query: &'a SemanticQuery) -> std::result::Result<Option<Self>, NotExpanded> {
        let times = query.keys().filter_map(|key| match key {
            Output::Time(time, bin) => Some((time, *bin)),
            _ => None,
        });
        let (time, bin) = match times.collect::<Vec<_>>().as_slice() {
            // Without bins, a range would be that of the whole window.
            [] if !has_range(&query.filter) => return Ok(None),
            [one] if query.grouping == Grouping::Grouped => *one,
            _ => return Err(NotExpanded::Range),
        };
        let mut range = (None::<i64>, None::<i64>);
        for part in query.filter.conjuncts() {
            match part {
                Filter::During { member, from, to } if member == time => {
                    range.0 = range.0.max(*from);
                    range.1 = range.1.into_iter().chain(*to).min();
                }
                other => {
                    let mut tested = false;
                    other.members(&mut |member| tested |= member == time);
                    if tested {
                        return Err(NotExpanded::Tested(time.clone()));
                    }
                }
            }
        }
        let (Some(from), Some(to)) = range else { return Err(NotExpanded::Range) };
        let mut bins = Vec::new();
        let mut start = bin.floor(from).ok_or(NotExpanded::Calendar)?;
        while start < to {
            if bins.len() == MAX_BINS {
                return Err(NotExpanded::Bins);
            }
            bins.push(start);
            start = bin.next(start).ok_or(NotExpanded::Calendar)?;
        }
        Ok(Some(Self { time, bin, bins }))
    }

    fn is_range(&self, filter: &Filter) -> bool {
        matches!(filter, Filter::During { member, .. } if member == self.time)
    }
}

fn has_range(filter: &Filter) -> bool {
    filter.conjuncts().iter().any(|part| matches!(part, Filter::During { .. }))
}

impl<'a> Rolling<'a> {
    fn of(
        measure: &'a MemberName,
        kind: semantic::MeasureType,
        window: &RollingWindow,
        along: Option<&Along<'_>>,
    ) -> std::result::Result<Self, NotExpanded> {
        let Some(Along { bin, bins, .. }) = along else {
            return Ok(Self { measure, kind, grain: None, bounds: Vec::new() });
        };
        let grain = window.grain(*bin).ok_or_else(|| NotExpanded::Grain(measure.clone()))?;
        let bounds: Option<Vec<_>> = bins.iter().map(|start| window.bounds(*bin, *start, grain)).collect();
        let bounds = bounds.ok_or(NotExpanded::Calendar)?;
        Ok(Self { measure, kind, grain: Some(grain), bounds })
    }

    /// What all of its windows lie in.
    fn range(&self, time: &MemberName) -> Option<Filter> {
        if self.bounds.is_empty() {
            return Some(Filter::never());
        }
        let from: Option<Vec<_>> = self.bounds.iter().map(|bounds| bounds.from).collect();
        let to: Option<Vec<_>> = self.bounds.iter().map(|bounds| bounds.to).collect();
        let from = from.and_then(|from| from.into_iter().min());
        let to = to.and_then(|to| to.into_iter().max());
        let bounded = from.is_some() || to.is_some();
        bounded.then(|| Filter::During { member: time.clone(), from, to })
    }
}

/// The bins, with the ends of their windows: `bin`, `from`, `to`.
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
