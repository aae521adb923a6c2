//! Pre-aggregations that are read from others: joins and lambdas of rollups, and what Cube asks of their parts. One
//! that it cannot put together stops every query on its cube.

use std::collections::HashSet;

use semantic::{
    Granularity, MemberName, Model, PreAggregation,
    model::{PreAggregationKind, StoredTime},
};

use super::{
    Unanswerable,
    joins::{self, Join},
    stored::{Stored, short},
    trace::{self, Hint},
};

/// A join between two parts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PartJoin<'m> {
    pub(super) from: &'m PreAggregation,
    pub(super) to: &'m PreAggregation,
    pub(super) edge: (String, String),
}

/// The pre-aggregation whose references count: a lambda without any has those of its first rollup.
pub(super) fn references<'m>(rollup: &'m PreAggregation, model: &'m Model) -> &'m PreAggregation {
    let is_bare = rollup.references().next().is_none();
    let first = rollup.rollups.first().and_then(|name| model.pre_aggregation(name));
    match (rollup.kind, first) {
        (PreAggregationKind::RollupLambda, Some(first)) if is_bare => first,
        _ => rollup,
    }
}

/// The pre-aggregations that another is read from.
pub(super) fn parts<'m>(
    rollup: &'m PreAggregation,
    model: &'m Model,
) -> Result<Vec<&'m PreAggregation>, Unanswerable> {
    let parts: Vec<_> = rollup.rollups.iter().filter_map(|name| model.pre_aggregation(name)).collect();
    match rollup.kind {
        PreAggregationKind::Rollup | PreAggregationKind::OriginalSql => Ok(Vec::new()),
        PreAggregationKind::RollupJoin => joined(rollup, &parts, model).map(|joins| {
            let first = joins.first().map(|join| join.from);
            first.into_iter().chain(joins.iter().map(|join| join.to)).collect()
        }),
        PreAggregationKind::RollupLambda => lambda(rollup, &parts, model).map(|()| parts),
    }
}

/// The joins between the parts of a `rollup_join`, in order.
pub(super) fn joined<'m>(
    rollup: &'m PreAggregation,
    parts: &[&'m PreAggregation],
    model: &'m Model,
) -> Result<Vec<PartJoin<'m>>, Unanswerable> {
    let broken = |why: String| Unanswerable::BrokenRollup { rollup: rollup.name.clone(), why };
    let spelled = rollup.spelled.measures.iter().chain(&rollup.spelled.dimensions);
    let wanted = keyed(rollup, hints(spelled), model)?;
    let stored: Vec<_> = parts.iter().map(|part| Stored::of(part, model)).collect::<Result<_, _>>()?;
    let mut existing = Vec::new();
    for part in &stored {
        existing.extend(keyed(rollup, hints(part.measures.iter().chain(&part.keys)), model)?);
    }
    let missing: Vec<_> = wanted.iter().filter(|edge| !existing.contains(edge)).collect();
    if missing.is_empty() {
        return Err(broken("there is nothing to join: its rollups hold every join already".to_owned()));
    }
    let holder = |keys: &[String], edge: &Keyed| {
        let holds = |part: &&Stored<'m>| keys.iter().all(|key| part.has_key(key));
        let found: Vec<_> = stored.iter().filter(holds).collect();
        match found.as_slice() {
            [one] => Ok(one.rollup),
            [] => Err(broken(format!(
                "none of its rollups has {} among its dimensions, which the join of {} to {} needs",
                quoted(keys),
                edge.from,
                edge.to
            ))),
            several => {
                let names: Vec<_> = several.iter().map(|part| part.rollup.name.to_string()).collect();
                Err(broken(format!("several of its rollups have {}: {}", quoted(keys), names.join(", "))))
            }
        }
    };
    let join = |edge: &&Keyed| {
        let (from, to) = (holder(&edge.from_keys, edge)?, holder(&edge.to_keys, edge)?);
        Ok(PartJoin { from, to, edge: (edge.from.clone(), edge.to.clone()) })
    };
    missing.iter().map(join).collect()
}

