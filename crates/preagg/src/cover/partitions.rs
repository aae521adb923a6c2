//! Which built tables hold the rows of a query.

use semantic::Granularity;

use super::Pair;
use crate::{
    refusal::Refusal,
    tables::{Built, BuiltTable, Tables},
};

/// The tables to read, or what is missing.
pub(super) fn select<'t>(pair: &Pair<'_>, tables: &'t Tables) -> Result<Vec<&'t BuiltTable>, Refusal> {
    if tables.is_unknown() {
        return Err(Refusal::TablesUnknown);
    }
    if !tables.are_of(pair.wanted.model.version()) {
        return Err(Refusal::OtherModel);
    }
    let built = tables.in_zone(&pair.rollup.name, pair.wanted.query.zone).ok_or(Refusal::NotBuilt)?;
    check_zone(pair, built)?;
    match pair.rollup.partition_granularity {
        None => whole(built),
        Some(granularity) => parts(pair, built, granularity),
    }
}

// Times are stored as the wall clock of one zone; without times any zone's table holds the same rows.
fn check_zone(pair: &Pair<'_>, built: &Built) -> Result<(), Refusal> {
    let wanted = pair.wanted.query.zone;
    let mut names_time = false;
    pair.wanted.query.members(|member| names_time |= pair.wanted.is_time(member));
    if names_time && built.zone != wanted {
        return Err(Refusal::Zone { built: built.zone, wanted });
    }
    Ok(())
}

fn whole(built: &Built) -> Result<Vec<&BuiltTable>, Refusal> {
    Ok(vec![table(built, None, Refusal::NotBuilt)?])
}

/// The table of a partition; where there is none, the name that was looked for says more than `otherwise`.
fn table(built: &Built, start: Option<i64>, otherwise: Refusal) -> Result<&BuiltTable, Refusal> {
    let why = || built.missing.get(&start).map_or(otherwise, |name| Refusal::TableMissing(name.clone()));
    built.partitions.get(&start).ok_or_else(why)
}

fn parts<'t>(
    pair: &Pair<'_>,
    built: &'t Built,
    granularity: Granularity,
) -> Result<Vec<&'t BuiltTable>, Refusal> {
    let time = &pair.rollup.time_dimensions.first().ok_or(Refusal::NotBuilt)?.dimension;
    let (first, last) = built.range.ok_or(Refusal::NotBuilt)?;
    let range = pair.wanted.range(time);
    if range.is_none() && !built.holds_null_times {
        return Err(Refusal::NullTimes(time.clone()));
    }
    let (from, to) = range.unwrap_or_default();
    let mut tables = Vec::new();
    let mut start = granularity.floor(first).ok_or(Refusal::NotBuilt)?;
    while start <= last {
        let end = granularity.next(start).ok_or(Refusal::NotBuilt)?;
        if from.is_none_or(|from| from < end) && to.is_none_or(|to| start < to) {
            let table = table(built, Some(start), Refusal::PartitionMissing(start))?;
            tables.push(reached(table, start, to.map_or(end, |to| to.min(end)))?);
        }
        start = end;
    }
    if tables.is_empty() {
        // The range lies outside all partitions: any table answers with no rows.
        tables.extend(built.partitions.values().next_back());
    }
    if tables.is_empty() { Err(Refusal::NotBuilt) } else { Ok(tables) }
}

/// The table, when its build reached `needed`.
fn reached(table: &BuiltTable, start: i64, needed: i64) -> Result<&BuiltTable, Refusal> {
    match table.build_range_end {
        // The builder's end is the last moment inside, to the millisecond.
        Some(end) if end.saturating_add(1) < needed => Err(Refusal::PartitionTruncated { start, end }),
        _ => Ok(table),
    }
}
