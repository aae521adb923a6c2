//! A statement's way through the engine: read, planned, checked, run.

use std::{collections::HashMap, sync::Arc};

use chrono::Utc;
use cubestore::codec::request::Parameter;
use datafusion::{
    common::config::ConfigOptions,
    datasource::MemTable,
    execution::{SessionState, SessionStateBuilder, context::SessionContext},
    prelude::SessionConfig,
};

use super::{
    catalogue::Catalogue,
    reply::{Answer, ROWS_PER_BATCH, Rows},
    sql::{self, Functions, Parsed, Refusal, Scope},
    system,
};

/// The engine and the functions that it is asked with.
#[derive(Debug)]
pub(super) struct Engine {
    state: SessionState,
    functions: Functions,
}

impl Engine {
    pub(super) fn new() -> Self {
        // One partition: rows come in the order of their table, and sums of floats do not depend on chance.
        let config = SessionConfig::new().with_target_partitions(1).with_batch_size(ROWS_PER_BATCH);
        let state = SessionStateBuilder::new().with_config(config).build();
        Self { state, functions: Functions::new() }
    }

    /// Runs a statement. Without parameters, a `?` is an error.
    pub(super) async fn answer(
        &self,
        sql: &str,
        parameters: Option<&[Parameter]>,
        catalogue: &Catalogue,
    ) -> Result<Answer, Refusal> {
        let statement = match sql::parse(sql, parameters, Utc::now())? {
            Parsed::Select(statement) => *statement,
            Parsed::Nothing => return Ok(Answer::Nothing),
        };
        let tables = tables(sql::tables_of(&statement), catalogue).await?;
        let of_system = tables.keys().any(|(schema, _)| system::SCHEMAS.contains(&schema.as_str()));
        let scope = Scope { tables, functions: &self.functions, options: ConfigOptions::default() };
        let plan = scope.plan(statement)?;
        sql::check(&plan)?;
        let named_when_empty = of_system || sql::aggregates(&plan);
        let frame = SessionContext::new_with_state(self.state.clone()).execute_logical_plan(plan).await?;
        let columns = frame.schema().as_arrow().clone();
        let rows = Rows::new(&columns, &frame.collect().await?, named_when_empty);
        rows.map(Answer::Rows).map_err(|error| Refusal::Other(error.to_string()))
    }
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
