//! Queries that a real Cube answers from a rollup: how many of them are read from one here, and why the others are
//! not. The refusals are strictness or a road that is not taken yet; what counts is that each has its reason.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use expect_test::expect;
use semantic::{
    ColumnKind, CompareOp, Filter, Grouping, Like, MemberName, Model, Output, SemanticQuery, Value,
    granularity::parse_iso,
    json::{JsonFilter, JsonQuery, JsonTimeDimension},
    parse::{SourceFile, model},
};

use super::setup::{manifest, scoped};
use crate::{Route, Tables, choose};

const CASES: &str = include_str!("../../../../tests/fixtures/matching/cube.jsonl");

macro_rules! files {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("../../../semantic/tests/fixtures/", $name)))),*]
    };
}

#[derive(serde::Deserialize)]
pub(super) struct Case {
    pub(super) model: String,
    pub(super) query: serde_json::Value,
    rollup: Option<String>,
}

/// All of them.
pub(super) fn cases() -> Vec<Case> {
    CASES.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(super) fn models() -> BTreeMap<&'static str, Model> {
    let read = |files: &[(&str, &str)]| {
        let file =
            |(path, text): &(&str, &str)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() };
        let files: Vec<_> = files.iter().map(file).collect();
        model(&files).unwrap_or_else(|error| panic!("{error}"))
    };
    BTreeMap::from([
        ("overlap", read(&files!("overlap.yml"))),
        ("timegran", read(&files!("timegran.yml"))),
        ("ecommerce", read(&files!("orders.yml", "others.yaml", "views.yml"))),
        ("joins", read(&files!("joins.yml"))),
        ("nonadd", read(&files!("nonadd.yml"))),
        ("filters", read(&files!("filters.yml"))),
    ])
}

/// Why a question has no form here, or the same in SQL's terms.
pub(super) fn question(json: &JsonQuery, model: &Model) -> Result<SemanticQuery, &'static str> {
    let member = |name: &String| {
        let member = MemberName::parse(name).map_err(|_| "a member of a member")?;
        model.column(&member).ok_or("a member that is no column")?;
        Ok::<_, &str>(member)
    };
    let mut outputs = Vec::new();
    for name in json.dimensions.iter().chain(&json.measures) {
        let member = member(name)?;
        outputs.push(match model.column(&member).map(|column| column.kind) {
            Some(ColumnKind::Measure(_)) => Output::Measure(member),
            _ => Output::Dimension(member),
        });
    }
    let mut filters = Vec::new();
    for JsonTimeDimension { dimension, granularity, date_range } in &json.time_dimensions {
        let time = member(dimension)?;
        if let Some(granularity) = granularity {
            outputs.push(match granularity.parse() {
                Ok(granularity) => Output::Time(time.clone(), granularity),
                Err(_) => Output::Custom(time.clone(), granularity.as_str().into()),
            });
        }
        if let Some([from, to]) = date_range {
            filters.push(during(&time, Some(from), Some(to))?);
        }
    }
    for name in &json.segments {
        filters.push(Filter::Segment { member: member(name)?, holds: true });
    }
    let mut having = Vec::new();
    for json in &json.filters {
        let (filter, of_measures) = filter(json, model)?;
        if of_measures { having.push(filter) } else { filters.push(filter) }
    }
    let zone: Tz = json.timezone.as_deref().unwrap_or("UTC").parse().map_err(|_| "an unknown zone")?;
    let mut query = SemanticQuery::grouped(outputs, zone);
    (query.filter, query.having) = (Filter::all(filters), Filter::all(having));
    if json.ungrouped == Some(true) {
        query.grouping = Grouping::Ungrouped;
    }
    let mut tables = Vec::new();
    query.members(|member| tables.push(member.table().to_owned()));
    tables.dedup();
    if tables.iter().any(|table| *table != tables[0]) { Err("several cubes") } else { Ok(query) }
}

/// Both ends inside, the later one to the end of its day.
fn during(time: &MemberName, from: Option<&String>, to: Option<&String>) -> Result<Filter, &'static str> {
    let read = |text: &String| parse_iso(text).ok_or("a relative date");
    let from = from.map(read).transpose()?;
    let last = |text: &String| Ok::<_, &str>(read(text)? + if text.len() == 10 { 86_400_000 } else { 1 });
    Ok(Filter::During { member: time.clone(), from, to: to.map(last).transpose()? })
}

fn filter(json: &JsonFilter, model: &Model) -> Result<(Filter, bool), &'static str> {
    let parts = |parts: &[JsonFilter]| {
        let parts: Vec<_> = parts.iter().map(|part| filter(part, model)).collect::<Result<_, _>>()?;
        let of_measures = parts.iter().any(|(_, of_measures)| *of_measures);
        Ok::<_, &'static str>((parts.into_iter().map(|(part, _)| part).collect::<Vec<_>>(), of_measures))
    };
    match json {
        JsonFilter::And { and } => parts(and).map(|(all, of)| (Filter::all(all), of)),
        JsonFilter::Or { or } => parts(or).map(|(any, of)| (Filter::any(any), of)),
        JsonFilter::Member { member, operator, values } => {
            let name = MemberName::parse(member).map_err(|_| "a member of a member")?;
            let column = model.column(&name).ok_or("a member that is no column")?;
            let is_text = column.data_type == semantic::ArrowType::Utf8;
            Ok((
                predicate(&name, operator, values, (is_text, column.data_type.is_time()))?,
                column.is_measure(),
            ))
        }
    }
}

