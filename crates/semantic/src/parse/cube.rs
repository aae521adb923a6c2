//! Reads one cube.

use std::{collections::HashSet, sync::Arc};

use indexmap::IndexMap;

use super::{
    dimension, hierarchy,
    index::{Index, Scope},
    lineage::{Declared, Lineage},
    map::word,
    measure,
    naming::named,
    node::Node,
    policy, pre_aggregation, refresh, segment,
};
use crate::{
    model::{Cube, CubeSource, Join, Relationship},
    template::Template,
};

const RELATIONSHIPS: [(&str, Relationship); 6] = [
    ("one_to_one", Relationship::OneToOne),
    ("one_to_many", Relationship::OneToMany),
    ("many_to_one", Relationship::ManyToOne),
    ("has_one", Relationship::OneToOne),
    ("has_many", Relationship::OneToMany),
    ("belongs_to", Relationship::ManyToOne),
];

/// Reads a cube.
pub(super) fn read(declared: &Declared<'_>, all: &[Declared<'_>], index: &Index) -> Cube {
    let lineage = declared.lineage(all);
    let map = &lineage.map;
    let scope = index.scope(&declared.name);
    let each = |key: &str| lineage.definitions(key).into_iter();
    let cube = Cube {
        name: declared.name.as_str().into(),
        // Of a cube without rows a problem was told; the others are looked for all the same.
        source: source(&lineage, scope).unwrap_or_else(|| CubeSource::Table(Template::default())),
        sql_alias: map.text("sql_alias"),
        data_source: map.text("data_source"),
        title: map.text("title"),
        description: map.text("description"),
        public: map.public(true),
        meta: map.json("meta"),
        refresh_key: map.get("refresh_key").and_then(|node| refresh::key(&node, scope)),
        calendar: map.boolean("calendar", false),
        rewrite_queries: map.flag("rewrite_queries"),
        joins: each("joins").filter_map(|node| join(&node, scope)).collect(),
        dimensions: members(each("dimensions").filter_map(|n| dimension::read(&n, scope)), |d| {
            d.name.member()
        }),
        measures: members(each("measures").filter_map(|n| measure::read(&n, scope)), |m| m.name.member()),
        segments: members(each("segments").filter_map(|n| segment::read(&n, scope)), |s| s.name.member()),
        hierarchies: each("hierarchies").filter_map(|node| hierarchy::read(&node, scope)).collect(),
        pre_aggregations: each("pre_aggregations")
            .filter_map(|node| pre_aggregation::read(&node, scope))
            .collect(),
        access_policy: lineage
            .entries("access_policy")
            .map(|list| policy::read(&list, &policy::of_cube(scope))),
    };
    check_names(&cube, map.node());
    map.finish();
    cube
}

// References and columns know one kind of name only.
fn check_names(cube: &Cube, node: &Node<'_>) {
    let (dimensions, measures) = (cube.dimensions.keys(), cube.measures.keys());
    let mut seen = HashSet::new();
    for name in dimensions.chain(measures).chain(cube.segments.keys()) {
        if !seen.insert(name) {
            node.problem(format!("`{name}` is declared as members of two kinds"));
        }
    }
}

fn source(lineage: &Lineage<'_, '_>, scope: Scope<'_>) -> Option<CubeSource> {
    let map = lineage.youngest(&["sql_table", "sql"]);
    match (map.get("sql_table"), map.get("sql")) {
        (Some(table), None) => scope.template(&table).map(CubeSource::Table),
        (None, Some(query)) => scope.template(&query).map(CubeSource::Query),
        _ => {
            lineage.map.node().problem("exactly one of `sql_table` and `sql` must be given");
            None
        }
    }
}

fn members<T>(members: impl Iterator<Item = T>, name: impl Fn(&T) -> &str) -> IndexMap<Arc<str>, T> {
    members.map(|member| (name(&member).into(), member)).collect()
}

fn join(node: &Node<'_>, scope: Scope<'_>) -> Option<Join> {
    let (map, to) = named(node, scope.cube)?;
    let relationship = map.required("relationship");
    let on = map.required("sql").and_then(|sql| scope.template(&sql));
    map.finish();
    if !scope.has_cube(&to) {
        map.node().problem(format!("there is no cube `{to}` to join"));
    }
    let relationship = word(&relationship?, "relationship", &RELATIONSHIPS)?;
    Some(Join { to: to.into(), relationship, on: on? })
}
