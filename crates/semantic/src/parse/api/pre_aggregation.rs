//! Pre-aggregations with the references that Cube has resolved. How they are built and refreshed is left out: nothing
//! asks this model for it.

use super::{
    answers::{Definition, Definitions, TimeReference},
    cube::Parts,
    last, list, text,
};
use crate::parse::value::{Data, Value};

/// The pre-aggregations of a cube.
pub(super) fn all(definitions: &Definitions, cube: &Parts) -> Vec<Value> {
    let own = definitions.pre_aggregations.iter().filter(|definition| definition.cube == cube.name);
    own.map(|definition| value(definition, cube)).collect()
}

fn value(definition: &Definition, cube: &Parts) -> Value {
    let (declared, references) = (&definition.pre_aggregation, &definition.references);
    // Segments are members of the cube itself.
    let is_segment = |name: &&String| {
        name.split_once('.').is_some_and(|(of, member)| of == cube.name && cube.segments.contains(member))
    };
    let names = |names: Vec<&String>| list(names.into_iter().map(text).collect());
    let (segments, dimensions) = references.dimensions.iter().partition(is_segment);
    let mut entries = vec![
        ("name", text(last(&definition.pre_aggregation_name))),
        ("measures", names(references.measures.iter().collect())),
        ("dimensions", names(dimensions)),
        ("segments", names(segments)),
        ("time_dimensions", list(references.time_dimensions.iter().map(time).collect())),
        ("rollups", names(references.rollups.iter().collect())),
    ];
    let of = |key, value: &Option<String>| value.as_ref().map(|value| (key, text(value)));
    let flag = |key, value: Option<bool>| value.map(|value| (key, Value::new(Data::Boolean(value))));
    let optional = [
        of("type", &declared.kind),
        of("partition_granularity", &declared.partition_granularity),
        of("sql_alias", &declared.sql_alias),
        flag("external", declared.external),
        flag("union_with_source_data", declared.union_with_source_data),
        flag("use_original_sql_pre_aggregations", declared.use_original_sql_pre_aggregations),
        flag("allow_non_strict_date_range_match", declared.allow_non_strict_date_range_match),
    ];
    entries.extend(optional.into_iter().flatten());
    Value::map(entries)
}

fn time(time: &TimeReference) -> Value {
    let granularity = time.granularity.as_ref().map(|granularity| ("granularity", text(granularity)));
    Value::map([("dimension", text(&time.dimension))].into_iter().chain(granularity))
}
