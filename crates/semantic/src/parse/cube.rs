//! Reads one cube.

use std::{hash::Hash, sync::Arc};

use indexmap::IndexMap;

use super::{
    index::{Index, Scope},
    member,
    node::{Map, Node},
    pre_aggregation,
};
use crate::{
    model::{Cube, CubeSource, Join, Relationship},
    name::is_identifier,
};

/// Reads a cube; `None` when it has no usable name or source.
pub(super) fn read<'a>(node: &Node<'a>, index: &Index) -> Option<(Node<'a>, Cube)> {
    let (map, name) = named(node, "")?;
    let scope = index.scope(&name);
    let cube = Cube {
        name: name.as_str().into(),
        source: source(&map, scope)?,
        sql_alias: map.text("sql_alias"),
        title: map.text("title"),
        description: map.text("description"),
        public: map.boolean("public", true) && map.boolean("shown", true),
        joins: map.list("joins").iter().filter_map(|node| join(node, scope)).collect(),
        dimensions: members(&map, "dimensions", |node| member::dimension(node, scope), |d| d.name.member()),
        measures: members(&map, "measures", |node| member::measure(node, scope), |m| m.name.member()),
        segments: members(&map, "segments", |node| member::segment(node, scope), |s| s.name.member()),
        pre_aggregations: map
            .list("pre_aggregations")
            .iter()
            .filter_map(|node| pre_aggregation::read(node, scope))
            .collect(),
        has_policy: map.has("access_policy"),
    };
    map.ignore(&["data_source", "meta", "refresh_key"]);
    map.finish();
    Some((map.node().clone(), cube))
}

/// The mapping and the checked name of a cube, view or member; `within` is the cube of a member.
pub(super) fn named<'a>(node: &Node<'a>, within: &str) -> Option<(Map<'a>, String)> {
    let outer = if within.is_empty() { String::new() } else { format!("{within}.") };
    let map = node.clone().of(within).map()?;
    let name_node = map.required("name")?;
    let name = name_node.text()?;
    if !is_identifier(&name) {
        name_node.problem(format!("`{name}` is no name; use letters, digits and underscores"));
        return None;
    }
    let map = node.clone().of(&format!("{outer}{name}")).map()?;
    map.ignore(&["name"]);
    Some((map, name))
}

fn source(map: &Map<'_>, scope: Scope<'_>) -> Option<CubeSource> {
    match (map.get("sql_table"), map.get("sql")) {
        (Some(table), None) => scope.template(&table).map(CubeSource::Table),
        (None, Some(query)) => scope.template(&query).map(CubeSource::Query),
        _ => {
            map.node().problem("exactly one of `sql_table` and `sql` must be given");
            None
        }
    }
}

fn members<T>(
    map: &Map<'_>,
    key: &str,
    read: impl Fn(&Node<'_>) -> Option<T>,
    name: impl Fn(&T) -> &str,
) -> IndexMap<Arc<str>, T> {
    let mut members = IndexMap::new();
    for node in map.list(key) {
        let Some(member) = read(&node) else { continue };
        insert_once(&mut members, name(&member).into(), member, &node);
    }
    members
}

fn insert_once<K: Hash + Eq, T>(map: &mut IndexMap<K, T>, key: K, value: T, node: &Node<'_>) {
    if map.insert(key, value).is_some() {
        node.problem("this member is declared twice");
    }
}

fn join(node: &Node<'_>, scope: Scope<'_>) -> Option<Join> {
    let (map, to) = named(node, scope.cube)?;
    let relationship = map.required("relationship")?;
    let relationship = match relationship.text()?.as_str() {
        "one_to_one" | "has_one" | "hasOne" => Relationship::OneToOne,
        "one_to_many" | "has_many" | "hasMany" => Relationship::OneToMany,
        "many_to_one" | "belongs_to" | "belongsTo" => Relationship::ManyToOne,
        other => {
            relationship
                .problem(format!("`{other}` is no relationship; use one_to_one, one_to_many or many_to_one"));
            return None;
        }
    };
    let on = scope.template(&map.required("sql")?)?;
    map.finish();
    Some(Join { to: to.into(), relationship, on })
}
