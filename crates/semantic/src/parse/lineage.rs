//! `extends`: a cube or view with all that it has from those before it.

use std::collections::HashSet;

use super::{
    map::Map,
    naming::{named, quiet_name},
    node::Node,
};

/// A cube or view as its file says it.
pub(super) struct Declared<'a> {
    pub(super) name: String,
    map: Map<'a>,
    extends: Option<String>,
}

/// A cube or view and those that it extends.
pub(super) struct Lineage<'d, 'a> {
    /// The own declaration first.
    line: Vec<&'d Declared<'a>>,
    /// Every key, as the youngest declaration that has it says it.
    pub(super) map: Map<'a>,
}

/// The declarations that have a usable name.
pub(super) fn declared<'a>(nodes: impl Iterator<Item = Node<'a>>) -> Vec<Declared<'a>> {
    nodes
        .filter_map(|node| {
            let (map, name) = named(&node, "")?;
            Some(Declared { extends: map.get("extends").and_then(|node| node.reference()), name, map })
        })
        .collect()
}

impl<'a> Declared<'a> {
    /// The declaration with those that it extends.
    pub(super) fn lineage<'d>(&'d self, all: &'d [Self]) -> Lineage<'d, 'a> {
        let mut line = vec![self];
        let mut seen = HashSet::from([self.name.as_str()]);
        while let Some(next) = line.last().and_then(|last| last.extends.as_deref()) {
            match all.iter().find(|other| other.name == next) {
                Some(parent) if seen.insert(next) => line.push(parent),
                found => {
                    self.cannot_extend(&line, next, found.is_some());
                    break;
                }
            }
        }
        let map = line.iter().skip(1).fold(self.map.clone(), |map, parent| map.over(&parent.map));
        ["name", "extends"].into_iter().for_each(|key| _ = map.get(key));
        Lineage { line, map }
    }

    fn cannot_extend(&self, line: &[&Self], next: &str, is_circle: bool) {
        let Some(node) = line.last().and_then(|last| last.map.get("extends")) else { return };
        if is_circle {
            let names: Vec<_> = line.iter().map(|declared| declared.name.as_str()).collect();
            node.problem(format!("`extends` goes in a circle: {} → {next}", names.join(" → ")));
        } else {
            node.problem(format!("there is no `{next}` to extend"));
        }
    }

    pub(super) fn node(&self) -> &Node<'a> {
        self.map.node()
    }
}

impl<'a> Lineage<'_, 'a> {
    /// The definitions under a key: a younger one takes the place of an older one of the same name.
    pub(super) fn definitions(&self, key: &str) -> Vec<Node<'a>> {
        self.map.get(key);
        let mut merged: Vec<(Option<String>, Node<'a>)> = Vec::new();
        for declared in self.line.iter().rev() {
            let inherited = merged.len();
            for node in declared.map.definitions(key) {
                let name = quiet_name(&node);
                match merged.iter().position(|(known, _)| name.is_some() && *known == name) {
                    Some(place) if place < inherited => merged[place].1 = node,
                    Some(_) => node.of(&declared.name).problem(twice(name.as_deref())),
                    None => merged.push((name, node)),
                }
            }
        }
        merged.into_iter().map(|(_, node)| node).collect()
    }

    /// The entries of lists that have no names, the oldest first; `None` where nobody has the key.
    pub(super) fn entries(&self, key: &str) -> Option<Vec<Node<'a>>> {
        let lists: Vec<_> = self.line.iter().rev().filter_map(|declared| declared.map.get(key)).collect();
        self.map.get(key);
        (!lists.is_empty()).then(|| lists.iter().flat_map(Node::items).collect())
    }

    /// The youngest declaration that has one of some keys that exclude each other.
    pub(super) fn youngest(&self, keys: &[&str]) -> &Map<'a> {
        keys.iter().for_each(|key| _ = self.map.get(key));
        let has = |declared: &&&Declared<'a>| keys.iter().any(|key| declared.map.get(key).is_some());
        self.line.iter().find(has).map_or(&self.map, |declared| &declared.map)
    }
}

fn twice(name: Option<&str>) -> String {
    format!("`{}` is declared twice", name.unwrap_or_default())
}
