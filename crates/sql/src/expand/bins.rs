//! Bins of a length that no store cuts, put together above finer ones.

use datafusion::logical_expr::LogicalPlanBuilder;
use semantic::{
    ColumnKind, Granularity, Grouping, MeasureType, MemberName, Model, Output, Remainder, SemanticQuery,
    model::Bins, query,
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
    let mut outputs: Vec<Output> = Vec::new();
    for (own, finer) in query.outputs.iter().zip(&finer) {
        let fetched = finer.as_ref().map_or(own, |(finer, _)| finer);
        if !outputs.contains(fetched) {
            outputs.push(fetched.clone());
        }
    }
    let filter = query.filter.clone();
    let part = plain_leaf(SemanticQuery { filter, ..SemanticQuery::grouped(outputs, query.zone) }, model)?;
    let columns = query.outputs.iter().zip(&finer).map(|(own, finer)| {
        let column = |output: &Output| of(&name(0), &output.name());
        let shown =
            finer.as_ref().map_or_else(|| column(own), |(finer, bins)| bin_start(*bins, column(finer)));
        shown.alias_qualified(Some(LEAF), own.name())
    });
    let plan = LogicalPlanBuilder::from(scan(0, &part)?).project(columns.collect::<Vec<_>>())?;
    let plan = regrouped(plan, &query.outputs.iter().collect::<Vec<_>>(), model)?;
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

fn adds_up(query: &SemanticQuery, times: &[MemberName], model: &Model) -> bool {
    let mut kinds = Vec::new();
    for measure in query.measures() {
        let Ok(ColumnKind::Measure(kind)) = query::column(model, measure).map(|column| column.kind) else {
            return false;
        };
        kinds.push((measure, kind));
    }
    let plain = [MeasureType::Count, MeasureType::Sum, MeasureType::Min, MeasureType::Max];
    let is_plain = kinds.iter().all(|(_, kind)| plain.contains(kind));
    let mut is_shown = true;
    query.having.members(&mut |member| {
        is_shown &= query.outputs.iter().any(|output| output.bins().is_none() && output.member() == member);
    });
    let because = "bins of a granularity of its own";
    let is_grouped = query.grouping == Grouping::Grouped;
    is_grouped && is_plain && is_shown && check_repeats(kinds.into_iter(), times, model, because).is_ok()
}
