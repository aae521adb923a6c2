//! Measures: stored and additive, stored at the exact grain, or calculated from such.

use semantic::{
    MeasureType, MemberName,
    model::{List, Measure as Definition, Reference},
    template::Piece,
};

use super::{Pair, staged, strictly};
use crate::{
    refusal::Refusal,
    scan::{Combine, Measure, Part},
    wanted::{Asked, AskedKey},
};

/// The measures that HAVING tests.
pub(super) fn of_having(pair: &Pair<'_>) -> Vec<Result<(MemberName, Measure), Refusal>> {
    let members = pair.wanted.tested_measures();
    members
        .into_iter()
        .map(|member| Ok((member.clone(), measure(pair, pair.wanted.source(member))?)))
        .collect()
}

/// The expression that computes a measure from stored columns.
pub(super) fn measure(pair: &Pair<'_>, reference: &Reference) -> Result<Measure, Refusal> {
    let missing = || Refusal::MeasureMissing { measure: reference.clone(), missing: reference.clone() };
    let definition = pair.wanted.model.measure(&reference.member).ok_or_else(missing)?;
    match staged::of_measure(reference, pair.wanted) {
        Some(reason) => Err(reason),
        None => defined(pair, reference, definition),
    }
}

/// The same for a measure of the output.
pub(super) fn output(pair: &Pair<'_>, asked: &Asked<'_>) -> Option<Result<Measure, Refusal>> {
    let AskedKey::Measure(known) = &asked.key else { return None };
    Some(match known {
        Some((_, Some(reason))) => Err(reason.clone()),
        Some((definition, None)) => defined(pair, asked.source, definition),
        None => measure(pair, asked.source),
    })
}

fn defined(pair: &Pair<'_>, reference: &Reference, definition: &Definition) -> Result<Measure, Refusal> {
    let missing = || Refusal::MeasureMissing { measure: reference.clone(), missing: reference.clone() };
    let reason = match stored(pair, reference, definition) {
        None => missing(),
        Some(_) if !pair.wanted.is_grouped() && !strictly::has_value_in_a_row(definition.kind) => {
            Refusal::Ungrouped
        }
        Some(stored) => match not_addable(pair, reference, definition) {
            None => return Ok(stored_measure(pair, &stored, definition)),
            Some(reason) => reason,
        },
    };
    calculated(pair, reference, definition).unwrap_or(Err(reason))
}

/// The stored measure that has the values: the measure itself, or one that is the same but for its window.
fn stored(pair: &Pair<'_>, reference: &Reference, definition: &Definition) -> Option<Reference> {
    let measures = &pair.rollup.measures;
    if pair.holds.has(List::Measures, reference) {
        return Some(reference.clone());
    }
    let model = pair.wanted.model;
    let is_same = |other: &&Reference| {
        other.path == reference.path
            && model.measure(&other.member).is_some_and(|other| {
                (other.kind, &other.sql, &other.filters, &other.case)
                    == (definition.kind, &definition.sql, &definition.filters, &definition.case)
                    && !other.is_multi_stage()
            })
    };
    measures.iter().filter(|_| definition.is_rolling()).find(is_same).cloned()
}

fn not_addable(pair: &Pair<'_>, reference: &Reference, definition: &Definition) -> Option<Refusal> {
    if pair.summed_over.is_none() && pair.cut.is_none() {
        return None;
    }
    let (measure, kind) = (reference.clone(), definition.kind);
    let cube = reference.member.table();
    // The least, the greatest and the distinct do not mind rows that come twice.
    let sensitive = matches!(kind, MeasureType::Count | MeasureType::Sum);
    let multiplied =
        || [pair.tree(), &pair.wanted.tree].iter().any(|tree| tree.multiplies(cube, pair.wanted.model));
    let adds_up = kind.is_additive();
    if adds_up && !(sensitive && multiplied()) {
        return None;
    }
    match (pair.summed_over.as_ref().map(ToString::to_string), pair.cut.clone()) {
        (Some(over), _) if adds_up => Some(Refusal::Multiplied { measure, over }),
        (Some(over), _) => Some(Refusal::NotAdditive { measure, kind: kind.name(), over }),
        (None, cut) => cut.map(|(bins, partition)| Refusal::Partitions { measure, bins, partition }),
    }
}

fn stored_measure(pair: &Pair<'_>, reference: &Reference, definition: &Definition) -> Measure {
    let combine = match definition.kind {
        MeasureType::CountDistinctApprox => Combine::Merge,
        MeasureType::Min => Combine::Min,
        MeasureType::Max | MeasureType::String | MeasureType::Time | MeasureType::Boolean => Combine::Max,
        // What is not additive comes here at the exact grain only: the sum of one value is the value.
        MeasureType::Count
        | MeasureType::Sum
        | MeasureType::CountDistinct
        | MeasureType::Avg
        | MeasureType::Number
        | MeasureType::NumberAgg
        | MeasureType::Rank
        | MeasureType::RunningTotal => Combine::Sum,
    };
    // A query without group keys has a row for no stored rows, and a sketch of no values may be none.
    let combine = if pair.wanted.is_grouped() { combine } else { Combine::Alone };
    // So may a count be that was joined.
    let may_be_null = pair.made.parts.iter().any(|part| !part.on.is_empty())
        || combine == Combine::Merge
        || pair.wanted.is_grouped() && pair.wanted.query.keys().next().is_none();
    let zero = definition.kind.is_count() && may_be_null;
    Measure::Stored { column: pair.column(reference), combine, zero }
}

/// `None` when the measure is not built from other measures alone.
fn calculated(
    pair: &Pair<'_>,
    reference: &Reference,
    definition: &Definition,
) -> Option<Result<Measure, Refusal>> {
    let template = definition.sql.as_ref().filter(|_| definition.kind.is_calculated())?;
    let mut parts = Vec::new();
    let mut names_measure = false;
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => parts.push(Part::Text(text.clone())),
            Piece::Member { path, member } => {
                pair.wanted.model.measure(member)?;
                names_measure = true;
                match measure(pair, &reference.named(path, member)) {
                    Ok(measure) => parts.push(Part::Measure(measure)),
                    Err(reason) => return Some(Err(part_of(reference, reason))),
                }
            }
            Piece::Table(_) | Piece::Source(_) | Piece::Context(_) => return None,
        }
    }
    names_measure.then_some(Ok(Measure::Calculated(parts)))
}

fn part_of(measure: &Reference, reason: Refusal) -> Refusal {
    match reason {
        Refusal::MeasureMissing { missing, .. } => {
            Refusal::MeasureMissing { measure: measure.clone(), missing }
        }
        other => other,
    }
}
