//! The dev stack over loopback, asked like the real servers.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod api;
mod faults;
mod harness;
mod oracle;
mod property;
mod recorded;
mod rolling;
mod rollups;
mod starting;
mod store;
mod wire;
