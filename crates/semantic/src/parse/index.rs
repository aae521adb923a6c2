//! The names of all cubes and members, gathered first, so that references resolve in any order of declaration.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    lineage::{Declared, Lineage},
    naming::quiet_name,
    node::Node,
};
use crate::{
    model::{JoinPath, Reference, Sql},
    name::MemberName,
    template::{Piece, Template},
};

/// The names in every cube.
pub(super) struct Index(HashMap<String, Names>);

/// The names in one cube.
struct Names {
    members: HashSet<String>,
    /// Pre-aggregations.
    rollups: HashSet<String>,
    /// Dimension and granularity that it declares for itself.
    granularities: HashSet<(String, String)>,
}

/// The names that the SQL of one cube may use.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    index: &'a Index,
    pub(super) cube: &'a str,
}

impl Index {
    pub(super) fn of(cubes: &[Declared<'_>]) -> Self {
        // Backwards, so that of two cubes of one name the first is the one.
        let names = cubes.iter().rev().map(|cube| (cube.name.clone(), Names::of(&cube.lineage(cubes))));
        Self(names.collect())
    }

    pub(super) fn scope<'a>(&'a self, cube: &'a str) -> Scope<'a> {
        Scope { index: self, cube }
    }

    fn has_member(&self, cube: &str, member: &str) -> bool {
        self.0.get(cube).is_some_and(|names| names.members.contains(member))
    }
}

impl Names {
    fn of(cube: &Lineage<'_, '_>) -> Self {
        let names = |key| cube.definitions(key).into_iter().filter_map(|node| quiet_name(&node));
        let dimensions = cube.definitions("dimensions");
        Self {
            members: ["dimensions", "measures", "segments"].into_iter().flat_map(names).collect(),
            rollups: names("pre_aggregations").collect(),
            granularities: dimensions.iter().flat_map(own_granularities).collect(),
        }
    }
}

fn own_granularities(dimension: &Node<'_>) -> Vec<(String, String)> {
    let Some(map) = dimension.is_mapping().then(|| dimension.map()).flatten() else { return Vec::new() };
    let (Some(name), Some(list)) = (quiet_name(dimension), map.get("granularities")) else {
        return Vec::new();
    };
    let list = if list.is_mapping() || list.is_sequence() { list.definitions() } else { Vec::new() };
    list.iter().filter_map(|granularity| Some((name.clone(), quiet_name(granularity)?))).collect()
}

impl Scope<'_> {
    /// `CUBE`, `cube`, `member`, `cube.member`, `CUBE.other.member`, `cube.sql()`.
    pub(super) fn resolve(&self, text: &str) -> Option<Piece> {
        if let Some(cube) = text.strip_suffix(".sql()") {
            return match self.resolve(cube)? {
                Piece::Table(cube) => Some(Piece::Source(cube)),
                _ => None,
            };
        }
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
        let parsed = Template::parse(&node.sql()?, |reference| self.resolve(reference));
        parsed.map_err(|error| node.problem(error.to_string())).ok()
    }

    /// `{ sql: .. }`
    pub(super) fn sql(&self, node: &Node<'_>) -> Option<Sql> {
        let map = node.map()?;
        let sql = self.template(&map.required("sql")?);
        map.finish();
        Some(Sql { sql: sql? })
    }

    /// A member with the way to it, from this cube on. Braces are optional.
    pub(super) fn reference(&self, node: &Node<'_>) -> Option<Reference> {
        let text = node.reference()?;
        match self.resolve(&text.replace(['{', '}'], "")) {
            Some(Piece::Member { path, member }) => {
                let path = if path.is_empty() { JoinPath::root(self.cube) } else { path };
                Some(Reference::new(path, member))
            }
            _ => {
                node.problem(format!("`{text}` names no member"));
                None
            }
        }
    }

    /// The reference as Cube itself spells it out: from this cube on only where it is written so.
    pub(super) fn spelled(&self, node: &Node<'_>) -> Option<String> {
        let text = node.reference()?.replace(['{', '}'], "");
        let text: Vec<_> = text.split('.').map(str::trim).collect();
        Some(match text.as_slice() {
            [member] => format!("{}.{member}", self.cube),
            ["CUBE" | "TABLE", rest @ ..] => format!("{}.{}", self.cube, rest.join(".")),
            path => path.join("."),
        })
    }

    /// Members; one may stand without brackets, as in Cube.
    pub(super) fn references(&self, node: &Node<'_>) -> Vec<Reference> {
        node.one_or_many().iter().filter_map(|node| self.reference(node)).collect()
    }

    /// A pre-aggregation of this cube or another.
    pub(super) fn rollup(&self, node: &Node<'_>) -> Option<MemberName> {
        let text = node.reference()?.replace(['{', '}'], "");
        let (cube, name) = text.rsplit_once('.').unwrap_or(("CUBE", &text));
        let cube = cube.rsplit_once('.').map_or(cube, |(_, last)| last);
        let cube = if cube == "CUBE" { self.cube } else { cube };
        if !self.index.0.get(cube).is_some_and(|names| names.rollups.contains(name)) {
            node.problem(format!("`{text}` names no pre-aggregation"));
            return None;
        }
        Some(MemberName::new(cube, name))
    }

    pub(super) fn has_cube(&self, name: &str) -> bool {
        self.index.0.contains_key(name)
    }

    /// True when a time dimension declares a granularity of this name.
    pub(super) fn has_granularity(&self, time: &MemberName, name: &str) -> bool {
        let key = (time.member().to_owned(), name.to_owned());
        self.index.0.get(time.table()).is_some_and(|names| names.granularities.contains(&key))
    }
}
