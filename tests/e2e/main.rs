//! End to end: the binary `cubeflight` in front of real servers, asked by a Flight SQL client over loopback.

mod differential;
mod harness;
