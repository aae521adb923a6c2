//! What a pre-aggregation is read from: its own tables, or those of the rollups that it joins or puts one below the
//! other. Stricter than Cube: what is read must be the rows that the source would join.

use std::{borrow::Cow, collections::HashSet};

use semantic::{
    JoinPath, Model, PreAggregation,
    model::{JoinTree, PreAggregationKind, Reference, Relationship, StoredTime},
};

use super::strictly;
use crate::refusal::Refusal;

/// A pre-aggregation with the rollups that its rows are in.
pub(crate) struct Made<'a> {
    /// What the rows hold, as if one rollup held it.
    pub(crate) rows: Cow<'a, PreAggregation>,
    /// Never empty; the rows of the first are kept by joins.
    pub(crate) parts: Vec<Part<'a>>,
}

/// A rollup that rows are read from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part<'a> {
    pub(crate) rollup: &'a PreAggregation,
    /// The way from the root of the joins to the cube that it begins at.
    pub(crate) at: JoinPath,
    /// What it is joined by: the place of another part, the key there, and its own key.
    pub(crate) on: Vec<(usize, Reference, Reference)>,
}

impl Part<'_> {
    /// A member that it stores, from the root of the joins on.
    pub(super) fn placed(&self, reference: &Reference) -> Reference {
        let steps = reference.path.cubes().iter().skip(1);
        Reference::new(steps.fold(self.at.clone(), |path, cube| path.join(cube)), reference.member.clone())
    }
}

/// The rollups behind a pre-aggregation, or why they cannot be read as one.
pub(crate) fn of<'a>(rollup: &'a PreAggregation, model: &'a Model) -> Result<Made<'a>, Refusal> {
    let alone = |rollup: &'a PreAggregation| Part { rollup, at: root(rollup), on: Vec::new() };
    match rollup.kind {
        PreAggregationKind::Rollup => Ok(Made { rows: Cow::Borrowed(rollup), parts: vec![alone(rollup)] }),
        PreAggregationKind::OriginalSql => Err(Refusal::Kind(rollup.kind.name())),
        PreAggregationKind::RollupLambda => {
            let parts = parts(rollup, model)?;
            let first = *parts.first().ok_or_else(|| broken("it names no rollups"))?;
            check_lambda(rollup, &parts)?;
            Ok(Made { rows: Cow::Borrowed(first), parts: parts.into_iter().map(alone).collect() })
        }
        PreAggregationKind::RollupJoin => joined(rollup, &parts(rollup, model)?, model),
    }
}

fn broken(why: impl Into<String>) -> Refusal {
    Refusal::Parts(why.into())
}

fn root(rollup: &PreAggregation) -> JoinPath {
    let first = rollup.references().next().and_then(|reference| reference.path.cubes().first());
    JoinPath::root(first.map_or(rollup.cube(), |cube| cube))
}

fn parts<'a>(rollup: &PreAggregation, model: &'a Model) -> Result<Vec<&'a PreAggregation>, Refusal> {
    let part = |name| {
        let part = model.pre_aggregation(name).ok_or_else(|| broken(format!("there is no `{name}`")))?;
        let is_rollup = part.kind == PreAggregationKind::Rollup;
        is_rollup.then_some(part).ok_or_else(|| broken(format!("`{name}` is no rollup itself")))
    };
    rollup.rollups.iter().map(part).collect()
}

fn check_lambda(lambda: &PreAggregation, parts: &[&PreAggregation]) -> Result<(), Refusal> {
    if lambda.union_with_source_data == Some(true) {
        return Err(Refusal::SourceData);
    }
    let own = (lambda.references().next().is_some()).then_some(lambda);
    let Some(first) = parts.first() else { return Ok(()) };
    for part in parts.iter().copied().chain(own) {
        if held(part) != held(first) {
            return Err(broken(format!("`{}` and `{}` hold other members", first.name, part.name)));
        }
    }
    match parts.iter().find(|part| parts.len() > 1 && part.partition_granularity.is_none()) {
        Some(part) => Err(broken(format!("`{}` has no partitions", part.name))),
        None => Ok(()),
    }
}

type Held<'a> = (HashSet<&'a Reference>, HashSet<&'a Reference>, HashSet<String>, Option<&'a Reference>);

fn held(rollup: &PreAggregation) -> Held<'_> {
    let times = rollup.time_dimensions.iter();
    let bins = times.map(|time| format!("{}.{}", time.dimension, time.granularity)).collect();
    let first = rollup.time_dimensions.first().map(|time| &time.dimension);
    let keys = rollup.dimensions.iter().chain(&rollup.segments).collect();
    (rollup.measures.iter().collect(), keys, bins, first)
}

