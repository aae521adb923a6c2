//! Tickets and handles: the question itself, sealed, for the one who asked it. Any replica with the same keys takes them.

use std::{sync::Arc, time::Duration};

use arrow_array::RecordBatch;
use arrow_ipc::{reader::StreamReader, writer::StreamWriter};
use arrow_schema::Schema;
use auth::{KeyRing, Purpose};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use engine::Part;
use prost::Message;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{authn::Call, proto::sealed, session::Session, status::CallError};

/// A statement with everything that is bound to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    pub(crate) sql: Arc<str>,
    /// A row for every time that it runs.
    pub(crate) parameters: Option<RecordBatch>,
    /// The session that it was asked in, with a zone.
    pub(crate) session: Session,
}

/// A statement that is about to run, as it was announced.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ticket {
    pub(crate) statement: Statement,
    pub(crate) now: DateTime<Utc>,
    /// What it is cancelled by.
    pub(crate) query: Uuid,
    /// The part of the answer that it stands for; all of it when there is none.
    pub(crate) part: Option<Part>,
    schema: Bytes,
}

impl Statement {
    /// Seals a handle.
    pub(crate) fn seal(&self, call: &Call, keys: &KeyRing, ttl: Duration) -> Result<Bytes, CallError> {
        let body = self.body(call, end(call, ttl))?;
        Ok(keys.seal(Purpose::Handle, &body.encode_to_vec()).into())
    }

    /// Opens a handle that the caller was given.
    pub(crate) fn open(handle: &[u8], call: &Call, keys: &KeyRing) -> Result<Self, CallError> {
        let body = opened(Purpose::Handle, handle, call, keys)?;
        Self::of(&body, call)
    }

    /// The statement as it is about to run.
    pub(crate) fn ticket(self, now: DateTime<Utc>, announced: &Schema) -> Ticket {
        Ticket { statement: self, now, query: Uuid::now_v7(), part: None, schema: digest(announced) }
    }

    /// The same, tied to its session only if it reads temporary tables.
    pub(crate) fn tied(mut self, reads_temporary: bool) -> Self {
        if !reads_temporary {
            self.session.place = None;
        }
        self
    }

    fn body(&self, call: &Call, expires: DateTime<Utc>) -> Result<sealed::Statement, CallError> {
        Ok(sealed::Statement {
            principal: call.caller.principal.clone(),
            context: Bytes::copy_from_slice(call.caller.context.hash().as_bytes()),
            expires: expires.timestamp(),
            sql: self.sql.to_string(),
            parameters: self.parameters.as_ref().map(written).transpose()?.unwrap_or_default(),
            session: self.session.options(),
            now: None,
            schema: Bytes::new(),
            query: Bytes::new(),
            part: None,
        })
    }

    fn of(body: &sealed::Statement, call: &Call) -> Result<Self, CallError> {
        let parameters = if body.parameters.is_empty() { None } else { Some(read(&body.parameters)?) };
        let session = Session::of(&body.session).ok_or(CallError::Ticket)?;
        // What reads temporary tables runs in their session alone.
        if session.place.is_some() && session.place != call.session.place {
            return Err(CallError::Ticket);
        }
        Ok(Self { sql: Arc::from(body.sql.as_str()), parameters, session })
    }
}

impl Ticket {
    /// Seals it until `expires`.
    pub(crate) fn seal(
        &self,
        call: &Call,
        keys: &KeyRing,
        expires: DateTime<Utc>,
    ) -> Result<Bytes, CallError> {
        let mut body = self.statement.body(call, expires)?;
        body.now = Some(self.now.timestamp_millis());
        body.schema = self.schema.clone();
        body.query = Bytes::copy_from_slice(self.query.as_bytes());
        body.part = self.part.as_ref().map(sealed_part).transpose()?;
        Ok(keys.seal(Purpose::Ticket, &body.encode_to_vec()).into())
    }

    /// The same for a part of its answer.
    pub(crate) fn for_part(&self, part: Part) -> Self {
        Self { part: Some(part), ..self.clone() }
    }

    pub(crate) fn open(ticket: &[u8], call: &Call, keys: &KeyRing) -> Result<Self, CallError> {
        let body = opened(Purpose::Ticket, ticket, call, keys)?;
        let now = body.now.and_then(DateTime::from_timestamp_millis).ok_or(CallError::Ticket)?;
        let query = Uuid::from_slice(&body.query).map_err(|_| CallError::Ticket)?;
        let part = body.part.clone().map(part_of);
        Ok(Self { statement: Statement::of(&body, call)?, now, query, part, schema: body.schema })
    }

    /// True when `schema` is the one that was announced.
    pub(crate) fn announced(&self, schema: &Schema) -> bool {
        self.schema == digest(schema)
    }
}

fn sealed_part(part: &Part) -> Result<sealed::Part, CallError> {
    // Nobody has so many tables.
    let number = |number: usize| u32::try_from(number).map_err(|_| CallError::Ticket);
    Ok(sealed::Part { tables: part.tables.clone(), from: number(part.from)?, to: number(part.to)? })
}

fn part_of(part: sealed::Part) -> Part {
    Part { tables: part.tables, from: part.from as usize, to: part.to as usize }
}

/// When something ends that is handed out now: what was asked with a credential does not outlive it.
pub(crate) fn end(call: &Call, ttl: Duration) -> DateTime<Utc> {
    let ttl = chrono::TimeDelta::from_std(ttl).unwrap_or(chrono::TimeDelta::MAX);
    let expires = call.now.checked_add_signed(ttl).unwrap_or(DateTime::<Utc>::MAX_UTC);
    call.caller.expires.map_or(expires, |end| end.min(expires))
}

// Who it belongs to and how long is checked here, at the only door.
fn opened(
    purpose: Purpose,
    sealed: &[u8],
    call: &Call,
    keys: &KeyRing,
) -> Result<sealed::Statement, CallError> {
    let plain = keys.open(purpose, sealed).map_err(|_| CallError::Ticket)?;
    let body = sealed::Statement::decode(plain.as_slice()).map_err(|_| CallError::Ticket)?;
    let own = body.principal == call.caller.principal
        && body.context[..] == call.caller.context.hash().as_bytes()[..]
        && body.expires > call.now.timestamp();
    if own { Ok(body) } else { Err(CallError::Ticket) }
}

fn digest(schema: &Schema) -> Bytes {
    let mut digest = Sha256::new();
    for field in schema.fields() {
        let (name, data_type) = (field.name(), field.data_type().to_string());
        digest.update((name.len() as u64).to_le_bytes());
        digest.update(name.as_bytes());
        digest.update((data_type.len() as u64).to_le_bytes());
        digest.update(data_type.as_bytes());
        digest.update([u8::from(field.is_nullable())]);
    }
    Bytes::copy_from_slice(&digest.finalize())
}

fn written(batch: &RecordBatch) -> Result<Bytes, CallError> {
    let mut writer = StreamWriter::try_new(Vec::new(), batch.schema_ref()).map_err(CallError::Encoding)?;
    writer.write(batch).map_err(CallError::Encoding)?;
    writer.into_inner().map(Bytes::from).map_err(CallError::Encoding)
}

// The bytes were sealed by a gateway, so what does not read was sealed by another version.
fn read(bytes: &[u8]) -> Result<RecordBatch, CallError> {
    let mut reader = StreamReader::try_new(bytes, None).map_err(|_| CallError::Ticket)?;
    reader.next().and_then(Result::ok).ok_or(CallError::Ticket)
}

#[cfg(test)]
mod tests;
