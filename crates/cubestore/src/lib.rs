//! CubeStore's wire: FlatBuffers over WebSocket on one side, Arrow on the other.
//!
//! [`Client`] asks a CubeStore and gives its answers as record batches of exactly the announced schema,
//! whether the store writes text rows or Arrow; [`codec`] is the same wire for a server. Memory for answers is
//! reserved in a [`Budget`] before they are read. Never knows cubes, measures or users.

mod budget;
mod catalogue;
mod client;
pub mod codec;
mod config;
pub mod decode;
mod error;
mod ipc;
mod metrics;
mod shape;
mod text;

pub use budget::{Budget, Reservation, Reserve};
pub use catalogue::{ColumnRow, TableRow};
pub use client::{Answer, Capabilities, Client, Lane, RowStream, Version};
pub use codec::request::{InlineTable, Parameter, Query};
pub use config::{ByteSize, Config, Secret, Tls};
pub use decode::Chunk;
pub use error::{Cause, Error, ErrorKind, Misfit, Refusal, Result};
pub use ipc::IpcMessage;
pub use metrics::describe as describe_metrics;
pub use shape::Shape;
