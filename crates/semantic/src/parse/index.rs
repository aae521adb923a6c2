//! The names of all cubes and members, gathered first, so that references resolve in any order of declaration.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::node::{Map, Node};
use crate::{
    model::JoinPath,
    name::MemberName,
    template::{Piece, Template},
};

/// Cube name → names of its measures, dimensions and segments.
pub(super) struct Index(HashMap<String, HashSet<String>>);

/// The names that the SQL of one cube may use.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    index: &'a Index,
    pub(super) cube: &'a str,
}

impl Index {
    pub(super) fn of(roots: &[Map<'_>]) -> Self {
        let mut names: HashMap<_, HashSet<_>> = HashMap::new();
        let lists = roots.iter().filter_map(|root| root.get("cubes")).filter(Node::is_sequence);
        for cube in lists.flat_map(|list| list.items()) {
            if let Some(name) = quiet_name(&cube) {
                names.entry(name).or_default().extend(member_names(&cube));
            }
        }
        Self(names)
    }

    pub(super) fn scope<'a>(&'a self, cube: &'a str) -> Scope<'a> {
        Scope { index: self, cube }
    }

    fn has_member(&self, cube: &str, member: &str) -> bool {
        self.0.get(cube).is_some_and(|members| members.contains(member))
    }
}

// The second reading reports what is wrong; here a broken cube just has no names.
fn quiet_name(node: &Node<'_>) -> Option<String> {
    node.is_mapping().then(|| node.map())??.text("name")
}

fn member_names(cube: &Node<'_>) -> HashSet<String> {
    let Some(map) = cube.map() else { return HashSet::new() };
    ["dimensions", "measures", "segments"]
        .into_iter()
        .filter_map(|key| map.get(key).filter(Node::is_sequence))
        .flat_map(|list| list.items())
        .filter_map(|member| quiet_name(&member))
        .collect()
}

impl Scope<'_> {
    /// `CUBE`, `cube`, `member`, `cube.member`, `CUBE.other.member`.
    pub(super) fn resolve(&self, text: &str) -> Option<Piece> {
        let mut segments = text.split('.').map(str::trim).peekable();
        let first = *segments.peek()?;
        let mut path = JoinPath::root(self.cube);
        if first == "CUBE" || first == "TABLE" || (first == self.cube && text != first) {
            segments.next();
        } else if text == first && self.index.has_member(self.cube, first) {
            return Some(Piece::Member {
                path: JoinPath::default(),
                member: MemberName::new(self.cube, first),
            });
        }
        let mut at: Arc<str> = self.cube.into();
        while let Some(segment) = segments.next() {
            if segments.peek().is_none() && self.index.has_member(&at, segment) {
                let path = if path.cubes().len() == 1 { JoinPath::default() } else { path };
                return Some(Piece::Member { path, member: MemberName::new(&at, segment) });
            }
            if !self.index.0.contains_key(segment) {
                return None;
            }
            if segment != &*at {
                path = path.join(segment);
            }
            at = segment.into();
        }
        Some(Piece::Table(at))
    }

    /// A template in a node's text.
    pub(super) fn template(&self, node: &Node<'_>) -> Option<Template> {
        let parsed = Template::parse(&node.text()?, |reference| self.resolve(reference));
        parsed.map_err(|error| node.problem(error.to_string())).ok()
    }
}
