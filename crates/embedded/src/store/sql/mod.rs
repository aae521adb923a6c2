//! The store's SQL: its grammar, what it refuses and in which words, and its meaning in DataFusion's terms.
//!
//! What was not seen to work in a real store is refused, so that nobody comes to rely on more than there is.

mod budget;
mod checks;
mod dialect;
mod expressions;
mod functions;
mod limits;
mod operators;
mod order;
mod query;
mod refusal;
mod scope;

use chrono::{DateTime, Utc};
use cubestore::codec::request::Parameter;
use datafusion::sql::sqlparser::ast::Statement;

use super::deep::deep;

pub(super) use checks::{aggregates, check};
pub(super) use refusal::Refusal;
pub(super) use scope::{Functions, Scope, tables_of};

/// What a statement is.
#[derive(Debug)]
pub(super) enum Parsed {
    /// A SELECT, rewritten for DataFusion, and how deep its trees can be.
    Select(Box<Statement>, usize),
    /// A statement without rows.
    Nothing,
}

/// Reads a statement. Without parameters, a `?` is an error.
pub(super) fn parse(
    sql: &str,
    parameters: Option<&[Parameter]>,
    now: DateTime<Utc>,
) -> Result<Parsed, Refusal> {
    let (statement, depth) = dialect::parse(sql)?;
    // What is refused is dropped with as much room as it was built with.
    deep(depth, || rewritten(statement, depth, query::Rewriter::new(parameters, now)))
}

fn rewritten(
    statement: Statement,
    depth: usize,
    mut rewriter: query::Rewriter<'_>,
) -> Result<Parsed, Refusal> {
    match statement {
        Statement::Query(mut query) => {
            rewriter.query(&mut query)?;
            Ok(Parsed::Select(Box::new(Statement::Query(query)), depth))
        }
        Statement::Set(_) => Ok(Parsed::Nothing),
        Statement::ExplainTable { .. } => {
            Err(Refusal::Syntax("Expected an SQL statement, found: DESCRIBE".to_owned()))
        }
        other => Err(Refusal::Statement(other.to_string())),
    }
}
