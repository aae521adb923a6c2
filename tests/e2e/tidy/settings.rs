//! `docs/config.md`: every setting with its default and the comment that stands at its field.

use std::{fmt::Write, fs};

use expect_test::expect_file;

use super::root;
use crate::harness::binary;

/// Sections, and the structs that are them.
const SECTIONS: [(&str, &str, &str); 14] = [
    ("", "crates/server/src/config.rs", "Settings"),
    ("model", "crates/server/src/config.rs", "ModelSettings"),
    ("access", "crates/engine/src/config.rs", "Access"),
    ("tables", "crates/engine/src/config.rs", "TableSource"),
    ("limits", "crates/engine/src/config.rs", "Limits"),
    ("temporary", "crates/engine/src/config.rs", "Temporary"),
    ("store", "crates/cubestore/src/config.rs", "Config"),
    ("store.tls", "crates/cubestore/src/config.rs", "Tls"),
    ("cube", "crates/cube-api/src/config.rs", "Config"),
    ("auth", "crates/auth/src/config.rs", "Config"),
    ("auth.users.NAME", "crates/auth/src/config.rs", "User"),
    ("auth.certificates.NAME", "crates/auth/src/config.rs", "CertificateUser"),
    ("flight", "crates/server/src/config.rs", "FlightSettings"),
    ("admin", "crates/server/src/config.rs", "AdminSettings"),
];

const HEAD: &str = "\
# Settings

`cubeflight serve --config FILE` reads them from TOML. Every key can also be set by the environment: `CUBEFLIGHT_` and
the key in capitals, with two underscores between section and key, such as `CUBEFLIGHT_FLIGHT__LISTEN`. Keys that do not
exist are refused. `cubeflight serve --config FILE --print-config` prints what was understood, secrets masked.

Names that Cube itself uses are understood too: `CUBEJS_API_SECRET` (`auth.jwt_secret`), `CUBEJS_CUBESTORE_HOST` and
`CUBEJS_CUBESTORE_PORT` or `CUBESQL_CUBESTORE_URL` (`store.url`), `CUBESQL_CUBE_URL` (`cube.url`), `CUBESQL_CUBE_TOKEN`
(`auth.anonymous_cube_token`), `CUBESQL_METADATA_CACHE_TTL` in seconds (`access.names_ttl`), `NODE_ID` (`node_id`).

This page is written from the sources by a test.
";

#[test]
fn settings_are_written_down() {
    let mut command = binary();
    command.args(["serve", "--print-config"]);
    let urls =
        [("CUBESQL_CUBESTORE_URL", "ws://localhost:3030"), ("CUBESQL_CUBE_URL", "http://localhost:4000")];
    let printed = command.envs(urls).output().unwrap().stdout;
    let defaults: toml::Table = String::from_utf8(printed).unwrap().parse().unwrap();
    let mut page = HEAD.to_owned();
    for (section, path, name) in SECTIONS {
        let source = fs::read_to_string(root().join(path)).unwrap();
        section_of(&mut page, section, &fields(&source, name), &defaults);
    }
    expect_file![root().join("docs/config.md")].assert_eq(&page);
}

fn section_of(page: &mut String, section: &str, fields: &[(String, String)], defaults: &toml::Table) {
    let title = if section.is_empty() { "Top level".to_owned() } else { format!("`[{section}]`") };
    write!(page, "\n## {title}\n\n| key | default | what it is |\n|---|---|---|\n").unwrap();
    for (field, about) in fields {
        let default = section.split('.').filter(|part| !part.is_empty()).chain([field.as_str()]);
        let default = default.enumerate().try_fold(None, |found: Option<&toml::Value>, (depth, part)| {
            let value = if depth == 0 { defaults.get(part) } else { found?.get(part) };
            value.map(Some)
        });
        let default = match default.flatten() {
            Some(toml::Value::Table(_)) if SECTIONS.iter().any(|(name, ..)| name == field) => continue,
            Some(value) => format!("`{value}`"),
            None => String::new(),
        };
        writeln!(page, "| `{field}` | {default} | {about} |").unwrap();
    }
}

/// The fields of a struct with their comments.
fn fields(source: &str, name: &str) -> Vec<(String, String)> {
    let head = format!("struct {name} {{");
    let body = source.split_once(&head).unwrap_or_else(|| panic!("there is no struct {name}")).1;
    let body = body.split_once("\n}").expect("a struct ends").0;
    let mut fields = Vec::new();
    let mut about = Vec::new();
    for line in body.lines().map(str::trim) {
        let line = line.strip_prefix("pub(crate) ").or_else(|| line.strip_prefix("pub ")).unwrap_or(line);
        if let Some(comment) = line.strip_prefix("///") {
            about.push(comment.trim());
        } else if let Some((field, _)) = line.split_once(": ").filter(|_| !line.starts_with(['#', '/'])) {
            fields.push((field.to_owned(), about.join(" ").replace('|', "\\|")));
            about.clear();
        }
    }
    assert!(!fields.is_empty(), "{name} has no fields");
    fields
}
