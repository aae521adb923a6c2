//! A read of one rollup: which stored column answers which member. What `render` writes down as SQL.

use std::{collections::HashMap, ops::Range};

use arrow_schema::SchemaRef;
use md5::{Digest, Md5};
use semantic::{MemberName, SemanticQuery, model::Cut};

use crate::cover::shift::Shift;

/// A rollup that answers a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    /// `cube.name`
    pub pre_aggregation: MemberName,
    /// The physical tables, `schema.table`, never empty.
    pub tables: Vec<String>,
    /// The same tables as they stand in FROM: the first, then those that are joined to it.
    pub(crate) sources: Vec<Source>,
    /// Rows in them, when the builder counted all.
    pub rows: Option<u64>,
    /// True when no group has rows of two tables.
    pub disjoint: bool,
    /// The query in the names of its members.
    pub query: SemanticQuery,
    /// What the answer must look like.
    pub schema: SchemaRef,
    /// One expression per output of the query.
    pub(crate) outputs: Vec<Expression>,
    /// Stored columns of members that WHERE tests; times carry their own per range.
    pub(crate) columns: HashMap<MemberName, String>,
    /// Stored columns for ranges of a time, by member and bounds.
    pub(crate) ranges: HashMap<(MemberName, Option<i64>, Option<i64>), String>,
    /// Expressions of measures that HAVING tests.
    pub(crate) measures: HashMap<MemberName, Measure>,
}

/// A rollup in FROM.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Source {
    /// Its name there.
    pub(crate) alias: String,
    /// Its tables, one below the other.
    pub(crate) tables: Vec<SourceTable>,
    /// The columns to read, where tables may have them in different orders; otherwise all.
    pub(crate) columns: Vec<String>,
    /// Pairs of columns that are equal, each with the name of its source.
    pub(crate) on: Vec<[(String, String); 2]>,
}

/// One of its tables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SourceTable {
    /// `schema.table`
    pub(crate) name: String,
    /// Rows, when the builder counted them.
    pub(crate) rows: Option<u64>,
    /// The time and the first moment of the rows to read; otherwise all.
    pub(crate) since: Option<(String, i64)>,
}

impl Scan {
    /// Reads some of the tables only, counted from 0. For tables that are disjoint.
    pub fn keep(&mut self, places: Range<usize>) {
        self.tables = self.tables[places.clone()].to_vec();
        if let [source] = self.sources.as_mut_slice() {
            source.tables = source.tables[places].to_vec();
        }
    }

    /// A digest of the tables: the same on every replica that would read the same ones.
    pub fn version(&self) -> String {
        let digest = Md5::digest(format!("{:?}", (&self.pre_aggregation, &self.tables)));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// An output.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// A group key.
    Key(Key),
    /// An aggregate.
    Measure(Measure),
}

/// A group key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Key {
    /// The column as stored.
    Column(String),
    /// Bins of a stored time.
    Bin(Cut, String),
    /// Bins of a zone, of a time that is stored by hours of UTC.
    Shifted(Cut, String, Shift),
}

/// An aggregate over stored values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Measure {
    /// A stored measure.
    Stored {
        /// The column.
        column: String,
        /// How stored values become one.
        combine: Combine,
        /// NULL over nothing becomes 0.
        zero: bool,
    },
    /// SQL of the data model around other measures.
    Calculated(Vec<Part>),
}

/// A piece of a calculated measure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    /// SQL text.
    Text(String),
    /// Another measure.
    Measure(Measure),
}

/// How stored values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Combine {
    Sum,
    Min,
    Max,
    /// One stored value is the value.
    Alone,
    /// Sketches are merged, then estimated.
    Merge,
}
