//! What a statement may be made of, by its tokens: limits that hold before anything recursive runs.

use datafusion::sql::sqlparser::{
    keywords::Keyword,
    tokenizer::{Token, TokenWithSpan},
};

use super::refusal::Refusal;

/// More than any caller has a use for, partitions of a UNION ALL included.
const MAX_OPERATORS: usize = 8_000;

/// Words that nest, which the parser follows without counting how deep it is.
const MAX_UNCOUNTED: usize = 100;

/// Sub-queries in two pairs of parentheses: the parser reads each of them twice when it comes to a bad end.
const MAX_DOUBLE: usize = 8;

/// A level of nesting takes the stack of so many operators.
const OPERATORS_PER_LEVEL: usize = 20;

/// How deep the trees of a statement can be, in operators.
pub(super) fn depth(tokens: &[TokenWithSpan]) -> Result<usize, Refusal> {
    let words: Vec<_> = tokens.iter().map(|token| &token.token).filter(|token| !is_space(token)).collect();
    let count = |wanted: fn(&Token) -> bool| words.iter().filter(|token| wanted(token)).count();
    let (operators, uncounted) = (count(is_operator), count(nests_uncounted));
    if operators > MAX_OPERATORS {
        return Err(Refusal::Syntax(format!("more than {MAX_OPERATORS} operators")));
    }
    if uncounted > MAX_UNCOUNTED || double_queries(&words) > MAX_DOUBLE {
        return Err(Refusal::too_deep());
    }
    Ok(operators + OPERATORS_PER_LEVEL * (nesting(&words) + uncounted))
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
        | Token::LParen
        | Token::RParen
        | Token::Period
        | Token::SemiColon
        | Token::Placeholder(_) => false,
        _ => true,
    }
}

fn nests_uncounted(token: &Token) -> bool {
    let Token::Word(word) = token else { return false };
    matches!(word.keyword, Keyword::INTERVAL | Keyword::ARRAY | Keyword::STRUCT | Keyword::MAP)
}

fn nesting(words: &[&Token]) -> usize {
    let (mut level, mut deepest) = (0_usize, 0);
    for token in words {
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => level += 1,
            Token::RParen | Token::RBracket | Token::RBrace => level = level.saturating_sub(1),
            Token::Word(word) if word.keyword == Keyword::CASE => level += 1,
            Token::Word(word) if word.keyword == Keyword::END => level = level.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(level);
    }
    deepest
}

fn double_queries(words: &[&Token]) -> usize {
    let is_double = |three: &&[&Token]| matches!(three, [Token::LParen, Token::LParen, Token::Word(word)] if begins_query(word.keyword));
    words.windows(3).filter(is_double).count()
}

fn begins_query(word: Keyword) -> bool {
    matches!(word, Keyword::SELECT | Keyword::WITH | Keyword::VALUES | Keyword::FROM | Keyword::TABLE)
}

fn is_space(token: &Token) -> bool {
    matches!(token, Token::Whitespace(_))
}
