//! Which built tables hold the rows of a query.

use semantic::{
    Granularity, Output, PreAggregation,
    model::{Bins, Grain},
};

use super::{Pair, made_of::Part, shift};
use crate::{
    refusal::Refusal,
    tables::{Built, BuiltTable, Tables},
};

/// What is built of a rollup for the zone of the query.
pub(super) fn built<'t>(
    pair: &Pair<'t>,
    rollup: &PreAggregation,
    tables: &'t Tables,
) -> Result<&'t Built, Refusal> {
    if tables.is_unknown() {
        return Err(Refusal::TablesUnknown);
    }
    if !tables.are_of(pair.wanted.model.version()) {
        return Err(Refusal::OtherModel);
    }
    if let Some(in_utc) = pair.shifted {
        return Ok(in_utc);
    }
    let built = tables.in_zone(&rollup.name, pair.wanted.query.zone).ok_or(Refusal::NotBuilt)?;
    check_zone(pair, built)?;
    Ok(built)
}

/// The tables of one part to read, or what is missing.
pub(super) fn select<'t>(
    pair: &Pair<'_>,
    part: &Part<'_>,
    built: &'t Built,
) -> Result<Vec<&'t BuiltTable>, Refusal> {
    let Some(granularity) = part.rollup.partition_granularity else { return whole(built) };
    let (range, (from, to)) = asked(pair, part, built)?;
    check_ends(part.rollup, range, granularity, (from, to))?;
    let mut tables = Vec::new();
    for (start, end) in range.bins(granularity) {
        if from.is_none_or(|from| from < end) && to.is_none_or(|to| start < to) {
            let table = table(built, Some(start), Refusal::PartitionMissing(start))?;
            tables.push(reached(table, start, to.map_or(end, |to| to.min(end)))?);
        }
    }
    if tables.is_empty() {
        // The range lies outside all partitions: any table answers with no rows.
        tables.extend(built.partitions.values().next_back());
    }
    if tables.is_empty() { Err(Refusal::NotBuilt) } else { Ok(tables) }
}

/// The first and the last partition that a builder was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct BuiltRange(pub(super) i64, pub(super) i64);

impl BuiltRange {
    /// Starts and ends of the partitions.
    pub(super) fn bins(self, granularity: Granularity) -> impl Iterator<Item = (i64, i64)> {
        let bin = move |start| Some((start, granularity.next(start)?));
        let first = granularity.floor(self.0).and_then(bin);
        std::iter::successors(first, move |(_, end)| bin(*end)).take_while(move |(start, _)| *start <= self.1)
    }
}

/// Behind the ends that a model sets to its builds the source may have more rows.
pub(super) fn check_ends(
    rollup: &PreAggregation,
    range: BuiltRange,
    granularity: Granularity,
    (from, to): Bounds,
) -> Result<(), Refusal> {
    let first = range.bins(granularity).next().map(|(start, _)| start);
    let end = range.bins(granularity).last().map(|(_, end)| end);
    let before = first
        .filter(|first| rollup.build.build_range_start.is_some() && from.is_none_or(|from| from < *first));
    let behind = end.filter(|end| rollup.build.build_range_end.is_some() && to.is_none_or(|to| *end < to));
    let before = before.map(|first| from.and_then(|from| granularity.floor(from)).unwrap_or(first));
    before.or(behind).map_or(Ok(()), |at| Err(Refusal::PartitionMissing(at)))
}

pub(super) type Bounds = (Option<i64>, Option<i64>);

/// What was built of a partitioned part, and the range of its time that the query asks for.
pub(super) fn asked(
    pair: &Pair<'_>,
    part: &Part<'_>,
    built: &Built,
) -> Result<(BuiltRange, Bounds), Refusal> {
    let time = &part.rollup.time_dimensions.first().ok_or(Refusal::NotBuilt)?.dimension;
    let time = part.placed(time);
    let (first, last) = built.range.ok_or(Refusal::NotBuilt)?;
    let range = pair.wanted.range(&time);
    if range.is_none() && !built.holds_null_times {
        return Err(Refusal::NullTimes(time));
    }
    let (from, to) = range.unwrap_or_default();
    Ok((BuiltRange(first, last), (shift::bound(pair, from)?, shift::bound(pair, to)?)))
}

/// True when every group lies within one partition: the query groups by the time of the partitions, as it is or in bins
/// that whole partitions are made of. Bins of another zone cut through them.
pub(super) fn are_disjoint(pair: &Pair<'_>) -> bool {
    let [Part { rollup, .. }] = pair.made.parts.as_slice() else { return false };
    let (Some(partition), Some(time), None) =
        (rollup.partition_granularity, rollup.time_dimensions.first(), pair.shifted)
    else {
        return false;
    };
    let within_one = |key: &Output| match key {
        Output::Time(_, bins) => partition.is_made_of(*bins),
        Output::Custom(_, granularity) => {
            let bins = time.dimension.bins(&Grain::Custom(granularity.clone()), pair.wanted.model);
            bins.is_ok_and(|bins| Bins::of(partition).is_made_of(bins))
        }
        Output::Dimension(_) => true,
        Output::Segment(_) | Output::Measure(_) => false,
    };
    let mut keys = pair.wanted.query.keys();
    pair.wanted.is_grouped()
        && keys.any(|key| *pair.wanted.source(key.member()) == time.dimension && within_one(key))
}

// Times are stored as the wall clock of one zone; without times any zone's table holds the same rows.
fn check_zone(pair: &Pair<'_>, built: &Built) -> Result<(), Refusal> {
    let wanted = pair.wanted.query.zone;
    if pair.wanted.names_time && built.zone != wanted {
        return Err(Refusal::Zone { built: built.zone, wanted });
    }
    Ok(())
}

fn whole(built: &Built) -> Result<Vec<&BuiltTable>, Refusal> {
    Ok(vec![table(built, None, Refusal::NotBuilt)?])
}

/// The table of a partition; where there is none, the name that was looked for says more than `otherwise`.
pub(super) fn table(built: &Built, start: Option<i64>, otherwise: Refusal) -> Result<&BuiltTable, Refusal> {
    let why = || built.missing.get(&start).map_or(otherwise, |name| Refusal::TableMissing(name.clone()));
    built.partitions.get(&start).ok_or_else(why)
}

/// The table, when its build reached `needed`.
pub(super) fn reached(table: &BuiltTable, start: i64, needed: i64) -> Result<&BuiltTable, Refusal> {
    match table.build_range_end {
        // The builder's end is the last moment inside, to the millisecond.
        Some(end) if end.saturating_add(1) < needed => Err(Refusal::PartitionTruncated { start, end }),
        _ => Ok(table),
    }
}
