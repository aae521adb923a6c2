//! Picks a pre-aggregation for one leaf and writes the store's SQL for it.
//!
//! Pure: knows the model and the list of built tables, never the store, a clock or DataFusion.

pub mod names;
pub mod tables;

pub use tables::{Built, BuiltTable, Manifest, ManifestError, ManifestRollup, ManifestTable, Tables};
