//! What is asked of Cube for one leaf, and what remains to be done with the rows. Plain data; never sent here.

pub(crate) mod not_exact;

use std::{fmt, sync::Arc};

use arrow_schema::{Schema, SchemaRef};
use semantic::{Model, Output, Remainder, json::JsonQuery, query::UnknownMember};

pub use not_exact::NotExact;

/// A semantic query in Cube's words.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What is fetched: the leaf's outputs in their order, then what only the remainder needs.
    pub columns: Vec<Output>,
    /// How it is fetched.
    pub ask: Ask,
    /// What is done above the fetched rows. It refers to `columns`; its last step keeps the leaf's outputs only.
    pub remainder: Remainder,
}

/// Whether Cube is asked at all.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// The result is known to be empty.
    Nothing,
    /// `/load`
    Load(Box<Load>),
}

/// A query for `/load`, without the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// Everything but `limit` and `offset`.
    pub query: JsonQuery,
    /// Rows to skip.
    pub offset: u64,
    /// Rows at most; `None` is all of them.
    pub limit: Option<u64>,
    /// Whether rows behind the first page can be fetched.
    pub paging: Paging,
}

/// Whether the order of the rows is the same for every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// The order is total.
    Total,
    /// It is not, so that a second page could repeat or miss some rows.
    FirstOnly(NoOrder),
}

/// Why no order of the rows is total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoOrder {
    /// Ungrouped rows whose key is not fetched.
    #[error(
        "no unique key to page by: add the primary key of its first cube to the columns, group, or add a LIMIT"
    )]
    NoUniqueKey,
    /// Cube orders by one granularity of a time only, and none of the asked ones decides the others.
    #[error(
        "weeks beside longer bins of one time, which no order of Cube's covers: ask for one, or add a LIMIT"
    )]
    CrossingBins,
}

impl Request {
    /// The Arrow schema of the fetched rows.
    pub fn schema(&self, model: &Model) -> Result<SchemaRef, UnknownMember> {
        let fields: Result<Vec<_>, _> = self.columns.iter().map(|column| column.field(model)).collect();
        Ok(Arc::new(Schema::new(fields?)))
    }
}

impl Load {
    /// The query for one page.
    pub(crate) fn page(&self, offset: u64, limit: u64) -> JsonQuery {
        JsonQuery { offset: (offset > 0).then_some(offset), limit: Some(limit), ..self.query.clone() }
    }
}

/// One line that people read in EXPLAIN: the query as Cube gets it, without the pages.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ask {
            Ask::Nothing => f.write_str("nothing"),
            Ask::Load(load) => {
                let offset = (load.offset > 0).then_some(load.offset);
                let query = JsonQuery { limit: load.limit, offset, ..load.query.clone() };
                f.write_str(&serde_json::to_string(&query).map_err(|_| fmt::Error)?)
            }
        }
    }
}
