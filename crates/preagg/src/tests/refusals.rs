//! `docs/refusals.md`: every reason with its code, its sentence and the comment that stands at its variant.

use std::path::Path;

use expect_test::expect_file;

const SOURCE: &str = include_str!("../refusal.rs");

const HEAD: &str = "\
# Refusals

Why a pre-aggregation does not answer a query. `EXPLAIN` and `cubeflight explain` show each with its sentence, metrics and
`system.refusals` with its code, which does not change. Names stand where `{…}` does.

This page is written from the sources by a test.

| code | sentence | what it is |
|---|---|---|
";

/// Name, comment and sentence of each variant.
fn variants() -> Vec<(String, String, String)> {
    let (_, body) = SOURCE.split_once("pub enum Refusal {\n").unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    let mut variants = Vec::new();
    let (mut comment, mut sentence) = (String::new(), String::new());
    let mut open = false;
    for line in body.lines().filter(|line| line.starts_with("    ")) {
        let line = line.trim_end();
        let inner = line.trim_start();
        // Fields and their comments are further in.
        let depth = line.len() - inner.len();
        if open || inner.starts_with("#[error(") {
            sentence += inner;
            open = !inner.ends_with(")]");
        } else if depth == 4 && inner.starts_with("///") {
            comment = inner.trim_start_matches("/// ").to_owned();
        } else if depth == 4 && inner.starts_with(|letter: char| letter.is_ascii_uppercase()) {
            let name: String = inner.chars().take_while(char::is_ascii_alphanumeric).collect();
            variants.push((name, comment.clone(), quoted(&sentence)));
            sentence.clear();
        }
    }
    variants
}

/// The text between the first quote and the one that ends it, arguments named as far as they have names.
fn quoted(attribute: &str) -> String {
    let text = attribute.split('"').nth(1).unwrap_or_default();
    let mut shown = String::new();
    let mut inside = false;
    for letter in text.chars() {
        match letter {
            '{' => inside = true,
            '}' => {
                inside = false;
                shown.push_str("{…}");
            }
            letter if !inside => shown.push(letter),
            _ => {}
        }
    }
    shown
}

fn code(variant: &str) -> String {
    let is_arm = |line: &&str| {
        let rest = line.trim_start().strip_prefix("Self::").and_then(|line| line.strip_prefix(variant));
        rest.is_some_and(|rest| rest.starts_with([' ', '(']) && rest.contains("=> \""))
    };
    let arm = SOURCE.lines().find(is_arm).unwrap_or_else(|| panic!("{variant} has no code"));
    arm.split('"').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn refusals_are_written_down() {
    let mut page = HEAD.to_owned();
    for (name, comment, sentence) in variants() {
        page += &format!("| `{}` | {sentence} | {comment} |\n", code(&name));
    }
    assert!(page.lines().count() > 30, "{page}");
    expect_file![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/refusals.md")].assert_eq(&page);
}
