//! What the metadata commands answer: the data model as tables of the Flight SQL specification.

mod sql_info;
mod tables;
mod types;

pub(crate) use sql_info::sql_info;
pub(crate) use tables::{catalogs, db_schemas, foreign_keys, primary_keys, table_types, tables};
pub(crate) use types::type_info;
