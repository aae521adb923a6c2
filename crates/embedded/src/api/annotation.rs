//! What an answer says about itself: its normalized query, and titles and types of its members.

use chrono::Utc;
use semantic::{
    Model, Table,
    json::{Direction, JsonQuery},
    model::{Column, ColumnKind},
};
use serde_json::{Map, Value, json};

use super::{
    meta::{arrow_type, dimension_type, short_title, shown_type, title},
    question::{Key, Question},
};

/// The whole answer around its rows.
pub(super) fn around(
    data: Value,
    query: &JsonQuery,
    question: &Question<'_>,
    model: &Model,
) -> Map<String, Value> {
    let answer = json!({
        "query": normalized(query, question),
        "lastRefreshTime": Utc::now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "annotation": annotation(question, model),
        "dataSource": "default",
        "dbType": "postgres",
        "extDbType": "cubestore",
        "external": false,
        "slowQuery": false,
        "data": data,
    });
    match answer {
        Value::Object(answer) => answer,
        _ => Map::new(),
    }
}

fn normalized(query: &JsonQuery, question: &Question<'_>) -> Value {
    let mut value = json!(query);
    let order = query.order.as_ref().map(|order| {
        let entry = |(member, direction): &(String, Direction)| json!({ "id": member, "desc": *direction == Direction::Desc });
        order.iter().map(entry).collect::<Vec<_>>()
    });
    let with = json!({
        "dimensions": query.dimensions,
        "timeDimensions": query.time_dimensions,
        "filters": query.filters,
        "timezone": question.zone.name(),
        "limit": question.limit,
        "rowLimit": question.limit,
    });
    if let (Some(map), Value::Object(with)) = (value.as_object_mut(), with) {
        map.extend(with);
        map.extend(order.map(|order| ("order".to_owned(), json!(order))));
    }
    value
}

fn annotation(question: &Question<'_>, model: &Model) -> Value {
    let plain = question.keys.iter().filter(|key| key.granularity.is_none());
    let dimensions: Map<_, _> =
        plain.map(|key| (key.name(), about(key.asked.name.as_str(), model))).collect();
    let measures: Map<_, _> = question
        .measures
        .iter()
        .map(|asked| (asked.name.to_string(), about(asked.name.as_str(), model)))
        .collect();
    let segments: Map<_, _> = question
        .segments
        .iter()
        .map(|asked| (asked.name.to_string(), about(asked.name.as_str(), model)))
        .collect();
    json!({
        "measures": measures,
        "dimensions": dimensions,
        "segments": segments,
        "timeDimensions": times(&question.keys, model),
    })
}

fn times(keys: &[Key<'_>], model: &Model) -> Map<String, Value> {
    let mut times = Map::new();
    for key in keys {
        let Some((granularity, _)) = &key.granularity else { continue };
        let about = about(key.asked.name.as_str(), model);
        let mut with_granularity = about.clone();
        with_granularity["granularity"] = json!({
            "name": granularity.to_string(), "title": granularity.to_string(), "interval": format!("1 {granularity}"),
        });
        times.insert(key.name(), with_granularity);
        times.insert(key.asked.name.to_string(), about);
    }
    times
}

fn about(member: &str, model: &Model) -> Value {
    let found = member.split_once('.').and_then(|(table, name)| {
        let table = model.table(table)?;
        Some((table, table.column(name)?))
    });
    found.map_or_else(|| json!({}), |(table, column)| about_column(table, column))
}

fn about_column(table: &Table, column: &Column) -> Value {
    let short_title = short_title(column);
    let mut value = json!({ "title": format!("{} {short_title}", title(table)), "shortTitle": short_title });
    match column.kind {
        ColumnKind::Measure(kind) => {
            value["type"] = json!(shown_type(kind));
            value["drillMembers"] = json!([]);
            value["drillMembersGrouped"] = json!({ "measures": [], "dimensions": [] });
        }
        ColumnKind::Dimension(kind) => value["type"] = json!(dimension_type(kind)),
        ColumnKind::Segment => {}
    }
    if let Some(name) = arrow_type(column) {
        value["meta"] = json!({ "arrow_type": name });
    }
    value
}
