//! Statements that change the session instead of asking for rows: SET, RESET and USE, and DROP TABLE.

use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use semantic::name::CATALOG;

use crate::{
    error::{PlanError, Result},
    parse::Semantic,
    temporary::TEMPORARY,
};

/// Nothing that sets an option is longer.
const MAX_BYTES: usize = 4096;

/// An option of the session with its new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// In lower case.
    pub name: String,
    /// `None`: as if it had never been set.
    pub value: Option<String>,
}

/// A temporary table that is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// As written, without catalog and schema.
    pub name: String,
    /// Whether it is no mistake when there is none.
    pub if_exists: bool,
}

/// The table that the statement drops; `None` when it is no such statement.
pub fn dropped(text: &str) -> Result<Option<Dropped>> {
    let Some(tokens) = tokens(text) else { return Ok(None) };
    match tokens.as_slice() {
        [drop, rest @ ..] if word(drop).as_deref() == Some("drop") => {
            drop_table(rest).map(Some).ok_or_else(|| PlanError::Syntax(DROP_USAGE.to_owned()))
        }
        _ => Ok(None),
    }
}

const DROP_USAGE: &str = "a temporary table goes by DROP TABLE [IF EXISTS] name; its schema is `temporary`";

fn drop_table(tokens: &[Token]) -> Option<Dropped> {
    let [table, rest @ ..] = tokens else { return None };
    (word(table)? == "table").then_some(())?;
    let (if_exists, rest) = match rest {
        [r#if, exists, rest @ ..] if word(r#if)? == "if" && word(exists).as_deref() == Some("exists") => {
            (true, rest)
        }
        rest => (false, rest),
    };
    let schema = |token: &Token| word(token).is_some_and(|word| word == TEMPORARY);
    let name = match rest {
        [name] => name,
        [first, Token::Period, name] if schema(first) => name,
        [catalog, Token::Period, first, Token::Period, name]
            if schema(first) && word(catalog).is_some_and(|word| word == CATALOG) =>
        {
            name
        }
        _ => return None,
    };
    let Token::Word(name) = name else { return None };
    Some(Dropped { name: name.value.clone(), if_exists })
}

/// What the statement sets; `None` when it is no such statement.
pub fn settings(text: &str) -> Result<Option<Vec<Setting>>> {
    let Some(tokens) = tokens(text) else { return Ok(None) };
    let [first, rest @ ..] = tokens.as_slice() else { return Ok(None) };
    let settings = match word(first).as_deref() {
        Some("set") => set(rest),
        Some("reset") => reset(rest),
        Some("use") => used(rest),
        _ => return Ok(None),
    };
    settings.map(Some).ok_or_else(|| PlanError::Syntax(USAGE.to_owned()))
}

const USAGE: &str = "a session is changed by SET name = value, SET TIME ZONE value, RESET name, USE schema or USE catalog.schema";

/// The tokens that mean something, without the semicolon at the end; `None` for a statement that asks for rows.
fn tokens(text: &str) -> Option<Vec<Token>> {
    if text.len() > MAX_BYTES || !may_change(text) {
        return None;
    }
    let tokens = Tokenizer::new(&Semantic::new(), text).tokenize().ok()?;
    let mut tokens: Vec<_> =
        tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    if tokens.last() == Some(&Token::SemiColon) {
        tokens.pop();
    }
    Some(tokens)
}

/// False for a statement that begins with another word, as most do.
fn may_change(mut text: &str) -> bool {
    loop {
        text = text.trim_start();
        let comment = if let Some(line) = text.strip_prefix("--") {
            line.split_once('\n')
        } else if let Some(block) = text.strip_prefix("/*") {
            block.split_once("*/")
        } else {
            break;
        };
        match comment {
            Some((comment, rest)) if !comment.contains("/*") => text = rest,
            _ => return true,
        }
    }
    let end = text.find(|next: char| !next.is_ascii_alphabetic()).unwrap_or(text.len());
    ["set", "reset", "use", "drop"].iter().any(|word| text[..end].eq_ignore_ascii_case(word))
}

fn set(tokens: &[Token]) -> Option<Vec<Setting>> {
    let [first, rest @ ..] = tokens else { return None };
    let name = word(first)?;
    match (name.as_str(), rest) {
        ("session" | "local", rest @ [next, ..]) if is_word(next) => set(rest),
        ("time", [zone, value]) if word(zone)? == "zone" => one("timezone", value),
        (name, [Token::Eq, value]) => one(name, value),
        (name, [to, value]) if word(to).as_deref() == Some("to") => one(name, value),
        (name @ ("schema" | "catalog" | "timezone"), [value]) => one(name, value),
        _ => None,
    }
}

fn reset(tokens: &[Token]) -> Option<Vec<Setting>> {
    match tokens {
        [time, zone] if word(time)? == "time" && word(zone)? == "zone" => Some(vec![unset("timezone")]),
        [name] => Some(vec![unset(&word(name)?)]),
        _ => None,
    }
}

