//! The whole SELECT that answers a question.
//!
//! Measures of a cube whose rows the joins repeat are computed over that cube alone, joined to the distinct keys of
//! its rows; the parts meet again over their group keys.

use semantic::{Measure, Model, json::Direction};

use super::{
    super::{
        members::{Asked, Found},
        question::{Condition, Key, Question, Test},
        refusal::Refusal,
    },
    aggregate::{self, Leaf, formula, leaves},
    filter::{self, Clock, Term},
    model_sql::{Words, failed},
    parts, rolling, rows,
};

/// The SELECT that answers a question: its keys, then its measures, as `o0`, `o1`, ...
pub(in crate::api) fn statement(question: &Question<'_>, model: &Model, now: i64) -> Result<String, Refusal> {
    let body = body(question, model, now)?;
    Ok(format!("{body}{} LIMIT {} OFFSET {}", order_by(question), question.limit, question.offset))
}

/// How many rows a question has without its limit.
pub(in crate::api) fn counting(question: &Question<'_>, model: &Model, now: i64) -> Result<String, Refusal> {
    Ok(format!("SELECT COUNT(*) AS total FROM ({}) AS counted", body(question, model, now)?))
}

fn body(question: &Question<'_>, model: &Model, now: i64) -> Result<String, Refusal> {
    let words = Words { model, prefix: "" };
    let clock = Clock { zone: question.zone, now };
    match question.ungrouped {
        true => ungrouped(question, words, clock),
        false if rolling::takes_part(question) => rolling::body(question, words, clock),
        false => grouped(question, words, clock),
    }
}

fn ungrouped(question: &Question<'_>, words: Words<'_>, clock: Clock) -> Result<String, Refusal> {
    let found = all_leaves(question, words)?;
    let rows = rows::of(question, &found, words, clock)?;
    let measures = question.measures.iter().map(|asked| aggregate::of_row(asked.member, &asked.path, words));
    let measures: Result<Vec<_>, _> = measures.collect();
    let outputs = rows.keys.iter().cloned().chain(measures?).enumerate();
    let outputs: Vec<_> = outputs.map(|(place, sql)| format!("{sql} AS o{place}")).collect();
    Ok(format!("SELECT {} {}", outputs.join(", "), rows.from))
}

/// One row per group.
pub(super) fn grouped(question: &Question<'_>, words: Words<'_>, clock: Clock) -> Result<String, Refusal> {
    let found = all_leaves(question, words)?;
    let rows = rows::of(question, &found, words, clock)?;
    let keys = question.keys.len();
    let outputs = (0..keys).map(|i| Ok(format!("p0.d{i}")));
    let measures = question.measures.iter().map(|asked| formula(asked.member, &asked.path, words, &found));
    let outputs: Result<Vec<_>, _> = outputs.chain(measures).collect();
    let outputs: Vec<_> = outputs?.iter().enumerate().map(|(i, sql)| format!("{sql} AS o{i}")).collect();
    let parts = parts::of(&found, &rows, words)?;
    let first = parts.first().map(String::as_str).unwrap_or_default();
    let mut sql = format!("SELECT {} FROM ({first}) AS p0", outputs.join(", "));
    for (i, part) in parts.iter().enumerate().skip(1) {
        sql += &format!(" INNER JOIN ({part}) AS p{i} ON {}", same_keys(keys, i));
    }
    let having = over_groups(question, clock, &|asked| formula(asked.member, &asked.path, words, &found))?;
    Ok(if having.is_empty() { sql } else { format!("{sql} WHERE {}", having.join(" AND ")) })
}

fn all_leaves<'a>(question: &Question<'a>, words: Words<'a>) -> Result<Vec<Leaf<'a>>, Refusal> {
    let mut found = Vec::new();
    for asked in measures_of(question) {
        leaves(asked.member, &asked.path, words, &mut found)?;
    }
    Ok(found)
}

/// The measures that are asked for, then those that only groups are tested by.
pub(super) fn measures_of<'a>(question: &Question<'a>) -> Vec<Asked<'a, Measure>> {
    let mut measures = question.measures.clone();
    for filter in question.filters.iter().filter(|filter| filter.is_over_measures()) {
        tested(filter, &mut measures);
    }
    measures
}

fn tested<'a>(condition: &Condition<'a>, measures: &mut Vec<Asked<'a, Measure>>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| tested(part, measures)),
        Condition::Test(Test { member: Found::Measure(asked), .. })
            if measures.iter().all(|known| known.name != asked.name) =>
        {
            measures.push(asked.clone());
        }
        Condition::Test(_) => {}
    }
}

/// Conditions over groups, in whose SQL `measure` is written as `write` says.
pub(super) fn over_groups(
    question: &Question<'_>,
    clock: Clock,
    write: &dyn Fn(&Asked<'_, Measure>) -> Result<String, Refusal>,
) -> Result<Vec<String>, Refusal> {
    let term = |test: &Test<'_>| match &test.member {
        Found::Measure(asked) => Ok(Term { sql: write(asked)?, kind: asked.member.kind.into() }),
        Found::Dimension(_) | Found::Segment(_) => Err(failed("only measures are tested in groups")),
    };
    let over_groups = question.filters.iter().filter(|filter| filter.is_over_measures());
    let conditions: Result<Vec<_>, _> =
        over_groups.map(|filter| filter::condition(filter, clock, &term)).collect();
    Ok(conditions?.into_iter().flatten().collect())
}

// What is not among the columns does not order them.
fn order_by(question: &Question<'_>) -> String {
    let keys = question.keys.iter().map(Key::name);
    let names: Vec<_> = keys.chain(question.measures.iter().map(|asked| asked.name.to_string())).collect();
    let column = |(member, direction): &(String, Direction)| {
        let place = names.iter().position(|name| name == member);
        // A time is also found by its bare name.
        let place =
            place.or_else(|| question.keys.iter().position(|key| *key.asked.name.as_str() == **member))?;
        Some(match direction {
            Direction::Asc => format!("{} ASC NULLS LAST", place + 1),
            Direction::Desc => format!("{} DESC NULLS FIRST", place + 1),
        })
    };
    let columns: Vec<_> = question.order.iter().filter_map(column).collect();
    if columns.is_empty() { String::new() } else { format!(" ORDER BY {}", columns.join(", ")) }
}

// The parser binds IS NOT DISTINCT FROM more loosely than AND.
pub(super) fn same_keys(keys: usize, part: usize) -> String {
    let same: Vec<_> = (0..keys).map(|i| format!("(p0.d{i} IS NOT DISTINCT FROM p{part}.d{i})")).collect();
    if same.is_empty() { "TRUE".to_owned() } else { same.join(" AND ") }
}
