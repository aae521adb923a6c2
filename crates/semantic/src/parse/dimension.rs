//! Reads dimensions.

use super::{
    about::{about, format, kind, mask},
    case,
    index::Scope,
    map::Map,
    naming::named,
    node::Node,
    shift,
};
use crate::{
    model::{CustomGranularity, Dimension, DimensionType, Direction, Formula, Link, Sql},
    name::MemberName,
};

const TYPES: [(&str, DimensionType); 6] = [
    ("string", DimensionType::String),
    ("number", DimensionType::Number),
    ("boolean", DimensionType::Boolean),
    ("time", DimensionType::Time),
    ("geo", DimensionType::Geo),
    ("switch", DimensionType::Switch),
];

/// `asc` and `desc`.
pub(super) const DIRECTIONS: [(&str, Direction); 2] = [("asc", Direction::Asc), ("desc", Direction::Desc)];

/// Reads a dimension.
pub(super) fn read(node: &Node<'_>, scope: Scope<'_>) -> Option<Dimension> {
    let (map, name) = named(node, scope.cube)?;
    let kind = kind(&map, "dimension", &TYPES)?;
    let primary_key = map.boolean("primary_key", false);
    let each = |key: &str| map.definitions(key).into_iter();
    for key in ["granularities", "time_shift"].iter().filter(|_| kind != DimensionType::Time) {
        map.get(key).inspect(|node| node.problem(format!("only a time dimension has `{key}`")));
    }
    let dimension = Dimension {
        name: MemberName::new(scope.cube, &name),
        kind,
        formula: formula(&map, kind, scope)?,
        primary_key,
        sub_query: map.boolean("sub_query", false),
        propagate_filters_to_sub_query: map.boolean("propagate_filters_to_sub_query", false),
        multi_stage: map.boolean("multi_stage", false),
        add_group_by: map.get("add_group_by").map(|node| scope.references(&node)).unwrap_or_default(),
        granularities: each("granularities").filter_map(|node| granularity(&node, scope)).collect(),
        time_shift: map
            .list("time_shift")
            .iter()
            .filter_map(|node| shift::of_calendar(node, scope))
            .collect(),
        mask: mask(&map, scope),
        format: format(&map),
        currency: map.text("currency"),
        order: map.word("order", &DIRECTIONS),
        suggest_filter_values: map.flag("suggest_filter_values"),
        links: each("links").filter_map(|node| link(&node)).collect(),
        aliases: map.texts("aliases"),
        // A primary key is hidden unless the model shows it, as in Cube.
        about: about(&map, !primary_key),
    };
    map.finish();
    Some(dimension)
}

fn formula(map: &Map<'_>, kind: DimensionType, scope: Scope<'_>) -> Option<Formula> {
    let part = |key| scope.sql(&map.required(key)?);
    match (kind, map.get("sql"), map.get("case")) {
        (DimensionType::Geo, ..) => {
            let (latitude, longitude) = (part("latitude"), part("longitude"));
            Some(Formula::geo(latitude?, longitude?))
        }
        (DimensionType::Switch, ..) => {
            map.required("values")?;
            Some(Formula::Switch { values: map.texts("values") })
        }
        (_, None, Some(case)) => case::read(&case, scope).map(Formula::case),
        (_, Some(_), Some(case)) => {
            case.problem("`sql` and `case` exclude each other");
            None
        }
        (_, sql, None) => {
            let sql = sql.or_else(|| map.required("sql"))?;
            Some(Formula::Sql(Sql { sql: scope.template(&sql)? }))
        }
    }
}

fn granularity(node: &Node<'_>, scope: Scope<'_>) -> Option<CustomGranularity> {
    let cube = node.member.clone();
    let (map, name) = named(node, &cube)?;
    let granularity = CustomGranularity {
        name: name.into(),
        title: map.text("title"),
        interval: map.parsed("interval"),
        origin: map.text("origin"),
        offset: map.parsed("offset"),
        sql: map.get("sql").and_then(|sql| scope.template(&sql)),
    };
    if map.get("interval").is_none() && map.get("sql").is_none() {
        map.node().problem("a granularity needs an `interval`, or `sql` on a calendar cube");
    }
    if map.get("origin").is_some() && map.get("offset").is_some() {
        map.node().problem("`origin` and `offset` exclude each other");
    }
    map.finish();
    Some(granularity)
}

fn link(node: &Node<'_>) -> Option<Link> {
    let map = node.map()?;
    let link = Link {
        name: map.text("name").or(node.key.clone()),
        label: map.text("label"),
        url: map.text("url"),
        dashboard: map.text("dashboard"),
        icon: map.text("icon"),
        target: map.text("target"),
        params: map.json("params"),
    };
    map.finish();
    Some(link)
}
