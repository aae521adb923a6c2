//! Predicates as the SQL that Cube makes of its filters, over the databases that are hardest on a caller: one folds
//! the case of ASCII only, another knows the final sigma.

use semantic::granularity::parse_iso;
use serde_json::Value as Json;

use super::{Row, Value};

/// The filters of a query: on groups, on rows.
pub(crate) fn filters(query: &Json) -> (Vec<Json>, Vec<Json>) {
    let listed = query["filters"].as_array().cloned().unwrap_or_default();
    let ranges = query["timeDimensions"].as_array().into_iter().flatten().filter_map(|time| {
        let range = time["dateRange"].as_array()?;
        Some(serde_json::json!({"member": time["dimension"], "operator": "inDateRange", "values": range}))
    });
    listed.into_iter().chain(ranges).partition(is_of_measures)
}

fn is_of_measures(filter: &Json) -> bool {
    match parts(filter) {
        Some((_, parts)) => {
            let kinds: Vec<_> = parts.iter().map(is_of_measures).collect();
            assert!(kinds.iter().all(|kind| *kind == kinds[0]), "Cube refuses to mix: {filter}");
            kinds[0]
        }
        None => matches!(filter["member"].as_str(), Some("orders.count" | "orders.total")),
    }
}

fn parts(filter: &Json) -> Option<(bool, &Vec<Json>)> {
    let all = filter.get("and").and_then(Json::as_array).map(|parts| (true, parts));
    let any = || filter.get("or").and_then(Json::as_array).map(|parts| (false, parts));
    all.or_else(any).inspect(|(_, parts)| assert!(!parts.is_empty(), "an empty group"))
}

pub(crate) fn passes(filter: &Json, row: &Row) -> bool {
    match parts(filter) {
        Some((true, parts)) => parts.iter().all(|part| passes(part, row)),
        Some((false, parts)) => parts.iter().any(|part| passes(part, row)),
        None => passes_one(filter, row),
    }
}

fn passes_one(filter: &Json, row: &Row) -> bool {
    let found = &row[filter["member"].as_str().unwrap()];
    let operator = filter["operator"].as_str().unwrap();
    let values: Vec<_> =
        filter["values"].as_array().into_iter().flatten().map(|value| value.as_str().unwrap()).collect();
    let is_null = *found == Value::Null;
    match operator {
        "set" => !is_null,
        "notSet" => is_null,
        "notEquals" => is_null || !values.iter().any(|value| *found == read(value, found)),
        _ if is_null => false,
        "equals" => values.iter().any(|value| *found == read(value, found)),
        "gt" => *found > read(values[0], found),
        "gte" => *found >= read(values[0], found),
        "lt" => *found < read(values[0], found),
        "lte" => *found <= read(values[0], found),
        "contains" => contains(found, values[0]),
        "afterOrOnDate" => *found >= time(values[0]),
        "beforeDate" => *found < time(values[0]),
        "inDateRange" => *found >= time(values[0]) && *found <= time(values[1]),
        other => panic!("operator {other} is not among those that were seen"),
    }
}

/// The database reads a parameter as what it is compared with.
fn read(value: &str, beside: &Value) -> Value {
    match beside {
        Value::Bool(_) => Value::Bool(value == "true"),
        Value::Number(_) => Value::Number(value.parse().unwrap()),
        Value::Text(_) | Value::Null => Value::Text(value.to_owned()),
    }
}

fn time(text: &str) -> Value {
    Value::Number(parse_iso(text).unwrap() as f64)
}

/// `ILIKE '%' || value || '%'`: true where every database says so.
fn contains(found: &Value, value: &str) -> bool {
    let Value::Text(text) = found else { panic!("{found:?} is no text") };
    assert!(!value.contains(['\\', '%', '_']), "its escaping differs between versions: {value}");
    text.to_lowercase().contains(&value.to_lowercase())
        && text.to_ascii_lowercase().contains(&value.to_ascii_lowercase())
}
