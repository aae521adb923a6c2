//! The rows that a question is about: keys, FROM and WHERE.

use std::collections::BTreeSet;

use semantic::{DimensionType, JoinPath};

use super::{
    super::{
        members::{Asked, Found},
        operator::Operator,
        question::{Condition, Key, Question, Test},
        refusal::Refusal,
    },
    aggregate::{self, Leaf, all},
    filter::{self, Clock, Term},
    literal::{Kind, moment},
    model_sql::{Words, failed, of_row},
};
use crate::{api::times, bins};

/// The parts of a SELECT over the joined rows.
pub(super) struct Rows {
    /// One expression per group key.
    pub(super) keys: Vec<String>,
    /// FROM and WHERE.
    pub(super) from: String,
    /// All joined paths.
    pub(super) paths: BTreeSet<JoinPath>,
}

/// The rows of a question whose measures have these leaves.
pub(super) fn of(
    question: &Question<'_>,
    leaves: &[Leaf<'_>],
    words: Words<'_>,
    clock: Clock,
) -> Result<Rows, Refusal> {
    let keys: Result<Vec<_>, _> = question.keys.iter().map(|key| self::key(key, words, clock)).collect();
    let paths = words.closed(paths(question, leaves, words)?)?;
    let conditions = conditions(question, words, clock)?;
    let filter =
        if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    let tables = words.tables(paths.clone())?.join(" ");
    Ok(Rows { keys: keys?, from: format!("FROM {tables}{filter}"), paths })
}

/// Times come as the zone's clocks show them.
fn key(key: &Key<'_>, words: Words<'_>, clock: Clock) -> Result<String, Refusal> {
    let sql = words.write(of_row(key.asked.member)?, &key.asked.path)?;
    if key.asked.member.kind != DimensionType::Time {
        return Ok(sql);
    }
    let utc = timestamp(&sql);
    let wall = match clock.zone {
        chrono_tz::UTC => utc,
        zone => format!("wall_clock({utc}, '{zone}')"),
    };
    match &key.granularity {
        Some((granularity, bins)) => bins::start(*bins, &wall)
            .ok_or_else(|| failed(format!("the dev stack does not compute bins of {granularity}"))),
        None => Ok(wall),
    }
}

fn timestamp(sql: &str) -> String {
    format!("CAST({sql} AS TIMESTAMP(6))")
}

fn paths(
    question: &Question<'_>,
    leaves: &[Leaf<'_>],
    words: Words<'_>,
) -> Result<BTreeSet<JoinPath>, Refusal> {
    let mut paths = BTreeSet::new();
    let times = question.ranges.iter().map(|(time, _)| time);
    for Asked { path, member, .. } in question.keys.iter().map(|key| &key.asked).chain(times) {
        words.needs(of_row(member)?, path, &mut paths)?;
        paths.insert(path.clone());
    }
    for Asked { path, member, .. } in &question.segments {
        words.needs(&member.sql, path, &mut paths)?;
        paths.insert(path.clone());
    }
    for leaf in leaves {
        aggregate::needs(leaf, &leaf.path, words, &mut paths)?;
    }
    question.filters.iter().try_for_each(|filter| filter_paths(filter, words, &mut paths))?;
    Ok(paths)
}

fn filter_paths(
    condition: &Condition<'_>,
    words: Words<'_>,
    paths: &mut BTreeSet<JoinPath>,
) -> Result<(), Refusal> {
    let (sql, path) = match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            return parts.iter().try_for_each(|part| filter_paths(part, words, paths));
        }
        Condition::Test(Test { member: Found::Dimension(asked), .. }) => (of_row(asked.member)?, &asked.path),
        Condition::Test(Test { member: Found::Segment(asked), .. }) => (&asked.member.sql, &asked.path),
        Condition::Test(Test {
            member: Found::Measure(asked), operator: Operator::MeasureFilter, ..
        }) => {
            paths.insert(asked.path.clone());
            let filters = &asked.member.filters;
            return filters.iter().try_for_each(|filter| words.needs(filter, &asked.path, paths));
        }
        // Leaves bring the paths of the other measures.
        Condition::Test(Test { member: Found::Measure(_), .. }) => return Ok(()),
    };
    paths.insert(path.clone());
    words.needs(sql, path, paths)
}

fn conditions(question: &Question<'_>, words: Words<'_>, clock: Clock) -> Result<Vec<String>, Refusal> {
    let mut conditions = Vec::new();
    for (time, [from, to]) in &question.ranges {
        let sql = timestamp(&words.write(of_row(time.member)?, &time.path)?);
        let from = moment(&times::in_utc(from, clock.zone)?);
        let to = moment(&times::in_utc(to, clock.zone)?);
        conditions.push(format!("({sql} >= {from} AND {sql} <= {to})"));
    }
    for filter in question.filters.iter().filter(|filter| !filter.is_over_measures()) {
        conditions.extend(filter::condition(filter, clock, &|test| term(test, words))?);
    }
    for Asked { path, member, .. } in &question.segments {
        conditions.push(format!("({})", words.write(&member.sql, path)?));
    }
    Ok(conditions)
}

fn term(test: &Test<'_>, words: Words<'_>) -> Result<Term, Refusal> {
    let asked = match (&test.member, test.operator) {
        (Found::Dimension(asked), _) => asked,
        // `measureFilter` applies the measure's own filters to all rows.
        (Found::Measure(asked), Operator::MeasureFilter) => {
            let sql = all(&words.own_filters(asked.member, &asked.path)?);
            return Ok(Term { sql, kind: Kind::Boolean });
        }
        _ => return Err(failed("only dimensions are tested in rows")),
    };
    let sql = words.write(of_row(asked.member)?, &asked.path)?;
    let is_time = asked.member.kind == DimensionType::Time;
    let sql = if is_time { timestamp(&sql) } else { format!("({sql})") };
    Ok(Term { sql, kind: asked.member.kind.into() })
}
