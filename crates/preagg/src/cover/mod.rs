//! Whether one rollup answers one query, and how. Every rule is asked, so that every reason is told.

mod grain;
mod keys;
mod literals;
mod made_of;
mod measures;
mod partitions;
mod predicates;
mod shape;
mod sources;
mod staged;
mod strictly;

use semantic::{Filter, PreAggregation, SemanticQuery, model::JoinTree};

use made_of::Made;

use crate::{
    refusal::Refusal,
    scan::{Expression, Scan},
    tables::Tables,
    wanted::Wanted,
};

/// What the rules see: the query on one side, the rollup on the other.
pub(crate) struct Pair<'a> {
    pub(crate) wanted: &'a Wanted<'a>,
    /// What the stored rows hold.
    pub(crate) rollup: &'a PreAggregation,
    /// What they are read from.
    pub(crate) made: &'a Made<'a>,
    /// The joins that the stored rows come from.
    pub(crate) tree: JoinTree,
    /// A stored key that the query sums over; `None` when each group is one stored row.
    pub(crate) summed_over: Option<String>,
}

/// Binds the query to the rollup's columns and tables, or says everything that is in the way.
pub(crate) fn cover(
    wanted: &Wanted<'_>,
    rollup: &PreAggregation,
    tables: &Tables,
) -> Result<Scan, Vec<Refusal>> {
    let made = &made_of::of(rollup, wanted.model).map_err(|reason| vec![reason])?;
    let rows = made.rows.as_ref();
    let tree = JoinTree::of(rows.references().map(|reference| &reference.path));
    // Where stored rows are rows of the query, nothing is added up.
    let summed_over = if wanted.is_grouped() { grain::summed_over(wanted, rows) } else { None };
    let pair = Pair { wanted, rollup: rows, made, tree, summed_over };

    let mut refused = shape::check(rollup, &pair);
    let outputs = collect(outputs(&pair), &mut refused);
    let (columns, ranges) = predicates::bind(&pair, &mut refused);
    let measures = measures::of_having(&pair);
    let measures = collect(measures, &mut refused);
    let [filter, having] = [&wanted.query.filter, &wanted.query.having].map(|filter| {
        literals::kept(&pair, filter)
            .map_err(|reason| refused.push(reason))
            .unwrap_or_else(|()| Filter::never())
    });
    let sources = sources::of(rollup, &pair, tables);
    let sources = sources.map_err(|reason| refused.push(reason)).unwrap_or_default();
    if !refused.is_empty() {
        return Err(deduplicated(refused));
    }
    let (tables, rows) = sources::counted(&sources);
    let query = SemanticQuery { filter, having, ..wanted.query.clone() };
    let schema = query.schema(wanted.model).expect("Wanted::of looked every member up");
    let measures = measures.into_iter().collect();
    Ok(Scan {
        pre_aggregation: rollup.name.clone(),
        tables,
        sources,
        rows,
        query,
        schema,
        outputs,
        columns,
        ranges,
        measures,
    })
}

fn outputs(pair: &Pair<'_>) -> Vec<Result<Expression, Refusal>> {
    let outputs = pair.wanted.query.outputs.iter();
    outputs
        .map(|output| match output {
            semantic::Output::Measure(member) => {
                measures::measure(pair, pair.wanted.source(member)).map(Expression::Measure)
            }
            key => keys::key(pair, key).map(Expression::Key),
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
