//! Whether one rollup answers one query, and how. Every rule is asked, so that every reason is told.

mod grain;
mod keys;
mod literals;
mod measures;
mod partitions;
mod predicates;
mod shape;
mod staged;

use semantic::{Filter, PreAggregation, SemanticQuery, model::JoinTree};

use crate::{
    refusal::Refusal,
    scan::{Expression, Scan},
    tables::Tables,
    wanted::Wanted,
};

/// What the rules see: the query on one side, the rollup on the other.
pub(crate) struct Pair<'a> {
    pub(crate) wanted: &'a Wanted<'a>,
    pub(crate) rollup: &'a PreAggregation,
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
    let tree = JoinTree::of(rollup.references().map(|reference| &reference.path));
    let summed_over = grain::summed_over(wanted, rollup);
    let pair = Pair { wanted, rollup, tree, summed_over };

    let mut refused = shape::check(&pair);
    let outputs = collect(outputs(&pair), &mut refused);
    let (columns, ranges) = predicates::bind(&pair, &mut refused);
    let measures = measures::of_having(&pair);
    let measures = collect(measures, &mut refused);
    let [filter, having] = [&wanted.query.filter, &wanted.query.having].map(|filter| {
        literals::kept(&pair, filter)
            .map_err(|reason| refused.push(reason))
            .unwrap_or_else(|()| Filter::never())
    });
    let tables = partitions::select(&pair, tables);
    let tables = tables.map_err(|reason| refused.push(reason)).unwrap_or_default();
    if !refused.is_empty() {
        return Err(deduplicated(refused));
    }
    let rows = tables.iter().map(|table| table.rows).sum();
    let tables = tables.into_iter().map(|table| table.name.clone()).collect();
    let query = SemanticQuery { filter, having, ..wanted.query.clone() };
    let schema = query.schema(wanted.model).expect("Wanted::of looked every member up");
    let measures = measures.into_iter().collect();
    Ok(Scan {
        pre_aggregation: rollup.name.clone(),
        tables,
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