/// Each part is joined to those in front of it by the whole primary key of the cube that it begins at, so that joins
/// repeat no row.
fn joined<'a>(
    rollup: &'a PreAggregation,
    rollups: &[&'a PreAggregation],
    model: &Model,
) -> Result<Made<'a>, Refusal> {
    let mut places = Vec::new();
    for part in rollups {
        places.push((place(rollup, part)?, *part));
    }
    places.sort_by_key(|(at, _)| at.cubes().len());
    let mut parts: Vec<Part<'a>> = Vec::new();
    for (at, part) in places {
        let on = match (parts.is_empty(), at.cubes()) {
            (true, [_]) => Vec::new(),
            (false, [.., _, _]) => keys(&at, part, &parts, model)?,
            _ => return Err(broken("one of its rollups must begin where its members do")),
        };
        parts.push(Part { rollup: part, at, on });
    }
    if parts.len() < 2 {
        return Err(broken("it names less than two rollups"));
    }
    let rows = Cow::Owned(together(rollup, &parts, model));
    strictly::unique_columns(&rows, model)?;
    Ok(Made { rows, parts })
}

/// The only way of the join's members that leads to the cube that a part begins at.
fn place(rollup: &PreAggregation, part: &PreAggregation) -> Result<JoinPath, Refusal> {
    let roots: HashSet<_> = part.references().filter_map(|r| r.path.cubes().first()).collect();
    let &[root] = Vec::from_iter(roots).as_slice() else {
        return Err(broken(format!("members of `{}` begin at several cubes", part.name)));
    };
    let ways = rollup.references().flat_map(|reference| {
        let cubes = reference.path.cubes();
        let ends = (0..cubes.len()).filter(|end| cubes[*end] == *root);
        ends.map(|end| cubes[..=end].iter().fold(JoinPath::default(), |path, cube| path.join(cube)))
    });
    let ways: HashSet<_> = ways.collect();
    match Vec::from_iter(ways).as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(broken(format!("no member is reached through `{root}`, where `{}` begins", part.name))),
        _ => Err(broken(format!("several ways lead to `{root}`, where `{}` begins", part.name))),
    }
}

fn keys(
    at: &JoinPath,
    part: &PreAggregation,
    parts: &[Part<'_>],
    model: &Model,
) -> Result<Vec<(usize, Reference, Reference)>, Refusal> {
    let [front @ .., from, to] = at.cubes() else { return Ok(Vec::new()) };
    let from_path = front.iter().chain([from]).fold(JoinPath::default(), |path, cube| path.join(cube));
    let join = model.join(from, to).ok_or_else(|| broken(format!("nothing joins `{from}` to `{to}`")))?;
    if join.relationship == Relationship::OneToMany {
        return Err(broken(format!("a row of `{from}` may have several of `{to}`")));
    }
    let tree = JoinTree::of(part.references().map(|reference| &reference.path));
    if tree.cubes().any(|cube| tree.repeats(to, cube, model)) {
        return Err(broken(format!("`{}` may have several rows for one of `{to}`", part.name)));
    }
    let equal = join
        .equalities(&from_path)
        .ok_or_else(|| broken(format!("the join of `{from}` to `{to}` is no equality of dimensions")))?;
    let mut on = Vec::new();
    for [one, other] in equal {
        let (ours, theirs) = if one.path == *at { (one, other) } else { (other, one) };
        let own = Reference::new(JoinPath::root(to), ours.member.clone());
        let holds = |part: &Part<'_>| part.rollup.dimensions.iter().any(|key| part.placed(key) == theirs);
        let holder =
            parts.iter().position(holds).filter(|_| ours.path == *at && part.dimensions.contains(&own));
        let holder = holder.ok_or_else(|| broken(format!("`{theirs}` and `{ours}` must both be stored")))?;
        on.push((holder, theirs, ours));
    }
    match model.is_primary_key(to, on.iter().map(|(_, _, ours)| &ours.member)) {
        true => Ok(on),
        false => Err(broken(format!("the join of `{from}` to `{to}` is not by the primary key of `{to}`"))),
    }
}

/// The members of all parts. Where a join found nothing there are NULLs, and so only what is a column of the source is
/// taken from the joined ones: other expressions may have a value there.
fn together(rollup: &PreAggregation, parts: &[Part<'_>], model: &Model) -> PreAggregation {
    let mut all = PreAggregation {
        measures: Vec::new(),
        dimensions: Vec::new(),
        segments: Vec::new(),
        time_dimensions: Vec::new(),
        partition_granularity: None,
        ..rollup.clone()
    };
    for part in parts {
        let keeps = |reference: &&Reference| part.on.is_empty() || reference.is_column(model);
        let list = |of: &[Reference]| of.iter().filter(keeps).map(|r| part.placed(r)).collect::<Vec<_>>();
        all.measures.extend(list(&part.rollup.measures));
        all.dimensions.extend(list(&part.rollup.dimensions));
        all.segments.extend(list(&part.rollup.segments));
        let times = part.rollup.time_dimensions.iter().filter(|time| keeps(&&time.dimension));
        let times = times.map(|time| StoredTime { dimension: part.placed(&time.dimension), ..time.clone() });
        all.time_dimensions.extend(times);
    }
    all
}
