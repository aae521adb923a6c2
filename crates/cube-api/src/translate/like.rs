//! LIKE and ILIKE. Cube's `contains` is an ILIKE with an escaping of its own, so a pattern is sent only as a
//! superset: a piece of text that every match must contain, whatever escaping and folding the source applies.

use semantic::{ArrowType, Column, Filter, Like, MemberName, json::JsonFilter};

use super::predicate::{self, Inexact};
use crate::request::{NotExact, not_exact::shown};

/// A pattern without wildcards is an equality; every other one is tested above.
pub(super) fn exact(
    column: &Column,
    like: &Like,
    negated: bool,
    filter: &Filter,
) -> Result<JsonFilter, Inexact> {
    if column.data_type != ArrowType::Utf8 {
        return Err(NotExact::Literal { expected: "pattern of text", predicate: shown(filter) }.into());
    }
    if like.case_insensitive || column.is_measure() || !is_plain(like) {
        return Err(Inexact::Above);
    }
    let pattern = like.pattern.to_string();
    Ok(match negated {
        false => predicate::filter(&column.member, "equals", [pattern]),
        true => JsonFilter::And {
            and: vec![
                predicate::filter(&column.member, "notEquals", [pattern]),
                predicate::set(&column.member),
            ],
        },
    })
}

fn is_plain(like: &Like) -> bool {
    !like.pattern.chars().any(|c| c == '%' || c == '_' || c == like.escape)
}

/// A filter that passes every row that the pattern passes. NULL never matches, whether negated or not.
pub(super) fn superset(member: &MemberName, like: &Like, negated: bool) -> JsonFilter {
    match longest_run(like) {
        Some(run) if !negated => predicate::filter(member, "contains", [run]),
        _ => predicate::set(member),
    }
}

/// The longest piece of text that each match contains and that is safe to send.
fn longest_run(like: &Like) -> Option<String> {
    let mut runs = vec![String::new()];
    let mut chars = like.pattern.chars();
    while let Some(c) = chars.next() {
        if c == like.escape {
            // What an escape before an ordinary character means differs between databases.
            chars.next();
            runs.push(String::new());
        } else if is_safe(c, like.case_insensitive) {
            runs.last_mut().expect("there is always a last run").push(c);
        } else {
            runs.push(String::new());
        }
    }
    // The first of the longest ones.
    runs.into_iter().rev().max_by_key(|run| run.chars().count()).filter(|run| !run.is_empty())
}

/// True when a text that contains `c` still contains it after Cube's escaping and the source's case folding.
///
/// Cube escapes `%` and `_` with a backslash and, before 1.7, leaves a backslash itself as it is. `Σ` becomes `σ`
/// or `ς` by its neighbours. ILIKE here folds all of Unicode, where `k` is also `K` (U+212A) and `s` also `ſ`; a
/// source may fold ASCII only, so that of cased text only the other ASCII letters are sent.
fn is_safe(c: char, case_insensitive: bool) -> bool {
    match c {
        '%' | '_' | '\\' | 'Σ' => false,
        'k' | 'K' | 's' | 'S' => !case_insensitive,
        c if c.is_ascii() => true,
        c => !case_insensitive || has_no_case(c),
    }
}

fn has_no_case(c: char) -> bool {
    c.to_lowercase().eq([c]) && c.to_uppercase().eq([c])
}

#[cfg(test)]
mod tests {
    use super::longest_run;
    use semantic::Like;

    fn check(pattern: &str, escape: char, case_insensitive: bool, run: Option<&str>) {
        let like = Like { pattern: pattern.into(), escape, case_insensitive };
        assert_eq!(longest_run(&like).as_deref(), run, "{pattern}");
    }

    #[test]
    fn runs_are_safe_to_send() {
        check("%Berlin%", '\\', false, Some("Berlin"));
        check("a%bcd_ef", '\\', false, Some("bcd"));
        check("ab%cd", '\\', false, Some("ab"));
        check("%", '\\', false, None);
        check("", '\\', false, None);
        check("___", '\\', false, None);
        check(r"10\%off", '\\', false, Some("off"));
        check(r"a\", '\\', false, Some("a"));
        check(r"ab\cde", '\\', false, Some("ab"));
        check("50!%x!!yy", '!', false, Some("50"));
        check(r"a\bcd", '!', false, Some("bcd"));
        check("it's %", '\\', false, Some("it's "));
        check("ΑΣΑ北京市", '\\', false, Some("Α北京市"));
    }

    #[test]
    fn ignoring_case_sends_less() {
        check("%Bookshelf%", '\\', true, Some("helf"));
        check("%Äpfel%", '\\', true, Some("pfel"));
        check("%北京ß%", '\\', true, Some("北京"));
        check("%ks%", '\\', true, None);
    }
}
