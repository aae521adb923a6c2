//! The rules of Cube's planner one by one: small models, and queries that a pre-aggregation answers or does not.

mod grains;
mod joins;
mod keys;
mod measures;

use chrono::NaiveDate;
use semantic::asked::{AskedQuery, Defaults};
use serde_json::{Map, Value};

use super::setup::parsed;
use crate::planner::{Planner, Policy};

/// Asks each query and compares what is chosen: `orders.main`, `none`, or `error: ..`.
///
/// A query is written in words: `count total by status at:month = city:Oslo | segment:big`.
pub(super) fn check(model: &str, policy: Policy, cases: &[(&str, &str)]) {
    let model = parsed(model);
    let planner = Planner::new(&model);
    let mut wrong = String::new();
    for (words, expected) in cases {
        let found = chosen(&planner, policy, words);
        if found != *expected {
            wrong += &format!("{words}: {found}, not {expected}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn chosen(planner: &Planner<'_>, policy: Policy, words: &str) -> String {
    let now = NaiveDate::from_ymd_opt(2026, 6, 17).unwrap().and_hms_opt(12, 0, 0).unwrap();
    let ask = AskedQuery::read(&query(words), Defaults { zone: chrono_tz::UTC, now }).unwrap();
    match planner.choose(&ask, policy, "s").map(|choice| choice.chosen) {
        Ok(Some(chosen)) => chosen.rollup.name.to_string(),
        Ok(None) => "none".to_owned(),
        Err(error) => format!("error: {error}"),
    }
}

/// `m:` measures, `d:` dimensions, `t:time/bins/from/to`, `s:` segments, `f:member/operator/values`, `z:` zone, `rows`;
/// `and(..)` and `or(..)` hold filters without blanks.
fn query(words: &str) -> Value {
    let mut query = Map::new();
    let mut add = |key: &str, value: Value| {
        let list = query.entry(key).or_insert_with(|| Value::Array(Vec::new()));
        list.as_array_mut().unwrap().push(value);
    };
    let mut extra = Vec::new();
    for word in words.split_whitespace() {
        match word.split_once(':') {
            Some(("m", name)) => add("measures", name.into()),
            Some(("d", name)) => add("dimensions", name.into()),
            Some(("s", name)) => add("segments", name.into()),
            Some(("t", time)) => add("timeDimensions", self::time(time)),
            Some(("f", test)) => add("filters", filter(test)),
            Some(("z", zone)) => extra.push(("timezone", Value::from(zone))),
            None if word == "rows" => extra.push(("ungrouped", true.into())),
            _ => panic!("{word}"),
        }
    }
    query.extend(extra.into_iter().map(|(key, value)| (key.to_owned(), value)));
    Value::Object(query)
}

fn time(words: &str) -> Value {
    let mut parts = words.split('/').filter(|part| !part.is_empty());
    let mut time = serde_json::json!({"dimension": parts.next().unwrap()});
    let rest: Vec<_> = parts.collect();
    let (bins, range) = if rest.len() % 2 == 1 { (rest.first(), &rest[1..]) } else { (None, &rest[..]) };
    if let Some(bins) = bins {
        time["granularity"] = (*bins).into();
    }
    if !range.is_empty() {
        time["dateRange"] = range.into();
    }
    time
}

fn filter(words: &str) -> Value {
    for group in ["and", "or"] {
        if let Some(inner) =
            words.strip_prefix(group).and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'))
        {
            return serde_json::json!({group: inner.split(',').map(filter).collect::<Vec<_>>()});
        }
    }
    let parts: Vec<_> = words.split('/').collect();
    serde_json::json!({"member": parts[0], "operator": parts[1], "values": parts[2..]})
}
