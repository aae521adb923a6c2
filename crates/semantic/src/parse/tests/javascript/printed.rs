//! Every model that YAML can say, said in JavaScript; and texts that are no JavaScript at all.

use proptest::prelude::*;

use super::js;
use crate::{
    parse::{
        model,
        node::Problems,
        tests::{file, fixtures, fixtures::parsed, generated::document},
        value::{Data, Value},
        yaml,
    },
    print,
};

/// A model in YAML as JavaScript.
fn javascript(text: &str) -> String {
    let documents = yaml::load(&file(text), &Problems::default());
    let root = documents.first().expect("a document");
    let mut calls = String::new();
    for (word, key) in [("cube", "cubes"), ("view", "views")] {
        for definition in items(root, key) {
            let name = entry(definition, "name").expect("a name");
            calls.push_str(&format!("{word}({}, ", print(name, "")));
            let Data::Map(entries) = &definition.data else { panic!("a definition is a mapping") };
            let entries = entries.iter().filter(|(key, _)| !is(key, "name")).cloned().collect();
            calls.push_str(&format!("{});\n", print(&Value::new(Data::Map(entries)), "")));
        }
    }
    calls
}

fn entry<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let Data::Map(entries) = &value.data else { return None };
    entries.iter().find(|(key, _)| is(key, name)).map(|(_, value)| value)
}

fn items<'v>(root: &'v Value, key: &str) -> &'v [Value] {
    match entry(root, key).map(|value| &value.data) {
        Some(Data::List(items)) => items,
        _ => &[],
    }
}

fn is(key: &Value, name: &str) -> bool {
    matches!(&key.data, Data::Text(text) if text == name)
}

/// A value under a key.
fn print(value: &Value, key: &str) -> String {
    let list = |items: &[Value]| items.iter().map(|item| print(item, key)).collect::<Vec<_>>().join(", ");
    match &value.data {
        Data::Null => "null".to_owned(),
        Data::Boolean(truth) => truth.to_string(),
        Data::Integer(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Text(text) if is_sql(key) => template(text),
        Data::Text(text) => serde_json::to_string(text).unwrap(),
        Data::List(items) => format!("[{}]", list(items)),
        Data::Map(entries) => {
            let entry = |(key, value): &(Value, Value)| {
                let Data::Text(name) = &key.data else { panic!("keys are texts") };
                format!("{}: {}", print(key, ""), print(value, name))
            };
            format!("{{ {} }}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => panic!("{other:?} is not of YAML"),
    }
}

fn is_sql(key: &str) -> bool {
    ["sql", "sql_table", "sqlTable", "switch"].contains(&key)
}

fn template(text: &str) -> String {
    format!("`{}`", text.replace('\\', "\\\\").replace('`', "\\`").replace('{', "${"))
}

#[track_caller]
fn assert_same(yaml: &str) {
    let (text, theirs) = (javascript(yaml), parsed(&[file(yaml)]));
    let ours = model(&[js(&text)]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(ours.cubes().eq(theirs.cubes()), "{text}");
    assert!(ours.views().eq(theirs.views()), "{text}");
}

#[test]
fn fixtures_mean_the_same() {
    assert_same(include_str!("../../../../tests/fixtures/everything.yml"));
    let alone = fixtures::all().into_iter().filter(|(_, files)| files.len() == 1);
    alone.for_each(|(_, files)| assert_same(&files[0].text));
}

/// Pieces of models, to be put together at random.
const PIECES: [&str; 28] = [
    "cube",
    "view",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "`",
    "${",
    "'",
    "\"",
    ",",
    ":",
    ";",
    "=>",
    "...",
    "CUBE",
    ".",
    "sql",
    "dimensions",
    "//",
    "/*",
    "\\",
    "\n",
    "5",
    "é",
    "async",
];

proptest! {
    #[test]
    fn every_model_means_the_same(mut document in document()) {
        exact(&mut document);
        assert_same(&print::text(&document).unwrap());
    }

    #[test]
    fn garbage_is_told(pieces in proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..60)) {
        _ = model(&[js(&pieces.concat())]);
    }

    #[test]
    fn broken_models_are_told(at in 0.0..1.0, gone in 0_usize..20, put in "[ -~é]{0,3}") {
        let text = include_str!("../../../../tests/fixtures/orders.js");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss,
            reason = "a place in the text")]
        let at = (at * text.len() as f64) as usize;
        let broken = format!("{}{put}{}", &text[..at], &text[(at + gone).min(text.len())..]);
        _ = model(&[js(&broken)]);
    }
}

/// Whole numbers beyond 2^53 are others in JavaScript.
fn exact(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Number(number) => {
            number.as_i64().into_iter().for_each(|whole| *number = (whole % (1 << 53)).into());
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(exact),
        serde_json::Value::Object(map) => map.values_mut().for_each(exact),
        _ => {}
    }
}
