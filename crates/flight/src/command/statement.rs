//! CommandStatementQuery: a statement in SQL.

use std::sync::Arc;

use arrow_flight::{
    FlightDescriptor, FlightInfo,
    sql::{ProstMessageExt, TicketStatementQuery},
};
use arrow_schema::SchemaRef;
use bytes::Bytes;
use engine::{Ask, BatchStream};
use prost::Message;

use super::info;
use crate::{
    authn::Call,
    metadata,
    service::Service,
    status::CallError,
    ticket::{Statement, Ticket},
};

/// The statement of a text.
pub(crate) fn of_text(sql: &str, service: &Service) -> Statement {
    Statement { sql: Arc::from(sql), parameters: None, zone: service.engine.timezone() }
}

/// Announces the statement's rows. Nothing runs; `now()` is fixed here, for every replica.
pub(crate) async fn announce(
    statement: Statement,
    descriptor: FlightDescriptor,
    service: &Service,
    call: &Call,
) -> Result<FlightInfo, CallError> {
    let schema = described(&statement, service, call).await?;
    let ticket = statement.ticket(call.now, &schema);
    let sealed = ticket.seal(call, service.keys(), service.config.ticket_ttl)?;
    info(&metadata::of_result(&schema), wrapped(sealed), descriptor)
}

/// The schema of the statement's rows.
pub(crate) async fn schema(
    statement: &Statement,
    service: &Service,
    call: &Call,
) -> Result<SchemaRef, CallError> {
    Ok(metadata::of_result(&*described(statement, service, call).await?))
}

async fn described(statement: &Statement, service: &Service, call: &Call) -> Result<SchemaRef, CallError> {
    Ok(service.engine.describe(&statement.sql, &call.engine_caller).await?.schema)
}

/// Runs what a ticket holds.
pub(crate) async fn run(
    ticket: &TicketStatementQuery,
    service: &Service,
    call: &Call,
) -> Result<BatchStream, CallError> {
    let ticket = Ticket::open(&ticket.statement_handle, call, service.keys())?;
    let ask = Ask {
        sql: ticket.statement.sql.clone(),
        parameters: ticket.statement.parameters.clone(),
        zone: ticket.statement.zone,
        now: ticket.now,
        request_id: call.request_id.clone(),
        timeout: call.timeout,
    };
    let stream = service.engine.execute(&ask, &call.engine_caller).await?;
    if ticket.announced(stream.schema()) { Ok(stream) } else { Err(CallError::ModelChanged) }
}

fn wrapped(sealed: Bytes) -> Bytes {
    TicketStatementQuery { statement_handle: sealed }.as_any().encode_to_vec().into()
}
