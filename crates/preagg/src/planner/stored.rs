//! What a pre-aggregation holds, named as Cube's planner names it: along the pre-aggregation's own join.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use semantic::{
    MemberName, Model, PreAggregation,
    model::{PreAggregationKind, Spelled, StoredTime},
};

use super::{
    Unanswerable, joins, made_of,
    question::is_multiplied,
    trace::{self, Hint},
};

/// The references of a pre-aggregation.
#[derive(Debug)]
pub(super) struct Stored<'m> {
    pub(super) rollup: &'m PreAggregation,
    /// Dimensions and segments, in Cube's order.
    pub(super) keys: Vec<String>,
    pub(super) times: Vec<StoredBins>,
    pub(super) measures: HashSet<String>,
    key_set: HashSet<String>,
    /// By member, the first key of that name along any joins.
    by_member: HashMap<MemberName, usize>,
    /// Measures whose rows its own joins repeat.
    pub(super) multiplied: Vec<MemberName>,
    /// True when ranges may cut through its bins.
    pub(super) non_strict: bool,
    /// The pre-aggregations that it is read from, when it is made of others.
    pub(super) parts: Vec<&'m PreAggregation>,
    /// The cubes whose rows it is built from, the root last.
    pub(super) joined: Vec<Arc<str>>,
}

/// A time in bins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredBins {
    pub(super) path: String,
    pub(super) granularity: String,
}

impl<'m> Stored<'m> {
    /// Reads the references, or says why Cube answers no query at all on the cube.
    pub(super) fn of(rollup: &'m PreAggregation, model: &'m Model) -> Result<Self, Unanswerable> {
        let lists = match rollup.kind {
            PreAggregationKind::Rollup => Lists::along_joins(rollup, model)?,
            _ => Lists::as_spelled(made_of::references(rollup, model)),
        };
        let parts = made_of::parts(rollup, model)?;
        let declared = made_of::references(rollup, model);
        let by_default =
            declared.kind != PreAggregationKind::RollupLambda && !declared.time_dimensions.is_empty();
        let Lists { keys, times, measures, multiplied, joined } = lists;
        let mut by_member = HashMap::new();
        for (place, key) in keys.iter().enumerate() {
            if let Some(member) = short(key) {
                by_member.entry(member).or_insert(place);
            }
        }
        Ok(Self {
            rollup,
            key_set: keys.iter().cloned().collect(),
            by_member,
            keys,
            times,
            measures: measures.into_iter().collect(),
            multiplied,
            non_strict: declared.non_strict_dates.unwrap_or(by_default),
            parts,
            joined,
        })
    }

    pub(super) fn has_key(&self, path: &str) -> bool {
        self.key_set.contains(path)
    }

    /// The key that is this member, along whatever joins.
    pub(super) fn key_of(&self, member: &MemberName) -> Option<&String> {
        self.by_member.get(member).and_then(|place| self.keys.get(*place))
    }

    /// Every name in it.
    pub(super) fn paths(&self) -> impl Iterator<Item = &String> {
        self.measures.iter().chain(&self.keys).chain(self.times.iter().map(|time| &time.path))
    }

    /// The cubes of its references, without those that a path only leads through.
    pub(super) fn cubes(&self) -> impl Iterator<Item = &str> {
        self.paths().filter_map(|path| path.rsplit('.').nth(1))
    }
}

/// References as lists of names.
struct Lists {
    keys: Vec<String>,
    times: Vec<StoredBins>,
    measures: Vec<String>,
    multiplied: Vec<MemberName>,
    joined: Vec<Arc<str>>,
}

impl Lists {
    fn as_spelled(rollup: &PreAggregation) -> Self {
        let Spelled { measures, dimensions, segments } = &rollup.spelled;
        let keys = sorted(dimensions).into_iter().chain(sorted(segments)).collect();
        let bins = |StoredTime { granularity, spelled, .. }: &StoredTime| StoredBins {
            path: spelled.clone(),
            granularity: granularity.to_string(),
        };
        let times = rollup.time_dimensions.iter().map(bins).collect();
        Self { keys, times, measures: sorted(measures), multiplied: Vec::new(), joined: Vec::new() }
    }

    fn along_joins(rollup: &PreAggregation, model: &Model) -> Result<Self, Unanswerable> {
        let mut lists = Self::as_spelled(rollup);
        let names = || {
            let times = lists.times.iter().map(|time| &time.path);
            lists.measures.iter().chain(&lists.keys).chain(times)
        };
        let written = names().filter_map(|name| way(name));
        let met = names().filter_map(|name| short(name)).flat_map(|name| trace::member(model, &name).hints);
        let hints: Vec<Hint> = written.chain(met).collect();
        let join = joins::build(model, &hints, &[])?;
        let measures = lists.measures.iter().filter_map(|name| short(name));
        let rendered: Vec<MemberName> = measures
            .flat_map(|name| {
                trace::member(model, &name).rendered(model).into_iter().cloned().collect::<Vec<_>>()
            })
            .collect();
        lists.multiplied =
            rendered.into_iter().filter(|measure| is_multiplied(measure, join.as_ref(), model)).collect();
        lists.joined = join.as_ref().map(joins::Join::cubes).unwrap_or_default();
        let full = |name: &mut String| {
            if let (Some(join), Some((first, rest))) = (&join, name.split_once('.')) {
                *name = format!("{}.{rest}", join.way(first).join("."));
            }
        };
        lists.measures.iter_mut().chain(&mut lists.keys).for_each(full);
        lists.times.iter_mut().for_each(|time| full(&mut time.path));
        Ok(lists)
    }
}

/// The last cube and the member.
pub(super) fn short(path: &str) -> Option<MemberName> {
    let mut parts = path.rsplit('.');
    let (member, cube) = (parts.next()?, parts.next()?);
    Some(MemberName::new(cube, member))
}

/// The cubes of a path, where it is longer than one.
fn way(path: &str) -> Option<Hint> {
    let (cubes, _) = path.rsplit_once('.')?;
    cubes.contains('.').then(|| cubes.split('.').map(Into::into).collect())
}

fn sorted(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort();
    names
}
