//! The store's way to write SQL down: two quotes for names, backslashes in texts.

use datafusion::sql::sqlparser::{
    ast::Statement,
    dialect::Dialect,
    parser::{Parser, ParserError},
    tokenizer::Token,
};

use super::refusal::Refusal;

#[derive(Debug)]
struct CubeStore;

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
}

/// Reads the first statement; the store does not look at those behind it.
pub(super) fn parse(sql: &str) -> Result<Statement, Refusal> {
    let parsed = Parser::new(&CubeStore).try_with_sql(sql).and_then(|mut parser| {
        let statement = parser.parse_statement()?;
        let behind = parser.next_token();
        match behind.token {
            Token::EOF | Token::SemiColon => Ok(statement),
            _ => parser.expected("end of statement", behind),
        }
    });
    parsed.map_err(|error| match error {
        ParserError::ParserError(text) | ParserError::TokenizerError(text) => Refusal::Syntax(words(&text)),
        ParserError::RecursionLimitExceeded => Refusal::Syntax("recursion limit exceeded".to_owned()),
    })
}

// The parser of the store is older: it says the same without a place.
fn words(text: &str) -> String {
    let text = text.split(" at Line: ").next().unwrap_or(text);
    text.replace("an expression, found", "an expression:, found").replacen("Expected: ", "Expected ", 1)
}
