//! The dev stack: a server of CubeStore's wire and a server of Cube's HTTP API over Parquet files, run by DataFusion.
//!
//! Never knows the gateway: it is asked over loopback like the real servers.

pub mod api;
mod bins;
pub mod demo;
mod error;
mod files;
mod functions;
pub mod rollup;
pub mod source;
mod stack;
pub mod store;
mod store_types;
mod tasks;
mod watch;

pub use error::Error;
pub use source::Source;
pub use stack::{Config, ModelFiles, Stack, start};
