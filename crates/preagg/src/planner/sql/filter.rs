//! WHERE and HAVING, one condition per filter.

use chrono::{TimeZone, Utc};
use semantic::{
    asked::{AskedFilter, AskedTest},
    granularity::{iso, millis, moment, parse_iso},
};

use super::term::Terms;
use crate::planner::question::Question;

/// Values in the order of their `?`.
#[derive(Debug, Default)]
pub(super) struct Params(pub(super) Vec<String>);

impl Params {
    fn add(&mut self, value: &str) -> &'static str {
        self.0.push(value.to_owned());
        "?"
    }
}

/// Segments, filters of dimensions, ranges of times.
pub(super) fn rows(question: &Question<'_>, terms: &Terms<'_>, params: &mut Params) -> Option<Vec<String>> {
    let mut conditions = Vec::new();
    for segment in &question.ask.segments {
        conditions.push(terms.dimension(segment)?);
    }
    for filter in question.filters() {
        conditions.push(condition(filter, question, &|test| terms.dimension(&test.member), params)?);
    }
    for time in &question.ask.times {
        if let Some([from, to]) = &time.range {
            let column = terms.dimension(&time.dimension)?;
            let (from, to) = (params.add(from), params.add(to));
            conditions.push(format!("{column} >= to_timestamp({from}) AND {column} <= to_timestamp({to})"));
        }
    }
    Some(conditions)
}

/// Filters of measures.
pub(super) fn groups(question: &Question<'_>, terms: &Terms<'_>, params: &mut Params) -> Option<Vec<String>> {
    let having = question.having();
    having.map(|filter| condition(filter, question, &|test| terms.measure(&test.member), params)).collect()
}

type Column<'c> = dyn Fn(&AskedTest) -> Option<String> + 'c;

fn condition(
    filter: &AskedFilter,
    question: &Question<'_>,
    column: &Column<'_>,
    params: &mut Params,
) -> Option<String> {
    let (parts, by) = match filter {
        AskedFilter::Test(test) => return tested(test, question, &column(test)?, params),
        AskedFilter::All(parts) => (parts, " AND "),
        AskedFilter::Any(parts) => (parts, " OR "),
    };
    let mut conditions = Vec::new();
    for part in parts {
        conditions.push(format!("({})", condition(part, question, column, params)?));
    }
    Some(conditions.join(by))
}

fn tested(test: &AskedTest, question: &Question<'_>, column: &str, params: &mut Params) -> Option<String> {
    let values: Vec<&str> = test.values.iter().flatten().map(String::as_str).collect();
    let has_null = test.values.iter().any(Option::is_none);
    let or_null = |wanted: bool| if wanted { format!(" OR {column} IS NULL") } else { String::new() };
    let mut compared = |operator: &str| Some(format!("{column} {operator} {}", params.add(values.first()?)));
    let moment = |at: usize| values.get(at).and_then(|text| in_utc(text, at == 1, question));
    match test.operator.as_str() {
        "set" => Some(format!("{column} IS NOT NULL")),
        "notSet" => Some(format!("{column} IS NULL")),
        "equals" if values.is_empty() && has_null => Some(format!("{column} IS NULL")),
        "notEquals" if values.is_empty() && has_null => Some(format!("{column} IS NOT NULL")),
        "equals" if test.values.len() > 1 => {
            Some(format!("{}{}", list(column, "IN", &values, params), or_null(has_null)))
        }
        "notEquals" if test.values.len() > 1 => {
            Some(format!("{}{}", list(column, "NOT IN", &values, params), or_null(!has_null)))
        }
        "equals" => compared("="),
        "notEquals" => compared("<>").map(|sql| sql + &or_null(true)),
        "gt" => compared(">"),
        "gte" => compared(">="),
        "lt" => compared("<"),
        "lte" => compared("<="),
        "contains" => Some(like(column, "%", "%", false, &values, params) + &or_null(has_null)),
        "notContains" => Some(like(column, "%", "%", true, &values, params) + &or_null(!has_null)),
        "startsWith" => Some(like(column, "", "%", false, &values, params) + &or_null(has_null)),
        "notStartsWith" => Some(like(column, "", "%", true, &values, params) + &or_null(!has_null)),
        "endsWith" => Some(like(column, "%", "", false, &values, params) + &or_null(has_null)),
        "notEndsWith" => Some(like(column, "%", "", true, &values, params) + &or_null(!has_null)),
        "beforeDate" => Some(since(column, "<", &moment(0)?, params)),
        "beforeOrOnDate" => Some(since(column, "<=", &moment(0)?, params)),
        "afterDate" => Some(since(column, ">", &moment(0)?, params)),
        "afterOrOnDate" => Some(since(column, ">=", &moment(0)?, params)),
        "inDateRange" => {
            let from = since(column, ">=", &moment(0)?, params);
            Some(format!("{from} AND {}", since(column, "<=", &moment(1)?, params)))
        }
        "notInDateRange" => {
            let before = since(column, "<", &moment(0)?, params);
            Some(format!("{before} OR {}", since(column, ">", &moment(1)?, params)))
        }
        _ => None,
    }
}

fn list(column: &str, operator: &str, values: &[&str], params: &mut Params) -> String {
    let places: Vec<_> = values.iter().map(|value| params.add(value)).collect();
    format!("{column} {operator} ({})", places.join(", "))
}

fn like(
    column: &str,
    before: &str,
    after: &str,
    negated: bool,
    values: &[&str],
    params: &mut Params,
) -> String {
    // Cube escapes where both ends are open, and nowhere else.
    let is_open = !before.is_empty() && !after.is_empty();
    let tests = values.iter().map(|value| {
        let value = if is_open { value.replace('_', "\\_").replace('%', "\\%") } else { (*value).to_owned() };
        let not = if negated { " NOT" } else { "" };
        format!("{column}{not} ILIKE CONCAT('{before}', {}, '{after}')", params.add(&value))
    });
    let tests: Vec<_> = tests.collect();
    tests.join(if negated { " AND " } else { " OR " })
}

fn since(column: &str, operator: &str, at: &str, params: &mut Params) -> String {
    format!("{column} {operator} to_timestamp({})", params.add(at))
}

/// A date among filters, which Cube reads on the clock of the zone and writes on that of UTC.
fn in_utc(text: &str, is_end: bool, question: &Question<'_>) -> Option<String> {
    let at = parse_iso(text)?;
    let at = if is_end && text.len() == 10 { at + 86_399_999 } else { at };
    let local = question.clock.zone.from_local_datetime(&moment(at)?).earliest()?;
    Some(iso(millis(local.with_timezone(&Utc).naive_utc())))
}
