//! Which language a file is in, and who reads it.

use super::{
    SourceFile,
    node::Problems,
    value::{Place, Value},
    yaml,
};

/// Files that are no plain YAML, by how their names end.
const OTHERS: [(&[&str], Language); 4] = [
    (&["js", "mjs", "cjs"], Language::JavaScript),
    (&["ts", "mts", "cts", "tsx", "jsx"], Language::Refused(TYPESCRIPT)),
    (&["py"], Language::Refused("Python is not read here; write the cubes in plain YAML")),
    (&["jinja", "j2"], Language::Refused(JINJA)),
];

const TYPESCRIPT: &str = "TypeScript is not read here; write the cubes in plain YAML or JavaScript";
const JINJA: &str = "Jinja is not read here; write plain YAML or render the file first";

#[derive(Clone, Copy)]
enum Language {
    JavaScript,
    /// With what is said about it.
    Refused(&'static str),
}

/// True for a file that belongs to a data model, by its name. Files in languages that are not read belong to it too:
/// a model that is read without them would be another.
pub fn is_of_model(path: &str) -> bool {
    let extension = extension(path);
    ["yml", "yaml"].contains(&extension) || OTHERS.iter().any(|(known, _)| known.contains(&extension))
}

/// The documents of a file.
pub(super) fn load(file: &SourceFile, problems: &Problems) -> Vec<Value> {
    let extension = extension(&file.path);
    let other = OTHERS.iter().find(|(extensions, _)| extensions.contains(&extension));
    match other.map(|(_, language)| *language) {
        Some(Language::JavaScript) => javascript(file, problems),
        Some(Language::Refused(advice)) => refused(file, advice, problems),
        None if is_code(&file.text) => {
            refused(file, "this is JavaScript; let the file's name end in `.js`", problems)
        }
        None => yaml::load(file, problems),
    }
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

// What YAML's own parser says about code helps nobody.
fn is_code(text: &str) -> bool {
    ["cube(", "view("].iter().any(|call| text.trim_start().starts_with(call))
}

#[cfg(feature = "javascript")]
fn javascript(file: &SourceFile, problems: &Problems) -> Vec<Value> {
    vec![super::javascript::load(file, problems)]
}

#[cfg(not(feature = "javascript"))]
fn javascript(file: &SourceFile, problems: &Problems) -> Vec<Value> {
    refused(file, "this build reads no JavaScript; write the cubes in plain YAML", problems)
}

fn refused(file: &SourceFile, advice: &str, problems: &Problems) -> Vec<Value> {
    problems.push(&file.path, Some(Place { line: 1, column: 1 }), "", advice);
    Vec::new()
}
