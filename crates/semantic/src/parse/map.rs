//! Mappings whose unread keys are problems.

use std::{cell::RefCell, collections::HashSet, fmt::Display, str::FromStr};

use super::node::{Node, snake_case};

/// A mapping whose unread keys are problems.
#[derive(Clone)]
pub(super) struct Map<'a> {
    node: Node<'a>,
    entries: Vec<(String, Node<'a>)>,
    read: RefCell<HashSet<String>>,
}

impl<'a> Map<'a> {
    pub(super) fn new(node: Node<'a>, entries: Vec<(String, Node<'a>)>) -> Self {
        Self { node, entries, read: RefCell::default() }
    }

    /// The mapping with the keys of another that it does not have itself.
    pub(super) fn over(mut self, other: &Self) -> Self {
        let missing = |(key, _): &&(String, Node<'a>)| !self.entries.iter().any(|(own, _)| own == key);
        let inherited: Vec<_> = other.entries.iter().filter(missing).cloned().collect();
        self.entries.extend(inherited);
        self
    }

    pub(super) fn node(&self) -> &Node<'a> {
        &self.node
    }

    /// The value of a key; `null` counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<Node<'a>> {
        self.read.borrow_mut().insert(key.to_owned());
        let (_, node) = self.entries.iter().find(|(name, _)| name == key)?;
        (!node.is_null()).then(|| node.clone().of(&self.node.member))
    }

    /// The value under the first of several names for one key.
    pub(super) fn either(&self, keys: &[&str]) -> Option<Node<'a>> {
        let found: Vec<_> = keys.iter().filter_map(|key| self.get(key)).collect();
        if found.len() > 1 {
            self.node.problem(format!("`{}` are one and the same; write one of them", keys.join("` and `")));
        }
        found.into_iter().next()
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.text()
    }

    pub(super) fn json(&self, key: &str) -> Option<serde_json::Value> {
        self.get(key)?.json()
    }

    pub(super) fn required(&self, key: &str) -> Option<Node<'a>> {
        let found = self.get(key);
        if found.is_none() {
            self.node.problem(format!("`{key}` is missing"));
        }
        found
    }

    pub(super) fn boolean(&self, key: &str, default: bool) -> bool {
        self.flag(key).unwrap_or(default)
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.get(key)?.boolean()
    }

    /// `public`, whose older name is `shown`; one of them is enough to hide.
    pub(super) fn public(&self, default: bool) -> bool {
        match (self.flag("public"), self.flag("shown")) {
            (None, None) => default,
            (public, shown) => public.unwrap_or(true) && shown.unwrap_or(true),
        }
    }

    pub(super) fn list(&self, key: &str) -> Vec<Node<'a>> {
        self.get(key).map(|node| node.items()).unwrap_or_default()
    }

    /// A list of texts; one may stand without brackets.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let items = self.get(key).map(|node| node.one_or_many()).unwrap_or_default();
        items.iter().filter_map(Node::text).collect()
    }

    /// Definitions in a list, or in a mapping from name to definition.
    pub(super) fn definitions(&self, key: &str) -> Vec<Node<'a>> {
        self.get(key).map(|node| node.definitions()).unwrap_or_default()
    }

    /// A text that means something.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&self, key: &str) -> Option<T> {
        let node = self.get(key)?;
        node.text()?.parse().map_err(|error: T::Err| node.problem(error.to_string())).ok()
    }

    /// One of a closed set of words.
    pub(super) fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        word(&self.get(key)?, key, words)
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(&self) {
        for (key, node) in &self.entries {
            if !self.read.borrow().contains(key) {
                node.clone().of(&self.node.member).problem(format!("`{key}` is not supported here"));
            }
        }
    }
}

/// One of a closed set of words, in snake_case or camelCase.
pub(super) fn word<T: Copy>(node: &Node<'_>, what: &str, words: &[(&str, T)]) -> Option<T> {
    let text = node.text()?;
    let lower = snake_case(&text);
    let found = words.iter().find(|(word, _)| *word == lower || *word == text);
    if found.is_none() {
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        node.problem(format!("`{text}` is no {what}; use {}", one_of(&known)));
    }
    found.map(|(_, value)| *value)
}

fn one_of(words: &[&str]) -> String {
    match words {
        [front @ .., last] if !front.is_empty() => format!("{} or {last}", front.join(", ")),
        words => words.concat(),
    }
}
