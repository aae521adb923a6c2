//! Reads views: members of cubes under names of the view's own.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{
    folder,
    lineage::{Declared, Lineage},
    map::Map,
    node::Node,
    part, policy,
};
use crate::{
    model::{About, Column, Cube, DefaultFilter, Table, TableKind, View, ViewPart},
    name::MemberName,
};

pub(super) type Cubes = IndexMap<Arc<str>, Cube>;

/// Reads a view.
pub(super) fn read(declared: &Declared<'_>, all: &[Declared<'_>], cubes: &Cubes) -> View {
    let lineage = declared.lineage(all);
    let map = &lineage.map;
    let (parts, columns) = parts(&lineage, &declared.name, cubes);
    let (title, description) = (map.text("title"), map.text("description"));
    let about = About { title: title.clone(), description: description.clone(), ..About::default() };
    let find = |node: &Node<'_>| member(node, &declared.name, &columns);
    let filters = lineage.entries("default_filters").unwrap_or_default();
    let folders = lineage.definitions("folders");
    let name: Arc<str> = declared.name.as_str().into();
    let shown = columns.iter().filter(|column| column.is_shown()).cloned().collect();
    let view = View {
        table: Table::new(name.clone(), TableKind::View, &about, shown),
        name,
        title,
        description,
        public: map.public(true),
        meta: map.json("meta"),
        cubes: parts,
        folders: folders.iter().filter_map(|node| folder::read(node, &find)).collect(),
        default_filters: filters.iter().filter_map(|node| default_filter(node, &find)).collect(),
        access_policy: lineage.entries("access_policy").map(|list| policy::read(&list, &find)),
    };
    map.finish();
    view
}

fn parts(lineage: &Lineage<'_, '_>, view: &str, cubes: &Cubes) -> (Vec<ViewPart>, Vec<Column>) {
    let mut parts = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    for node in lineage.entries("cubes").unwrap_or_default() {
        let Some((part, found)) = part::read(&node.of(view), view, cubes) else { continue };
        for (node, column) in found {
            if columns.iter().any(|other| other.member == column.member) {
                node.problem(format!("`{}` is included twice; give one of them an alias", column.name()));
            } else {
                columns.push(column);
            }
        }
        parts.push(part);
    }
    (parts, columns)
}

fn member(node: &Node<'_>, view: &str, columns: &[Column]) -> Option<MemberName> {
    let text = node.reference()?;
    let plain = text.replace(['{', '}'], "");
    let own = plain.strip_prefix("CUBE.").or_else(|| plain.strip_prefix(view)?.strip_prefix('.'));
    let name = MemberName::new(view, own.unwrap_or(&plain));
    if columns.iter().any(|column| column.member == name) {
        return Some(name);
    }
    node.problem(format!("view `{view}` has no member `{text}`"));
    None
}

fn default_filter(node: &Node<'_>, find: &policy::Find<'_>) -> Option<DefaultFilter> {
    let map: Map<'_> = node.map()?;
    let test = policy::test(&map, find);
    let unless = map.get("unless").map(|node| node.one_or_many()).unwrap_or_default();
    let unless = unless.iter().filter_map(|node| Some(find(node)?.member().to_owned())).collect();
    map.finish();
    Some(DefaultFilter { test: test?, unless })
}
