//! Answers questions from the source tables alone: the second opinion that rollups are measured against.
//!
//! Shares no SQL with the builder of rollups, on purpose: a mistake in one must show in a comparison.

mod aggregate;
mod filter;
mod literal;
mod model_sql;
mod parts;
mod rolling;
mod rows;
mod staged;
mod statement;

pub(super) use statement::{counting, statement};
