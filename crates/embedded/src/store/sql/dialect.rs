//! The store's way to write SQL down: two quotes for names, backslashes in texts. Limits hold before anything
//! recursive runs.

use std::cell::Cell;

use datafusion::sql::sqlparser::{
    ast::{Expr, Statement},
    dialect::Dialect,
    parser::{Parser, ParserError},
    tokenizer::{Token, Tokenizer},
};

use super::{limits, refusal::Refusal};
use crate::store::deep::deep;

/// Nested parentheses, CASE, sub-queries.
const MAX_NESTING: usize = 200;

/// Expressions that the parser may begin to read, however short the statement.
const MIN_TRIES: usize = 10_000;
const TRIES_PER_TOKEN: usize = 10;

/// The parser goes back and tries another way when it comes to a bad end, at every level of a nested statement:
/// without a limit, forty times `CAST(` would keep it for years.
#[derive(Debug)]
struct CubeStore {
    tries: Cell<usize>,
}

impl Dialect for CubeStore {
    fn is_identifier_start(&self, letter: char) -> bool {
        letter.is_alphabetic() || letter == '_'
    }

    fn is_identifier_part(&self, letter: char) -> bool {
        letter.is_alphanumeric() || letter == '_'
    }

    fn supports_string_literal_backslash_escape(&self) -> bool {
        true
    }

    fn parse_prefix(&self, _: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        let left = self.tries.get().checked_sub(1);
        self.tries.set(left.unwrap_or(0));
        if left.is_some() { None } else { Some(Err(ParserError::RecursionLimitExceeded)) }
    }
}

/// Reads the first statement; the store does not look at those behind it. Tells how deep its trees can be, too.
pub(super) fn parse(sql: &str) -> Result<(Statement, usize), Refusal> {
    let dialect = CubeStore { tries: Cell::new(0) };
    let tokens = Tokenizer::new(&dialect, sql).tokenize_with_location();
    let tokens = tokens.map_err(|error| refused(error.into()))?;
    dialect.tries.set(MIN_TRIES + TRIES_PER_TOKEN * tokens.len());
    let depth = limits::depth(&tokens)?;
    let parser = Parser::new(&dialect).with_recursion_limit(MAX_NESTING).with_tokens_with_locations(tokens);
    deep(depth, || first_statement(parser)).map(|statement| (statement, depth)).map_err(refused)
}

fn first_statement(mut parser: Parser<'_>) -> Result<Statement, ParserError> {
    let statement = parser.parse_statement()?;
    let behind = parser.next_token();
    match behind.token {
        Token::EOF | Token::SemiColon => Ok(statement),
        _ => parser.expected("end of statement", behind),
    }
}

fn refused(error: ParserError) -> Refusal {
    match error {
        ParserError::ParserError(text) | ParserError::TokenizerError(text) => Refusal::Syntax(words(&text)),
        ParserError::RecursionLimitExceeded => Refusal::too_deep(),
    }
}

// The parser of the store is older: it says the same without a place.
fn words(text: &str) -> String {
    let text = text.split(" at Line: ").next().unwrap_or(text);
    text.replace("an expression, found", "an expression:, found").replacen("Expected: ", "Expected ", 1)
}
