//! Answers of Cube that name no tables.

use semantic::granularity::iso;

/// An answer that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    /// Not the JSON that this endpoint gives.
    #[error("the answer is not what Cube's API gives")]
    Shape(#[from] serde_json::Error),
    /// Cube could not say.
    #[error("`{pre_aggregation}`: Cube lists no partitions: {said}")]
    Cube {
        /// `cube.name`
        pre_aggregation: String,
        /// Cube's own words.
        said: String,
    },
    /// A value of an entry that is none of those that are understood.
    #[error("`{pre_aggregation}`: {what} `{text}` is not understood")]
    Value {
        /// `cube.name`
        pre_aggregation: String,
        /// Which value.
        what: &'static str,
        /// What stands there.
        text: String,
    },
    /// The build range is an expression that only the source can evaluate.
    #[error("`{0}`: its build range is not known here; take it from the list of its partitions")]
    BuildRange(String),
    /// A moment that a zone's clock shows twice, or never.
    #[error("`{pre_aggregation}`: the clock of its zone does not show {} once", iso(*.at))]
    Clock {
        /// `cube.name`
        pre_aggregation: String,
        /// The wall clock.
        at: i64,
    },
    /// A range of more partitions than Cube itself takes.
    #[error("`{pre_aggregation}`: its build range has more than {most} partitions")]
    TooMany {
        /// `cube.name`
        pre_aggregation: String,
        /// What Cube takes.
        most: usize,
    },
}

impl TablesError {
    /// A value that is none of those that are understood.
    pub(super) fn value(pre_aggregation: &str, what: &'static str, text: &str) -> Self {
        Self::Value { pre_aggregation: pre_aggregation.to_owned(), what, text: text.to_owned() }
    }
}
