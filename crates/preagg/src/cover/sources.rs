//! The tables that a pre-aggregation is read from, part by part.

use semantic::{MemberName, PreAggregation, model::PreAggregationKind};

use super::{
    Depth, Pair,
    made_of::Part,
    partitions::{self, BuiltRange},
};
use crate::{
    refusal::Refusal,
    scan::{Source, SourceTable},
    tables::{Built, BuiltTable, Tables},
};

/// What stands in FROM.
pub(super) fn of(rollup: &PreAggregation, pair: &Pair<'_>, tables: &Tables) -> Result<Vec<Source>, Refusal> {
    let parts = &pair.made.parts;
    if rollup.kind == PreAggregationKind::RollupLambda && parts.len() > 1 {
        return lambda(rollup, pair, tables).map(|source| vec![source]);
    }
    let is_alone = parts.len() == 1;
    let source = |part: &Part<'_>| {
        let built = partitions::built(pair, part.rollup, tables)?;
        let tables = partitions::select(pair, part, built)?;
        let name = if is_alone { &rollup.name } else { &part.rollup.name };
        let own = |column| (alias(pair, &part.rollup.name), pair.column(column));
        let on = part.on.iter().map(|(other, theirs, ours)| {
            [(alias(pair, &parts[*other].rollup.name), pair.column(theirs)), own(ours)]
        });
        Ok(Source {
            alias: alias(pair, name),
            tables: tables.into_iter().map(|table| read(pair, table, None)).collect(),
            columns: Vec::new(),
            on: on.collect(),
        })
    };
    parts.iter().map(source).collect()
}

/// How many tables there are, and their rows when all are counted.
pub(super) fn counted(sources: &[Source]) -> (usize, Option<u64>) {
    let tables = || sources.iter().flat_map(|source| &source.tables);
    (tables().count(), tables().map(|table| table.rows).sum())
}

/// All tables.
pub(super) fn names(sources: &[Source]) -> Vec<String> {
    sources.iter().flat_map(|source| &source.tables).map(|table| table.name.clone()).collect()
}

fn alias(pair: &Pair<'_>, name: &MemberName) -> String {
    match pair.depth {
        Depth::Fits => String::new(),
        Depth::Bound => name.as_str().replace('.', "__"),
    }
}

fn read(pair: &Pair<'_>, table: &BuiltTable, since: Option<(String, i64)>) -> SourceTable {
    let name = match pair.depth {
        Depth::Fits => String::new(),
        Depth::Bound => table.name.clone(),
    };
    SourceTable { name, rows: table.rows, since }
}

/// Each rollup gives the rows from where the build of the one before it ended.
fn lambda(rollup: &PreAggregation, pair: &Pair<'_>, tables: &Tables) -> Result<Source, Refusal> {
    let mut read_from = Vec::new();
    let mut cut = None;
    for (place, part) in pair.made.parts.iter().enumerate() {
        let built = partitions::built(pair, part.rollup, tables)?;
        let end = end_of(pair, part, built)?.filter(|_| place + 1 < pair.made.parts.len());
        read_from.extend(between(pair, part, built, (cut, end))?);
        cut = end.max(cut);
    }
    if read_from.is_empty() {
        // The range lies outside all partitions: any table answers with no rows.
        let first = pair.made.parts.first().ok_or(Refusal::NotBuilt)?;
        let built = partitions::built(pair, first.rollup, tables)?;
        read_from.extend(built.partitions.values().next_back().map(|table| read(pair, table, None)));
    }
    if read_from.is_empty() {
        return Err(Refusal::NotBuilt);
    }
    let plain = pair.rollup.dimensions.iter().chain(&pair.rollup.segments).chain(&pair.rollup.measures);
    let plain = plain.map(|reference| pair.column(reference));
    let times = pair.rollup.time_dimensions.iter();
    let times = times.map(|time| pair.bins_column(&time.dimension, &time.granularity));
    let columns = plain.chain(times).collect();
    Ok(Source { alias: alias(pair, &rollup.name), tables: read_from, columns, on: Vec::new() })
}

/// Where the build of a part ended, which must be between two of its bins.
fn end_of(pair: &Pair<'_>, part: &Part<'_>, built: &Built) -> Result<Option<i64>, Refusal> {
    let granularity = part.rollup.partition_granularity.ok_or(Refusal::NotBuilt)?;
    let (first, last) = built.range.ok_or(Refusal::NotBuilt)?;
    let Some((start, end)) = BuiltRange(first, last).bins(granularity).last() else { return Ok(None) };
    let stopped = built.partitions.get(&Some(start)).and_then(|table| table.build_range_end);
    // The builder's end is the last moment inside, to the millisecond.
    let end = stopped.map_or(end, |stopped| end.min(stopped.saturating_add(1)));
    let time = part.rollup.time_dimensions.first().ok_or(Refusal::NotBuilt)?;
    let member = time.dimension.clone();
    let stored = &time.granularity;
    match member.bins(stored, pair.wanted.model) {
        Ok(bins) if bins.starts_at(end) => Ok(Some(end)),
        Ok(_) => Err(Refusal::OffGrain { member, bound: end, stored: stored.clone() }),
        Err(why) => Err(Refusal::BinsUnknown { member, stored: stored.to_string(), why }),
    }
}

/// The tables of a part with rows of the query between two ends of builds.
fn between(
    pair: &Pair<'_>,
    part: &Part<'_>,
    built: &Built,
    (cut, end): (Option<i64>, Option<i64>),
) -> Result<Vec<SourceTable>, Refusal> {
    let granularity = part.rollup.partition_granularity.ok_or(Refusal::NotBuilt)?;
    let (range, (from, to)) = partitions::asked(pair, part, built)?;
    let is_first = cut.is_none().then_some(from);
    let is_last = end.is_none().then_some(to);
    // What is before the first part or behind the last one is in no other.
    let ends = (is_first.unwrap_or(Some(i64::MAX)), is_last.unwrap_or(Some(i64::MIN)));
    partitions::check_ends(part.rollup, range, granularity, ends)?;
    let from = from.max(cut);
    let to = to.into_iter().chain(end).min();
    let mut reached = cut;
    let mut tables = Vec::new();
    for (start, next) in range.bins(granularity) {
        // What no part was built for is no rows before the first one, and missing behind it.
        let asked = |at: i64| from.is_none_or(|from| from < start) && to.is_none_or(|to| at < to);
        if let Some(at) = reached.filter(|at| *at < start && asked(*at)) {
            return Err(Refusal::PartitionMissing(at));
        }
        reached = None;
        if from.is_none_or(|from| from < next) && to.is_none_or(|to| start < to) {
            let table = partitions::table(built, Some(start), Refusal::PartitionMissing(start))?;
            let table = partitions::reached(table, start, to.map_or(next, |to| to.min(next)))?;
            let time = part.rollup.time_dimensions.first().ok_or(Refusal::NotBuilt)?;
            let column = pair.bins_column(&time.dimension, &time.granularity);
            tables.push(read(pair, table, cut.filter(|cut| start < *cut).map(|cut| (column, cut))));
        }
    }
    Ok(tables)
}
