//! YAML nodes with the place they stand at. Collects every problem instead of stopping at the first.

use std::{cell::RefCell, collections::HashSet};

use saphyr::{MarkedYamlOwned, ScalarOwned, YamlDataOwned};

use super::{ModelError, Problem};

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<Problem>>);

/// A value in a file.
#[derive(Clone)]
pub(super) struct Node<'a> {
    yaml: &'a MarkedYamlOwned,
    file: &'a str,
    /// The cube, view or member that the value belongs to.
    pub(super) member: String,
    problems: &'a Problems,
}

/// A mapping whose unread keys are problems.
pub(super) struct Map<'a> {
    node: Node<'a>,
    entries: Vec<(String, Node<'a>)>,
    read: RefCell<HashSet<String>>,
}

impl Problems {
    pub(super) fn push(&self, file: &str, line: usize, member: &str, message: impl Into<String>) {
        let (file, member, message) = (file.to_owned(), member.to_owned(), message.into());
        self.0.borrow_mut().push(Problem { file, line, member, message });
    }

    pub(super) fn into_error(self) -> Option<ModelError> {
        let mut problems = self.0.into_inner();
        problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        (!problems.is_empty()).then_some(ModelError { problems })
    }
}

impl<'a> Node<'a> {
    pub(super) fn root(yaml: &'a MarkedYamlOwned, file: &'a str, problems: &'a Problems) -> Self {
        Self { yaml, file, member: String::new(), problems }
    }

    fn at(&self, yaml: &'a MarkedYamlOwned) -> Self {
        Self { yaml, ..self.clone() }
    }

    /// The same value, on behalf of `member`.
    pub(super) fn of(self, member: &str) -> Self {
        Self { member: member.to_owned(), ..self }
    }

    pub(super) fn problem(&self, message: impl Into<String>) {
        self.problems.push(self.file, self.yaml.span.start.line(), &self.member, message);
    }

    fn expected<T>(&self, what: &str) -> Option<T> {
        self.problem(format!("expected {what}"));
        None
    }

    /// Text. A number or boolean counts as the text it is written as.
    pub(super) fn text(&self) -> Option<String> {
        match &self.yaml.data {
            YamlDataOwned::Value(ScalarOwned::String(text)) => Some(text.clone()),
            YamlDataOwned::Value(ScalarOwned::Integer(number)) => Some(number.to_string()),
            YamlDataOwned::Value(ScalarOwned::FloatingPoint(number)) => Some(number.to_string()),
            YamlDataOwned::Value(ScalarOwned::Boolean(truth)) => Some(truth.to_string()),
            _ => self.expected("text"),
        }
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        match &self.yaml.data {
            YamlDataOwned::Value(ScalarOwned::Boolean(truth)) => Some(*truth),
            _ => self.expected("true or false"),
        }
    }

    pub(super) fn is_mapping(&self) -> bool {
        matches!(self.yaml.data, YamlDataOwned::Mapping(_))
    }

    pub(super) fn is_sequence(&self) -> bool {
        matches!(self.yaml.data, YamlDataOwned::Sequence(_))
    }

    pub(super) fn items(&self) -> Vec<Self> {
        match &self.yaml.data {
            YamlDataOwned::Sequence(items) => items.iter().map(|item| self.at(item)).collect(),
            _ => self.expected("a list").unwrap_or_default(),
        }
    }

    /// A mapping; keys in camelCase count as their snake_case form.
    pub(super) fn map(&self) -> Option<Map<'a>> {
        let YamlDataOwned::Mapping(entries) = &self.yaml.data else { return self.expected("a mapping") };
        let mut read = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key_node = self.at(key);
            read.push((snake_case(&key_node.text()?), self.at(value)));
        }
        Some(Map { node: self.clone(), entries: read, read: RefCell::default() })
    }

    /// Every text below, for searches.
    pub(super) fn texts(&self, visit: &mut impl FnMut(&str)) {
        match &self.yaml.data {
            YamlDataOwned::Value(ScalarOwned::String(text)) => visit(text),
            YamlDataOwned::Sequence(items) => items.iter().for_each(|item| self.at(item).texts(visit)),
            YamlDataOwned::Mapping(map) => map.values().for_each(|item| self.at(item).texts(visit)),
            _ => {}
        }
    }
}

impl<'a> Map<'a> {
    pub(super) fn node(&self) -> &Node<'a> {
        &self.node
    }

    /// The value of a key; `null` counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<Node<'a>> {
        self.read.borrow_mut().insert(key.to_owned());
        let (_, node) = self.entries.iter().find(|(name, _)| name == key)?;
        let null = matches!(node.yaml.data, YamlDataOwned::Value(ScalarOwned::Null));
        (!null).then(|| Node { member: self.node.member.clone(), ..node.clone() })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.text()
    }

    pub(super) fn required(&self, key: &str) -> Option<Node<'a>> {
        let found = self.get(key);
        if found.is_none() {
            self.node.problem(format!("`{key}` is missing"));
        }
        found
    }

    pub(super) fn boolean(&self, key: &str, default: bool) -> bool {
        self.get(key).and_then(|node| node.boolean()).unwrap_or(default)
    }

    pub(super) fn list(&self, key: &str) -> Vec<Node<'a>> {
        self.get(key).map(|node| node.items()).unwrap_or_default()
    }

    /// Keys that are Cube's but shape no answer.
    pub(super) fn ignore(&self, keys: &[&str]) {
        self.read.borrow_mut().extend(keys.iter().map(|key| (*key).to_owned()));
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(&self) {
        for (key, node) in &self.entries {
            if !self.read.borrow().contains(key) {
                let node = Node { member: self.node.member.clone(), ..node.clone() };
                node.problem(format!("`{key}` is not supported here"));
            }
        }
    }
}

fn snake_case(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 4);
    for letter in key.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
