//! A query in Cube's JSON, for whoever computes it from the source.

use semantic::{
    ColumnKind, CompareOp, Filter, Grouping, MemberName, Model, Output, SemanticQuery, Value,
    granularity::iso,
};
use serde_json::{Value as Json, json};

/// The body of `/v1/load`, and the names of the answer's columns in the order of the outputs.
pub(super) fn json(query: &SemanticQuery) -> (Json, Vec<String>) {
    let (mut dimensions, mut times, mut measures, mut segments, mut filters) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for output in &query.outputs {
        match output {
            Output::Time(time, grain) => {
                times.push(json!({ "dimension": time.as_str(), "granularity": grain.name() }));
            }
            Output::Custom(time, name) => {
                times.push(json!({ "dimension": time.as_str(), "granularity": name.as_ref() }));
            }
            Output::Measure(measure) => measures.push(measure.as_str()),
            Output::Dimension(member) | Output::Segment(member) => dimensions.push(member.as_str()),
        }
    }
    for part in query.filter.conjuncts() {
        match part {
            Filter::Segment { member, holds: true } => segments.push(member.as_str()),
            Filter::During { member, from: Some(from), to: Some(to) } => {
                times.push(json!({ "dimension": member.as_str(), "dateRange": [iso(*from), iso(*to - 1)] }));
            }
            other => filters.push(filter(other)),
        }
    }
    filters.extend(query.having.conjuncts().iter().map(filter));
    let body = json!({
        "dimensions": dimensions, "timeDimensions": times, "measures": measures, "segments": segments,
        "filters": filters, "timezone": query.zone.name(), "order": [], "limit": 50_000,
        "ungrouped": query.grouping == Grouping::Ungrouped,
    });
    (body, query.outputs.iter().map(ToString::to_string).collect())
}

// Cube's negative operators let NULL pass, SQL's do not.
fn filter(filter: &Filter) -> Json {
    let test = |member: &MemberName, operator: &str, values: Vec<String>| json!({ "member": member.as_str(), "operator": operator, "values": values });
    let but_null = |member: &MemberName, operator: &str, values: Vec<String>| json!({ "and": [test(member, operator, values), test(member, "set", Vec::new())] });
    let parts = |parts: &[Filter]| parts.iter().map(self::filter).collect::<Vec<_>>();
    match filter {
        Filter::All(all) => json!({ "and": parts(all) }),
        Filter::Any(any) => json!({ "or": parts(any) }),
        Filter::Null { member, negated } => test(member, if *negated { "set" } else { "notSet" }, Vec::new()),
        Filter::In { member, values, negated } => {
            let values = values.iter().map(text).collect();
            if *negated { but_null(member, "notEquals", values) } else { test(member, "equals", values) }
        }
        Filter::Like { member, like, negated } => {
            let values = vec![like.pattern.trim_matches('%').to_owned()];
            if *negated { but_null(member, "notContains", values) } else { test(member, "contains", values) }
        }
        Filter::Compare { member, op, value } => {
            let values = vec![text(value)];
            match op {
                CompareOp::Eq => test(member, "equals", values),
                CompareOp::Ne => but_null(member, "notEquals", values),
                CompareOp::Lt => test(member, "lt", values),
                CompareOp::Le => test(member, "lte", values),
                CompareOp::Gt => test(member, "gt", values),
                CompareOp::Ge => test(member, "gte", values),
            }
        }
        Filter::During { member, from, to } => {
            let from = from.map(|from| test(member, "afterOrOnDate", vec![iso(from)]));
            let to = to.map(|to| test(member, "beforeDate", vec![iso(to)]));
            json!({ "and": from.into_iter().chain(to).collect::<Vec<_>>() })
        }
        Filter::Segment { member, .. } => panic!("no operator tests the segment {member}"),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        other => other.to_string(),
    }
}

/// The rows of an answer of `/v1/load`, as texts.
pub(super) fn rows(
    body: &Json,
    columns: &[String],
    query: &SemanticQuery,
    model: &Model,
) -> Vec<Vec<String>> {
    // A row that a filtered measure does not count has a count of 0 in SQL, and none in the source's answer.
    let is_count = |output: &Output| match model.column(output.member()).map(|column| column.kind) {
        Some(ColumnKind::Measure(kind)) => kind.is_count(),
        _ => false,
    };
    let counts: Vec<_> = query.outputs.iter().map(is_count).collect();
    let rows = body["data"].as_array().unwrap_or_else(|| panic!("{body}")).iter();
    let value = |row: &Json, (column, counts): (&String, &bool)| match &row[column] {
        Json::Null if *counts => alike("0"),
        other => alike(&shown(other)),
    };
    rows.map(|row| columns.iter().zip(&counts).map(|column| value(row, column)).collect()).collect()
}

fn shown(value: &Json) -> String {
    match value {
        Json::Null => "NULL".to_owned(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Numbers in one form, to the digits that every order of adding them up has in common.
pub(super) fn alike(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(number) => format!("{:.9e}", if number == 0.0 { 0.0 } else { number }),
        Err(_) => text.to_owned(),
    }
}
