//! Batches of a plan as the batches that were announced.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{RecordBatch, RecordBatchOptions},
        compute::{CastOptions, cast_with_options},
        datatypes::SchemaRef,
    },
    logical_expr::{Expr, LogicalPlan},
};
use sql::LeafScan;

use crate::error::{EngineError, Result};

/// Which columns of a leaf a plan shows, when it does nothing else: then no engine is needed to run it.
pub(crate) fn columns_of_leaf(plan: &LogicalPlan) -> Option<(usize, Vec<usize>)> {
    match plan {
        LogicalPlan::TableScan(scan) => {
            let leaf = LeafScan::of(scan)?;
            Some((leaf.id, (0..scan.projected_schema.fields().len()).collect()))
        }
        LogicalPlan::Projection(projection) => {
            let (id, below) = columns_of_leaf(&projection.input)?;
            let schema = projection.input.schema();
            let position = |expr: &Expr| {
                let mut expr = expr;
                while let Expr::Alias(alias) = expr {
                    expr = &alias.expr;
                }
                let Expr::Column(column) = expr else { return None };
                schema.maybe_index_of_column(column).map(|position| below[position])
            };
            Some((id, projection.expr.iter().map(position).collect::<Option<_>>()?))
        }
        LogicalPlan::SubqueryAlias(alias) => columns_of_leaf(&alias.input),
        _ => None,
    }
}

/// The columns at `positions` under the announced names and types.
pub(crate) fn adapted(
    batch: &RecordBatch,
    positions: Option<&[usize]>,
    announced: &SchemaRef,
) -> Result<RecordBatch> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let mut columns = Vec::with_capacity(announced.fields().len());
    for (position, field) in announced.fields().iter().enumerate() {
        let column = batch.column(positions.map_or(position, |positions| positions[position]));
        let column = if column.data_type() == field.data_type() {
            column.clone()
        } else {
            cast_with_options(column, field.data_type(), &options)
                .map_err(|_| misfit(field.name(), field.data_type().to_string()))?
        };
        if !field.is_nullable() && column.null_count() > 0 {
            return Err(misfit(field.name(), format!("{} without NULL", field.data_type())));
        }
        columns.push(column);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let batch = RecordBatch::try_new_with_options(announced.clone(), columns, &options);
    batch.map_err(|error| EngineError::Internal(Arc::new(error.into())))
}

fn misfit(column: &str, data_type: String) -> EngineError {
    EngineError::Announced { column: column.to_owned(), data_type }
}