fn used(tokens: &[Token]) -> Option<Vec<Setting>> {
    match tokens {
        [schema] => one("schema", schema),
        [kind, name] if matches!(word(kind)?.as_str(), "schema" | "catalog") => one(&word(kind)?, name),
        [catalog, Token::Period, schema] => Some([one("catalog", catalog)?, one("schema", schema)?].concat()),
        _ => None,
    }
}

/// A name with its value; the bare words DEFAULT and LOCAL stand for the one that the server has.
fn one(name: &str, value: &Token) -> Option<Vec<Setting>> {
    let value = match value {
        Token::Word(word) if word.quote_style.is_none() && is_default(&word.value) => {
            return Some(vec![unset(name)]);
        }
        Token::Word(word) => word.value.clone(),
        Token::SingleQuotedString(text) => text.clone(),
        Token::Number(digits, _) => digits.clone(),
        _ => return None,
    };
    Some(vec![Setting { name: name.to_owned(), value: Some(value) }])
}

fn unset(name: &str) -> Setting {
    Setting { name: name.to_owned(), value: None }
}

fn is_default(word: &str) -> bool {
    ["default", "local"].iter().any(|default| word.eq_ignore_ascii_case(default))
}

fn is_word(token: &Token) -> bool {
    matches!(token, Token::Word(_))
}

fn word(token: &Token) -> Option<String> {
    match token {
        Token::Word(word) => Some(word.value.to_lowercase()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{dropped, settings};

    fn read(text: &str) -> String {
        match settings(text) {
            Ok(None) => "rows".to_owned(),
            Ok(Some(settings)) => {
                let shown = settings.iter().map(|setting| format!("{}={:?}", setting.name, setting.value));
                shown.collect::<Vec<_>>().join(", ")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn statements_that_change_the_session() {
        for (text, expected) in [
            ("SET timezone = 'Europe/Berlin'", "timezone=Some(\"Europe/Berlin\")"),
            ("set TimeZone to UTC;", "timezone=Some(\"UTC\")"),
            ("SET TIME ZONE 'Asia/Tokyo'", "timezone=Some(\"Asia/Tokyo\")"),
            ("SET SESSION road = rollup", "road=Some(\"rollup\")"),
            ("SET SESSION TIME ZONE LOCAL", "timezone=None"),
            ("SET query_timeout = 30", "query_timeout=Some(\"30\")"),
            ("SET road = \"default\"", "road=Some(\"default\")"),
            ("SET road = DEFAULT", "road=None"),
            ("-- why\nSET /* not */ road = 'cube'", "road=Some(\"cube\")"),
            ("SET SCHEMA public", "schema=Some(\"public\")"),
            ("RESET timezone", "timezone=None"),
            ("RESET TIME ZONE", "timezone=None"),
            ("USE public", "schema=Some(\"public\")"),
            ("USE CATALOG cube", "catalog=Some(\"cube\")"),
            ("USE cube.public", "catalog=Some(\"cube\"), schema=Some(\"public\")"),
            ("/* a /* b */ c */ set road = cube", "road=Some(\"cube\")"),
            ("/**/ -- */ SET\n /* ; */ Use public", "schema=Some(\"public\")"),
            ("SELECT 1", "rows"),
            ("SETTING", "rows"),
            ("-- SET road = cube", "rows"),
            ("", "rows"),
            ("'SET'", "rows"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        for text in [
            "SET",
            "SET a",
            "SET =",
            "SET a =",
            "SET a = 1 + 1",
            "USE",
            "USE a.b.c",
            "RESET",
            "SET a = b; SELECT 1",
        ] {
            assert!(read(text).starts_with("a session is changed by"), "{text}: {}", read(text));
        }
    }

    #[test]
    fn tables_that_are_dropped() {
        let read = |text: &str| match dropped(text) {
            Ok(None) => "rows".to_owned(),
            Ok(Some(dropped)) => format!("{} {}", dropped.name, dropped.if_exists),
            Err(error) => error.to_string(),
        };
        for (text, expected) in [
            ("DROP TABLE wanted", "wanted false"),
            ("drop table if exists \"My list\";", "My list true"),
            ("DROP TABLE temporary.wanted", "wanted false"),
            ("/* gone */ DROP TABLE cube.TEMPORARY.wanted", "wanted false"),
            ("DROP TABLE if", "if false"),
            ("/* a /* b */ c */ drop table a", "a false"),
            ("SELECT 1", "rows"),
            ("DESCRIBE t", "rows"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        for text in
            ["DROP", "DROP VIEW a", "DROP TABLE", "DROP TABLE public.a", "DROP TABLE a, b", "DROP TABLE 'a'"]
        {
            assert!(read(text).starts_with("a temporary table goes by"), "{text}: {}", read(text));
        }
    }
}
