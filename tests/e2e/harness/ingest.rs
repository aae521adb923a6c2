//! Rows that a client brings along.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use arrow_flight::{
    FlightData, FlightDescriptor,
    sql::{
        CommandStatementIngest, DoPutUpdateResult, ProstMessageExt, TableDefinitionOptions,
        TableExistsOption, TableNotExistOption,
    },
    utils::batches_to_flight_data,
};
use futures::Stream;
use prost::Message;
use tonic::{Code, metadata::MetadataMap};

use super::{Client, bearer, status_said};

/// What a call says that makes a temporary table.
pub(crate) fn created(table: &str) -> CommandStatementIngest {
    CommandStatementIngest {
        table_definition_options: Some(TableDefinitionOptions {
            if_not_exist: TableNotExistOption::Create as i32,
            if_exists: TableExistsOption::Fail as i32,
        }),
        table: table.to_owned(),
        schema: None,
        catalog: None,
        temporary: true,
        transaction_id: None,
        options: HashMap::new(),
    }
}

/// The messages of a call, the command with the schema first.
pub(crate) fn messages(command: &CommandStatementIngest, batches: &[RecordBatch]) -> Vec<FlightData> {
    let schema = batches[0].schema();
    let mut messages = batches_to_flight_data(&schema, batches.to_vec()).unwrap();
    messages[0].flight_descriptor = Some(FlightDescriptor::new_cmd(command.as_any().encode_to_vec()));
    messages
}

impl Client {
    /// Sends messages with DoPut; the headers of the answer and the count of rows.
    pub(crate) async fn put(
        &mut self,
        messages: impl Stream<Item = FlightData> + Send + 'static,
    ) -> Result<(MetadataMap, i64), (Code, String)> {
        let request = self.with_headers(messages);
        let response = self.sql.inner_mut().do_put(request).await.map_err(|status| status_said(&status))?;
        let headers = response.metadata().clone();
        let mut results = response.into_inner();
        let result = results.message().await.map_err(|status| status_said(&status))?.unwrap();
        Ok((headers, DoPutUpdateResult::decode(result.app_metadata).unwrap().record_count))
    }

    /// Makes a temporary table, or what else the command says; from now on this is a client of its session.
    pub(crate) async fn ingest(
        &mut self,
        command: &CommandStatementIngest,
        batches: &[RecordBatch],
    ) -> Result<i64, (Code, String)> {
        let (headers, rows) = self.put(futures::stream::iter(messages(command, batches))).await?;
        self.sql.set_token(bearer(&headers));
        Ok(rows)
    }
}
