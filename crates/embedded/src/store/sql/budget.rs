//! How large a plan may become. A few lines of SQL can ask for a plan that no machine holds: with twenty tables of
//! WITH, each reading the one before it twice, there are a million.

use std::collections::HashMap;

use datafusion::sql::sqlparser::ast::{ObjectName, ObjectNamePart, TableWithJoins};

use super::refusal::Refusal;

/// Tables that one statement reads, each counted as often as it is read.
const MAX_READS: usize = 20_000;

/// Tables that one SELECT joins: the tree of joins is as deep.
const MAX_JOINED: usize = 200;

/// What a statement has asked for so far.
#[derive(Debug, Default)]
pub(super) struct Budget {
    reads: usize,
    defined: HashMap<String, usize>,
}

impl Budget {
    /// How many tables were read so far.
    pub(super) fn spent(&self) -> usize {
        self.reads
    }

    /// Notes what it costs to read a table of WITH, whose query began when `before` were read.
    pub(super) fn define(&mut self, name: &str, before: usize) {
        self.defined.insert(name.to_owned(), self.reads.saturating_sub(before).max(1));
    }

    /// A table is read.
    pub(super) fn read(&mut self, name: &ObjectName) -> Result<(), Refusal> {
        let bare = match &name.0[..] {
            [ObjectNamePart::Identifier(name)] => Some(&name.value),
            _ => None,
        };
        let cost = bare.and_then(|name| self.defined.get(name)).copied().unwrap_or(1);
        self.reads = self.reads.saturating_add(cost);
        within(self.reads, MAX_READS, "reads")
    }

    /// Tables are joined.
    pub(super) fn join(&self, tables: &[TableWithJoins]) -> Result<(), Refusal> {
        within(tables.iter().map(|table| 1 + table.joins.len()).sum(), MAX_JOINED, "joins")
    }
}

fn within(found: usize, limit: usize, does: &str) -> Result<(), Refusal> {
    if found <= limit {
        return Ok(());
    }
    Err(Refusal::Planning(format!("the statement {does} more than {limit} tables")))
}
