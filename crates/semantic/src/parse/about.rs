//! Reads what members of every kind carry beside their meaning.

use super::{
    index::Scope,
    map::Map,
    node::{Node, snake_case},
};
use crate::{
    model::{About, Format, Mask},
    template::Template,
    types::ArrowType,
};

/// What every member carries; `public` is what holds when the model does not say it.
pub(super) fn about(map: &Map<'_>, public: bool) -> About {
    About {
        title: map.text("title"),
        description: map.text("description"),
        public: map.public(public),
        meta: map.json("meta"),
        arrow_type: arrow_type(map),
    }
}

fn arrow_type(map: &Map<'_>) -> Option<ArrowType> {
    let meta = map.get("meta").filter(Node::is_mapping)?.map()?;
    let node = meta.get("arrow_type")?;
    let text = node.text()?;
    text.parse().map_err(|error| node.problem(format!("meta.arrow_type: {error}"))).ok()
}

/// A word, or a mapping of a type and what belongs to it.
pub(super) fn format(map: &Map<'_>) -> Option<Format> {
    let node = map.get("format")?;
    if !node.is_mapping() {
        return Some(Format { kind: node.text()?, label: None, value: None });
    }
    let map = node.map()?;
    let kind = map.required("type").and_then(|node| node.text());
    let format = Format { kind: kind?, label: map.text("label"), value: map.text("value") };
    map.finish();
    Some(format)
}

/// `{ sql: .. }` or a value.
pub(super) fn mask(map: &Map<'_>, scope: Scope<'_>) -> Option<Mask> {
    let node = map.get("mask")?;
    if node.is_mapping() { scope.sql(&node).map(Mask::Sql) } else { node.json().map(Mask::Value) }
}

/// Conditions: a list of `{ sql: .. }`.
pub(super) fn conditions(map: &Map<'_>, key: &str, scope: Scope<'_>) -> Vec<Template> {
    map.list(key).iter().filter_map(|node| Some(scope.sql(node)?.sql)).collect()
}

/// The type of a member; it must be said.
pub(super) fn kind<T: Copy>(map: &Map<'_>, what: &str, words: &[(&str, T)]) -> Option<T> {
    let node = map.required("type")?;
    let text = node.text()?;
    let lower = snake_case(&text);
    let found = words.iter().find(|(word, _)| *word == lower);
    if found.is_none() {
        node.problem(format!("the {what} type `{text}` is not supported"));
    }
    found.map(|(_, kind)| *kind)
}
