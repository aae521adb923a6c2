//! YAML nodes with the place they stand at. Collects every problem instead of stopping at the first.

use std::cell::RefCell;

use saphyr::{MarkedYamlOwned, Marker, ScalarOwned, YamlDataOwned};

use super::{ModelError, Problem, map::Map};

/// The problems found so far, each with the place in its file.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<(usize, Problem)>>);

/// A value in a file.
#[derive(Clone)]
pub(super) struct Node<'a> {
    yaml: &'a MarkedYamlOwned,
    file: &'a str,
    /// The cube, view or member that the value belongs to.
    pub(super) member: String,
    /// The key that it stands under.
    pub(super) key: Option<String>,
    problems: &'a Problems,
}

impl Problems {
    pub(super) fn push(&self, file: &str, at: Marker, member: &str, message: impl Into<String>) {
        let (file, member, message) = (file.to_owned(), member.to_owned(), message.into());
        let problem = Problem { file, line: at.line(), member, message };
        let mut problems = self.0.borrow_mut();
        // What is wrong in a cube is as wrong in the cubes that extend it, and is told once.
        let is_known = problems.iter().any(|(place, known)| {
            *place == at.index() && known.file == problem.file && known.message == problem.message
        });
        if !is_known {
            problems.push((at.index(), problem));
        }
    }

    pub(super) fn into_error(self) -> Option<ModelError> {
        let mut problems: Vec<_> = self.0.into_inner().into_iter().map(|(_, problem)| problem).collect();
        problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        (!problems.is_empty()).then_some(ModelError { problems })
    }
}

impl<'a> Node<'a> {
    pub(super) fn root(yaml: &'a MarkedYamlOwned, file: &'a str, problems: &'a Problems) -> Self {
        Self { yaml, file, member: String::new(), key: None, problems }
    }

    fn at(&self, yaml: &'a MarkedYamlOwned) -> Self {
        Self { yaml, key: None, ..self.clone() }
    }

    /// The same value, on behalf of `member`.
    pub(super) fn of(self, member: &str) -> Self {
        Self { member: member.to_owned(), ..self }
    }

    pub(super) fn problem(&self, message: impl Into<String>) {
        self.problems.push(self.file, self.yaml.span.start, &self.member, message);
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

    /// Whatever it is; nobody here asks what it means.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        Some(match &self.yaml.data {
            YamlDataOwned::Value(ScalarOwned::Null) => serde_json::Value::Null,
            YamlDataOwned::Value(ScalarOwned::Boolean(truth)) => (*truth).into(),
            YamlDataOwned::Value(ScalarOwned::Integer(number)) => (*number).into(),
            YamlDataOwned::Value(ScalarOwned::FloatingPoint(number)) if number.is_finite() => {
                (**number).into()
            }
            YamlDataOwned::Sequence(_) => self.items().iter().map(Self::json).collect::<Option<_>>()?,
            YamlDataOwned::Mapping(_) => {
                let entries = self.entries()?;
                entries.into_iter().map(|(key, node)| Some((key, node.json()?))).collect::<Option<_>>()?
            }
            _ => self.text()?.into(),
        })
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.yaml.data, YamlDataOwned::Value(ScalarOwned::Null))
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

    /// The items of a list; one value may stand without brackets.
    pub(super) fn one_or_many(&self) -> Vec<Self> {
        if self.is_sequence() { self.items() } else { vec![self.clone()] }
    }

    /// The definitions in a list, or in a mapping from name to definition.
    pub(super) fn definitions(&self) -> Vec<Self> {
        if !self.is_mapping() {
            return self.items();
        }
        let named = |(key, node): (String, Self)| Self { key: Some(key), ..node };
        self.entries().into_iter().flatten().map(named).collect()
    }

    fn entries(&self) -> Option<Vec<(String, Self)>> {
        let YamlDataOwned::Mapping(entries) = &self.yaml.data else { return self.expected("a mapping") };
        entries.iter().map(|(key, value)| Some((self.at(key).text()?, self.at(value)))).collect()
    }

    /// A mapping; keys in camelCase count as their snake_case form.
    pub(super) fn map(&self) -> Option<Map<'a>> {
        let mut entries: Vec<(String, Self)> = Vec::new();
        for (key, node) in self.entries()? {
            let key = snake_case(&key);
            if entries.iter().any(|(known, _)| *known == key) {
                node.problem(format!("`{key}` is given twice"));
            }
            entries.push((key, node));
        }
        Some(Map::new(self.clone(), entries))
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

pub(super) fn snake_case(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 4);
    for letter in key.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
