//! Where a WebSocket frame begins and ends. Never looks into its payload.

use std::io::{self, Cursor};

use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::codec::reply::ENVELOPE;

/// What ends the head of an HTTP response.
pub(super) const BLANK_LINE: &[u8; 4] = b"\r\n\r\n";

/// RFC 6455 5.5: a longer control frame is none.
const LONGEST_CONTROL: u64 = 125;

/// A frame whose header was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// Length of its header.
    pub(super) header: usize,
    /// Length of its payload.
    pub(super) payload: u64,
}

/// What a frame is of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Ping, pong or close.
    Control,
    /// All of a binary message.
    Whole,
    /// The first part, or all of a message that is none of CubeStore's.
    First,
    /// A further part.
    Continuation,
}

impl Frame {
    /// Reads a header; `None` if there are too few bytes.
    pub(super) fn parse(bytes: &[u8]) -> io::Result<Option<Self>> {
        let mut cursor = Cursor::new(bytes);
        let Some((header, payload)) = FrameHeader::parse(&mut cursor).map_err(io::Error::other)? else {
            return Ok(None);
        };
        let kind = match header.opcode {
            OpCode::Control(_) => Kind::Control,
            OpCode::Data(Data::Continue) => Kind::Continuation,
            OpCode::Data(Data::Binary) if header.is_final => Kind::Whole,
            OpCode::Data(_) => Kind::First,
        };
        if kind == Kind::Control && payload > LONGEST_CONTROL {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a control frame is too long"));
        }
        // The cursor stands behind the header, which has at most 14 bytes.
        Ok(Some(Self { kind, header: cursor.position() as usize, payload }))
    }

    /// Header and payload.
    pub(super) fn total(&self) -> u64 {
        self.payload.saturating_add(self.header as u64)
    }

    /// How much of it must be there to tell whose it is.
    pub(super) fn needed(&self) -> usize {
        self.header + self.payload.min(ENVELOPE as u64) as usize
    }
}

/// How much of `bytes` belongs to the head of an HTTP response, when `matched` bytes of the blank line were
/// seen before, and how many of it are seen then.
pub(super) fn head(bytes: &[u8], mut matched: usize) -> (usize, usize) {
    for (at, byte) in bytes.iter().enumerate() {
        matched = match BLANK_LINE.get(matched) {
            Some(expected) if expected == byte => matched + 1,
            _ => usize::from(*byte == BLANK_LINE[0]),
        };
        if matched == BLANK_LINE.len() {
            return (at + 1, matched);
        }
    }
    (bytes.len(), matched)
}
