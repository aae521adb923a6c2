//! Choice and SQL on small models, as snapshots of the route with its reasons.

mod apart;
mod api;
mod bins;
mod choice;
mod corpus;
mod cost;
mod cube;
mod disjoint;
mod lint;
mod made_of;
mod refusals;
mod rules;
pub(crate) mod setup;
mod sql;
mod staged;
