//! A statement's way through the engine: read, planned, checked, run.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::Utc;
use cubestore::codec::request::Parameter;
use datafusion::{
    arrow::array::{Array, RecordBatch},
    common::config::ConfigOptions,
    datasource::MemTable,
    execution::{
        SendableRecordBatchStream, SessionState, SessionStateBuilder,
        context::SessionContext,
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        runtime_env::RuntimeEnvBuilder,
    },
    prelude::SessionConfig,
    sql::sqlparser::ast::Statement,
};
use futures::TryStreamExt;

use super::{
    catalogue::Catalogue,
    deep::Deep,
    reply::{Answer, ROWS_PER_BATCH, Rows},
    sql::{self, Functions, Parsed, Refusal, Scope},
    system,
};
use crate::{Error, store_types::answered};

/// What all queries together may hold for joining, grouping and sorting.
const MEMORY: usize = 2 << 30;

/// No message can carry more.
const LONGEST_ANSWER: usize = 2 << 30;

/// The real store's own limit.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// The engine and the functions that it is asked with.
#[derive(Debug)]
pub(super) struct Engine {
    state: SessionState,
    functions: Functions,
}

impl Engine {
    pub(super) fn new() -> Result<Self, Error> {
        // One partition: rows come in the order of their table, and sums of floats do not depend on chance.
        let config = SessionConfig::new().with_target_partitions(1).with_batch_size(ROWS_PER_BATCH);
        // Nothing goes to disk, so a store that is killed leaves nothing there.
        let no_disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
        let runtime =
            RuntimeEnvBuilder::new().with_memory_limit(MEMORY, 1.0).with_disk_manager_builder(no_disk);
        let runtime = runtime.build_arc().map_err(Error::Source)?;
        let state = SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).build();
        Ok(Self { state, functions: Functions::new() })
    }

    /// Runs a statement. Without parameters, a `?` is an error.
    pub(super) async fn answer(
        &self,
        sql: &str,
        parameters: Option<&[Parameter]>,
        catalogue: &Catalogue,
    ) -> Result<Answer, Refusal> {
        match sql::parse(sql, parameters, Utc::now())? {
            Parsed::Nothing => Ok(Answer::Nothing),
            Parsed::Select(statement, depth) => {
                let rows = Deep::new(depth, self.rows(*statement, catalogue));
                let rows = tokio::time::timeout(LONGEST_WAIT, rows).await;
                rows.unwrap_or_else(|_| Err(Refusal::timeout(LONGEST_WAIT))).map(Answer::Rows)
            }
        }
    }

    async fn rows(&self, statement: Statement, catalogue: &Catalogue) -> Result<Rows, Refusal> {
        let tables = tables(sql::tables_of(&statement), catalogue).await?;
        let of_system = tables.keys().any(|(schema, _)| system::SCHEMAS.contains(&schema.as_str()));
        let scope = Scope { tables, functions: &self.functions, options: ConfigOptions::default() };
        let plan = scope.plan(statement)?;
        sql::check(&plan)?;
        let named_when_empty = of_system || sql::aggregates(&plan);
        let columns = answered(plan.schema().as_arrow()).map_err(|other| Refusal::result_type(&other))?;
        let frame = SessionContext::new_with_state(self.state.clone()).execute_logical_plan(plan).await?;
        let batches = collected(frame.execute_stream().await?).await?;
        let rows = Rows::new(Arc::new(columns), &batches, named_when_empty);
        rows.map_err(|error| Refusal::Other(error.to_string()))
    }
}

async fn collected(mut rows: SendableRecordBatchStream) -> Result<Vec<RecordBatch>, Refusal> {
    let mut batches = Vec::new();
    let mut bytes = 0;
    while let Some(batch) = rows.try_next().await? {
        bytes += size(&batch);
        if bytes > LONGEST_ANSWER {
            return Err(Refusal::Other(format!("the answer is longer than {LONGEST_ANSWER} bytes")));
        }
        batches.push(batch);
    }
    Ok(batches)
}

// Of the batch itself, not of the table that it may be a piece of.
fn size(batch: &RecordBatch) -> usize {
    let sizes = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(0));
    sizes.sum()
}

type Tables = HashMap<(String, String), Arc<MemTable>>;

/// The rows of the named tables; those that are not there are missing.
async fn tables(
    names: impl IntoIterator<Item = (String, String)>,
    catalogue: &Catalogue,
) -> Result<Tables, Refusal> {
    let mut tables = HashMap::new();
    for (schema, name) in names {
        let rows = match catalogue.find(&schema, &name) {
            Some(table) => Some(table.rows().await?),
            None => system::table(&schema, &name, catalogue)?,
        };
        tables.extend(rows.map(|rows| ((schema, name), rows)));
    }
    Ok(tables)
}
