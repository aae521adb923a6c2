//! The join that Cube builds for a set of members: a root and the edges from it, the fewest that reach all of them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use semantic::{
    Model,
    model::{Joined, Relationship},
};

use super::{
    Unanswerable,
    trace::{self, Hint},
};

/// A join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Join {
    pub(super) root: Arc<str>,
    pub(super) edges: Vec<(Arc<str>, Arc<str>)>,
    /// The cubes whose rows it repeats.
    repeated: HashSet<Arc<str>>,
}

/// Builds the join over ways through the graph, first those that conditions of the joins themselves go; `None` where
/// there is nothing to join. `maps` are the paths of views, which complete what is named by its cube alone.
pub(super) fn build(model: &Model, hints: &[Hint], maps: &[Hint]) -> Result<Option<Join>, Unanswerable> {
    let all = |collected: &[Hint]| distinct(collected.iter().chain(hints).map(|hint| completed(hint, maps)));
    let mut collected: Vec<Hint> = Vec::new();
    let mut before: Option<Join> = None;
    loop {
        let known = all(&collected);
        let join = over(model, &known)?;
        let Some(built) = join.as_ref().filter(|join| !join.edges.is_empty()) else { break };
        let named: HashSet<_> = known.iter().flatten().collect();
        let traces = built.edges.iter().map(|(from, to)| trace::join(model, from, to));
        let met = distinct(traces.flat_map(|trace| trace.hints));
        let is_new = met.iter().any(|hint| hint.len() > 1 || hint.iter().any(|cube| !named.contains(cube)));
        let paths = met.iter().map(|hint| match hint.as_slice() {
            [cube] => built.way(cube),
            _ => hint.clone(),
        });
        collected = paths.collect();
        if !is_new || before.as_ref().is_some_and(|before| before.joins_the_same(built)) {
            break;
        }
        before = join;
    }
    over(model, &all(&collected))
}

impl Join {
    /// The cubes on the way from the root to `cube`, both included.
    pub(super) fn way(&self, cube: &str) -> Hint {
        let parents: HashMap<&str, &Arc<str>> = self.edges.iter().map(|(from, to)| (&**to, from)).collect();
        let mut way: Hint = vec![cube.into()];
        while let Some(parent) = parents.get(way.last().map_or(cube, |at| at))
            && !way.contains(parent)
        {
            way.push((*parent).clone());
        }
        way.reverse();
        way
    }

    /// The way as names are written with, for a cube that takes part.
    pub(super) fn path(&self, cube: &str) -> Option<String> {
        let mut path = Vec::new();
        self.descend(&self.root, cube, &mut HashSet::new(), &mut path).then(|| path.join("."))
    }

    fn descend<'j>(
        &'j self,
        at: &'j str,
        target: &str,
        seen: &mut HashSet<&'j str>,
        path: &mut Vec<&'j str>,
    ) -> bool {
        if at != target && !seen.insert(at) {
            return false;
        }
        path.push(at);
        let mut next = self.edges.iter().filter(|(from, _)| **from == *at).map(|(_, to)| &**to);
        let found = at == target || next.any(|next| self.descend(next, target, seen, path));
        if !found {
            path.pop();
        }
        found
    }

    /// The cubes that take part, the root last.
    pub(super) fn cubes(&self) -> Vec<Arc<str>> {
        self.edges.iter().map(|(_, to)| to).chain([&self.root]).cloned().collect()
    }

    /// True when the joins repeat rows of `cube`.
    pub(super) fn repeats(&self, cube: &str) -> bool {
        self.repeated.contains(cube)
    }

    fn joins_the_same(&self, other: &Self) -> bool {
        let edges = |join: &Self| join.edges.iter().cloned().collect::<HashSet<_>>();
        self.root == other.root && edges(self) == edges(other)
    }
}

fn over(model: &Model, hints: &[Hint]) -> Result<Option<Join>, Unanswerable> {
    if hints.is_empty() {
        return Ok(None);
    }
    let Some(Joined { root, edges }) = Joined::over(model, hints) else {
        return Err(Unanswerable::NoJoinPath(hints.iter().map(|hint| hint.join(".")).collect()));
    };
    let ends = hints.iter().filter_map(|hint| hint.last());
    let repeated =
        ends.filter(|cube| is_repeated(model, cube, &edges, &mut HashSet::new())).cloned().collect();
    Ok(Some(Join { root, edges, repeated }))
}

type Edges = Vec<(Arc<str>, Arc<str>)>;

fn is_repeated<'e>(model: &Model, cube: &'e str, edges: &'e Edges, seen: &mut HashSet<&'e str>) -> bool {
    if !seen.insert(cube) {
        return false;
    }
    let near: Vec<_> = edges.iter().filter(|(from, to)| **from == *cube || **to == *cube).collect();
    let other = |(from, to): &'e (Arc<str>, Arc<str>)| if **from == *cube { &**to } else { &**from };
    let repeats = |(from, to): &(Arc<str>, Arc<str>)| {
        let relationship = model.join(from, to).map(|join| join.relationship);
        (**from == *cube && relationship == Some(Relationship::OneToMany))
            || (**to == *cube && relationship == Some(Relationship::ManyToOne))
    };
    near.iter().any(|edge| repeats(edge) && !seen.contains(other(edge)))
        || near.iter().any(|edge| is_repeated(model, other(edge), edges, seen))
}

fn completed(hint: &Hint, maps: &[Hint]) -> Hint {
    let [cube] = hint.as_slice() else { return hint.clone() };
    let within = maps.iter().find_map(|path| Some(&path[..=path.iter().position(|at| at == cube)?]));
    within.map_or_else(|| hint.clone(), <[_]>::to_vec)
}

fn distinct(hints: impl Iterator<Item = Hint>) -> Vec<Hint> {
    let mut distinct: Vec<Hint> = Vec::new();
    for hint in hints {
        if !distinct.contains(&hint) {
            distinct.push(hint);
        }
    }
    distinct
}
