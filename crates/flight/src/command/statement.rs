//! CommandStatementQuery: a statement in SQL.

use std::{collections::VecDeque, sync::Arc};

use arrow_flight::{
    FlightDescriptor, FlightEndpoint, FlightInfo,
    sql::{ProstMessageExt, TicketStatementQuery},
};
use arrow_schema::{Schema, SchemaRef};
use engine::Ask;
use prost::Message;

use super::{endpoint, info, session};
use crate::{
    answer::Answer,
    authn::Call,
    encode::Encoding,
    metadata,
    running::Rows,
    service::Service,
    session::Session,
    status::CallError,
    ticket::{Statement, Ticket, end},
};

/// The statement of a text.
pub(crate) fn of_text(sql: &str, service: &Service, call: &Call) -> Statement {
    Statement { sql: Arc::from(sql), parameters: None, session: session_of(service, call) }
}

/// The call's session, with a zone.
pub(crate) fn session_of(service: &Service, call: &Call) -> Session {
    call.session.with_zone(service.engine.timezone())
}

/// Announces the statement's rows. Nothing runs; `now()` is fixed here, for every replica.
pub(crate) async fn announce(
    statement: Statement,
    descriptor: FlightDescriptor,
    service: &Service,
    call: &Call,
) -> Result<FlightInfo, CallError> {
    let description = service.engine.describe(&statement.sql, &call.engine_caller).await?;
    let ticket = statement.ticket(call.now, &description.schema);
    let (ask, _) = asks(&ticket, call);
    // A statement whose parameters are not bound yet has no road, and what is wrong with another one DoGet says.
    let road = service.engine.road(&ask, &call.engine_caller).await.unwrap_or("none");
    let about = format!(r#"{{"query_id":"{}","road":"{road}"}}"#, ticket.query);
    let endpoint = endpoint_of(&ticket, service, call)?;
    let info = info(&metadata::of_result(&description.schema), [endpoint], descriptor)?;
    Ok(info.with_ordered(description.ordered).with_app_metadata(about))
}

/// What a statement without rows announces: nothing that could be read.
pub(crate) fn announce_nothing(descriptor: FlightDescriptor) -> Result<FlightInfo, CallError> {
    Ok(info(&Schema::empty(), [], descriptor)?.with_total_records(0).with_total_bytes(0))
}

/// The endpoint at which a ticket is redeemed, from now on for as long as tickets live.
pub(crate) fn endpoint_of(
    ticket: &Ticket,
    service: &Service,
    call: &Call,
) -> Result<FlightEndpoint, CallError> {
    let expires = end(call, service.config.ticket_ttl);
    let statement_handle = ticket.seal(call, service.keys(), expires)?;
    let ticket = TicketStatementQuery { statement_handle }.as_any().encode_to_vec().into();
    Ok(endpoint(ticket, Some(expires)))
}

/// The schema of the statement's rows.
pub(crate) async fn schema(
    statement: &Statement,
    service: &Service,
    call: &Call,
) -> Result<SchemaRef, CallError> {
    if session::changed(&statement.sql, call)?.is_some() {
        return Ok(Arc::new(Schema::empty()));
    }
    let description = service.engine.describe(&statement.sql, &call.engine_caller).await?;
    Ok(metadata::of_result(&description.schema))
}

/// Runs what a ticket holds.
pub(crate) async fn run(
    ticket: &TicketStatementQuery,
    service: &Service,
    call: &Call,
) -> Result<(Rows, Encoding), CallError> {
    let ticket = Ticket::open(&ticket.statement_handle, call, service.keys())?;
    let (first, others) = asks(&ticket, call);
    let starting = Answer::start(service.engine.clone(), call.engine_caller.clone(), &first, others);
    let rows = service.running.start(ticket.query, Box::pin(starting)).await?;
    if !ticket.announced(rows.schema()) {
        return Err(CallError::ModelChanged);
    }
    let asked = call.compression.unwrap_or(ticket.statement.session.compression);
    Ok((rows, service.encoding(asked)))
}

/// What a ticket asks: once for every row of its parameters.
fn asks(ticket: &Ticket, call: &Call) -> (Ask, VecDeque<Ask>) {
    let Ticket { statement: Statement { sql, parameters, session }, now, .. } = ticket;
    let ask = |parameters| Ask {
        sql: sql.clone(),
        parameters,
        zone: session.zone.unwrap_or_default(),
        now: *now,
        request_id: call.request_id.clone(),
        timeout: call.timeout.into_iter().chain(session.query_timeout).min(),
        roads: session.roads,
    };
    let rows = parameters.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| batch.slice(row, 1)));
    let mut asks: VecDeque<Ask> = rows.map(|row| ask(Some(row))).collect();
    let first = asks.pop_front().unwrap_or_else(|| ask(None));
    (first, asks)
}