/// An edge of a join with the members of its condition on either side.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Keyed {
    from: String,
    to: String,
    from_keys: Vec<String>,
    to_keys: Vec<String>,
}

fn keyed(rollup: &PreAggregation, hints: Vec<Hint>, model: &Model) -> Result<Vec<Keyed>, Unanswerable> {
    let join = joins::build(model, &hints, &[])?;
    let edges = join.map(|Join { edges, .. }| edges).unwrap_or_default();
    let mut reached: HashSet<&str> = HashSet::new();
    let mut keyed = Vec::new();
    for (from, to) in &edges {
        reached.insert(from);
        let members = trace::join(model, from, to).members;
        let of = |belongs: &dyn Fn(&str) -> bool| -> Vec<String> {
            members.iter().filter(|name| belongs(name.table())).map(ToString::to_string).collect()
        };
        let (from_keys, to_keys) = (of(&|cube| reached.contains(cube)), of(&|cube| *cube == **to));
        if from_keys.is_empty() || to_keys.is_empty() {
            let why =
                format!("the join of {from} to {to} names columns; write it with dimensions of both cubes");
            return Err(Unanswerable::BrokenRollup { rollup: rollup.name.clone(), why });
        }
        keyed.push(Keyed { from: from.to_string(), to: to.to_string(), from_keys, to_keys });
        reached.insert(to);
    }
    Ok(keyed)
}

fn hints<'s>(paths: impl Iterator<Item = &'s String>) -> Vec<Hint> {
    let mut hints = Vec::new();
    for hint in paths.filter_map(|path| path.rsplit_once('.')) {
        let hint: Hint = hint.0.split('.').map(Into::into).collect();
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    hints
}

fn lambda(rollup: &PreAggregation, parts: &[&PreAggregation], model: &Model) -> Result<(), Unanswerable> {
    let broken = |why: String| Err(Unanswerable::BrokenRollup { rollup: rollup.name.clone(), why });
    let Some(last) = parts.last() else { return broken("it names no rollups".to_owned()) };
    if rollup.union_with_source_data == Some(true) && last.cube() != rollup.cube() {
        return broken(format!("`union_with_source_data` needs a last rollup of `{}`", rollup.cube()));
    }
    for pair in parts.windows(2) {
        let [before, part] = pair else { continue };
        let bins = |part: &PreAggregation| match part.partition_granularity {
            Some(bins) => Ok(bins),
            None => {
                broken(format!("`{}` needs a `partition_granularity`", part.name)).map(|()| Granularity::Day)
            }
        };
        let (coarse, fine) = (bins(before)?, bins(part)?);
        if !coarse.is_made_of(fine) {
            return broken(format!(
                "`{}` has partitions by {fine}, which do not make up a {coarse}",
                part.name
            ));
        }
    }
    let own = names(references(rollup, model));
    match parts.iter().find(|part| names(part) != own) {
        Some(part) => broken(format!("`{}` has other members, or the same in another order", part.name)),
        None => Ok(()),
    }
}

/// Members by name alone, each list in Cube's order.
fn names(rollup: &PreAggregation) -> [Vec<String>; 3] {
    let spelled = &rollup.spelled;
    let member = |path: &String| path.rsplit('.').next().unwrap_or_default().to_owned();
    let list = |paths: &[String]| {
        let mut paths = paths.to_vec();
        paths.sort();
        paths.iter().map(member).collect::<Vec<_>>()
    };
    let bins = |StoredTime { spelled, granularity, .. }: &StoredTime| {
        let time = short(spelled).as_ref().map(MemberName::member).unwrap_or_default().to_owned();
        format!("{time}.{granularity}")
    };
    let keys = [list(&spelled.dimensions), list(&spelled.segments)].concat();
    [list(&spelled.measures), keys, rollup.time_dimensions.iter().map(bins).collect()]
}

fn quoted(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
