//! Rules about the rollup as a whole.

use semantic::PreAggregation;

use super::{Pair, staged, strictly};
use crate::refusal::Refusal;

pub(super) fn check(rollup: &PreAggregation, pair: &Pair<'_>) -> Vec<Refusal> {
    // A lambda or join is kept nowhere itself.
    let parts = pair.made.parts.iter().map(|part| part.rollup);
    let mut reasons: Vec<_> = parts.flat_map(|part| of_table(part, pair)).collect();
    reasons.extend(rollup.context.clone().filter(|_| pair.made.parts.len() > 1).map(Refusal::Context));
    reasons.into_iter().chain(strictly::rows(pair)).chain(staged::check(pair)).collect()
}

fn of_table(rollup: &PreAggregation, pair: &Pair<'_>) -> impl Iterator<Item = Refusal> {
    let shared = pair.wanted.model.shared_column(&rollup.name).cloned();
    let reasons = [
        (!rollup.external).then_some(Refusal::Internal),
        rollup.context.clone().map(Refusal::Context),
        shared.map(|(one, other)| Refusal::SharedColumn(one, other)),
    ];
    reasons.into_iter().flatten()
}
