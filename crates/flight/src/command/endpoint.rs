//! What can be done with an endpoint that was announced: stop what runs behind it, or keep it for longer.

use arrow_flight::{
    CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus, FlightEndpoint, FlightInfo,
    RenewFlightEndpointRequest,
    sql::{
        ActionCancelQueryRequest, ActionCancelQueryResult, Command, ProstMessageExt, TicketStatementQuery,
    },
};
use bytes::Bytes;
use prost::Message;

use super::{endpoint, of_bytes, statement};
use crate::{authn::Call, service::Service, status::CallError, ticket::Ticket};

/// The answer to CancelFlightInfo.
pub(crate) fn cancel(body: &[u8], service: &Service, call: &Call) -> Result<Bytes, CallError> {
    let info = CancelFlightInfoRequest::decode(body)?.info;
    let info = info.ok_or_else(|| CallError::Malformed("the request has no FlightInfo".to_owned()))?;
    let status = cancelled(&info, service, call)? as i32;
    Ok(CancelFlightInfoResult { status }.encode_to_vec().into())
}

/// The answer to CancelQuery, the older action of Flight SQL.
pub(crate) fn cancel_query(
    request: &ActionCancelQueryRequest,
    service: &Service,
    call: &Call,
) -> Result<Bytes, CallError> {
    let info = FlightInfo::decode(request.info.clone())?;
    // Flight SQL numbers its results, which the crate does not export, as Flight numbers its statuses.
    let result = cancelled(&info, service, call)? as i32;
    Ok(ActionCancelQueryResult { result }.as_any().encode_to_vec().into())
}

/// The answer to RenewFlightEndpoint: the same question in a ticket that lives from now on.
pub(crate) fn renew(body: &[u8], service: &Service, call: &Call) -> Result<Bytes, CallError> {
    let old = RenewFlightEndpointRequest::decode(body)?.endpoint;
    let old = old.ok_or_else(|| CallError::Malformed("the request has no endpoint".to_owned()))?;
    let renewed = match of_endpoint(&old)? {
        Command::TicketStatementQuery(sealed) => {
            statement::endpoint_of(&opened(&sealed, service, call)?, service, call)?
        }
        // What asks for metadata is no secret and never ends.
        _ => endpoint(old.ticket.unwrap_or_default().ticket, None),
    };
    Ok(renewed.encode_to_vec().into())
}

/// Stops what runs here. Nothing is known of what runs elsewhere.
fn cancelled(info: &FlightInfo, service: &Service, call: &Call) -> Result<CancelStatus, CallError> {
    let mut status = CancelStatus::NotCancellable;
    for endpoint in &info.endpoint {
        if let Command::TicketStatementQuery(sealed) = of_endpoint(endpoint)?
            && service.running.cancel(opened(&sealed, service, call)?.query)
        {
            status = CancelStatus::Cancelled;
        }
    }
    Ok(status)
}

fn opened(sealed: &TicketStatementQuery, service: &Service, call: &Call) -> Result<Ticket, CallError> {
    Ticket::open(&sealed.statement_handle, call, service.keys())
}

fn of_endpoint(endpoint: &FlightEndpoint) -> Result<Command, CallError> {
    let ticket = endpoint.ticket.as_ref();
    let ticket = ticket.ok_or_else(|| CallError::Malformed("the endpoint has no ticket".to_owned()))?;
    of_bytes(&ticket.ticket)
}
