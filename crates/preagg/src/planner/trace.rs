//! What Cube meets while it writes a member's SQL, in that order: members, cubes, and the paths that joins follow.

use std::{collections::HashSet, sync::Arc};

use semantic::{
    Cube, Dimension, Measure, MeasureType, MemberName, Model,
    model::{JoinHint, JoinPath},
    template::{Piece, Template},
};

use super::member::{Definition, definition};

/// A way through the joins. One cube alone is reached by any way.
pub(super) type Hint = JoinHint;

/// What was met.
#[derive(Debug, Default)]
pub(super) struct Trace {
    pub(super) members: Vec<MemberName>,
    pub(super) cubes: Vec<Arc<str>>,
    pub(super) hints: Vec<Hint>,
    /// Measures, each with the one whose SQL names it.
    measures: Vec<(Option<MemberName>, MemberName)>,
}

/// Follows a member.
pub(super) fn member(model: &Model, member: &MemberName) -> Trace {
    let mut walk = Walk { model, trace: Trace::default(), open: HashSet::new() };
    walk.member(member, &[], None);
    walk.trace
}

/// Follows the condition of a join.
pub(super) fn join(model: &Model, from: &str, to: &str) -> Trace {
    let mut walk = Walk { model, trace: Trace::default(), open: HashSet::new() };
    if let Some(join) = model.join(from, to) {
        walk.template(&join.on, from, None);
    }
    walk.trace
}

impl Trace {
    /// The measures whose SQL names no other.
    pub(super) fn leaves(&self) -> Vec<&MemberName> {
        let is_leaf =
            |name: &MemberName| !self.measures.iter().any(|(parent, _)| parent.as_ref() == Some(name));
        self.distinct_measures().filter(|name| is_leaf(name)).collect()
    }

    /// The measures that the SQL of one names.
    pub(super) fn measures_below(&self, name: &MemberName) -> Vec<&MemberName> {
        let is_below = |(parent, _): &&(Option<MemberName>, MemberName)| parent.as_ref() == Some(name);
        self.measures.iter().filter(is_below).map(|(_, measure)| measure).collect()
    }

    /// The measures that are computed by one query each: what a measure over several cubes is put together from.
    pub(super) fn rendered(&self, model: &Model) -> Vec<&MemberName> {
        let is_cumulative = |name| definition(model, name).is_some_and(Definition::is_cumulative);
        let composite = self.measures.iter().filter_map(|(parent, measure)| {
            let parent = parent.as_ref()?;
            (parent.table() != measure.table() || is_cumulative(measure)).then_some(parent)
        });
        let composite: HashSet<_> = composite.collect();
        let below = self.measures.iter().filter(|(parent, measure)| {
            parent.as_ref().is_some_and(|parent| composite.contains(parent)) && !composite.contains(measure)
        });
        let below: Vec<_> = below.map(|(_, measure)| measure).collect();
        if below.is_empty() {
            self.measures.first().map(|(_, root)| root).into_iter().collect()
        } else {
            below
        }
    }

    fn distinct_measures(&self) -> impl Iterator<Item = &MemberName> {
        let mut seen = HashSet::new();
        self.measures.iter().map(|(_, measure)| measure).filter(move |measure| seen.insert(*measure))
    }
}

struct Walk<'m> {
    model: &'m Model,
    trace: Trace,
    /// Members whose SQL is being followed: a circle is followed once.
    open: HashSet<MemberName>,
}

impl Walk<'_> {
    fn member(&mut self, name: &MemberName, hint: &[Arc<str>], parent: Option<&MemberName>) {
        let Some(definition) = definition(self.model, name) else { return };
        if !self.open.insert(name.clone()) {
            return;
        }
        push(&mut self.trace.members, name.clone());
        if definition.source().is_none() {
            self.reach(name.table(), hint);
        }
        let parent = if definition.is_measure() {
            self.trace.measures.push((parent.cloned(), name.clone()));
            Some(name)
        } else {
            parent
        };
        match definition {
            Definition::View(shown) => self.member(shown.member, shown.path.cubes(), parent),
            Definition::Measure(measure) => self.measure(measure, parent),
            Definition::Dimension(dimension) => self.dimension(dimension, parent),
            Definition::Segment(segment) => self.template(&segment.sql, name.table(), parent),
        }
        self.open.remove(name);
    }

    fn reach(&mut self, cube: &str, hint: &[Arc<str>]) {
        let hint = if hint.is_empty() { vec![cube.into()] } else { hint.to_vec() };
        hint.iter().for_each(|cube| push(&mut self.trace.cubes, cube.clone()));
        push(&mut self.trace.hints, hint);
    }

    fn measure(&mut self, measure: &Measure, parent: Option<&MemberName>) {
        let cube = measure.name.table();
        measure.stages.order_by.iter().for_each(|key| self.template(&key.sql, cube, parent));
        match &measure.sql {
            _ if measure.kind == MeasureType::Rank => {}
            Some(sql) => self.template(sql, cube, parent),
            // A measure without SQL counts keys.
            None => {
                let keys = self.model.cube(cube).into_iter().flat_map(Cube::primary_key);
                keys.for_each(|key| self.member(&key.name, &[], parent));
            }
        }
        measure.filters.iter().for_each(|filter| self.template(filter, cube, parent));
    }

    fn dimension(&mut self, dimension: &Dimension, parent: Option<&MemberName>) {
        // A sub-query is joined as a table of its own.
        if !dimension.sub_query {
            dimension.templates().for_each(|sql| self.template(sql, dimension.name.table(), parent));
        }
    }

    fn template(&mut self, sql: &Template, cube: &str, parent: Option<&MemberName>) {
        for piece in &sql.pieces {
            if let Piece::Member { path, member } = piece {
                self.member(member, beyond(path, cube), parent);
            }
        }
    }
}

/// The path as SQL of `cube` writes it: without the cube itself.
fn beyond<'p>(path: &'p JoinPath, cube: &str) -> &'p [Arc<str>] {
    match path.cubes() {
        [first, rest @ ..] if **first == *cube => rest,
        path => path,
    }
}

fn push<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
