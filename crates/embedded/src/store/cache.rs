//! Encoded replies by question, so that a benchmark measures its client and not this server.

use std::{collections::HashMap, sync::Mutex};

use bytes::Bytes;
use cubestore::codec::request::{Parameter, Request};

use super::reply::Wanted;
use crate::watch::held;

/// As much as the real store's cache of results; then it begins anew.
const LARGEST: usize = 512 << 20;

#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    replies: HashMap<Question, Vec<Bytes>>,
    bytes: usize,
    tables: Tables,
}

/// Which tables a reply was computed from: it changes with every change of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tables(u64);

// The connection id is inside the encoded reply.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Question {
    sql: String,
    parameters: String,
    wanted: Wanted,
    connection: Option<String>,
}

impl Question {
    fn of(request: &Request, wanted: Wanted) -> Self {
        let parameters: &[Parameter] = &request.query.parameters;
        Self {
            sql: request.query.sql.clone(),
            parameters: format!("{parameters:?}"),
            wanted,
            connection: request.connection_id.clone(),
        }
    }
}

impl Cache {
    /// The frames of an equal request, with this request's id in them.
    pub(super) fn get(&self, request: &Request, wanted: Wanted) -> Option<Vec<Bytes>> {
        let known = held(&self.0).replies.get(&Question::of(request, wanted)).cloned()?;
        known.iter().map(|frame| readdressed(frame, request.message_id)).collect()
    }

    /// The tables as they are now.
    pub(super) fn tables(&self) -> Tables {
        held(&self.0).tables
    }

    /// Keeps a reply, unless a table has changed since its query began.
    pub(super) fn put(&self, request: &Request, wanted: Wanted, frames: &[Bytes], tables: Tables) {
        let mut known = held(&self.0);
        let bytes: usize = frames.iter().map(Bytes::len).sum();
        if known.tables != tables || bytes > LARGEST {
            return;
        }
        if known.bytes + bytes > LARGEST {
            known.clear();
        }
        known.bytes += bytes;
        let before = known.replies.insert(Question::of(request, wanted), frames.to_vec());
        known.bytes -= before.iter().flatten().map(Bytes::len).sum::<usize>();
    }

    /// Forgets everything: a table has changed.
    pub(super) fn forget(&self) {
        let mut known = held(&self.0);
        known.clear();
        known.tables.0 += 1;
    }
}

impl Known {
    fn clear(&mut self) {
        self.replies.clear();
        self.bytes = 0;
    }
}

/// A reply under another message id. The id is the first field of the root table; a reply to message 0 does not
/// carry it and cannot be used again.
fn readdressed(frame: &Bytes, message_id: u32) -> Option<Bytes> {
    const FIRST_FIELD: usize = 4;
    let word = |at: usize| frame.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    let root = usize::try_from(word(0)?).ok()?;
    let vtable = root.checked_add_signed(-(word(root)?.cast_signed() as isize))?;
    let offset = frame.get(vtable + FIRST_FIELD..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))?;
    let at = root + usize::from(offset);
    let mut bytes = frame.to_vec();
    bytes.get_mut(at..at + 4).filter(|_| offset > 0)?.copy_from_slice(&message_id.to_le_bytes());
    Some(Bytes::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::readdressed;
    use cubestore::codec::reply::{self, Reply};

    #[test]
    fn a_reply_gets_another_address() {
        let frame = reply::error(7, Some("connection"), "no");
        let read = Reply::read(&readdressed(&frame, 9).unwrap()).unwrap();
        assert_eq!((read.message_id, read.connection_id.as_deref()), (9, Some("connection")));
        assert!(readdressed(&reply::error(0, None, "no"), 9).is_none());
    }
}
