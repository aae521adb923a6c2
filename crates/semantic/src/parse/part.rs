//! Reads the parts of views: a cube, how it is reached, and which of its members the view has.

use super::{about::format, map::Map, node::Node, view::Cubes};
use crate::{
    model::{Column, Cube, Include, Includes, JoinPath, ViewPart, cube_columns},
    name::MemberName,
};

/// A part with its columns, each with the place that includes it.
pub(super) fn read<'a>(
    node: &Node<'a>,
    view: &str,
    cubes: &Cubes,
) -> Option<(ViewPart, Vec<(Node<'a>, Column)>)> {
    let map = node.map()?;
    let reached = map.required("join_path").and_then(|node| join_path(&node, cubes));
    let includes = includes(&map);
    let (excludes, prefix, alias) = (map.texts("excludes"), map.boolean("prefix", false), map.text("alias"));
    map.finish();
    let ((join_path, cube), (nodes, includes)) = (reached?, includes?);
    let part = ViewPart { join_path, includes, excludes, prefix, alias };
    let columns = columns(&part, &nodes, cube, view);
    Some((part, columns))
}

fn columns<'a>(part: &ViewPart, nodes: &[Node<'a>], cube: &Cube, view: &str) -> Vec<(Node<'a>, Column)> {
    let available: Vec<_> = cube_columns(cube, &part.join_path, view).collect();
    let prefix = part.prefix.then(|| part.alias.as_deref().unwrap_or(&cube.name));
    let Includes::Some(includes) = &part.includes else {
        let is_excluded = |column: &Column| part.excludes.iter().any(|name| name == column.name());
        let shown = available.iter().filter(|(column, public)| *public && !is_excluded(column));
        let columns = shown.map(|(column, _)| shape(column, None, view, prefix));
        return nodes.iter().flat_map(|node| columns.clone().map(|column| (node.clone(), column))).collect();
    };
    let mut columns = Vec::new();
    for (node, include) in nodes.iter().zip(includes) {
        match available.iter().find(|(column, _)| column.name() == include.name) {
            Some((column, _)) => columns.push((node.clone(), shape(column, Some(include), view, prefix))),
            // A hierarchy is included by name too, and has no values.
            None if cube.hierarchies.iter().any(|hierarchy| hierarchy.name.member() == include.name) => {}
            None => node.problem(format!("cube `{}` has no member `{}`", cube.name, include.name)),
        }
    }
    columns
}

fn shape(column: &Column, include: Option<&Include>, view: &str, prefix: Option<&str>) -> Column {
    let mut column = column.clone();
    // A key of a cube is no key of the view's rows.
    column.primary_key = false;
    let mut name = column.name().to_owned();
    if let Some(include) = include {
        name = include.alias.clone().unwrap_or(name);
        column.title = include.title.clone().or(column.title);
        column.description = include.description.clone().or(column.description);
    }
    let name = prefix.map_or(name.clone(), |prefix| format!("{prefix}_{name}"));
    column.member = MemberName::new(view, &name);
    column
}

fn includes<'a>(map: &Map<'a>) -> Option<(Vec<Node<'a>>, Includes)> {
    let nodes = map.required("includes")?.one_or_many();
    if let Some(all) = nodes.iter().find(|node| node.is("*")) {
        return Some((vec![all.clone()], Includes::All));
    }
    let read = |node: Node<'a>| Some((node.clone(), include(&node)?));
    let (nodes, includes) = nodes.into_iter().filter_map(read).unzip();
    Some((nodes, Includes::Some(includes)))
}

fn include(node: &Node<'_>) -> Option<Include> {
    if !node.is_mapping() {
        let (alias, title, description, format, meta) = (None, None, None, None, None);
        return Some(Include { name: node.text()?, alias, title, description, format, meta });
    }
    let map = node.map()?;
    let name = map.required("name").and_then(|node| node.text());
    let include = |name| Include {
        name,
        alias: map.text("alias"),
        title: map.text("title"),
        description: map.text("description"),
        format: format(&map),
        meta: map.json("meta"),
    };
    let include = name.map(include);
    map.finish();
    include
}

/// A chain of cubes, each joined to the one before it.
pub(super) fn join_path<'c>(node: &Node<'_>, cubes: &'c Cubes) -> Option<(JoinPath, &'c Cube)> {
    let text = node.reference()?;
    let mut path = JoinPath::default();
    let mut at: Option<&Cube> = None;
    for name in text.split('.').map(str::trim) {
        let Some(cube) = cubes.get(name) else {
            node.problem(format!("there is no cube `{name}`"));
            return None;
        };
        if let Some(from) = at
            && !from.joins.iter().any(|join| join.to == cube.name)
        {
            node.problem(format!("cube `{}` has no join to `{name}`", from.name));
            return None;
        }
        path = path.join(name);
        at = Some(cube);
    }
    Some((path, at?))
}
