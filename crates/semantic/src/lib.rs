//! The words of the gateway: the data model, a semantic query with SQL's meaning, and who may see what.
//!
//! Owns the names and types that every other crate speaks in. Pure: no IO, no clock, no async, no engine.

pub mod access;
pub mod asked;
pub mod context;
pub mod filter;
pub mod granularity;
pub mod json;
pub mod model;
pub mod name;
pub mod parse;
pub mod print;
pub mod query;
pub mod remainder;
pub mod template;
pub mod types;

pub use access::{Access, RowRules, RulesUnknown, Scoped};
pub use asked::AskedQuery;
pub use context::{ContextHash, SecurityContext};
pub use filter::{CompareOp, Filter, Like, Value};
pub use granularity::Granularity;
pub use model::{
    Column, ColumnKind, Cube, Dimension, DimensionType, JoinPath, Measure, MeasureType, Model, ModelVersion,
    PreAggregation, Segment, Table,
};
pub use name::MemberName;
pub use query::{Grouping, OrderBy, Output, SemanticQuery};
pub use remainder::Remainder;
pub use types::ArrowType;
