//! The crate as its callers see it: translation by tables, recorded answers, and a real server on loopback.
#![cfg(test)]

mod answers;
mod build;
mod oracle;
mod server;
mod translate;
