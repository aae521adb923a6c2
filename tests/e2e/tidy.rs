//! Rules of the project that no compiler knows: which crate may use what, modules that say what they are, files that
//! are short enough to read, settings that are written down.

mod settings;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Which of our crates each may use; those of `docs/architecture.md`.
const ARROWS: [(&str, &[&str]); 10] = [
    ("semantic", &[]),
    ("cubestore", &[]),
    ("sql", &["semantic"]),
    ("preagg", &["semantic"]),
    ("cube-api", &["semantic"]),
    ("auth", &["semantic"]),
    ("engine", &["semantic", "sql", "preagg", "cubestore", "cube-api"]),
    ("flight", &["engine", "auth", "semantic"]),
    ("embedded", &["semantic", "preagg", "cubestore"]),
    (
        "server",
        &["flight", "engine", "auth", "cubestore", "cube-api", "embedded", "semantic", "sql", "preagg"],
    ),
];

/// Libraries, and the only crates that build on them.
const FENCES: [(&str, &[&str]); 9] = [
    ("tonic", &["flight", "server"]),
    ("arrow-flight", &["flight", "server"]),
    ("datafusion", &["sql", "engine", "embedded"]),
    ("parquet", &["embedded"]),
    ("reqwest", &["cube-api", "auth"]),
    ("flatbuffers", &["cubestore"]),
    ("saphyr", &["semantic"]),
    ("oxc_parser", &["semantic"]),
    ("tokio-tungstenite", &["cubestore", "embedded"]),
];

/// Lines of a file that one still reads in one go.
const LONGEST: usize = 500;

#[test]
fn crates_use_only_what_they_may() {
    let ours: BTreeSet<_> = ARROWS.iter().map(|(name, _)| *name).collect();
    let mut seen = BTreeSet::new();
    for dir in entries(&root().join("crates")) {
        let manifest = fs::read_to_string(dir.join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let name = manifest["package"]["name"].as_str().unwrap();
        let (name, allowed) = ARROWS.iter().find(|(known, _)| *known == name).expect("a crate of the list");
        let used: BTreeSet<_> = manifest["dependencies"].as_table().unwrap().keys().cloned().collect();
        for arrow in used.iter().filter(|used| ours.contains(used.as_str())) {
            assert!(allowed.contains(&arrow.as_str()), "{name} must not know {arrow}");
        }
        for (library, fenced) in FENCES {
            assert!(!used.contains(library) || fenced.contains(name), "{name} must not use {library}");
        }
        seen.insert(*name);
    }
    assert_eq!(seen, ours);
}

#[test]
fn modules_say_what_they_are() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("//!"))
        // Written by prost.
        .filter(|path| !path.to_string_lossy().contains("/flight/src/proto/"))
        .collect();
    assert_eq!(silent, Vec::<PathBuf>::new());
}

#[test]
fn files_can_be_read_in_one_go() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .filter(|(lines, path)| *lines > LONGEST && !path.to_string_lossy().contains("/flight/src/proto/"))
        .collect();
    assert_eq!(long, Vec::<(usize, PathBuf)>::new());
}

/// The checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every Rust file of ours.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open: Vec<_> =
        ["crates", "tests", "benches", "protos", "fuzz"].iter().map(|dir| root().join(dir)).collect();
    while let Some(dir) = open.pop() {
        for path in entries(&dir) {
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 100, "the sources were not found");
    found
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    entries.map(|entry| entry.unwrap().path()).collect()
}
