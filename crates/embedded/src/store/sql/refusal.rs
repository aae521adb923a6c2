//! The store's errors, in its own words.

use std::{
    fmt::{self, Write},
    time::Duration,
};

use datafusion::{
    arrow::{datatypes::DataType, error::ArrowError},
    common::{Column, SchemaError},
    error::DataFusionError,
};

/// Why a statement is not answered. The text is what the real store sends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::store) enum Refusal {
    #[error("Internal: ParserError(\"{0}\")")]
    Syntax(String),
    #[error("Internal: Error during planning: {0}")]
    Planning(String),
    #[error("Internal: This feature is not implemented: {0}")]
    NotImplemented(String),
    #[error("Internal: Execution error: Internal: Arrow error: External error: {0}")]
    Execution(String),
    #[error(
        "Internal: Arrow error: External error: Execution error: Internal: Invalid physical plan on worker"
    )]
    Worker,
    #[error("Unsupported SQL: '{0}'")]
    Statement(String),
    #[error("Internal: {0}")]
    Other(String),
}

impl Refusal {
    /// A piece of a statement that the store's planner does not know.
    pub(super) fn node(node: &impl fmt::Debug) -> Self {
        let mut text = Beginning(String::new());
        // An error only says that there was more of it.
        _ = write!(text, "Unsupported ast node {node:?} in sqltorel");
        Self::NotImplemented(text.0)
    }

    /// A column of the answer has a type that the store does not know.
    pub(in crate::store) fn result_type(found: &DataType) -> Self {
        Self::Other(format!("unsupported type {found}"))
    }

    /// It took too long.
    pub(in crate::store) fn timeout(limit: Duration) -> Self {
        Self::Other(format!("Query execution timeout after {} seconds", limit.as_secs()))
    }

    /// A statement is nested deeper than anybody needs.
    pub(super) fn too_deep() -> Self {
        Self::Syntax("recursion limit exceeded".to_owned())
    }

    /// The table that a statement names is not there.
    pub(super) fn no_table(name: &str) -> Self {
        Self::Planning(format!("Table or CTE with name '{name}' not found"))
    }
}

/// As much of a text as fits an error: a statement may be far longer, and its tree longer still.
struct Beginning(String);

impl Write for Beginning {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        const LONGEST: usize = 16 << 10;
        self.0.push_str(piece);
        if self.0.len() > LONGEST { Err(fmt::Error) } else { Ok(()) }
    }
}

impl From<Refusal> for DataFusionError {
    fn from(refusal: Refusal) -> Self {
        Self::External(Box::new(refusal))
    }
}

impl From<DataFusionError> for Refusal {
    fn from(error: DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::External(source) => match source.downcast_ref::<Self>() {
                Some(refusal) => refusal.clone(),
                None => Self::Other(source.to_string()),
            },
            DataFusionError::SchemaError(error, _) => of_schema(error),
            DataFusionError::ArrowError(error, _) => Self::Execution(arrow(error)),
            DataFusionError::Plan(text) => Self::Planning(planning(text)),
            DataFusionError::NotImplemented(text) => Self::NotImplemented(text.clone()),
            DataFusionError::Execution(text) => Self::Execution(format!("Execution error: {text}")),
            other => Self::Other(other.strip_backtrace()),
        }
    }
}

fn of_schema(error: &SchemaError) -> Refusal {
    let SchemaError::FieldNotFound { field, valid_fields } = error else {
        return Refusal::Planning(error.to_string());
    };
    let valid: Vec<_> = valid_fields.iter().map(Column::flat_name).collect();
    Refusal::Planning(format!("Invalid identifier '#{}' for schema {}", field.flat_name(), valid.join(", ")))
}

// The store names columns with a sign in front, and makes no suggestions.
fn planning(text: &str) -> String {
    if text.starts_with("Projections require unique expression names") {
        return text.replace("expression \"", "expression \"#").replace("and \"", "and \"#");
    }
    text.split(".\nDid you mean").next().unwrap_or(text).to_owned()
}

fn arrow(error: &ArrowError) -> String {
    match error {
        ArrowError::DivideByZero => "Arrow error: Divide by zero error".to_owned(),
        ArrowError::CastError(text) => {
            let text = text.replace(" of Int32 type", " of arrow::datatypes::types::Int32Type type");
            let text = text.replace(" of Int64 type", " of arrow::datatypes::types::Int64Type type");
            format!("Arrow error: Cast error: {text}")
        }
        other => format!("Arrow error: {other}"),
    }
}
