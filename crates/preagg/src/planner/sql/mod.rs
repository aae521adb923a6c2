//! The store's SQL as Cube writes it for its choice, over logical tables.
//!
//! Where Cube's own text would read what is not stored, or a window, there is none.

mod filter;
mod order;
mod term;
mod time;

use semantic::{
    Model, PreAggregation,
    model::PreAggregationKind,
    template::{Piece, Template},
};

use super::{
    made_of,
    question::Question,
    stored::{Stored, short},
};
use crate::names;
use filter::Params;
use term::Terms;

/// SQL with `?` for its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CubeSql {
    /// The text.
    pub text: String,
    /// The parameters, in order.
    pub params: Vec<String>,
}

/// Writes a query over the tables of a pre-aggregation.
pub(super) fn write(question: &Question<'_>, stored: &Stored<'_>, schema: &str) -> Option<CubeSql> {
    // What is kept in the source is read in the source's own words.
    let is_internal = !stored.rollup.external && stored.rollup.kind == PreAggregationKind::Rollup;
    if question.cumulative || question.multi_stage || is_internal {
        return None;
    }
    let terms = Terms::new(question, stored);
    let mut params = Params::default();
    let columns = columns(question, &terms)?;
    let from = from(question.model, stored, &terms, schema)?;
    let rows = filter::rows(question, &terms, &mut params)?;
    let groups = filter::groups(question, &terms, &mut params)?;
    let text = [
        format!("SELECT {} FROM {from} ", columns.join(", ")),
        clause(" WHERE ", &rows),
        group_by(question),
        clause(" HAVING ", &groups),
        order::by(question),
        question.ask.limit.map_or_else(String::new, |limit| format!(" LIMIT {limit}")),
        question.ask.offset.map_or_else(String::new, |offset| format!(" OFFSET {offset}")),
    ];
    Some(CubeSql { text: text.concat(), params: params.0 })
}

fn columns(question: &Question<'_>, terms: &Terms<'_>) -> Option<Vec<String>> {
    let named = |sql: String, alias: &str| format!("{sql} `{alias}`");
    let ask = question.ask;
    let mut columns = Vec::new();
    for member in &ask.dimensions {
        columns.push(named(terms.selected(member)?, &names::alias(member, question.model)));
    }
    for time in &ask.times {
        if let Some(bins) = &time.granularity {
            let alias = format!("{}_{bins}", names::alias(&time.dimension, question.model));
            columns.push(named(terms.bins(&time.dimension, bins)?, &alias));
        }
    }
    for member in &ask.measures {
        columns.push(named(terms.measure(member)?, &names::alias(member, question.model)));
    }
    Some(columns)
}

fn group_by(question: &Question<'_>) -> String {
    let bins = question.ask.times.iter().filter(|time| time.granularity.is_some());
    let keys = question.ask.dimensions.len() + bins.count();
    if question.ask.ungrouped || keys == 0 {
        return String::new();
    }
    let ordinals: Vec<_> = (1..=keys).map(|key| key.to_string()).collect();
    format!(" GROUP BY {}", ordinals.join(", "))
}

fn clause(word: &str, conditions: &[String]) -> String {
    if conditions.is_empty() {
        return String::new();
    }
    let conditions: Vec<_> = conditions.iter().map(|condition| format!("({condition})")).collect();
    format!("{word}{}", conditions.join(" AND "))
}

fn from(model: &Model, stored: &Stored<'_>, terms: &Terms<'_>, schema: &str) -> Option<String> {
    let named =
        |table: &str, rollup: &PreAggregation| format!("{table} AS `{}`", names::alias(&rollup.name, model));
    let table = |rollup: &PreAggregation| named(&names::logical_table(schema, rollup, model), rollup);
    match stored.rollup.kind {
        PreAggregationKind::Rollup | PreAggregationKind::OriginalSql => Some(table(stored.rollup)),
        PreAggregationKind::RollupLambda => Some(named(&union(model, stored, terms, schema)?, stored.rollup)),
        PreAggregationKind::RollupJoin => {
            let parts: Vec<_> =
                stored.rollup.rollups.iter().filter_map(|name| model.pre_aggregation(name)).collect();
            let joins = made_of::joined(stored.rollup, &parts, model).ok()?;
            let mut from = table(joins.first()?.from);
            for join in &joins {
                let on = &model.join(&join.edge.0, &join.edge.1)?.on;
                from += &format!("\nLEFT JOIN {} ON {}", table(join.to), keys(on, model)?);
            }
            Some(from)
        }
    }
}

/// A condition of a join over the columns of its keys.
fn keys(on: &Template, model: &Model) -> Option<String> {
    let pieces = on.pieces.iter().map(|piece| match piece {
        Piece::Text(text) => Some(text.clone()),
        Piece::Member { member, .. } => Some(format!("`{}`", names::alias(member, model))),
        Piece::Table(_) | Piece::Source(_) | Piece::Context(_) => None,
    });
    pieces.collect()
}

/// The tables of a lambda one below the other, under the names of the first.
fn union(model: &Model, stored: &Stored<'_>, terms: &Terms<'_>, schema: &str) -> Option<String> {
    if let [part] = stored.parts.as_slice() {
        return Some(names::logical_table(schema, part, model));
    }
    let select = |part: &&PreAggregation| {
        let other = Stored::of(part, model).ok()?;
        let pairs = terms.stored_columns(stored).into_iter().zip(terms.stored_columns(&other));
        let columns: Vec<_> = pairs.map(|(name, column)| format!("`{column}` `{name}`")).collect();
        Some(format!("SELECT {} FROM {}", columns.join(", "), names::logical_table(schema, part, model)))
    };
    let selects: Option<Vec<_>> = stored.parts.iter().map(select).collect();
    Some(format!("({})", selects?.join(" UNION ALL ")))
}

/// The columns of names along joins.
fn column(path: &str, model: &Model) -> Option<String> {
    short(path).map(|member| names::alias(&member, model))
}
