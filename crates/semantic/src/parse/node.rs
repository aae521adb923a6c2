//! Values with the place they stand at. Collects every problem instead of stopping at the first.

use std::cell::RefCell;

use super::{
    ModelError, Problem,
    map::Map,
    value::{Data, Place, Value},
};

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<Problem>>);

/// A value in a file.
#[derive(Clone)]
pub(super) struct Node<'a> {
    value: &'a Value,
    file: &'a str,
    /// The cube, view or member that the value belongs to.
    pub(super) member: String,
    /// The key that it stands under.
    pub(super) key: Option<String>,
    problems: &'a Problems,
}

impl Problems {
    pub(super) fn push(&self, file: &str, at: Option<Place>, member: &str, message: impl Into<String>) {
        let (file, member, message) = (file.to_owned(), member.to_owned(), message.into());
        let problem = Problem { file, at, member, message };
        let mut problems = self.0.borrow_mut();
        // What is wrong in a cube is as wrong in the cubes that extend it, and is told once.
        let is_known = |known: &Problem| {
            known.at == at && known.file == problem.file && known.message == problem.message
        };
        // Without a place only the member tells two problems apart.
        if !problems.iter().any(|known| is_known(known) && (at.is_some() || known.member == problem.member)) {
            problems.push(problem);
        }
    }

    pub(super) fn into_error(self) -> Option<ModelError> {
        let mut problems = self.0.into_inner();
        problems.sort_by(|a, b| (&a.file, a.at).cmp(&(&b.file, b.at)));
        (!problems.is_empty()).then_some(ModelError { problems })
    }
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value, file: &'a str, problems: &'a Problems) -> Self {
        Self { value, file, member: String::new(), key: None, problems }
    }

    fn at(&self, value: &'a Value) -> Self {
        Self { value, key: None, ..self.clone() }
    }

    /// The same value, on behalf of `member`.
    pub(super) fn of(self, member: &str) -> Self {
        Self { member: member.to_owned(), ..self }
    }

    pub(super) fn problem(&self, message: impl Into<String>) {
        self.problems.push(self.file, self.value.place, &self.member, message);
    }

    fn expected<T>(&self, what: &str) -> Option<T> {
        match &self.value.data {
            Data::Told => {}
            Data::Reference(name) => {
                self.problem(format!("expected {what}, and `{name}` is a name without quotes"));
            }
            _ => self.problem(format!("expected {what}")),
        }
        None
    }

    /// Text. A number or boolean counts as the text it is written as.
    pub(super) fn text(&self) -> Option<String> {
        match &self.value.data {
            Data::Text(text) | Data::Verbatim(text) => Some(text.clone()),
            Data::Integer(number) => Some(number.to_string()),
            Data::Float(number) => Some(number.to_string()),
            Data::Boolean(truth) => Some(truth.to_string()),
            Data::Sql(_) => self.expected("text without `${..}`"),
            Data::Reference(_) | Data::Null | Data::List(_) | Data::Map(_) | Data::Told => {
                self.expected("text")
            }
        }
    }

    /// A reference, with or without quotes and braces.
    pub(super) fn reference(&self) -> Option<String> {
        match &self.value.data {
            Data::Reference(text) | Data::Sql(text) => Some(text.clone()),
            _ => self.text(),
        }
    }

    /// SQL with references in braces.
    pub(super) fn sql(&self) -> Option<String> {
        match &self.value.data {
            Data::Sql(text) => Some(text.clone()),
            Data::Reference(name) => Some(format!("{{{name}}}")),
            Data::Verbatim(text) if text.contains(['{', '}']) => self.expected(LITERAL_BRACES),
            _ => self.text(),
        }
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        match self.value.data {
            Data::Boolean(truth) => Some(truth),
            _ => self.expected("true or false"),
        }
    }

    /// Whatever it is; nobody here asks what it means.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        Some(match &self.value.data {
            Data::Null => serde_json::Value::Null,
            Data::Boolean(truth) => (*truth).into(),
            Data::Integer(number) => (*number).into(),
            Data::Float(number) if number.is_finite() => (*number).into(),
            Data::List(_) => self.items().iter().map(Self::json).collect::<Option<_>>()?,
            Data::Map(_) => {
                let entries = self.entries()?;
                entries.into_iter().map(|(key, node)| Some((key, node.json()?))).collect::<Option<_>>()?
            }
            _ => self.text()?.into(),
        })
    }

    pub(super) fn is_null(&self) -> bool {
        self.value.data == Data::Null
    }

    /// True when it is this text.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(&self.value.data, Data::Text(text) | Data::Verbatim(text) if text == word)
    }

    pub(super) fn is_mapping(&self) -> bool {
        matches!(self.value.data, Data::Map(_))
    }

    pub(super) fn is_sequence(&self) -> bool {
        matches!(self.value.data, Data::List(_))
    }

    pub(super) fn items(&self) -> Vec<Self> {
        match &self.value.data {
            Data::List(items) => items.iter().map(|item| self.at(item)).collect(),
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
        let Data::Map(entries) = &self.value.data else { return self.expected("a mapping") };
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
        match &self.value.data {
            Data::Text(text) | Data::Verbatim(text) | Data::Sql(text) | Data::Reference(text) => visit(text),
            Data::List(items) => items.iter().for_each(|item| self.at(item).texts(visit)),
            Data::Map(entries) => entries.iter().for_each(|(_, value)| self.at(value).texts(visit)),
            Data::Null | Data::Boolean(_) | Data::Integer(_) | Data::Float(_) | Data::Told => {}
        }
    }
}

/// What SQL must be where a brace stands for itself. In the notation of models it begins a reference.
pub(super) const LITERAL_BRACES: &str = "SQL without braces of its own; write CHR(123) and CHR(125), or compute the \
                                         column in a view of the database";

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
