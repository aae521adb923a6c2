//! Picks a pre-aggregation for one leaf and writes the store's SQL for it.
//!
//! Pure: knows the model and the list of built tables, never the store, a clock or DataFusion.

mod choose;
mod cover;
pub mod names;
pub mod planner;
mod refusal;
mod render;
mod scan;
pub mod tables;
#[cfg(test)]
mod tests;
mod wanted;

pub use choose::{Route, choose};
pub use refusal::{Refusal, Refused};
pub use render::{Dialect, StoreQuery, render};
pub use scan::Scan;
pub use tables::{
    Built, BuiltTable, Catalog, CatalogRow, Manifest, ManifestError, ManifestRollup, ManifestTable, Tables,
    TablesError,
};
