//! Join trees: which rows a set of members is computed over, and whose rows the joins repeat.

use std::{collections::BTreeSet, fmt, sync::Arc};

use crate::model::{Model, Relationship};

/// The cubes from the root of a join to a member's cube. Part of a member's identity.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct JoinPath(pub(crate) Arc<[Arc<str>]>);

impl JoinPath {
    /// The path of a member asked for on its own cube.
    pub fn root(cube: &str) -> Self {
        Self(Arc::new([cube.into()]))
    }

    /// The path one join further.
    pub fn join(&self, cube: &str) -> Self {
        Self(self.0.iter().cloned().chain([cube.into()]).collect())
    }

    /// A path that begins at the cube that this one ends at, seen from where this one begins.
    pub fn then(&self, path: &Self) -> Self {
        Self(self.0.iter().chain(path.0.iter().skip(1)).cloned().collect())
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

impl serde::Serialize for JoinPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
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
        if self.edges.is_empty() {
            return false;
        }
        let mut seen = BTreeSet::from([cube]);
        let mut open = vec![cube];
        while let Some(at) = open.pop() {
            for (next, repeats) in self.steps(at, model) {
                // Never back over the join that led here: a row's own way back repeats nothing.
                if seen.insert(next) {
                    if repeats {
                        return true;
                    }
                    open.push(next);
                }
            }
        }
        false
    }

    /// True when a row of `from` may have several rows of `to` behind the joins, so that what is summed over `from`
    /// counts more than once in groups by `to`.
    pub fn repeats(&self, from: &str, to: &str, model: &Model) -> bool {
        let mut single = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            for (next, repeats) in self.steps(at, model) {
                if !repeats && single.insert(next) {
                    open.push(next);
                }
            }
        }
        !single.contains(to)
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

#[cfg(test)]
mod tests {
    use super::{JoinPath, JoinTree};
    use crate::parse::{SourceFile, model};

    const MODEL: &str = r#"
cubes:
  - name: items
    sql_table: items
    joins: [{ name: orders, relationship: many_to_one, sql: "{CUBE}.o = {orders}.id" }]
  - name: orders
    sql_table: orders
    joins:
      - { name: users, relationship: many_to_one, sql: "{CUBE}.u = {users}.id" }
      - { name: details, relationship: one_to_one, sql: "{CUBE}.id = {details}.id" }
      - { name: notes, relationship: one_to_many, sql: "{CUBE}.id = {notes}.o" }
  - { name: users, sql_table: users }
  - { name: details, sql_table: details }
  - { name: notes, sql_table: notes }
"#;

    #[test]
    fn whose_rows_the_joins_repeat() {
        let file = SourceFile { path: "m.yml".to_owned(), text: MODEL.to_owned() };
        let model = model(&[file]).unwrap();
        let path = |names: &str| names.split('.').fold(JoinPath::default(), |path, cube| path.join(cube));
        for (paths, repeated) in [
            (&["items"][..], &[][..]),
            (&["items.orders.users"], &["orders", "users"]),
            (&["orders.users", "orders.details"], &["users"]),
            (&["orders.details"], &[]),
            (&["orders.notes"], &["orders"]),
            (&["orders.notes", "orders.users"], &["orders", "users"]),
            (&["orders.details", "orders.notes"], &["details", "orders"]),
        ] {
            let paths: Vec<_> = paths.iter().map(|names| path(names)).collect();
            let tree = JoinTree::of(&paths);
            let found: Vec<_> =
                tree.cubes().filter(|cube| tree.multiplies(cube, &model)).map(|c| &**c).collect();
            assert_eq!(found, repeated, "{paths:?}");
        }
    }
}
