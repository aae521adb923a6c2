//! The tables that the store says it has.

use std::collections::HashMap;

use semantic::granularity::parse_iso;

use super::{BuiltTable, is_name, name::PhysicalName};

/// A row of the store's `information_schema.tables`, or of `system.tables` where it is ready.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct CatalogRow {
    /// The schema of pre-aggregations.
    pub table_schema: String,
    /// The physical name.
    pub table_name: String,
    /// Where the build stopped, as the wall clock of the table's zone.
    pub build_range_end: Option<String>,
    /// False for a table that is being imported. `information_schema` does not list those.
    #[serde(default = "ready")]
    pub is_ready: bool,
}

fn ready() -> bool {
    true
}

/// The tables of pre-aggregations, the newest for each name and structure version.
#[derive(Debug, Clone, Default)]
pub struct Catalog(HashMap<(String, String), Newest>);

#[derive(Debug, Clone)]
struct Newest {
    built_at: u128,
    table: BuiltTable,
}

impl Catalog {
    /// What the rows list. Tables that are no pre-aggregations' are left out, and so are those whose end is no time:
    /// what they hold cannot be told.
    pub fn new(rows: impl IntoIterator<Item = CatalogRow>) -> Self {
        let mut catalog = Self::default();
        for row in rows.into_iter().filter(|row| row.is_ready) {
            catalog.add(&row);
        }
        catalog
    }

    fn add(&mut self, row: &CatalogRow) -> Option<()> {
        let name = format!("{}.{}", row.table_schema, row.table_name);
        let parsed = PhysicalName::parse(&row.table_name).filter(|_| is_name(&name))?;
        let build_range_end = match &row.build_range_end {
            Some(end) => Some(wall_clock(end)?),
            None => None,
        };
        let key = (format!("{}.{}", row.table_schema, parsed.table), parsed.structure.to_owned());
        let is_newer = self.0.get(&key).is_none_or(|known| known.built_at < parsed.built_at);
        if is_newer {
            let table = BuiltTable { name, rows: None, build_range_end };
            self.0.insert(key, Newest { built_at: parsed.built_at, table });
        }
        Some(())
    }

    /// The newest table with this logical name and partition, `schema.name`, and this structure.
    pub(super) fn newest(&self, table: &str, structure: &str) -> Option<&BuiltTable> {
        let key = (table.to_owned(), structure.to_owned());
        self.0.get(&key).map(|newest| &newest.table)
    }
}

/// A wall clock that is written as if it were in UTC.
pub(super) fn wall_clock(text: &str) -> Option<i64> {
    parse_iso(text.strip_suffix('Z').unwrap_or(text).trim_end_matches(" UTC"))
}
