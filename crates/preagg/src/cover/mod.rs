//! Whether one rollup answers one query, and how. Every rule is asked, so that every reason is told.

mod grain;
mod keys;
pub(crate) mod literals;
mod made_of;
mod measures;
mod partitions;
mod predicates;
mod shape;
pub(crate) mod shift;
mod sources;
pub(crate) mod staged;
mod strictly;

use std::borrow::Cow;

use semantic::{
    Granularity, MemberName, PreAggregation, SemanticQuery,
    model::{Grain, Holds, JoinTree, Reference},
};

use grain::Over;
use made_of::Made;

use crate::{
    names,
    refusal::Refusal,
    scan::{Expression, Measure, Scan, Source},
    tables::{Built, Tables},
    wanted::Wanted,
};

/// What the rules see: the query on one side, the rollup on the other.
pub(crate) struct Pair<'a> {
    pub(crate) wanted: &'a Wanted<'a>,
    /// What the stored rows hold.
    pub(crate) rollup: &'a PreAggregation,
    /// Where its lists have which members.
    pub(crate) holds: Cow<'a, Holds>,
    /// What they are read from.
    pub(crate) made: &'a Made<'a>,
    pub(crate) depth: Depth,
    /// What is built in UTC and read for another zone.
    pub(crate) shifted: Option<&'a Built>,
    /// A stored key that the query sums over; `None` when each group is one stored row.
    pub(crate) summed_over: Option<Over>,
    /// A stored time with bins that lie in two partitions, and the bins of those.
    pub(crate) cut: Option<(String, Granularity)>,
}

impl Pair<'_> {
    /// The joins that the stored rows come from.
    fn tree(&self) -> &JoinTree {
        self.holds.tree()
    }

    /// The column of a stored member.
    fn column(&self, reference: &Reference) -> String {
        match self.depth {
            Depth::Fits => String::new(),
            Depth::Bound => names::column(reference, self.wanted.model),
        }
    }

    /// The column of a stored time.
    fn bins_column(&self, reference: &Reference, bins: &Grain) -> String {
        match self.depth {
            Depth::Fits => String::new(),
            Depth::Bound => names::bins_column(reference, bins, self.wanted.model),
        }
    }
}

/// How much is to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Whether the rollup answers and what it costs. Names are left empty.
    Fits,
    /// Everything, for the one that is read.
    Bound,
}

/// A rollup that answers, bound to its columns and tables.
pub(crate) struct Covered {
    pub(crate) rows: Option<u64>,
    /// How many tables are read.
    pub(crate) tables: usize,
    pre_aggregation: MemberName,
    sources: Vec<Source>,
    outputs: Vec<Expression>,
    columns: predicates::Columns,
    ranges: predicates::Ranges,
    measures: Vec<(MemberName, Measure)>,
    shifted: bool,
    disjoint: bool,
}

impl Covered {
    /// The read. Of all that fit only the cheapest needs the query itself.
    pub(crate) fn scan(self, wanted: &Wanted<'_>) -> Scan {
        let [filter, having] = wanted.kept.get().cloned().and_then(Result::ok).expect("cover asked for it");
        let filter = if self.shifted { shift::bounds_in_utc(&filter, wanted.query.zone) } else { filter };
        let query = SemanticQuery { filter, having, ..wanted.query.clone() };
        let tables = sources::names(&self.sources);
        let schema = query.schema(wanted.model).expect("Wanted::of looked every member up");
        Scan {
            pre_aggregation: self.pre_aggregation,
            tables,
            sources: self.sources,
            rows: self.rows,
            disjoint: self.disjoint,
            query,
            schema,
            outputs: self.outputs,
            columns: self.columns,
            ranges: self.ranges,
            measures: self.measures.into_iter().collect(),
        }
    }
}

/// Binds the query to the rollup's columns and tables, or says everything that is in the way.
pub(crate) fn cover(
    wanted: &Wanted<'_>,
    rollup: &PreAggregation,
    tables: &Tables,
    depth: Depth,
) -> Result<Covered, Vec<Refusal>> {
    let made = &made_of::of(rollup, wanted.model).map_err(|reason| vec![reason])?;
    let rows = made.rows.as_ref();
    let holds = match made.rows {
        Cow::Borrowed(rows) => wanted.model.holds(&rows.name).map(Cow::Borrowed),
        Cow::Owned(_) => None,
    };
    let holds = holds.unwrap_or_else(|| Cow::Owned(Holds::of(rows, wanted.model)));
    // Where stored rows are rows of the query, nothing is added up.
    let summed_over = || grain::summed_over(wanted, rows, holds.times());
    let summed_over = if wanted.is_grouped() { summed_over() } else { None };
    let cut = made.parts.iter().find_map(|part| grain::cut_by_partitions(part, wanted));
    let cut = cut.filter(|_| wanted.is_grouped());
    // An hour that clocks show twice is two stored ones.
    let shifted = shift::needed(wanted, made, tables);
    let hours = || shifted.and_then(|_| Some(Over::Key(rows.time_dimensions.first()?.dimension.clone())));
    let summed_over = summed_over.or_else(hours);
    let pair = Pair { depth, holds, wanted, rollup: rows, made, shifted, summed_over, cut };

    let mut refused = shape::check(rollup, &pair);
    let outputs = collect(outputs(&pair), &mut refused);
    let (columns, ranges) = predicates::bind(&pair, &mut refused);
    let measures = measures::of_having(&pair);
    let measures = collect(measures, &mut refused);
    let kept = wanted.kept.get_or_init(|| {
        let kept = |filter| literals::kept(wanted, filter);
        Ok([kept(&wanted.query.filter)?, kept(&wanted.query.having)?])
    });
    refused.extend(kept.as_ref().err().cloned());
    let sources = sources::of(rollup, &pair, tables);
    let sources = sources.map_err(|reason| refused.push(reason)).unwrap_or_default();
    if !refused.is_empty() {
        return Err(deduplicated(refused));
    }
    let (tables, rows) = sources::counted(&sources);
    let pre_aggregation = rollup.name.clone();
    let shifted = pair.shifted.is_some();
    let disjoint = sources.len() == 1 && partitions::are_disjoint(&pair);
    Ok(Covered {
        shifted,
        disjoint,
        rows,
        tables,
        pre_aggregation,
        sources,
        outputs,
        columns,
        ranges,
        measures,
    })
}

fn outputs(pair: &Pair<'_>) -> Vec<Result<Expression, Refusal>> {
    let outputs = pair.wanted.outputs.iter();
    outputs
        .map(|asked| match measures::output(pair, asked) {
            Some(measure) => measure.map(Expression::Measure),
            None => keys::key(pair, asked).map(Expression::Key),
        })
        .collect()
}

fn collect<T>(results: Vec<Result<T, Refusal>>, refused: &mut Vec<Refusal>) -> Vec<T> {
    results.into_iter().filter_map(|result| result.map_err(|reason| refused.push(reason)).ok()).collect()
}

fn deduplicated(refused: Vec<Refusal>) -> Vec<Refusal> {
    let mut distinct: Vec<Refusal> = Vec::with_capacity(refused.len());
    for reason in refused {
        if !distinct.contains(&reason) {
            distinct.push(reason);
        }
    }
    distinct
}
