//! Reads views: members of cubes under names of the view's own.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{
    cube::named,
    node::{Map, Node},
};
use crate::{
    model::{About, Column, Cube, JoinPath, Table, TableKind, View, cube_columns},
    name::MemberName,
};

type Cubes = IndexMap<Arc<str>, Cube>;

/// Reads a view; `None` when it has no usable name.
pub(super) fn read<'a>(node: &Node<'a>, cubes: &Cubes) -> Option<(Node<'a>, View)> {
    let (map, name) = named(node, "")?;
    let mut columns: Vec<Column> = Vec::new();
    for part in map.list("cubes") {
        for (node, column) in part_columns(&part, &name, cubes) {
            if columns.iter().any(|other| other.member == column.member) {
                node.problem(format!("`{}` is included twice; give one of them an alias", column.name()));
            } else {
                columns.push(column);
            }
        }
    }
    let (title, description) = (map.text("title"), map.text("description"));
    let about = About { title, description, ..About::default() };
    let table = Table::new(name.as_str().into(), TableKind::View, &about, columns);
    let view = View {
        name: table.name.clone(),
        table,
        public: map.boolean("public", true) && map.boolean("shown", true),
        has_policy: map.has("access_policy"),
    };
    map.ignore(&["meta", "folders"]);
    map.finish();
    Some((map.node().clone(), view))
}

fn part_columns<'a>(part: &Node<'a>, view: &str, cubes: &Cubes) -> Vec<(Node<'a>, Column)> {
    let Some(map) = part.map() else { return Vec::new() };
    let Some((path, cube)) = join_path(&map, cubes) else { return Vec::new() };
    let prefix = map.boolean("prefix", false).then(|| map.text("alias").unwrap_or(cube.name.to_string()));
    let excluded: Vec<_> = map.list("excludes").iter().filter_map(Node::text).collect();
    let available: Vec<_> = cube_columns(cube, &path, view).collect();
    let mut columns = Vec::new();
    for (node, include) in includes(&map) {
        let wanted = available.iter().filter(|(column, public)| match &include {
            Include::All => *public && !excluded.iter().any(|name| name == column.name()),
            Include::One { name, .. } => name == column.name(),
        });
        let before = columns.len();
        columns
            .extend(wanted.map(|(column, _)| (node.clone(), include.shape(column, view, prefix.as_deref()))));
        if let (Include::One { name, .. }, true) = (&include, columns.len() == before) {
            node.problem(format!("cube `{}` has no member `{name}`", cube.name));
        }
    }
    map.finish();
    columns
}

enum Include {
    All,
    One { name: String, alias: Option<String>, title: Option<String>, description: Option<String> },
}

impl Include {
    fn shape(&self, column: &Column, view: &str, prefix: Option<&str>) -> Column {
        let mut column = column.clone();
        // A key of a cube is no key of the view's rows.
        column.primary_key = false;
        let mut name = column.name().to_owned();
        if let Self::One { alias, title, description, .. } = self {
            name = alias.clone().unwrap_or(name);
            column.title = title.clone().or(column.title);
            column.description = description.clone().or(column.description);
        }
        let name = prefix.map_or(name.clone(), |prefix| format!("{prefix}_{name}"));
        column.member = MemberName::new(view, &name);
        column
    }
}

fn includes<'a>(map: &Map<'a>) -> Vec<(Node<'a>, Include)> {
    let Some(node) = map.required("includes") else { return Vec::new() };
    let items = if node.is_sequence() { node.items() } else { vec![node] };
    items.into_iter().filter_map(|node| Some((node.clone(), include(&node)?))).collect()
}

fn include(node: &Node<'_>) -> Option<Include> {
    if node.is_mapping() {
        let map = node.map()?;
        let include = Include::One {
            name: map.required("name")?.text()?,
            alias: map.text("alias"),
            title: map.text("title"),
            description: map.text("description"),
        };
        map.finish();
        return Some(include);
    }
    match node.text()?.as_str() {
        "*" => Some(Include::All),
        name => Some(Include::One { name: name.to_owned(), alias: None, title: None, description: None }),
    }
}

fn join_path<'c>(map: &Map<'_>, cubes: &'c Cubes) -> Option<(JoinPath, &'c Cube)> {
    let node = map.required("join_path")?;
    let text = node.text()?;
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
