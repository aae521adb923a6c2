//! CubeStore's messages: one FlatBuffers buffer each, read and written on both sides of the wire.
//!
//! The gateway writes requests and reads replies; the embedded store reads requests and writes replies.
//! Never knows sockets, Arrow types or what a query means.

pub(crate) mod build;
pub mod reply;
pub mod request;
pub(crate) mod slots;
pub(crate) mod table;

#[cfg(test)]
mod tests;
