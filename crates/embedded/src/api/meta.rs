//! `/v1/meta`: the data model as the API tells it.

use semantic::{
    ColumnKind, DimensionType, MeasureType, Model, Table,
    model::{Column, TableKind},
};
use serde_json::{Map, Value, json};

use super::titles::titleize;

/// The whole answer. Members that are not public are left out.
pub(super) fn meta(model: &Model) -> Value {
    let components = components(model);
    let tables = model.tables().map(|table| self::table(table, components.get(&*table.name).copied()));
    json!({ "cubes": tables.collect::<Vec<_>>() })
}

fn table(table: &Table, component: Option<usize>) -> Value {
    let of = |wanted: fn(ColumnKind) -> bool| {
        let columns = table.columns().iter().filter(|column| wanted(column.kind));
        columns.map(|column| member(column, table)).collect::<Vec<_>>()
    };
    let mut value = json!({
        "name": &*table.name,
        "type": if table.kind == TableKind::View { "view" } else { "cube" },
        "title": title(table),
        "isVisible": true,
        "public": true,
        "measures": of(|kind| matches!(kind, ColumnKind::Measure(_))),
        "dimensions": of(|kind| matches!(kind, ColumnKind::Dimension(_))),
        "segments": of(|kind| kind == ColumnKind::Segment),
        "hierarchies": [],
        "folders": [],
        "nestedFolders": [],
    });
    set(&mut value, "description", table.description.as_ref().map(|text| json!(text)));
    set(&mut value, "connectedComponent", component.map(|number| json!(number)));
    value
}

/// A table's title.
pub(super) fn title(table: &Table) -> String {
    table.title.clone().unwrap_or_else(|| titleize(&table.name))
}

/// A member's title without its table's.
pub(super) fn short_title(column: &Column) -> String {
    column.title.clone().unwrap_or_else(|| titleize(column.name()))
}

fn member(column: &Column, table: &Table) -> Value {
    let short_title = short_title(column);
    let mut value = json!({
        "name": column.member.as_str(),
        "title": format!("{} {short_title}", title(table)),
        "shortTitle": short_title,
        "isVisible": true,
        "public": true,
    });
    match column.kind {
        ColumnKind::Measure(kind) => extend(&mut value, measure(kind)),
        ColumnKind::Dimension(kind) => extend(&mut value, dimension(kind, column.primary_key)),
        ColumnKind::Segment => {}
    }
    set(&mut value, "description", column.description.as_ref().map(|text| json!(text)));
    set(&mut value, "meta", arrow_type(column).map(|name| json!({ "arrow_type": name })));
    if table.kind == TableKind::View && column.kind != ColumnKind::Segment {
        set(&mut value, "aliasMember", Some(json!(column.source.member.as_str())));
    }
    value
}

fn measure(kind: MeasureType) -> Value {
    json!({
        "type": shown_type(kind),
        "aggType": agg_type(kind),
        "cumulative": false,
        "cumulativeTotal": false,
        "drillMembers": [],
        "drillMembersGrouped": { "measures": [], "dimensions": [] },
    })
}

fn dimension(kind: DimensionType, primary_key: bool) -> Value {
    json!({ "type": dimension_type(kind), "suggestFilterValues": true, "primaryKey": primary_key })
}

/// Cube's word for the values of a measure.
pub(super) fn shown_type(kind: MeasureType) -> &'static str {
    match kind {
        MeasureType::String => "string",
        MeasureType::Time => "time",
        MeasureType::Boolean => "boolean",
        _ => "number",
    }
}

/// Cube's word for the values of a dimension.
pub(super) fn dimension_type(kind: DimensionType) -> &'static str {
    match kind {
        DimensionType::String => "string",
        DimensionType::Number => "number",
        DimensionType::Boolean => "boolean",
        DimensionType::Time => "time",
        DimensionType::Geo => "geo",
        DimensionType::Switch => "switch",
    }
}

fn agg_type(kind: MeasureType) -> &'static str {
    match kind {
        MeasureType::CountDistinct => "countDistinct",
        MeasureType::CountDistinctApprox => "countDistinctApprox",
        MeasureType::NumberAgg => "numberAgg",
        MeasureType::RunningTotal => "runningTotal",
        other => other.name(),
    }
}

/// `meta.arrow_type`, where the model says more than the type itself.
pub(super) fn arrow_type(column: &Column) -> Option<String> {
    let implied = match column.kind {
        ColumnKind::Measure(kind) => kind.arrow_type(),
        ColumnKind::Dimension(kind) => kind.arrow_type(),
        ColumnKind::Segment => return None,
    };
    (column.data_type != implied).then(|| column.data_type.to_string())
}

/// Cubes that joins connect have the same number; cubes without joins have none.
fn components(model: &Model) -> std::collections::HashMap<&str, usize> {
    let mut numbers = std::collections::HashMap::new();
    let edges = || model.cubes().flat_map(|cube| cube.joins.iter().map(move |join| (&*cube.name, &*join.to)));
    for (place, (from, to)) in edges().enumerate() {
        let known = [from, to].map(|cube| numbers.get(cube).copied());
        let number = known.into_iter().flatten().min().unwrap_or(place + 1);
        let merged: Vec<_> = known.into_iter().flatten().collect();
        numbers.values_mut().filter(|other| merged.contains(other)).for_each(|other| *other = number);
        numbers.extend([(from, number), (to, number)]);
    }
    numbers
}

fn set(value: &mut Value, key: &str, to: Option<Value>) {
    if let (Some(map), Some(to)) = (value.as_object_mut(), to) {
        map.insert(key.to_owned(), to);
    }
}

fn extend(value: &mut Value, with: Value) {
    if let (Some(map), Value::Object(with)) = (value.as_object_mut(), with) {
        Map::extend(map, with);
    }
}
