//! Rules about the rollup as a whole.

use semantic::model::PreAggregationKind;

use super::{Pair, staged};
use crate::refusal::Refusal;

pub(super) fn check(pair: &Pair<'_>) -> Vec<Refusal> {
    let rollup = pair.rollup;
    let shared = pair.wanted.model.shared_column(&rollup.name).cloned();
    let reasons = [
        (rollup.kind != PreAggregationKind::Rollup).then(|| Refusal::Kind(rollup.kind.name())),
        (!rollup.external).then_some(Refusal::Internal),
        rollup.context.clone().map(Refusal::Context),
        shared.map(|(one, other)| Refusal::SharedColumn(one, other)),
        (!pair.wanted.is_grouped()).then_some(Refusal::Ungrouped),
    ];
    reasons.into_iter().flatten().chain(staged::check(pair)).collect()
}
