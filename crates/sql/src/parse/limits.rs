//! What a statement may be made of, by its tokens: limits that hold before anything recursive runs.

use datafusion::sql::sqlparser::{
    keywords::Keyword,
    tokenizer::{Token, TokenWithSpan},
};

use crate::error::{PlanError, Result};

/// Chains of operators become trees as deep as the chain.
const MAX_OPERATORS: usize = 4_000;

/// Words that nest, which the parser follows without counting how deep it is.
const MAX_UNCOUNTED: usize = 100;

/// Sub-queries in two pairs of parentheses: the parser reads each of them twice when it comes to a bad end.
const MAX_DOUBLE: usize = 8;

/// What the tokens of a statement tell before it is parsed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traits {
    /// How deep its expressions can be at most, in operators.
    pub(crate) operators: usize,
    pub(crate) has_parameters: bool,
    /// Whether it has numbers that may be read as floating point.
    pub(crate) has_fractions: bool,
}

pub(super) fn traits(tokens: &[TokenWithSpan]) -> Result<Traits> {
    let any = |is: fn(&Token) -> bool| tokens.iter().any(|token| is(&token.token));
    Ok(Traits {
        operators: operators(tokens)?,
        has_parameters: any(|token| matches!(token, Token::Placeholder(_))),
        has_fractions: any(|token| matches!(token, Token::Number(text, _) if text.parse::<u64>().is_err())),
    })
}

fn operators(tokens: &[TokenWithSpan]) -> Result<usize> {
    let words: Vec<_> = tokens
        .iter()
        .map(|token| &token.token)
        .filter(|token| !matches!(token, Token::Whitespace(_)))
        .collect();
    let operators = words.iter().filter(|token| is_operator(token)).count();
    if operators > MAX_OPERATORS {
        return Err(PlanError::TooComplex(MAX_OPERATORS));
    }
    let uncounted = words.iter().filter(|token| nests_uncounted(token)).count();
    if uncounted > MAX_UNCOUNTED || double_queries(&words) > MAX_DOUBLE {
        return Err(PlanError::TooDeep);
    }
    Ok(operators + uncounted)
}

fn nests_uncounted(token: &Token) -> bool {
    let Token::Word(word) = token else { return false };
    matches!(word.keyword, Keyword::ARRAY | Keyword::STRUCT | Keyword::MAP)
        || (word.keyword == Keyword::INTERVAL && word.quote_style.is_none())
}

fn double_queries(words: &[&Token]) -> usize {
    let is_double = |three: &&[&Token]| match three {
        [Token::LParen, Token::LParen, Token::Word(word)] => begins_query(word.keyword),
        _ => false,
    };
    words.windows(3).filter(is_double).count()
}

fn begins_query(word: Keyword) -> bool {
    matches!(word, Keyword::SELECT | Keyword::WITH | Keyword::VALUES | Keyword::FROM | Keyword::TABLE)
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
