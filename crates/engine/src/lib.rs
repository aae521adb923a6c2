//! The straight line of a query: from a statement and a caller to a stream of batches.
//!
//! Owns the roads, admission, deadlines, memory and caches. Never knows gRPC or how a caller proved who they are.
//! Read [`pipeline`] first.

mod access;
mod adapt;
mod admission;
mod caller;
mod config;
mod error;
mod explain;
mod leaf;
mod memory;
mod metrics;
mod models;
pub mod offline;
mod own;
mod parts;
mod physical;
pub mod pipeline;
mod roads;
mod statements;
mod stream;
mod tables;
mod temporary;

pub use caller::Caller;
pub use config::{Access, Config, Limits, Rules, TableSource, Temporary};
pub use error::{EngineError, ErrorKind, Result};
pub use metrics::describe as describe_metrics;
pub use parts::{Division, Part};
pub use pipeline::{Ask, Description, Engine, Outlook, Parts};
pub use roads::Roads;
pub use sql::{Dropped, Setting, TEMPORARY, TemporaryTable, dropped, settings};
pub use stream::{BatchStream, Chunk, IpcMessage, Progress};
pub use temporary::{IfMissing, IfThere, Ingest, Ingested, Place, Target, TemporaryError};
