//! Group keys: a stored dimension, a stored segment, or bins made of stored bins.

use semantic::{
    Granularity,
    model::{Bins, Grain, List, NoBins, Reference, StoredBins},
};

use super::{Pair, shift};
use crate::{
    refusal::Refusal,
    scan::Key,
    wanted::{Asked, AskedBins, AskedKey},
};

pub(super) fn key(pair: &Pair<'_>, asked: &Asked<'_>) -> Result<Key, Refusal> {
    let reference = asked.source;
    match &asked.key {
        AskedKey::Bins(wanted) => bins(pair, reference, wanted),
        AskedKey::Moment(days) => moment(pair, days.as_ref(), reference),
        AskedKey::Column | AskedKey::Measure(_) => column(pair, reference).map(Key::Column),
    }
}

/// The column of a stored dimension or segment.
pub(super) fn column(pair: &Pair<'_>, reference: &Reference) -> Result<String, Refusal> {
    let model = pair.wanted.model;
    if pair.holds.has(List::Dimensions, reference) || pair.holds.has(List::Segments, reference) {
        return Ok(pair.column(reference));
    }
    let list = if model.segment(&reference.member).is_some() { "segments" } else { "dimensions" };
    let missing = Refusal::Missing { member: reference.clone(), list };
    Err(other_path(pair, reference).unwrap_or(missing))
}

/// The column of the coarsest stored bins that make up bins of `wanted`.
pub(super) fn time_column(
    pair: &Pair<'_>,
    reference: &Reference,
    fits: impl Fn(&StoredBins) -> bool,
    refusal: impl Fn(&Grain) -> Refusal,
) -> Result<String, Refusal> {
    if let Some(coarsest) = coarsest(pair, reference, fits) {
        return Ok(pair.bins_column(reference, &coarsest.grain));
    }
    match stored(pair, reference).min_by_key(|stored| length(stored)) {
        Some(finest) => Err(refusal(&finest.grain)),
        None => Err(other_path(pair, reference).unwrap_or(Refusal::TimeMissing(reference.clone()))),
    }
}

fn stored<'p>(pair: &'p Pair<'_>, time: &Reference) -> impl Iterator<Item = &'p StoredBins> {
    pair.holds.times().iter().filter(move |stored| stored.time == *time)
}

fn coarsest<'p>(
    pair: &'p Pair<'_>,
    time: &Reference,
    fits: impl Fn(&StoredBins) -> bool,
) -> Option<&'p StoredBins> {
    stored(pair, time).filter(|stored| fits(stored)).max_by_key(|stored| length(stored))
}

fn length(stored: &StoredBins) -> Option<i64> {
    stored.bins.ok().map(Bins::length)
}

fn bins(pair: &Pair<'_>, reference: &Reference, asked: &AskedBins) -> Result<Key, Refusal> {
    let (model, AskedBins { grain, starts, replaced }) = (pair.wanted.model, asked);
    let wanted = *starts;
    if let Some(replaced) = replaced {
        return Err(replaced.clone());
    }
    if wanted == Err(NoBins::Year) {
        return Err(Refusal::YearlyBins { member: reference.clone(), granularity: grain.to_string() });
    }
    let (is_made_of, cut) = (|finer| wanted.is_ok_and(|bins| bins.is_made_of(finer)), wanted.map(Bins::cut));
    if let Some(built) = pair.shifted {
        let another = |_: &Grain| shift::another_zone(pair, built);
        let hours = Bins::of(Granularity::Hour);
        let fits =
            |stored: &StoredBins| is_made_of(hours) && stored.bins.is_ok_and(|bins| hours.is_made_of(bins));
        let column = time_column(pair, reference, fits, another)?;
        let Ok(Some(cut)) = cut else { return Err(another(grain)) };
        return Ok(Key::Shifted(cut, column, shift::of(pair, built, reference)?));
    }
    let refusal = |stored: &Grain| {
        let member = reference.clone();
        match reference.bins(stored, model) {
            Ok(_) => Refusal::Granularity { member, stored: stored.clone(), wanted: grain.clone() },
            Err(why) => Refusal::BinsUnknown { member, stored: stored.to_string(), why },
        }
    };
    if let Some(same) = coarsest(pair, reference, |stored| asked.are_those_of(stored)) {
        return Ok(Key::Column(pair.bins_column(reference, &same.grain)));
    }
    let own = |why| {
        let (member, granularity) = (reference.clone(), grain.to_string());
        Refusal::OwnBins { member, granularity, why }
    };
    let cut = match cut {
        Ok(Some(cut)) => cut,
        Ok(None) => return Err(own(None)),
        Err(why) => return Err(own(Some(why))),
    };
    if pair.holds.has(List::Dimensions, reference) {
        return Ok(Key::Bin(cut, pair.column(reference)));
    }
    let fits = |stored: &StoredBins| stored.bins.is_ok_and(is_made_of);
    time_column(pair, reference, fits, refusal).map(|column| Key::Bin(cut, column))
}

// A date holds whole days, so days are as good as the value itself.
fn moment(pair: &Pair<'_>, days: Option<&AskedBins>, reference: &Reference) -> Result<Key, Refusal> {
    if let Some(built) = pair.shifted {
        return Err(shift::another_zone(pair, built));
    }
    if pair.holds.has(List::Dimensions, reference) {
        return Ok(Key::Column(pair.column(reference)));
    }
    if let Some(days) = days {
        return bins(pair, reference, days);
    }
    let refusal = |stored: &Grain| Refusal::RawTime { member: reference.clone(), stored: stored.clone() };
    time_column(pair, reference, |_| false, refusal).map(Key::Column)
}

fn other_path(pair: &Pair<'_>, reference: &Reference) -> Option<Refusal> {
    let stored = pair.holds.any(&reference.member)?;
    Some(Refusal::JoinPath { member: reference.clone(), stored: stored.clone() })
}
