//! CommandStatementQuery: a statement in SQL.

use std::{collections::VecDeque, sync::Arc};

use arrow_flight::{
    FlightDescriptor, FlightEndpoint, FlightInfo,
    sql::{ProstMessageExt, TicketStatementQuery},
};
use arrow_schema::{Schema, SchemaRef};
use engine::{Ask, Division, Outlook, Part};
use prost::Message;

use super::{endpoint, info, session};
use crate::{
    answer::Answer,
    authn::Call,
    config::Config,
    encode::Encoding,
    metadata,
    running::Rows,
    service::Service,
    session::{Location, Session},
    status::CallError,
    ticket::{Statement, Ticket, end},
};

/// Where an endpoint says that it is when it is where its announcement came from.
const REUSE: &str = "arrow-flight-reuse-connection://?";
/// Bytes of endpoints in one announcement.
const LONGEST: usize = 1 << 20;

/// The statement of a text.
pub(crate) fn of_text(sql: &str, service: &Service, call: &Call) -> Statement {
    Statement { sql: Arc::from(sql), parameters: None, session: session_of(service, call) }
}

/// The call's session, with a zone.
pub(crate) fn session_of(service: &Service, call: &Call) -> Session {
    call.session.clone().with_zone(service.engine.timezone())
}

/// Announces the statement's rows. Nothing runs; `now()` is fixed here, for every replica.
pub(crate) async fn announce(
    statement: Statement,
    descriptor: FlightDescriptor,
    service: &Service,
    call: &Call,
) -> Result<FlightInfo, CallError> {
    let description = service.engine.describe(&statement.sql, &call.engine_caller).await?;
    let statement = statement.tied(description.reads_temporary);
    let ticket = statement.ticket(call.now, &description.schema);
    let (ask, others) = asks(&ticket, call);
    let Config { endpoints, endpoint_rows: rows, .. } = service.config;
    let most = ticket.statement.session.endpoints.unwrap_or(endpoints);
    // What runs once for every row of parameters has one answer after the other.
    let division = Division { most: if others.is_empty() { most } else { 1 }, rows };
    // A statement whose parameters are not bound yet has no road, and what is wrong with another one DoGet says.
    let outlook = service.engine.outlook(&ask, &call.engine_caller, division).await;
    let Outlook { road, parts } = outlook.unwrap_or(Outlook { road: "none", parts: Vec::new() });
    let about = format!(r#"{{"query_id":"{}","road":"{road}"}}"#, ticket.query);
    let endpoints = endpoints_of(&ticket, parts, service, call)?;
    let schema = metadata::of_result(&description.schema);
    let info = info(&ticket.statement.session.texts.schema(schema), endpoints, descriptor)?;
    Ok(info.with_ordered(description.ordered).with_app_metadata(about))
}

/// The endpoints at which the parts of an answer are redeemed, or the one for all of it.
fn endpoints_of(
    ticket: &Ticket,
    parts: Vec<Part>,
    service: &Service,
    call: &Call,
) -> Result<Vec<FlightEndpoint>, CallError> {
    let whole = endpoint_of(ticket, service, call)?;
    // Each ticket holds the statement, and all of them go into one message.
    if parts.is_empty() || whole.encoded_len() * parts.len() > LONGEST {
        return Ok(vec![whole]);
    }
    let of_part = |part| endpoint_of(&ticket.for_part(part), service, call);
    parts.into_iter().map(of_part).collect()
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
    let location = ticket.statement.session.location;
    let ticket = TicketStatementQuery { statement_handle }.as_any().encode_to_vec().into();
    let endpoint = endpoint(ticket, Some(expires));
    Ok(match location {
        Location::None => endpoint,
        Location::Reuse => endpoint.with_location(REUSE),
    })
}

/// The schema of the statement's rows.
pub(crate) async fn schema(
    statement: &Statement,
    service: &Service,
    call: &Call,
) -> Result<SchemaRef, CallError> {
    if session::changed(&statement.sql, call)?.is_some() || session::dropped(&statement.sql)?.is_some() {
        return Ok(Arc::new(Schema::empty()));
    }
    let description = service.engine.describe(&statement.sql, &call.engine_caller).await?;
    Ok(statement.session.texts.schema(metadata::of_result(&description.schema)))
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
    let Session { compression, texts, .. } = ticket.statement.session;
    Ok((rows, service.encoding(call.compression.unwrap_or(compression), texts)))
}

/// What a ticket asks: once for every row of its parameters.
fn asks(ticket: &Ticket, call: &Call) -> (Ask, VecDeque<Ask>) {
    let Ticket { statement: Statement { sql, parameters, session }, now, part, .. } = ticket;
    let ask = |parameters| Ask {
        sql: sql.clone(),
        parameters,
        zone: session.zone.unwrap_or_default(),
        now: *now,
        request_id: call.request_id.clone(),
        timeout: call.timeout.into_iter().chain(session.query_timeout).min(),
        roads: session.roads,
        part: part.clone(),
    };
    let rows = parameters.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| batch.slice(row, 1)));
    let mut asks: VecDeque<Ask> = rows.map(|row| ask(Some(row))).collect();
    let first = asks.pop_front().unwrap_or_else(|| ask(None));
    (first, asks)
}
