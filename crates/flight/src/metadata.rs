//! What the metadata commands answer: the data model as tables of the Flight SQL specification.

mod columns;
mod keys;
mod pattern;
mod sql_info;
mod tables;
mod types;

pub(crate) use columns::{of_parameters, of_result};
pub(crate) use keys::{cross_reference, exported_keys, imported_keys, primary_keys};
pub(crate) use sql_info::sql_info;
pub(crate) use tables::{catalogs, db_schemas, table_types, tables};
pub(crate) use types::type_info;
