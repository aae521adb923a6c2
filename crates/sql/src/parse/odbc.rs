//! ODBC's `{fn …}` around calls that have a syntax of their own, which the parser only reads without it.

use datafusion::sql::sqlparser::{
    keywords::Keyword,
    tokenizer::{Token, TokenWithSpan},
};

/// The tokens without braces around such calls. Other escapes are left to the parser.
pub(super) fn unwrapped(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let words: Vec<_> =
        (0..tokens.len()).filter(|at| !matches!(tokens[*at].token, Token::Whitespace(_))).collect();
    let mut dropped = vec![false; tokens.len()];
    // The open braces; with its own place and that of `fn` the brace that may be dropped.
    let mut open: Vec<Option<[usize; 2]>> = Vec::new();
    for (place, at) in words.iter().enumerate() {
        match &tokens[*at].token {
            Token::LBrace => {
                let [word, call] = [1, 2].map(|next| words.get(place + next).map(|at| &tokens[*at].token));
                let special = word.is_some_and(is_fn) && call.is_some_and(has_own_syntax);
                open.push(special.then(|| [*at, words[place + 1]]));
            }
            Token::RBrace => {
                let special = open.pop().flatten();
                let pair = special.into_iter().flat_map(|[brace, word]| [brace, word, *at]);
                pair.for_each(|place| dropped[place] = true);
            }
            _ => {}
        }
    }
    tokens.into_iter().zip(dropped).filter_map(|(token, dropped)| (!dropped).then_some(token)).collect()
}

fn is_fn(token: &Token) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("fn"))
}

fn has_own_syntax(token: &Token) -> bool {
    let Token::Word(word) = token else { return false };
    matches!(
        word.keyword,
        Keyword::EXTRACT
            | Keyword::POSITION
            | Keyword::SUBSTRING
            | Keyword::TRIM
            | Keyword::CURRENT_DATE
            | Keyword::CURRENT_TIME
            | Keyword::CURRENT_TIMESTAMP
    )
}
