//! Reads pre-aggregations; their references become full join paths.

use super::{
    cube::named,
    index::Scope,
    node::{Map, Node},
};
use crate::{
    granularity::Granularity,
    model::{JoinPath, PreAggregation, PreAggregationKind, Reference},
    name::MemberName,
    template::{Piece, context_word},
};

/// Keys that say when and how a table is built, not what is in it.
const BUILD_ONLY: [&str; 7] = [
    "refresh_key",
    "scheduled_refresh",
    "indexes",
    "build_range_start",
    "build_range_end",
    "refresh_range_start",
    "refresh_range_end",
];

pub(super) fn read(node: &Node<'_>, scope: Scope<'_>) -> Option<PreAggregation> {
    let (map, name) = named(node, scope.cube)?;
    let references =
        |key| list(&map, key).iter().map(|node| reference(node, scope)).collect::<Option<Vec<_>>>();
    let pre_aggregation = PreAggregation {
        name: MemberName::new(scope.cube, &name),
        kind: kind(&map)?,
        measures: references("measures")?,
        dimensions: references("dimensions")?,
        segments: references("segments")?,
        time_dimensions: time_dimensions(&map, scope)?,
        partition_granularity: granularity(&map, "partition_granularity")?,
        external: map.boolean("external", true),
        non_strict_dates: map.get("allow_non_strict_date_range_match").and_then(|node| node.boolean()),
        sql_alias: map.text("sql_alias"),
        context: context(node),
    };
    map.ignore(&BUILD_ONLY);
    map.ignore(&["rollups", "union_with_source_data", "use_original_sql_pre_aggregations"]);
    map.finish();
    Some(pre_aggregation)
}

fn kind(map: &Map<'_>) -> Option<PreAggregationKind> {
    let Some(node) = map.get("type") else { return Some(PreAggregationKind::Rollup) };
    match node.text()?.as_str() {
        "rollup" => Some(PreAggregationKind::Rollup),
        "rollup_join" | "rollupJoin" => Some(PreAggregationKind::RollupJoin),
        "rollup_lambda" | "rollupLambda" => Some(PreAggregationKind::RollupLambda),
        "original_sql" | "originalSql" => Some(PreAggregationKind::OriginalSql),
        other => {
            node.problem(format!("the pre-aggregation type `{other}` is not supported"));
            None
        }
    }
}

// One name may stand without brackets, as in Cube.
fn list<'a>(map: &Map<'a>, key: &str) -> Vec<Node<'a>> {
    match map.get(key) {
        Some(node) if node.is_sequence() => node.items(),
        Some(node) => vec![node],
        None => Vec::new(),
    }
}

fn reference(node: &Node<'_>, scope: Scope<'_>) -> Option<Reference> {
    let text = node.text()?;
    match scope.resolve(&text) {
        Some(Piece::Member { path, member }) => {
            let path = if path.is_empty() { JoinPath::root(scope.cube) } else { path };
            Some(Reference::new(path, member))
        }
        _ => {
            node.problem(format!("`{text}` names no member"));
            None
        }
    }
}

fn time_dimensions(map: &Map<'_>, scope: Scope<'_>) -> Option<Vec<(Reference, Granularity)>> {
    let mut times = Vec::new();
    if let Some(node) = map.get("time_dimension") {
        times.push((reference(&node, scope)?, required_granularity(map)?));
    }
    for node in map.list("time_dimensions") {
        let entry = node.map()?;
        times.push((reference(&entry.required("dimension")?, scope)?, required_granularity(&entry)?));
        entry.finish();
    }
    Some(times)
}

fn required_granularity(map: &Map<'_>) -> Option<Granularity> {
    map.required("granularity")?;
    granularity(map, "granularity")?
}

#[expect(
    clippy::option_option,
    reason = "the outer option is \"could be read\", the inner one \"was given\""
)]
fn granularity(map: &Map<'_>, key: &str) -> Option<Option<Granularity>> {
    let Some(node) = map.get(key) else { return Some(None) };
    match node.text()?.parse() {
        Ok(granularity) => Some(Some(granularity)),
        Err(error) => {
            let error: crate::granularity::UnknownGranularity = error;
            node.problem(error.to_string());
            None
        }
    }
}

fn context(node: &Node<'_>) -> Option<String> {
    let mut found = None;
    node.texts(&mut |text| {
        if let Some(at) = context_word(text) {
            let word = text[at..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
            found = word.map(str::to_owned);
        }
    });
    found
}
