//! A client of Cube's HTTP API: the road of a query that no rollup answers directly.
//!
//! [`translate()`] turns SQL's meaning into Cube's JSON query and what remains to be done above its rows, or says
//! why that cannot be exact. [`Client::load`] sends it, waits as long as Cube asks for, pages without losing or
//! repeating a row, and decodes JSON straight into Arrow. Never knows SQL text, rollup tables or gRPC.

mod client;
mod config;
mod decode;
mod error;
mod metrics;
mod request;
mod translate;

pub use client::{Batches, Call, Client};

pub use config::Config;
pub use error::{Error, ErrorKind, Misfit, Result};
pub use metrics::describe as describe_metrics;
pub use request::{Ask, Load, NoOrder, NotExact, Paging, Request};
pub use translate::translate;
