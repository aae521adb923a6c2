//! End to end: the binary `cubeflight` in front of real servers, asked by a Flight SQL client over loopback.

#![cfg(test)]

mod answers;
mod bad_input;
mod cancel;
mod command_line;
mod differential;
mod harness;
mod hostile;
mod ingest;
mod joined;
mod leaks;
mod limits;
mod login;
mod parts;
mod reflection;
mod replicas;
mod roads;
mod scenarios;
mod session;
mod tidy;
mod tpch;
mod transport;
