//! Reads dimensions, measures and segments.

use super::{
    cube::named,
    index::Scope,
    node::{Map, Node},
};
use crate::{
    model::{About, Dimension, DimensionType, Measure, MeasureType, Segment},
    name::MemberName,
    template::Template,
    types::ArrowType,
};

/// Keys that are Cube's and shape no answer.
const SHOWN_ONLY: [&str; 3] = ["format", "drill_members", "suggest_filter_values"];

pub(super) fn dimension(node: &Node<'_>, scope: Scope<'_>) -> Option<Dimension> {
    let (map, name) = named(node, scope.cube)?;
    let kind = map.required("type")?;
    let kind = match kind.text()?.as_str() {
        "string" => DimensionType::String,
        "number" => DimensionType::Number,
        "boolean" => DimensionType::Boolean,
        "time" => DimensionType::Time,
        other => return unsupported(&kind, "dimension type", other),
    };
    let sql = scope.template(&map.required("sql")?)?;
    let primary_key = map.boolean("primary_key", false);
    // A primary key is hidden unless the model shows it, as in Cube.
    let about = about(&map, !primary_key)?;
    map.finish();
    Some(Dimension { name: MemberName::new(scope.cube, &name), kind, sql, primary_key, about })
}

pub(super) fn measure(node: &Node<'_>, scope: Scope<'_>) -> Option<Measure> {
    let (map, name) = named(node, scope.cube)?;
    let type_node = map.required("type")?;
    let word = type_node.text()?;
    let Some(kind) = measure_type(&word) else { return unsupported(&type_node, "measure type", &word) };
    let sql = match map.get("sql") {
        Some(sql) => Some(scope.template(&sql)?),
        None => None,
    };
    if sql.is_none() && kind != MeasureType::Count {
        map.node().problem(format!("a `{}` measure needs `sql`", kind.name()));
        return None;
    }
    let measure = Measure {
        name: MemberName::new(scope.cube, &name),
        kind,
        sql,
        filters: map.list("filters").iter().map(|node| condition(node, scope)).collect::<Option<_>>()?,
        rolling: map.has("rolling_window"),
        about: about(&map, true)?,
    };
    map.finish();
    Some(measure)
}

fn measure_type(word: &str) -> Option<MeasureType> {
    Some(match word {
        "count" => MeasureType::Count,
        "count_distinct" | "countDistinct" => MeasureType::CountDistinct,
        "count_distinct_approx" | "countDistinctApprox" => MeasureType::CountDistinctApprox,
        "sum" => MeasureType::Sum,
        "avg" => MeasureType::Avg,
        "min" => MeasureType::Min,
        "max" => MeasureType::Max,
        "number" => MeasureType::Number,
        "string" => MeasureType::String,
        "time" => MeasureType::Time,
        "boolean" => MeasureType::Boolean,
        _ => return None,
    })
}

pub(super) fn segment(node: &Node<'_>, scope: Scope<'_>) -> Option<Segment> {
    let (map, name) = named(node, scope.cube)?;
    let sql = scope.template(&map.required("sql")?)?;
    let about = about(&map, true)?;
    map.finish();
    Some(Segment { name: MemberName::new(scope.cube, &name), sql, about })
}

fn condition(node: &Node<'_>, scope: Scope<'_>) -> Option<Template> {
    let map = node.map()?;
    let sql = scope.template(&map.required("sql")?);
    map.finish();
    sql
}

fn about(map: &Map<'_>, public: bool) -> Option<About> {
    map.ignore(&SHOWN_ONLY);
    Some(About {
        title: map.text("title"),
        description: map.text("description"),
        public: map.boolean("public", public) && map.boolean("shown", true),
        arrow_type: arrow_type(map)?,
    })
}

// The outer option is "could be read", the inner one "was given".
#[expect(clippy::option_option, reason = "see above")]
fn arrow_type(map: &Map<'_>) -> Option<Option<ArrowType>> {
    let Some(meta) = map.get("meta").filter(Node::is_mapping).and_then(|meta| meta.map()) else {
        return Some(None);
    };
    let Some(node) = meta.get("arrow_type") else { return Some(None) };
    match node.text()?.parse() {
        Ok(data_type) => Some(Some(data_type)),
        Err(error) => {
            node.problem(format!("meta.arrow_type: {error}"));
            None
        }
    }
}

fn unsupported<T>(node: &Node<'_>, what: &str, word: &str) -> Option<T> {
    node.problem(format!("the {what} `{word}` is not supported"));
    None
}
