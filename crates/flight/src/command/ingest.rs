//! CommandStatementIngest: rows of the caller's own, as a temporary table of their session.

use arrow_flight::{
    FlightData, PutResult,
    sql::{CommandStatementIngest, TableDefinitionOptions, TableExistsOption, TableNotExistOption},
};
use engine::{EngineError, IfMissing, IfThere, Ingested, TEMPORARY, Target};
use semantic::name::CATALOG;
use tonic::Streaming;

use super::session;
use crate::{
    authn::Call,
    ipc::{Most, Reader},
    service::Service,
    session::Session,
    status::CallError,
};

/// Takes all rows, or none; the answer, and the session that has the table now.
pub(crate) async fn take(
    command: CommandStatementIngest,
    first: FlightData,
    rest: Streaming<FlightData>,
    service: &Service,
    call: &Call,
) -> Result<(PutResult, Session), CallError> {
    let target = target(command)?;
    // A client that stops sending holds memory.
    let limit = service.engine.time_limit(call.timeout.into_iter().chain(call.session.query_timeout).min());
    let taken = tokio::time::timeout(limit, taken(target, first, rest, service, call)).await;
    let Ingested { rows, place } = taken.map_err(|_| EngineError::Deadline(limit))??;
    let session = Session { place: Some(place), ..call.session.clone() };
    Ok((PutResult { app_metadata: session::updated(rows) }, session))
}

async fn taken(
    target: Target,
    first: FlightData,
    mut rest: Streaming<FlightData>,
    service: &Service,
    call: &Call,
) -> Result<Ingested, CallError> {
    let mut messages = Some(first);
    let mut reading = None;
    let mut dictionaries = 0;
    while let Some(message) = messages {
        // Some clients send the command alone, and some empty messages to keep the stream alive.
        if !message.data_header.is_empty() {
            let Some((reader, ingest)) = &mut reading else {
                let reader = Reader::new(&message).map_err(CallError::Rows)?;
                let columns = reader.schema().clone();
                let ingest = service.engine.ingest(target.clone(), &columns, &call.engine_caller).await?;
                reading = Some((reader, ingest));
                messages = next(&mut rest).await?;
                continue;
            };
            let bytes = message.data_body.len();
            ingest.reserve(bytes)?;
            let left = ingest.left();
            // Every row takes a byte at least.
            let most = Most { rows: left.saturating_add(bytes), bytes: left };
            match reader.read(&message, most).map_err(CallError::Rows)? {
                Some(batch) => ingest.push(&batch, dictionaries)?,
                None => dictionaries += bytes,
            }
        }
        messages = next(&mut rest).await?;
    }
    let (_, ingest) = reading.ok_or_else(|| CallError::Malformed("the rows have no schema".to_owned()))?;
    Ok(ingest.finish()?)
}

async fn next(rest: &mut Streaming<FlightData>) -> Result<Option<FlightData>, CallError> {
    rest.message().await.map_err(|status| CallError::CutOff(Box::new(status)))
}

/// What the command asks for, if it can be had.
fn target(command: CommandStatementIngest) -> Result<Target, CallError> {
    let CommandStatementIngest {
        table_definition_options,
        table,
        schema,
        catalog,
        temporary,
        transaction_id,
        options,
    } = command;
    if transaction_id.is_some() {
        return Err(CallError::Unimplemented("there are no transactions: rows are taken as a whole or not"));
    }
    // Where a library cannot say that a table is temporary, as pandas cannot, its schema does.
    if !temporary && !schema.as_ref().is_some_and(|schema| schema.eq_ignore_ascii_case(TEMPORARY)) {
        return Err(CallError::Unimplemented(
            "rows are taken as a temporary table of the session only: ask for one, in Python by `temporary=True`, or by \
             the schema `temporary`",
        ));
    }
    for (what, given, own) in [("catalog", catalog, CATALOG), ("schema", schema, TEMPORARY)] {
        let other = given.filter(|given| !given.is_empty() && !given.eq_ignore_ascii_case(own));
        if let Some(other) = other {
            let other: String = other.chars().take(100).collect();
            return Err(CallError::Malformed(format!(
                "temporary tables are in the {what} `{own}`, and `{}` was asked for; leave it out",
                other.escape_debug()
            )));
        }
    }
    if let Some(option) = options.keys().min() {
        let option: String = option.chars().take(100).collect();
        return Err(CallError::Malformed(format!("there is no option `{}`", option.escape_debug())));
    }
    let (if_missing, if_there) = definition(table_definition_options)?;
    Ok(Target { table, if_missing, if_there })
}

fn definition(options: Option<TableDefinitionOptions>) -> Result<(IfMissing, IfThere), CallError> {
    let missing = |what| CallError::Malformed(format!("the command does not say what to do {what}"));
    let options = options.ok_or_else(|| missing("with tables that are there or not"))?;
    let if_missing = match TableNotExistOption::try_from(options.if_not_exist) {
        Ok(TableNotExistOption::Create) => IfMissing::Create,
        Ok(TableNotExistOption::Fail) => IfMissing::Fail,
        Ok(TableNotExistOption::Unspecified) | Err(_) => return Err(missing("if there is no such table")),
    };
    let if_there = match TableExistsOption::try_from(options.if_exists) {
        Ok(TableExistsOption::Fail) => IfThere::Fail,
        Ok(TableExistsOption::Append) => IfThere::Append,
        Ok(TableExistsOption::Replace) => IfThere::Replace,
        Ok(TableExistsOption::Unspecified) | Err(_) => return Err(missing("if there is such a table")),
    };
    Ok((if_missing, if_there))
}
