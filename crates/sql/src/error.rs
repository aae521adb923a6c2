//! What can be wrong with a statement. Every text is for the one who wrote it.

mod code;

use std::fmt;

use datafusion::{
    common::DataFusionError,
    sql::sqlparser::{ast::Ident, parser::ParserError, tokenizer::Location},
};
use semantic::{MemberName, query::UnknownMember};

/// A statement that cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Not SQL.
    #[error("{0}")]
    Syntax(String),
    /// Longer than what is read.
    #[error("the statement has {length} bytes; at most {limit} are read")]
    TooLong {
        /// Bytes.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// An error about a name in the text.
    #[error("{error} (line {line}, column {column})")]
    At {
        /// What is wrong with it.
        error: Box<Self>,
        /// Where the name begins, from 1.
        line: u64,
        /// In characters, from 1.
        column: u64,
    },
    /// Deeper than the parser follows.
    #[error("the statement is nested too deeply")]
    TooDeep,
    /// Deeper than what is read.
    #[error("the statement has more than {0} operators; shorten it, for example by IN instead of OR")]
    TooComplex(usize),
    /// No statement, or more than one.
    #[error("expected one statement, found {0}")]
    NotOneStatement(usize),
    /// A statement or clause that this server has no use for.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// No such table.
    #[error("there is no table `{name}`{near}")]
    UnknownTable {
        /// As written.
        name: String,
        /// Names like it.
        near: Near,
    },
    /// No such column.
    #[error("there is no column `{name}`{near}")]
    UnknownColumn {
        /// As written.
        name: String,
        /// Names like it.
        near: Near,
    },
    /// Several names differ from what was written in case only.
    #[error("`{name}` may mean {}; write one of them in its own case", list(candidates))]
    Ambiguous {
        /// As written.
        name: String,
        /// The names.
        candidates: Vec<String>,
    },
    /// A measure outside an aggregate of a grouped query.
    #[error("`{0}` is a measure; write MEASURE({name})", name = .0.member())]
    BareMeasure(MemberName),
    /// A measure in WHERE of a grouped query.
    #[error("`{0}` is a measure and WHERE tests rows; write HAVING MEASURE({name})", name = .0.member())]
    MeasureInWhere(MemberName),
    /// MEASURE of something else.
    #[error("MEASURE takes a measure, and `{0}` is none")]
    NotAMeasure(String),
    /// A measure left where no semantic query is.
    #[error(
        "{0} cannot be evaluated here: measures are evaluated by the innermost query over a cube or view"
    )]
    MeasureLeft(String),
    /// A granularity that DATE_TRUNC does not know where it stands.
    #[error(
        "`{0}` is no granularity here; one that a time dimension declares is known where its cube or view is grouped by it"
    )]
    Granularity(String),
    /// An aggregate that does not fit the measure's type.
    #[error("{function} does not fit `{measure}`, a measure of type {kind}; write MEASURE({name})", name = measure.member())]
    Misfit {
        /// As written.
        function: String,
        /// The measure.
        measure: MemberName,
        /// Cube's word for its type.
        kind: &'static str,
    },
    /// An aggregate over a dimension that needs rows.
    #[error(
        "{function} over the dimension `{dimension}` needs rows, which are not known above groups; use a measure, or MIN, MAX or COUNT(DISTINCT)"
    )]
    DimensionAggregate {
        /// As written.
        function: String,
        /// The dimension.
        dimension: String,
    },
    /// An aggregate over what is joined to a cube or view, which needs rows.
    #[error(
        "{function} over what is joined to `{table}` needs rows, which are not known above groups; only MIN, MAX and COUNT(DISTINCT) mean the same"
    )]
    BesideGroups {
        /// As written.
        function: String,
        /// The cube or view.
        table: String,
    },
    /// COUNT(*) without a measure for it.
    #[error("COUNT(*) means the measure `count`, and `{0}` has none")]
    NoCount(String),
    /// A measure that cannot be computed from groups of the model's own dimensions.
    #[error("`{measure}` ({kind}) cannot be added up, which {because} asks for")]
    NotAdditive {
        /// The measure.
        measure: MemberName,
        /// Cube's word for its type.
        kind: &'static str,
        /// The expression or predicate.
        because: String,
    },
    /// A measure whose rows a join repeats, in groups that would have to be added up.
    #[error(
        "rows of `{measure}` belong to several of the groups that {because} asks for, and would be added up more than once"
    )]
    Repeated {
        /// The measure.
        measure: MemberName,
        /// The expression or predicate.
        because: String,
    },
    /// A measure that has no value for a single row.
    #[error("`{measure}` ({kind}) has no value for a single row; add GROUP BY and MEASURE({name})", name = measure.member())]
    NoRowValue {
        /// The measure.
        measure: MemberName,
        /// Cube's word for its type.
        kind: &'static str,
    },
    /// Two semantic tables under one aggregate.
    #[error(
        "`{0}` and `{1}` are joined below an aggregate; use a view that joins them, or for cubes ON a.__cubeJoinField = b.__cubeJoinField"
    )]
    Join(String, String),
    /// Cubes that no declared joins connect.
    #[error("the data model has no joins that connect {}", .0.iter().map(|cube| format!("`{cube}`")).collect::<Vec<_>>().join(" and "))]
    NoJoin(Vec<String>),
    /// A condition that is no join of the model, or the other way round.
    #[error(
        "the data model does not join `{0}` to `{1}` like this; write ON {0}.__cubeJoinField = {1}.__cubeJoinField for the join that it has"
    )]
    OtherJoin(String, String),
    /// Rows, or their number, of a join that repeats those of a cube.
    #[error(
        "the join repeats rows of `{0}`, so that they can be neither listed nor counted by COUNT(*); select measures"
    )]
    RowsOfJoin(String),
    /// The virtual column of joins somewhere else.
    #[error("`__cubeJoinField` is no column; it joins cubes, as in ON a.__cubeJoinField = b.__cubeJoinField")]
    JoinField,
    /// A join that would put NULLs in place of a cube's rows, or test which of them there are.
    #[error(
        "this join does not keep the rows of `{0}`; put it on the side that is kept, or group it in a sub-query"
    )]
    NotKept(String),
    /// Times are kept to the millisecond.
    #[error("the predicate on `{0}` is finer than a millisecond, the precision of times")]
    TooFine(MemberName),
    /// A fraction that floating point has rounded, beside exact numbers.
    #[error("`{0}` has more digits than floating point keeps; write CAST('…' AS DECIMAL(38, …))")]
    Fraction(String),
    /// A pattern that ends with its escape character.
    #[error("the pattern {0} ends with its escape character")]
    Pattern(String),
    /// A pattern that is not known before its rows are.
    #[error("ESCAPE needs a pattern that is written out")]
    Escape,
    /// A parameter without value.
    #[error("the statement has {expected} parameters, {given} were given")]
    Parameters {
        /// In the statement.
        expected: usize,
        /// By the caller.
        given: usize,
    },
    /// A parameter that does not fit.
    #[error("parameter {position}: {message}")]
    Parameter {
        /// From 1.
        position: usize,
        /// Why.
        message: String,
    },
    /// A member that the model lost.
    #[error(transparent)]
    Member(#[from] UnknownMember),
    /// What DataFusion says.
    #[error("{}", told(.0))]
    DataFusion(#[from] Box<DataFusionError>),
}

impl PlanError {
    /// The same error, with the place of the name that it is about. Names that were put in have none.
    pub(crate) fn at(self, name: &Ident) -> Self {
        let Location { line, column } = name.span.start;
        match self {
            placed @ Self::At { .. } => placed,
            error if line == 0 => error,
            error => Self::At { error: Box::new(error), line, column },
        }
    }
}

/// At most three names like one that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Near(pub Vec<String>);

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "; did you mean {}?", list(&self.0)) }
    }
}

/// Result of planning.
pub type Result<T> = std::result::Result<T, PlanError>;

impl From<DataFusionError> for PlanError {
    fn from(error: DataFusionError) -> Self {
        // Errors of ours pass through DataFusion's rules as external ones.
        match error {
            DataFusionError::External(inner) => match inner.downcast::<Self>() {
                Ok(own) => *own,
                Err(other) => Self::DataFusion(Box::new(DataFusionError::External(other))),
            },
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => Self::from(*inner),
            other => Self::DataFusion(Box::new(other)),
        }
    }
}

impl From<PlanError> for DataFusionError {
    fn from(error: PlanError) -> Self {
        Self::External(Box::new(error))
    }
}

impl From<ParserError> for PlanError {
    fn from(error: ParserError) -> Self {
        match error {
            ParserError::TokenizerError(text) | ParserError::ParserError(text) => Self::Syntax(text),
            ParserError::RecursionLimitExceeded => Self::TooDeep,
        }
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
}

// Without the name of the stage that DataFusion puts in front.
fn told(error: &DataFusionError) -> String {
    error.message().into_owned()
}
