//! Tables that a caller brought along for their session, as planning knows them: names and columns, and never rows.

use std::{any::Any, sync::Arc};

use datafusion::{
    arrow::datatypes::SchemaRef,
    common::tree_node::TreeNodeRecursion,
    logical_expr::{LogicalPlan, TableScan, TableSource},
};

use crate::error::Result;

/// The schema that temporary tables are in.
pub const TEMPORARY: &str = "temporary";

/// A temporary table.
#[derive(Debug, Clone)]
pub struct TemporaryTable {
    /// Its name in the schema [`TEMPORARY`].
    pub name: Arc<str>,
    /// Its columns.
    pub schema: SchemaRef,
    /// Another one for every table and every change of one, in the whole process.
    pub id: u64,
}

impl TemporaryTable {
    /// The table that a scan reads.
    pub fn of(scan: &TableScan) -> Option<&Self> {
        let source: Option<&Source> = (scan.source.as_ref() as &dyn Any).downcast_ref();
        source.map(|source| &source.0)
    }

    /// Those that a plan reads, in its order; one that is read twice is there twice.
    pub fn all_of(plan: &LogicalPlan) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                found.extend(Self::of(scan).cloned());
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(found)
    }

    /// `temporary.name`, as plans name it; the gateway's own tables are in other schemas, and no cube has a dot in its
    /// name.
    pub fn key(&self) -> String {
        format!("{TEMPORARY}.{}", self.name)
    }

    pub(crate) fn source(&self) -> Arc<dyn TableSource> {
        Arc::new(Source(self.clone()))
    }
}

#[derive(Debug)]
struct Source(TemporaryTable);

impl TableSource for Source {
    fn schema(&self) -> SchemaRef {
        self.0.schema.clone()
    }
}
