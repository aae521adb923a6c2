//! The whole SELECT that answers a question.
//!
//! Measures of a cube whose rows the joins repeat are computed over that cube alone, joined to the distinct keys of
//! its rows; the parts meet again over their group keys.

use semantic::{Model, json::Direction};

use super::{
    super::{
        members::Found,
        question::{Condition, Key, Question, Test},
        refusal::Refusal,
    },
    aggregate::{self, Leaf, formula, leaves},
    filter::{self, Clock, Term},
    model_sql::{Words, failed},
    parts, rows,
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
    if question.ungrouped { ungrouped(question, words, clock) } else { grouped(question, words, clock) }
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

fn grouped(question: &Question<'_>, words: Words<'_>, clock: Clock) -> Result<String, Refusal> {
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
    let having = having(question, &found, words, clock)?;
    Ok(if having.is_empty() { sql } else { format!("{sql} WHERE {}", having.join(" AND ")) })
}

fn all_leaves<'a>(question: &Question<'a>, words: Words<'a>) -> Result<Vec<Leaf<'a>>, Refusal> {
    let mut found = Vec::new();
    for asked in &question.measures {
        leaves(asked.member, &asked.path, words, &mut found)?;
    }
    let over_groups = question.filters.iter().filter(|filter| filter.is_over_measures());
    over_groups.into_iter().try_for_each(|filter| filter_leaves(filter, words, &mut found))?;
    Ok(found)
}

fn filter_leaves<'a>(
    condition: &Condition<'a>,
    words: Words<'a>,
    found: &mut Vec<Leaf<'a>>,
) -> Result<(), Refusal> {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().try_for_each(|part| filter_leaves(part, words, found))
        }
        Condition::Test(Test { member: Found::Measure(asked), .. }) => {
            leaves(asked.member, &asked.path, words, found)
        }
        Condition::Test(_) => Ok(()),
    }
}

/// Conditions over groups.
fn having(
    question: &Question<'_>,
    found: &[Leaf<'_>],
    words: Words<'_>,
    clock: Clock,
) -> Result<Vec<String>, Refusal> {
    let term = |test: &Test<'_>| match &test.member {
        Found::Measure(asked) => {
            let sql = formula(asked.member, &asked.path, words, found)?;
            Ok(Term { sql, kind: asked.member.kind.into() })
        }
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
fn same_keys(keys: usize, part: usize) -> String {
    let same: Vec<_> = (0..keys).map(|i| format!("(p0.d{i} IS NOT DISTINCT FROM p{part}.d{i})")).collect();
    if same.is_empty() { "TRUE".to_owned() } else { same.join(" AND ") }
}
