//! Join trees: which rows a set of members is computed over, and whose rows the joins repeat.

use std::{collections::BTreeSet, fmt, sync::Arc};

use crate::model::{Model, Relationship};

/// The cubes from the root of a join to a member's cube. Part of a member's identity.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct JoinPath(pub(crate) Vec<Arc<str>>);

impl JoinPath {
    /// The path of a member asked for on its own cube.
    pub fn root(cube: &str) -> Self {
        Self(vec![cube.into()])
    }

    /// The path one join further.
    pub fn join(&self, cube: &str) -> Self {
        Self(self.0.iter().cloned().chain([cube.into()]).collect())
    }

    /// All cubes, from the root on.
    pub fn cubes(&self) -> &[Arc<str>] {
        &self.0
    }

    /// True for the path that means "the cube at hand".
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The cube that the path ends at.
    pub fn last(&self) -> Option<&Arc<str>> {
        self.0.last()
    }

    fn edges(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.0.iter().zip(self.0.iter().skip(1))
    }
}

impl fmt::Display for JoinPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

/// The joins that a set of members needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JoinTree {
    edges: BTreeSet<(Arc<str>, Arc<str>)>,
    cubes: BTreeSet<Arc<str>>,
}

impl JoinTree {
    /// The union of paths.
    pub fn of<'a>(paths: impl IntoIterator<Item = &'a JoinPath>) -> Self {
        let mut tree = Self::default();
        for path in paths {
            tree.edges.extend(path.edges().map(|(from, to)| (from.clone(), to.clone())));
            tree.cubes.extend(path.cubes().iter().cloned());
        }
        tree
    }

    /// The cubes whose rows take part.
    pub fn cubes(&self) -> impl Iterator<Item = &Arc<str>> {
        self.cubes.iter()
    }

    /// True when the joins repeat rows of `cube`, so that its sums would count them more than once.
    pub fn multiplies(&self, cube: &str, model: &Model) -> bool {
        let mut seen = BTreeSet::from([cube]);
        let mut open = vec![cube];
        while let Some(at) = open.pop() {
            for (next, repeats) in self.steps(at, model) {
                if repeats {
                    return true;
                }
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        false
    }

    /// The neighbours of `at`, and whether the step repeats the rows of `at`. An unknown join counts as repeating.
    fn steps<'a>(&'a self, at: &'a str, model: &'a Model) -> impl Iterator<Item = (&'a str, bool)> {
        self.edges.iter().filter_map(move |(from, to)| {
            let relationship = model.join(from, to).map(|join| join.relationship);
            if **from == *at {
                Some((&**to, matches!(relationship, None | Some(Relationship::OneToMany))))
            } else if **to == *at {
                Some((&**from, matches!(relationship, None | Some(Relationship::ManyToOne))))
            } else {
                None
            }
        })
    }
}
