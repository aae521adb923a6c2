//! The store's way to write SQL down: two quotes for names, backslashes in texts. Limits hold before anything
//! recursive runs.

use datafusion::sql::sqlparser::{
    ast::Statement,
    dialect::Dialect,
    keywords::Keyword,
    parser::{Parser, ParserError},
    tokenizer::{Token, Tokenizer},
};

use super::refusal::Refusal;
use crate::store::deep::deep;

/// More than any caller has a use for, partitions of a UNION ALL included.
const MAX_OPERATORS: usize = 8_000;

/// Nested parentheses, CASE, sub-queries.
const MAX_NESTING: usize = 512;

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

/// Reads the first statement; the store does not look at those behind it. Tells how deep its trees can be, too.
pub(super) fn parse(sql: &str) -> Result<(Statement, usize), Refusal> {
    let tokens = Tokenizer::new(&CubeStore, sql).tokenize_with_location();
    let tokens = tokens.map_err(|error| refused(error.into()))?;
    let count = |wanted: fn(&Token) -> bool| tokens.iter().filter(|token| wanted(&token.token)).count();
    let (operators, openings) = (count(is_operator), count(opens));
    if operators > MAX_OPERATORS {
        return Err(Refusal::Syntax(format!("more than {MAX_OPERATORS} operators")));
    }
    let parser = Parser::new(&CubeStore).with_recursion_limit(MAX_NESTING).with_tokens_with_locations(tokens);
    let depth = operators + openings;
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
        ParserError::RecursionLimitExceeded => Refusal::Syntax("recursion limit exceeded".to_owned()),
    }
}

// The parser of the store is older: it says the same without a place.
fn words(text: &str) -> String {
    let text = text.split(" at Line: ").next().unwrap_or(text);
    text.replace("an expression, found", "an expression:, found").replacen("Expected: ", "Expected ", 1)
}

/// Each of these may be the root of all that stands in front of it.
fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AND
                | Keyword::OR
                | Keyword::NOT
                | Keyword::IS
                | Keyword::IN
                | Keyword::BETWEEN
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::COLLATE
                | Keyword::UNION
                | Keyword::EXCEPT
                | Keyword::INTERSECT
                | Keyword::JOIN
        ),
        Token::EOF
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::Comma
        | Token::Whitespace(_)
        | Token::LParen
        | Token::RParen
        | Token::Period
        | Token::SemiColon
        | Token::Placeholder(_) => false,
        _ => true,
    }
}

fn opens(token: &Token) -> bool {
    match token {
        Token::LParen => true,
        Token::Word(word) => word.keyword == Keyword::CASE,
        _ => false,
    }
}
