//! Writes a model down: JSON, which is YAML too, in the words of Cube's data model. What `extends` and references
//! mean is written out; reading the text again gives the same model.

use serde::Serialize;
use serde_json::Value;

use crate::model::{Cube, Model, View};

#[derive(Serialize)]
struct Document<'m> {
    cubes: Vec<&'m Cube>,
    views: Vec<&'m View>,
}

/// What stands under these keys is the author's own, and `null` there is a value.
const FREE: [&str; 4] = ["meta", "values", "params", "mask"];

/// The whole model as text.
pub fn model(model: &Model) -> Result<String, serde_json::Error> {
    let document = Document { cubes: model.cubes().collect(), views: model.views().collect() };
    let mut document = serde_json::to_value(document)?;
    drop_absent(&mut document);
    text(&document)
}

/// A document that is read as it was meant.
pub(crate) fn text(document: &Value) -> Result<String, serde_json::Error> {
    Ok(escaped(&serde_json::to_string_pretty(document)?))
}

fn drop_absent(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.iter_mut().filter(|(key, _)| !FREE.contains(&key.as_str())).for_each(|(_, v)| drop_absent(v));
        }
        Value::Array(items) => items.iter_mut().for_each(drop_absent),
        _ => {}
    }
}

// Two braces in a row would be taken for Jinja, and YAML knows fewer printable characters than JSON. Both stand
// inside of texts only, where an escape means the same.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut before = ' ';
    for letter in json.chars() {
        match letter {
            '{' | '%' if before == '{' => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            '\u{7f}'..='\u{ffff}' => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => out.push(letter),
        }
        before = letter;
    }
    out
}
