//! The schema of a query: what the API refuses before it looks at the data model.
//!
//! Brings the forms that Cube accepts (an order as object, one date as range) into the one that
//! [`semantic::json`] knows.

use semantic::json::JsonQuery;
use serde_json::{Map, Value, json};

use super::{refusal::Refusal, times};

/// A well-formed query, and what stands beside it in the same object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Form {
    pub(super) query: JsonQuery,
    /// Count the rows behind the limit too.
    pub(super) total: bool,
}

const KEYS: [&str; 16] = [
    "measures",
    "dimensions",
    "timeDimensions",
    "filters",
    "order",
    "segments",
    "timezone",
    "limit",
    "offset",
    "ungrouped",
    "responseFormat",
    "total",
    "joinHints",
    "cache",
    "cacheMode",
    "renewQuery",
];

const CACHE_MODES: [&str; 4] = ["stale-if-slow", "stale-while-revalidate", "must-revalidate", "no-cache"];

/// Reads the object that a caller sent.
pub(super) fn read(query: &Value) -> Result<Form, Refusal> {
    let mut query =
        query.as_object().cloned().ok_or_else(|| Refusal::format("\"value\" must be of type object"))?;
    if let Some(key) = query.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(Refusal::format(format_args!("\"{key}\" is not allowed")));
    }
    if query.get("measures").is_some_and(|measures| !measures.is_array()) {
        return Err(Refusal::failed("TypeError: array?.some is not a function"));
    }
    names(&query, "measures", false)?;
    names(&query, "dimensions", true)?;
    names(&query, "segments", false)?;
    number(&query, "limit")?;
    number(&query, "offset")?;
    for key in ["cache", "cacheMode"] {
        cache_mode(query.remove(key).as_ref())?;
    }
    query.remove("renewQuery");
    let total = query.remove("total").is_some_and(|total| total == json!(true));
    order(&mut query)?;
    ranges(&mut query)?;
    filters(&mut query)?;
    let query: JsonQuery = serde_json::from_value(Value::Object(query)).map_err(Refusal::format)?;
    not_empty(&query)?;
    Ok(Form { query, total })
}

fn names(query: &Map<String, Value>, key: &str, with_granularity: bool) -> Result<(), Refusal> {
    let list = query.get(key).and_then(Value::as_array);
    for (index, name) in list.into_iter().flatten().enumerate() {
        let Some(text) = name.as_str() else {
            return Err(Refusal::failed(format!("Error: Can't match args for: {name}")));
        };
        let parts: Vec<_> = text.split('.').collect();
        let word =
            |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let fits = parts.len() == 2 || (with_granularity && parts.len() == 3);
        if !fits || !parts.iter().all(word) {
            return Err(Refusal::format(format_args!(
                "\"{key}[{index}]\" with value \"{text}\" fails to match the required pattern: \
                 /^[a-zA-Z0-9_]+\\.[a-zA-Z0-9_]+$/"
            )));
        }
    }
    Ok(())
}

fn number(query: &Map<String, Value>, key: &str) -> Result<(), Refusal> {
    match query.get(key) {
        None => Ok(()),
        Some(value) if value.is_u64() => Ok(()),
        Some(value) if value.is_i64() => {
            Err(Refusal::format(format_args!("\"{key}\" must be greater than or equal to 0")))
        }
        Some(_) => Err(Refusal::format(format_args!("\"{key}\" must be a number"))),
    }
}

/// Refuses words that are no cache mode.
pub(super) fn cache_mode(mode: Option<&Value>) -> Result<(), Refusal> {
    match mode.map(|mode| mode.as_str().is_some_and(|mode| CACHE_MODES.contains(&mode))) {
        None | Some(true) => Ok(()),
        Some(false) => {
            Err(Refusal::format(format_args!("\"cacheMode\" must be one of [{}]", CACHE_MODES.join(", "))))
        }
    }
}

// `{member: "asc"}` and `[[member, "asc"]]` mean the same.
fn order(query: &mut Map<String, Value>) -> Result<(), Refusal> {
    if let Some(Value::Object(order)) = query.get("order") {
        let list: Vec<_> = order.iter().map(|(member, direction)| json!([member, direction])).collect();
        query.insert("order".to_owned(), Value::Array(list));
    }
    for entry in query.get("order").and_then(Value::as_array).into_iter().flatten() {
        if !matches!(entry[1].as_str(), Some("asc" | "desc")) {
            let member = entry[0].as_str().unwrap_or_default();
            return Err(Refusal::format(format_args!("\"order.{member}\" must be one of [asc, desc]")));
        }
    }
    Ok(())
}

// One date, alone or in a list, is a range of that day.
fn ranges(query: &mut Map<String, Value>) -> Result<(), Refusal> {
    let times = query.get_mut("timeDimensions").and_then(Value::as_array_mut);
    for range in times.into_iter().flatten().filter_map(|time| time.get_mut("dateRange")) {
        let ends: Vec<_> = match &*range {
            Value::Array(ends) => ends.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        let (Some(first), Some(last)) = (ends.first(), ends.last()) else {
            return Err(Refusal::format("\"timeDimensions.dateRange\" must be a string or a list of two"));
        };
        *range = json!([times::range_start(first)?, times::range_end(last)?]);
    }
    Ok(())
}

fn filters(query: &mut Map<String, Value>) -> Result<(), Refusal> {
    let filters = query.get_mut("filters").and_then(Value::as_array_mut);
    for (index, filter) in filters.into_iter().flatten().enumerate() {
        let wrong =
            || Refusal::format(format_args!("\"filters[{index}]\" does not match any of the allowed types"));
        self::filter(filter).ok_or_else(wrong)?;
    }
    Ok(())
}

// `dimension` is the old word for `member`.
fn filter(filter: &mut Value) -> Option<()> {
    let filter = filter.as_object_mut()?;
    for word in ["and", "or"] {
        if let Some(parts) = filter.get_mut(word) {
            return parts.as_array_mut()?.iter_mut().try_for_each(self::filter);
        }
    }
    if let Some(member) = filter.remove("dimension") {
        filter.insert("member".to_owned(), member);
    }
    filter.get("member")?.as_str()?;
    super::operator::Operator::read(filter.get("operator")?.as_str()?)?;
    Some(())
}

fn not_empty(query: &JsonQuery) -> Result<(), Refusal> {
    let times = query.time_dimensions.iter().any(|time| time.granularity.is_some());
    if query.measures.is_empty() && query.dimensions.is_empty() && !times {
        return Err(Refusal::bad(
            "Query should contain either measures, dimensions or timeDimensions with granularities in order to be valid",
        ));
    }
    Ok(())
}
