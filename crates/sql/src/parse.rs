//! Text to syntax tree, with limits that hold before anything recursive runs.

use datafusion::sql::sqlparser::{
    ast::{Query, Statement as Ast},
    dialect::GenericDialect,
    keywords::Keyword,
    parser::Parser,
    tokenizer::{Token, Tokenizer},
};

use crate::error::{PlanError, Result};

/// Longest text that is read.
const MAX_BYTES: usize = 1 << 20;
/// Chains of operators become trees as deep as the chain.
const MAX_OPERATORS: usize = 4_000;
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
    /// How deep its expressions can be at most.
    pub(crate) operators: usize,
}

/// Reads one statement.
pub(crate) fn parse(text: &str) -> Result<Parsed> {
    if text.len() > MAX_BYTES {
        return Err(PlanError::TooLong { length: text.len(), limit: MAX_BYTES });
    }
    let dialect = GenericDialect {};
    let tokens = Tokenizer::new(&dialect, text)
        .tokenize_with_location()
        .map_err(|e| PlanError::Syntax(e.to_string()))?;
    let operators = tokens.iter().filter(|token| is_operator(&token.token)).count();
    if operators > MAX_OPERATORS {
        return Err(PlanError::TooComplex(MAX_OPERATORS));
    }
    let parser = Parser::new(&dialect).with_recursion_limit(MAX_NESTING).with_tokens_with_locations(tokens);
    let mut statements = { parser }.parse_statements()?;
    match (statements.pop(), statements.len()) {
        (Some(statement), 0) => {
            let (kind, query) = classify(statement)?;
            Ok(Parsed { kind, query, operators })
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

fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AND
                | Keyword::OR
                | Keyword::NOT
                | Keyword::UNION
                | Keyword::EXCEPT
                | Keyword::INTERSECT
                | Keyword::JOIN
                | Keyword::IS
                | Keyword::LIKE
                | Keyword::COLLATE
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
