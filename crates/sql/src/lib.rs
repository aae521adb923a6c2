//! SQL text to a plan: semantic queries as leaves, and above them what only an engine can do.
//!
//! Pure: knows the model, never a store, a rollup or a client. The function that says it all is [`Planner::plan`].

mod announce;
mod bind;
mod catalog;
mod coerce;
mod combine;
mod error;
mod expand;
mod fractions;
mod freeze;
mod functions;
mod guard;
mod joined;
mod leaf;
mod lists;
mod lower;
mod own;
mod parse;
mod planner;
mod remainder;
mod resolve;
mod rewrite;
mod select;
mod setting;
mod temporary;
#[cfg(test)]
mod tests;
mod used;
mod zeros;

pub use error::{Near, PlanError, Result};
pub use expand::{Expanded, Joined, NotExpanded, apart, expand, rebin};
pub use freeze::{Leaf, LeafScan};
pub use own::OwnTable;
pub use parse::StatementKind;
pub use planner::{Plan, Planner, Statement};
pub use remainder::above;
pub use setting::{Dropped, Setting, dropped, settings};
pub use temporary::{TEMPORARY, TemporaryTable};
