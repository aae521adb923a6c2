//! A semantic query as a table of a DataFusion plan.
//!
//! A `TableScan` over a leaf gets column pruning, filter and limit push-down from DataFusion's own optimizer; a
//! user-defined node without inputs would get none of them.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::SchemaRef,
    common::{Result, TableReference},
    logical_expr::{
        Expr, LogicalPlan, TableProviderFilterPushDown, TableSource, logical_plan::TableScanBuilder,
    },
};
use semantic::{Granularity, Grouping, MemberName, Model, Output, SemanticQuery};

use crate::{
    error,
    lower::filter::{self, Side, Term},
};

/// The name that scans of leaves carry.
pub(crate) const LEAF: &str = "leaf";

/// A semantic query that may still be narrowed.
#[derive(Debug)]
pub(crate) struct LeafSource {
    pub(crate) model: Arc<Model>,
    pub(crate) query: SemanticQuery,
    schema: SchemaRef,
}

impl LeafSource {
    pub(crate) fn new(model: Arc<Model>, query: SemanticQuery) -> error::Result<Self> {
        let schema = query.schema(&model)?;
        Ok(Self { model, query, schema })
    }

    /// A scan of all outputs.
    pub(crate) fn scan(self) -> error::Result<LogicalPlan> {
        Ok(LogicalPlan::TableScan(TableScanBuilder::new(TableReference::bare(LEAF), Arc::new(self)).build()?))
    }

    /// The leaf behind a plan node.
    pub(crate) fn of(plan: &LogicalPlan) -> Option<&Self> {
        match plan {
            LogicalPlan::TableScan(scan) => (scan.source.as_ref() as &dyn std::any::Any).downcast_ref(),
            _ => None,
        }
    }

    /// The predicate as a filter of the query, when it can be one.
    pub(crate) fn filter(&self, predicate: &Expr) -> error::Result<Option<(Side, semantic::Filter)>> {
        // What is cut must not be narrowed below the cut, nor the rows that other groups' values depend on.
        if self.query.is_cut() || self.query.is_contextual(&self.model) {
            return Ok(None);
        }
        let lookup = |name: &str| self.term(name);
        let Some(filter) = filter::convert(predicate, &lookup, self.query.zone)? else { return Ok(None) };
        let constant = match self.query.grouping {
            Grouping::Grouped => Side::Groups,
            Grouping::Ungrouped => Side::Rows,
        };
        Ok(filter::side(&filter, &self.model, constant).map(|side| (side, filter)))
    }

    fn term(&self, name: &str) -> Option<Term> {
        let output = self.query.outputs.iter().find(|output| output.name() == name)?;
        output_term(output, &self.model)
    }
}

fn output_term(output: &Output, model: &Model) -> Option<Term> {
    let bin = match output {
        Output::Time(_, granularity) => Some(*granularity),
        // Tested above.
        Output::Custom(..) => return None,
        Output::Dimension(_) | Output::Segment(_) | Output::Measure(_) => None,
    };
    member_term(output.member(), bin, model)
}

/// What a predicate on a member, or on bins of it, tests.
pub(crate) fn member_term(member: &MemberName, bin: Option<Granularity>, model: &Model) -> Option<Term> {
    Some(Term::new(model.column(member)?, bin))
}

impl TableSource for LeafSource {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let supported = |filter: &&Expr| match self.filter(filter) {
            Ok(Some(_)) => Ok(TableProviderFilterPushDown::Exact),
            Ok(None) => Ok(TableProviderFilterPushDown::Unsupported),
            Err(error) => Err(error.into()),
        };
        filters.iter().map(supported).collect()
    }
}
