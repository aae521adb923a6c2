//! Rules about what stored rows are: no column that holds two members, no row that stands for several.

use std::collections::HashMap;

use semantic::{
    Grouping, MeasureType, Model, PreAggregation,
    model::{JoinPath, Reference},
};

use super::Pair;
use crate::{names, refusal::Refusal};

/// Refuses columns of one name.
pub(super) fn unique_columns(rollup: &PreAggregation, model: &Model) -> Result<(), Refusal> {
    let plain = rollup.measures.iter().chain(&rollup.dimensions).chain(&rollup.segments);
    let plain = plain.map(|reference| (names::column(reference, model), reference));
    let times = rollup
        .time_dimensions
        .iter()
        .map(|time| (names::bins_column(&time.dimension, &time.granularity, model), &time.dimension));
    let mut seen: HashMap<String, &Reference> = HashMap::new();
    for (column, reference) in plain.chain(times) {
        if let Some(other) = seen.insert(column, reference) {
            return Err(Refusal::SharedColumn(other.clone(), reference.clone()));
        }
    }
    Ok(())
}

/// What keeps a query for rows from stored ones: each must be one row of the query's joins.
pub(super) fn rows(pair: &Pair<'_>) -> Vec<Refusal> {
    if pair.wanted.query.grouping == Grouping::Grouped {
        return Vec::new();
    }
    let model = pair.wanted.model;
    let first = pair.rollup.references().find_map(|reference| reference.path.cubes().first());
    let Some(root) = first.filter(|_| pair.made.parts.len() == 1 && pair.wanted.query.having.is_always())
    else {
        return vec![Refusal::Ungrouped];
    };
    let is_wanted = |cube: &str| pair.wanted.tree.cubes().any(|wanted| **wanted == *cube);
    let mut refused = Vec::new();
    for cube in pair.tree().cubes() {
        let repeats = pair.tree().repeats(root, cube, model);
        if repeats && !is_wanted(cube) || !is_wanted(root) {
            return vec![Refusal::Ungrouped];
        }
        if **cube != **root && !repeats {
            continue;
        }
        let mut keys = model.cube(cube).into_iter().flat_map(semantic::Cube::primary_key).peekable();
        if keys.peek().is_none() {
            return vec![Refusal::Ungrouped];
        }
        let missing = keys.find(|key| !pair.rollup.dimensions.iter().any(|stored| stored.member == key.name));
        refused.extend(
            missing.map(|key| Refusal::RowKey(Reference::new(JoinPath::root(cube), key.name.clone()))),
        );
    }
    refused
}

/// True for a measure that one row has a value of, which is what a group of one row stores.
pub(super) fn has_value_in_a_row(kind: MeasureType) -> bool {
    match kind {
        MeasureType::Count | MeasureType::Sum | MeasureType::Avg | MeasureType::Min | MeasureType::Max => {
            true
        }
        MeasureType::CountDistinct
        | MeasureType::CountDistinctApprox
        | MeasureType::Number
        | MeasureType::NumberAgg
        | MeasureType::Rank
        | MeasureType::RunningTotal
        | MeasureType::String
        | MeasureType::Time
        | MeasureType::Boolean => false,
    }
}
