//! Reads measures.

use super::{
    about::{about, conditions, format, kind, mask},
    case,
    index::Scope,
    map::Map,
    naming::named,
    node::Node,
    shift,
};
use crate::{
    model::{Measure, MeasureType},
    name::MemberName,
};

const TYPES: [(&str, MeasureType); 14] = [
    ("count", MeasureType::Count),
    ("count_distinct", MeasureType::CountDistinct),
    ("count_distinct_approx", MeasureType::CountDistinctApprox),
    ("sum", MeasureType::Sum),
    ("avg", MeasureType::Avg),
    ("min", MeasureType::Min),
    ("max", MeasureType::Max),
    ("number", MeasureType::Number),
    ("string", MeasureType::String),
    ("time", MeasureType::Time),
    ("boolean", MeasureType::Boolean),
    ("number_agg", MeasureType::NumberAgg),
    ("rank", MeasureType::Rank),
    ("running_total", MeasureType::RunningTotal),
];

/// Reads a measure.
pub(super) fn read(node: &Node<'_>, scope: Scope<'_>) -> Option<Measure> {
    let (map, name) = named(node, scope.cube)?;
    let drill = map.either(&["drill_members", "drill_member_references"]);
    let measure = Measure {
        name: MemberName::new(scope.cube, &name),
        kind: kind(&map, "measure", &TYPES)?,
        sql: map.get("sql").and_then(|sql| scope.template(&sql)),
        case: map.get("case").and_then(|node| case::read(&node, scope)),
        filters: conditions(&map, "filters", scope),
        rolling_window: shift::window(&map),
        cumulative: map.boolean("cumulative", false),
        stages: shift::stages(&map, scope),
        mask: mask(&map, scope),
        drill_members: drill.map(|node| scope.references(&node)).unwrap_or_default(),
        drill_filters: conditions(&map, "drill_filters", scope),
        format: format(&map),
        currency: map.text("currency"),
        aliases: map.texts("aliases"),
        about: about(&map, true),
    };
    check(&map, &measure);
    map.finish();
    Some(measure)
}

fn check(map: &Map<'_>, measure: &Measure) {
    let without = matches!(measure.kind, MeasureType::Count | MeasureType::Rank);
    match (map.get("sql"), map.get("case")) {
        (None, None) if !without => {
            map.node().problem(format!("a `{}` measure needs `sql`", measure.kind.name()));
        }
        (Some(_), Some(case)) => case.problem("`sql` and `case` exclude each other"),
        _ => {}
    }
}
