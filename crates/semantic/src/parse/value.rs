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

    /// Free JSON.
    #[cfg(feature = "javascript")]
    pub(super) fn of_json(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        Self::new(match json {
            Json::Null => Data::Null,
            Json::Bool(truth) => Data::Boolean(*truth),
            Json::Number(number) => match number.as_i64() {
                Some(whole) => Data::Integer(whole),
                None => Data::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Data::Verbatim(text.clone()),
            Json::Array(items) => Data::List(items.iter().map(Self::of_json).collect()),
            Json::Object(map) => {
                let entry = |(key, value): (&String, &Json)| {
                    (Self::new(Data::Text(key.clone())), Self::of_json(value))
                };
                Data::Map(map.iter().map(entry).collect())
            }
        })
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
