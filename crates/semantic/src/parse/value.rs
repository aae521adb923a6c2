//! The tree that every source of a data model becomes. Who reads a language knows no key, and who reads keys knows no
//! language.

use std::fmt;

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The letter in the line, from 1.
    pub column: usize,
}

/// A value with the place that it stands at; an answer of Cube's API has no places.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    pub(super) place: Option<Place>,
    pub(super) data: Data,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(not(feature = "javascript"), expect(dead_code, reason = "YAML says less than JavaScript"))]
pub(super) enum Data {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    /// Text. Where a key wants SQL, references stand in braces.
    Text(String),
    /// Text whose braces are no references: a JavaScript text without `${..}`.
    Verbatim(String),
    /// SQL with references in braces: a JavaScript template with `${..}`.
    Sql(String),
    /// A reference without quotes, `CUBE.users.city` in JavaScript.
    Reference(String),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
    /// What cannot be read; the problem was told where it was found.
    Told,
}

impl Value {
    /// A value that no file shows.
    pub(super) fn new(data: Data) -> Self {
        Self { place: None, data }
    }

    /// The same value at a place.
    pub(super) fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    /// A mapping of the keys that a reader itself writes.
    #[cfg(feature = "javascript")]
    pub(super) fn map(entries: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (Self::new(Data::Text(key.to_owned())), value));
        Self::new(Data::Map(entries.collect()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
