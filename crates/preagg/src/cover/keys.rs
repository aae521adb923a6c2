//! Group keys: a stored dimension, a stored segment, or bins made of stored bins.

use semantic::{
    Granularity, MemberName, Output,
    model::{List, Reference},
};

use super::{Pair, shift};
use crate::{names, refusal::Refusal, scan::Key};

pub(super) fn key(pair: &Pair<'_>, output: &Output) -> Result<Key, Refusal> {
    let reference = pair.wanted.source(output.member());
    match output {
        Output::Time(_, granularity) => bins(pair, reference, *granularity),
        Output::Dimension(member) if pair.wanted.is_time(member) => moment(pair, member, reference),
        _ => column(pair, reference).map(Key::Column),
    }
}

/// The column of a stored dimension or segment.
pub(super) fn column(pair: &Pair<'_>, reference: &Reference) -> Result<String, Refusal> {
    let model = pair.wanted.model;
    if pair.holds.has(List::Dimensions, reference) || pair.holds.has(List::Segments, reference) {
        return Ok(names::column(reference, model));
    }
    let list = if model.segment(&reference.member).is_some() { "segments" } else { "dimensions" };
    let missing = Refusal::Missing { member: reference.clone(), list };
    Err(other_path(pair, reference).unwrap_or(missing))
}

/// The column of the coarsest stored bins that make up bins of `wanted`.
pub(super) fn time_column(
    pair: &Pair<'_>,
    reference: &Reference,
    fits: impl Fn(Granularity) -> bool,
    refusal: impl Fn(Granularity) -> Refusal,
) -> Result<(String, Granularity), Refusal> {
    let stored = || pair.rollup.standard_times().filter(|(time, _)| *time == reference);
    if let Some((_, granularity)) =
        stored().filter(|(_, g)| fits(*g)).max_by_key(|(_, granularity)| *granularity)
    {
        return Ok((names::time_column(reference, granularity, pair.wanted.model), granularity));
    }
    match stored().min_by_key(|(_, granularity)| *granularity) {
        Some((_, finest)) => Err(refusal(finest)),
        None => Err(other_path(pair, reference).unwrap_or(Refusal::TimeMissing(reference.clone()))),
    }
}

fn bins(pair: &Pair<'_>, reference: &Reference, wanted: Granularity) -> Result<Key, Refusal> {
    if let Some(built) = pair.shifted {
        let another = |_| shift::another_zone(pair, built);
        let fits = |stored| wanted.is_made_of(Granularity::Hour) && Granularity::Hour.is_made_of(stored);
        let (column, _) = time_column(pair, reference, fits, another)?;
        return Ok(Key::Shifted(wanted, column, shift::of(pair, built, reference)?));
    }
    if pair.holds.has(List::Dimensions, reference) {
        return Ok(Key::Bin(wanted, names::column(reference, pair.wanted.model)));
    }
    let refusal = |stored| Refusal::Granularity { member: reference.clone(), stored, wanted };
    let (column, stored) = time_column(pair, reference, |g| wanted.is_made_of(g), refusal)?;
    Ok(if stored == wanted { Key::Column(column) } else { Key::Bin(wanted, column) })
}

// A date holds whole days, so days are as good as the value itself.
fn moment(pair: &Pair<'_>, member: &MemberName, reference: &Reference) -> Result<Key, Refusal> {
    if let Some(built) = pair.shifted {
        return Err(shift::another_zone(pair, built));
    }
    if pair.holds.has(List::Dimensions, reference) {
        return Ok(Key::Column(names::column(reference, pair.wanted.model)));
    }
    if pair.wanted.is_date(member) {
        return bins(pair, reference, Granularity::Day);
    }
    let refusal = |stored| Refusal::RawTime { member: reference.clone(), stored };
    time_column(pair, reference, |_| false, refusal).map(|(column, _)| Key::Column(column))
}

fn other_path(pair: &Pair<'_>, reference: &Reference) -> Option<Refusal> {
    let stored = pair.holds.any(&reference.member)?;
    Some(Refusal::JoinPath { member: reference.clone(), stored: stored.clone() })
}
