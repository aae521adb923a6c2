//! The commands of Flight SQL: what reads metadata in one file, every other in its own.

pub(crate) mod endpoint;
pub(crate) mod ingest;
pub(crate) mod metadata;
pub(crate) mod prepared;
pub(crate) mod session;
pub(crate) mod statement;

use arrow_flight::{
    FlightDescriptor, FlightEndpoint, FlightInfo, Ticket,
    flight_descriptor::DescriptorType,
    sql::{Any, Command},
};
use arrow_schema::Schema;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use prost::Message;
use prost_types::Timestamp;

use crate::status::CallError;

/// The command of a descriptor.
pub(crate) fn of_descriptor(descriptor: &FlightDescriptor) -> Result<Command, CallError> {
    if descriptor.r#type != DescriptorType::Cmd as i32 {
        return Err(CallError::Malformed("a descriptor holds a Flight SQL command, not a path".to_owned()));
    }
    of_bytes(&descriptor.cmd)
}

/// A command wrapped in Any.
pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Command, CallError> {
    let any =
        Any::decode(bytes).map_err(|_| CallError::Malformed("this is no Flight SQL command".to_owned()))?;
    let command = Command::try_from(any);
    command.map_err(|error| CallError::Malformed(format!("the command cannot be read: {error}")))
}

/// What a command that is not served is told.
pub(crate) fn not_served(command: &Command) -> CallError {
    match command {
        Command::CommandStatementUpdate(_) | Command::CommandPreparedStatementUpdate(_) => {
            CallError::Unimplemented("this server reads only: updates are not served")
        }
        Command::CommandStatementIngest(_) => {
            CallError::Unimplemented("rows are ingested by DoPut, and nothing is announced of them")
        }
        Command::CommandStatementSubstraitPlan(_) | Command::ActionCreatePreparedSubstraitPlanRequest(_) => {
            CallError::Unimplemented("Substrait plans are not served; send SQL")
        }
        Command::ActionBeginTransactionRequest(_)
        | Command::ActionEndTransactionRequest(_)
        | Command::ActionBeginSavepointRequest(_)
        | Command::ActionEndSavepointRequest(_) => {
            CallError::Unimplemented("this server reads only: there are no transactions")
        }
        _ => CallError::Malformed("this command does not belong here".to_owned()),
    }
}

/// A FlightInfo, always with its schema: a driver dies of several endpoints without one.
pub(crate) fn info(
    schema: &Schema,
    endpoints: impl IntoIterator<Item = FlightEndpoint>,
    descriptor: FlightDescriptor,
) -> Result<FlightInfo, CallError> {
    let info = FlightInfo::new().try_with_schema(schema).map_err(CallError::Encoding)?;
    let info = info.with_descriptor(descriptor).with_total_records(-1).with_total_bytes(-1);
    Ok(endpoints.into_iter().fold(info, FlightInfo::with_endpoint))
}

/// An endpoint of this server, and of every other one with its keys.
pub(crate) fn endpoint(ticket: Bytes, expires: Option<DateTime<Utc>>) -> FlightEndpoint {
    let endpoint = FlightEndpoint::new().with_ticket(Ticket { ticket });
    let expiration_time = expires.map(|expires| Timestamp { seconds: expires.timestamp(), nanos: 0 });
    FlightEndpoint { expiration_time, ..endpoint }
}
