//! Text to syntax tree, with limits that hold before anything recursive runs.

mod canonical;
mod dialect;
mod limits;
mod odbc;

use datafusion::sql::sqlparser::{
    ast::{Query, Statement as Ast},
    parser::Parser,
    tokenizer::Tokenizer,
};

use crate::error::{PlanError, Result};
pub(crate) use canonical::call;
pub(crate) use dialect::Semantic;
pub(crate) use limits::Traits;

/// Longest text that is read.
const MAX_BYTES: usize = 1 << 20;
/// Nested parentheses, CASE, sub-queries.
const MAX_NESTING: usize = 128;

/// What a text asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatementKind {
    /// Rows.
    Query,
    /// How the rows would be got.
    Explain,
}

/// A statement's syntax tree.
pub(crate) struct Parsed {
    pub(crate) kind: StatementKind,
    pub(crate) query: Box<Query>,
    pub(crate) traits: Traits,
}

/// Reads one statement.
pub(crate) fn parse(text: &str) -> Result<Parsed> {
    if text.len() > MAX_BYTES {
        return Err(PlanError::TooLong { length: text.len(), limit: MAX_BYTES });
    }
    let dialect = Semantic::new();
    let tokens = Tokenizer::new(&dialect, text)
        .tokenize_with_location()
        .map_err(|e| PlanError::Syntax(e.to_string()))?;
    let traits = limits::traits(&tokens)?;
    dialect.begin(tokens.len());
    let tokens = odbc::unwrapped(tokens);
    let parser = Parser::new(&dialect).with_recursion_limit(MAX_NESTING).with_tokens_with_locations(tokens);
    let mut statements = { parser }.parse_statements()?;
    match (statements.pop(), statements.len()) {
        (Some(statement), 0) => {
            let (kind, mut query) = classify(statement)?;
            canonical::rewrite(&mut query)?;
            Ok(Parsed { kind, query, traits })
        }
        (last, others) => Err(PlanError::NotOneStatement(others + usize::from(last.is_some()))),
    }
}

fn classify(statement: Ast) -> Result<(StatementKind, Box<Query>)> {
    match statement {
        Ast::Query(query) => Ok((StatementKind::Query, query)),
        Ast::Explain { analyze: true, .. } => Err(PlanError::Unsupported("EXPLAIN ANALYZE".to_owned())),
        Ast::Explain { statement, .. } => match *statement {
            Ast::Query(query) => Ok((StatementKind::Explain, query)),
            other => Err(unsupported(&other)),
        },
        other => Err(unsupported(&other)),
    }
}

fn unsupported(statement: &Ast) -> PlanError {
    let text = statement.to_string();
    let verb = text.split_whitespace().next().unwrap_or("this statement");
    PlanError::Unsupported(verb.to_owned())
}
