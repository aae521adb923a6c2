//! Prepared statements. The handle is the statement itself, sealed: no replica keeps anything.

use arrow_array::RecordBatch;
use arrow_flight::{
    FlightData, IpcMessage, PutResult, SchemaAsIpc,
    sql::{
        ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest,
        ActionCreatePreparedStatementResult, DoPutPreparedStatementResult, ProstMessageExt,
    },
};
use arrow_ipc::writer::IpcWriteOptions;
use arrow_schema::Schema;
use bytes::Bytes;
use prost::Message;
use tonic::Streaming;

use super::{session, statement};
use crate::{authn::Call, metadata, parameters, service::Service, status::CallError, ticket::Statement};

/// Reads a statement and tells its columns and parameters.
pub(crate) async fn create(
    request: &ActionCreatePreparedStatementRequest,
    service: &Service,
    call: &Call,
) -> Result<Bytes, CallError> {
    if request.transaction_id.is_some() {
        return Err(CallError::Unimplemented("this server reads only: there are no transactions"));
    }
    let statement = statement::of_text(&request.query, service, call);
    let mut result = ActionCreatePreparedStatementResult::default();
    let mut reads_temporary = false;
    // A statement without columns is how drivers know that it is an update.
    if session::changed(&request.query, call)?.is_none() && session::dropped(&request.query)?.is_none() {
        let described = service.engine.describe(&request.query, &call.engine_caller).await?;
        reads_temporary = described.reads_temporary;
        let schema = statement.session.texts.schema(metadata::of_result(&described.schema));
        result.dataset_schema = schema_bytes(&schema)?;
        if !described.parameters.fields().is_empty() {
            result.parameter_schema = schema_bytes(&metadata::of_parameters(&described.parameters))?;
        }
    }
    let statement = statement.tied(reads_temporary);
    result.prepared_statement_handle = statement.seal(call, service.keys(), service.config.handle_ttl)?;
    Ok(result.as_any().encode_to_vec().into())
}

/// The statement of a handle.
pub(crate) fn open(handle: &[u8], service: &Service, call: &Call) -> Result<Statement, CallError> {
    let statement = Statement::open(handle, call, service.keys())?;
    // It runs in the session as that is now: drivers keep a handle while options change.
    Ok(Statement { session: statement::session_of(service, call), ..statement })
}

/// Binds parameters: the answer is a new handle that holds them.
pub(crate) async fn bind(
    handle: &[u8],
    first: FlightData,
    rest: Streaming<FlightData>,
    service: &Service,
    call: &Call,
) -> Result<PutResult, CallError> {
    let mut statement = open(handle, service, call)?;
    let described = service.engine.describe(&statement.sql, &call.engine_caller).await?;
    let expected = described.parameters;
    let row = parameters::read(first, rest).await?;
    let given = row.as_ref().map_or(0, RecordBatch::num_columns);
    if given != expected.fields().len() {
        let expected = expected.fields().len();
        return Err(CallError::Parameters(format!(
            "the statement has {expected} parameters, {given} were bound"
        )));
    }
    statement.parameters = row;
    let statement = statement.tied(described.reads_temporary);
    let handle = statement.seal(call, service.keys(), service.config.handle_ttl)?;
    let result = DoPutPreparedStatementResult { prepared_statement_handle: Some(handle) };
    Ok(PutResult { app_metadata: result.encode_to_vec().into() })
}

/// Nothing is kept, so nothing is closed; a handle that is not the caller's is still refused.
pub(crate) fn close(
    request: &ActionClosePreparedStatementRequest,
    service: &Service,
    call: &Call,
) -> Result<(), CallError> {
    open(&request.prepared_statement_handle, service, call).map(|_| ())
}

fn schema_bytes(schema: &Schema) -> Result<Bytes, CallError> {
    let options = IpcWriteOptions::default();
    let IpcMessage(bytes) = SchemaAsIpc::new(schema, &options).try_into().map_err(CallError::Encoding)?;
    Ok(bytes)
}
