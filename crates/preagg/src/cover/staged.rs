//! Members that are no matter of stored rows: windows, stages, switches, and bins of a calendar's own.

use semantic::{
    Granularity, Model,
    model::{Formula, Reference},
};

use super::Pair;
use crate::{refusal::Refusal, wanted::Wanted};

/// What is in the way of the rollup as a whole, or of a key of the query.
pub(super) fn check(pair: &Pair<'_>) -> Vec<Refusal> {
    let (wanted, model) = (pair.wanted, pair.wanted.model);
    let mut refused = wanted.staged.get_or_init(|| of_query(wanted)).clone();
    // Most models have none, and following every stored key of every candidate takes longer than all other rules.
    if model.holds_staged() {
        let stored = pair.rollup.dimensions.iter().chain(&pair.rollup.segments);
        refused.extend(stored.filter_map(|key| repeats(key, model)));
    }
    refused
}

/// What is in the way of members of the query, whatever is stored.
fn of_query(wanted: &Wanted<'_>) -> Vec<Refusal> {
    let model = wanted.model;
    let mut refused = Vec::new();
    wanted.query.members(|member| {
        let reference = wanted.source(member);
        // Measures are looked at one by one, where each is bound.
        if model.measure(&reference.member).is_none() {
            refused.extend(of(reference, model, false));
        }
    });
    refused
}

/// [`of`] a measure of the query, or of what it is calculated from.
pub(super) fn of_measure(reference: &Reference, wanted: &Wanted<'_>) -> Option<Refusal> {
    if let Some(known) = wanted.staged_measures.borrow().get(reference) {
        return known.clone();
    }
    let found = of(reference, wanted.model, wanted.query.unrolled);
    wanted.staged_measures.borrow_mut().insert(reference.clone(), found.clone());
    found
}

/// Why a member, or what its SQL names in any depth, is no matter of stored rows; `unrolled`: the window of the member
/// itself is not asked for.
pub(crate) fn of(reference: &Reference, model: &Model, unrolled: bool) -> Option<Refusal> {
    reference.reached(model).into_iter().find_map(|reached| {
        let member = &reached.member;
        let rolls = model.measure(member).is_some_and(semantic::Measure::is_rolling);
        if rolls && !(unrolled && reached == *reference) {
            return Some(Refusal::Rolling(reached));
        }
        if model.measure(member).is_some_and(semantic::Measure::is_multi_stage) {
            return Some(Refusal::MultiStage(reached));
        }
        let follows_filters =
            |member| model.dimension(member).is_some_and(|d| d.propagate_filters_to_sub_query);
        if follows_filters(member) {
            return Some(Refusal::FilteredSubQuery(reached));
        }
        staged(&reached, model)
    })
}

/// A stored key that gives a row several groups, or one that its own values do not say.
fn repeats(key: &Reference, model: &Model) -> Option<Refusal> {
    key.reached(model).iter().find_map(|reached| staged(reached, model))
}

fn staged(reached: &Reference, model: &Model) -> Option<Refusal> {
    let dimension = model.dimension(&reached.member)?;
    match dimension.formula {
        Formula::Switch { .. } => Some(Refusal::Switch(reached.clone())),
        _ => dimension.multi_stage.then(|| Refusal::MultiStage(reached.clone())),
    }
}

/// A time, or one that it is made of, whose bins of this name are not those of everybody else.
pub(crate) fn replaced(time: &Reference, granularity: Granularity, model: &Model) -> Option<Refusal> {
    let replaces = |at: &Reference| model.dimension(&at.member).is_some_and(|d| d.replaces(granularity));
    let own = time.reached(model).into_iter().find(replaces)?;
    Some(Refusal::CustomGranularity { member: own, granularity: granularity.name().to_owned() })
}
