//! Flight SQL in front of the engine: one file per command, tickets, encoding, statuses.
//!
//! Knows gRPC and Flight. Never knows stores, rollups or how a token is checked.

mod answer;
mod authn;
mod command;
mod config;
mod encode;
mod ipc;
mod metadata;
mod metrics;
mod parameters;
mod peer;
mod proto;
mod put;
mod running;
mod service;
mod session;
mod status;
mod ticket;
mod unclaimed;

pub use config::Config;
pub use metrics::describe as describe_metrics;
pub use peer::Peer;
pub use proto::DESCRIPTORS;
pub use put::Served;
pub use service::Service;
pub use session::ENDPOINTS;
