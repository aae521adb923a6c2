//! Bins of a length that no store cuts, put together above finer ones.

use datafusion::logical_expr::LogicalPlanBuilder;
use semantic::{
    Column, ColumnKind, Granularity, Grouping, MeasureType, MemberName, Model, Output, Remainder,
    SemanticQuery, model::Bins, query,
};

use super::{Expanded, name, of, plain_leaf, scan};
use crate::{
    error::Result,
    freeze::Leaf,
    functions::bin_start,
    leaf::LEAF,
    lower::check_repeats,
    remainder::{finished, regrouped},
};

/// The leaf by the coarsest standard bins that make up its own, and a plan that adds these up; `None` where nothing is
/// to be put together, or where values do not add up.
pub fn rebin(leaf: &Leaf, model: &Model) -> Result<Option<Expanded>> {
    let query = &leaf.query;
    let finer: Vec<_> = query.outputs.iter().map(|output| finer(output, model)).collect();
    let times = finer.iter().flatten().map(|(finer, _)| finer.member().clone()).collect::<Vec<_>>();
    if times.is_empty() || leaf.contextual || !adds_up(query, &times, model) {
        return Ok(None);
    }
    let tested = tested(query, model);
    let mut outputs: Vec<Output> = Vec::new();
    for (own, finer) in query.outputs.iter().zip(&finer) {
        let fetched = finer.as_ref().map_or(own, |(finer, _)| finer);
        if !outputs.contains(fetched) {
            outputs.push(fetched.clone());
        }
    }
    outputs.extend(tested.iter().cloned());
    let filter = query.filter.clone();
    let part = plain_leaf(SemanticQuery { filter, ..SemanticQuery::grouped(outputs, query.zone) }, model)?;
    let column = |output: &Output| of(&name(0), &output.name());
    let columns = query.outputs.iter().zip(&finer).map(|(own, finer)| {
        let shown =
            finer.as_ref().map_or_else(|| column(own), |(finer, bins)| bin_start(*bins, column(finer)));
        shown.alias_qualified(Some(LEAF), own.name())
    });
    let measures = tested.iter().map(|tested| column(tested).alias_qualified(Some(LEAF), tested.name()));
    let plan =
        LogicalPlanBuilder::from(scan(0, &part)?).project(columns.chain(measures).collect::<Vec<_>>())?;
    let plan = regrouped(plan, &query.outputs.iter().chain(&tested).collect::<Vec<_>>(), model)?;
    let (having, order) = (query.having.clone(), query.order.clone());
    let rest = Remainder { having, order, limit: query.limit, offset: query.offset, ..Remainder::nothing() };
    Ok(Some(Expanded { logical: finished(plan, leaf, &rest, model)?, leaves: vec![part] }))
}

/// Standard bins that make up bins of one's own.
fn finer(output: &Output, model: &Model) -> Option<(Output, Bins)> {
    let Output::Custom(member, _) = output else { return None };
    let (_, grain) = output.bins()?;
    let bins = model.column(member)?.source.bins(&grain, model).ok()?;
    // What the store cuts itself it also adds up itself.
    if bins.cut().is_some() {
        return None;
    }
    let coarsest = Granularity::ALL.into_iter().rev().find(|finer| bins.is_made_of(Bins::of(*finer)))?;
    Some((Output::Time(member.clone(), coarsest), bins))
}

/// The measures that HAVING tests and the query does not show.
pub(super) fn tested(query: &SemanticQuery, model: &Model) -> Vec<Output> {
    let mut tested = Vec::new();
    query.having.members(&mut |member| {
        let output = Output::Measure(member.clone());
        let is_new = !query.outputs.contains(&output) && !tested.contains(&output);
        let is_measure = model.column(member).is_some_and(Column::is_measure);
        tested.extend((is_measure && is_new).then_some(output));
    });
    tested
}

/// Whether the groups of a query are made of groups by `finer` members too.
pub(super) fn adds_up(query: &SemanticQuery, finer: &[MemberName], model: &Model) -> bool {
    let tested = tested(query, model);
    let mut kinds = Vec::new();
    for measure in query.measures().chain(tested.iter().map(Output::member)) {
        let Ok(ColumnKind::Measure(kind)) = query::column(model, measure).map(|column| column.kind) else {
            return false;
        };
        kinds.push((measure, kind));
    }
    let plain = [MeasureType::Count, MeasureType::Sum, MeasureType::Min, MeasureType::Max];
    let is_plain = kinds.iter().all(|(_, kind)| plain.contains(kind));
    let mut is_known = true;
    query.having.members(&mut |member| {
        let outputs = query.outputs.iter().chain(&tested);
        is_known &= outputs.into_iter().any(|output| output.bins().is_none() && output.member() == member);
    });
    let because = "finer groups";
    let is_grouped = query.grouping == Grouping::Grouped;
    is_grouped && is_plain && is_known && check_repeats(kinds.into_iter(), finer, model, because).is_ok()
}