fn predicate(
    member: &MemberName,
    operator: &str,
    values: &[serde_json::Value],
    (is_text, is_time): (bool, bool),
) -> Result<Filter, &'static str> {
    let member = member.clone();
    let texts: Vec<String> =
        values.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
    let value = |text: &String| match text.parse() {
        Ok(number) if !is_text => Value::Int(number),
        _ => text.parse().ok().filter(|_| !is_text).map_or(Value::Text(text.as_str().into()), Value::Float),
    };
    let first = || texts.first().ok_or("an operator without values");
    let compare = |op| Ok(Filter::Compare { member: member.clone(), op, value: value(first()?) });
    let like = |before: &str, after: &str, negated| {
        let one = |text: &String| Filter::Like {
            member: member.clone(),
            like: Like {
                pattern: format!("{before}{text}{after}").into(),
                escape: '\\',
                case_insensitive: true,
            },
            negated,
        };
        let all = texts.iter().map(one);
        Ok(if negated { Filter::all(all) } else { Filter::any(all) })
    };
    let range = |from: Option<usize>, to: Option<usize>| {
        during(&member, from.and_then(|at| texts.get(at)), to.and_then(|at| texts.get(at)))
    };
    match operator {
        "equals" | "notEquals" if is_time => Err("a time that equals"),
        "equals" => Ok(Filter::In { member, values: texts.iter().map(value).collect(), negated: false }),
        "notEquals" => Ok(Filter::In { member, values: texts.iter().map(value).collect(), negated: true }),
        "set" => Ok(Filter::Null { member, negated: true }),
        "notSet" => Ok(Filter::Null { member, negated: false }),
        "gt" => compare(CompareOp::Gt),
        "gte" => compare(CompareOp::Ge),
        "lt" => compare(CompareOp::Lt),
        "lte" => compare(CompareOp::Le),
        "contains" => like("%", "%", false),
        "notContains" => like("%", "%", true),
        "startsWith" => like("", "%", false),
        "notStartsWith" => like("", "%", true),
        "endsWith" => like("%", "", false),
        "notEndsWith" => like("%", "", true),
        "inDateRange" => range(Some(0), Some(1)),
        "notInDateRange" => range(Some(0), Some(1)).map(Filter::negate),
        "afterOrOnDate" => range(Some(0), None),
        "beforeOrOnDate" => range(None, Some(0)),
        _ => Err("an operator of dates"),
    }
}

/// The tables that the query's zone was built for, years around what is asked.
pub(super) fn built(model: &Model, zone: Tz) -> Tables {
    let mut manifest = manifest(model);
    for rollup in &mut manifest.rollups {
        rollup.zone = zone;
    }
    Tables::from_manifest(&manifest).unwrap()
}

/// `rollup`, or the reasons of the rollup that Cube took.
fn outcome(case: &Case, model: &Model) -> String {
    let json: JsonQuery = match serde_json::from_value(case.query.clone()) {
        Ok(json) => json,
        Err(_) => return "no form: a relative date".to_owned(),
    };
    let query = match question(&json, model) {
        Ok(query) => query,
        Err(why) => return format!("no form: {why}"),
    };
    let zone = query.zone;
    let route = choose(&scoped(query, model), model, &built(model, zone));
    match &route {
        Route::Rollup { .. } => "rollup".to_owned(),
        Route::Source { .. } => {
            let taken = case.rollup.as_deref().unwrap_or_default();
            let refused = route.refused().iter().find(|refused| refused.pre_aggregation.as_str() == taken);
            refused.map_or_else(
                || "another reason".to_owned(),
                |refused| format!("refused: {}", refused.reasons.first().map_or("", |reason| reason.code())),
            )
        }
    }
}

#[test]
fn rollups_that_cube_reads() {
    let models = models();
    let mut found: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    let cases = cases();
    for case in cases.iter().filter(|case| case.rollup.is_some()) {
        let (name, model) = models.get_key_value(case.model.as_str()).unwrap();
        *found.entry(name).or_default().entry(outcome(case, model)).or_default() += 1;
    }
    let mut shown = String::new();
    for (model, outcomes) in &found {
        let all: usize = outcomes.values().sum();
        let asked: usize =
            outcomes.iter().filter(|(what, _)| !what.starts_with("no form")).map(|(_, count)| count).sum();
        let read = outcomes.get("rollup").copied().unwrap_or_default();
        shown += &format!("{model}: {read} of {asked} read, {all} in all\n");
        for (what, count) in outcomes.iter().filter(|(what, _)| *what != "rollup") {
            shown += &format!("  {count} {what}\n");
        }
    }
    expect![[r#"
        ecommerce: 35 of 83 read, 95 in all
          12 no form: several cubes
          2 refused: off_grain
          3 refused: own_bins
          6 refused: partition_missing
          35 refused: rules_unknown
          2 refused: source_data
        filters: 76 of 78 read, 79 in all
          1 no form: a time that equals
          2 refused: measure_missing
        joins: 67 of 71 read, 101 in all
          30 no form: several cubes
          1 refused: measure_missing
          1 refused: member_missing
          2 refused: off_grain
        nonadd: 52 of 63 read, 63 in all
          1 refused: measure_missing
          4 refused: off_grain
          4 refused: rolling
          2 refused: row_key
        overlap: 91 of 94 read, 94 in all
          3 refused: off_grain
        timegran: 83 of 109 read, 109 in all
          7 refused: off_grain
          2 refused: own_bins
          13 refused: rolling
          2 refused: row_key
          2 refused: time_missing
    "#]]
    .assert_eq(&shown);
}
