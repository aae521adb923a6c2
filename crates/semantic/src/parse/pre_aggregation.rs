//! Reads pre-aggregations; their references become full join paths.

use super::{index::Scope, map::Map, naming::named, node::Node, refresh};
use crate::{
    granularity::{Granularity, UnknownGranularity},
    model::{Grain, PreAggregation, PreAggregationKind, Reference, Spelled, StoredTime},
    name::MemberName,
    template::context_word,
};

const KINDS: [(&str, PreAggregationKind); 4] = [
    ("rollup", PreAggregationKind::Rollup),
    ("rollup_join", PreAggregationKind::RollupJoin),
    ("rollup_lambda", PreAggregationKind::RollupLambda),
    ("original_sql", PreAggregationKind::OriginalSql),
];

/// Reads a pre-aggregation.
pub(super) fn read(node: &Node<'_>, scope: Scope<'_>) -> Option<PreAggregation> {
    let (map, name) = named(node, scope.cube)?;
    let references = |keys: [&str; 2]| map.either(&keys).map(|n| scope.references(&n)).unwrap_or_default();
    let rollups = map.either(&["rollups", "rollup_references"]).map(|node| node.one_or_many());
    let kind = match map.get("type") {
        Some(_) => super::about::kind(&map, "pre-aggregation", &KINDS)?,
        None => PreAggregationKind::Rollup,
    };
    let pre_aggregation = PreAggregation {
        name: MemberName::new(scope.cube, &name),
        kind,
        measures: references(["measures", "measure_references"]),
        dimensions: references(["dimensions", "dimension_references"]),
        segments: references(["segments", "segment_references"]),
        time_dimensions: time_dimensions(&map, scope),
        rollups: rollups.iter().flatten().filter_map(|node| scope.rollup(node)).collect(),
        union_with_source_data: map.flag("union_with_source_data"),
        partition_granularity: map.parsed::<Granularity>("partition_granularity"),
        external: map.boolean("external", true),
        non_strict_dates: map.flag("allow_non_strict_date_range_match"),
        sql_alias: map.text("sql_alias"),
        context: context(node),
        build: refresh::build(&map, kind, scope),
        spelled: spelled(&map, scope),
    };
    check(&map, &pre_aggregation);
    map.finish();
    Some(pre_aggregation)
}

fn check(map: &Map<'_>, pre_aggregation: &PreAggregation) {
    let is_made_of_others =
        matches!(pre_aggregation.kind, PreAggregationKind::RollupJoin | PreAggregationKind::RollupLambda);
    if is_made_of_others && map.get("rollups").is_none() && map.get("rollup_references").is_none() {
        map.required("rollups");
    }
}

fn spelled(map: &Map<'_>, scope: Scope<'_>) -> Spelled {
    let list = |node: Node<'_>| node.one_or_many().iter().filter_map(|node| scope.spelled(node)).collect();
    let members = |keys: [&str; 2]| map.either(&keys).map(list).unwrap_or_default();
    Spelled {
        measures: members(["measures", "measure_references"]),
        dimensions: members(["dimensions", "dimension_references"]),
        segments: members(["segments", "segment_references"]),
    }
}

fn time_dimensions(map: &Map<'_>, scope: Scope<'_>) -> Vec<StoredTime> {
    let one = map.either(&["time_dimension", "time_dimension_reference"]);
    let one = one.and_then(|node| time(&node, map, scope));
    let entries = map.list("time_dimensions");
    let many = entries.iter().filter_map(|node| {
        let entry = node.map()?;
        let time = time(&entry.required("dimension")?, &entry, scope);
        entry.finish();
        time
    });
    one.into_iter().chain(many).collect()
}

fn time(node: &Node<'_>, map: &Map<'_>, scope: Scope<'_>) -> Option<StoredTime> {
    let dimension = scope.reference(node);
    let granularity = map.required("granularity");
    let dimension = dimension?;
    let granularity = grain(&granularity?, &dimension, scope)?;
    Some(StoredTime { dimension, granularity, spelled: scope.spelled(node)? })
}

// A dimension's own granularity comes first: a calendar's own months are not the standard ones.
fn grain(node: &Node<'_>, time: &Reference, scope: Scope<'_>) -> Option<Grain> {
    let name = node.text()?;
    if scope.has_granularity(&time.member, &name) {
        return Some(Grain::Custom(name.into()));
    }
    let unknown = |error: UnknownGranularity| node.problem(format!("{error}, or one that `{time}` declares"));
    name.parse().map(Grain::Standard).map_err(unknown).ok()
}

// The alphabet decides between several, so that the order of keys does not.
fn context(node: &Node<'_>) -> Option<String> {
    let mut found: Option<String> = None;
    node.texts(&mut |text| {
        if let Some(at) = context_word(text) {
            let word = text[at..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
            let word = word.map(str::to_owned);
            found = found.take().into_iter().chain(word).min();
        }
    });
    found
}
