//! An open socket that reads and writes at once. Waiting for a write to finish before reading on would be a
//! trap: CubeStore does not read while it writes a large answer. Never knows what a message means.

use std::future::poll_fn;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::gate::Gate;
use super::handshake::Wire;
use crate::budget::Reservation;

/// Shorter messages are copied, so that they do not keep the library's whole read buffer alive.
const SMALL: usize = 16 << 10;

pub(super) struct Link {
    socket: WebSocketStream<Gate<Box<dyn Wire>>>,
    is_flushed: bool,
    /// The last message, until the library has been asked for the next one.
    last: Option<Bytes>,
}

/// A message's bytes and their place in the memory budget, which are given up together.
struct Held {
    bytes: Bytes,
    _reservation: Option<Reservation>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Link {
    pub(super) fn new(socket: WebSocketStream<Gate<Box<dyn Wire>>>) -> Self {
        Self { socket, is_flushed: true, last: None }
    }

    pub(super) fn gate(&self) -> &Gate<Box<dyn Wire>> {
        self.socket.get_ref()
    }

    /// Queues a message; it is written while [`next`](Self::next) waits.
    pub(super) fn send(&mut self, message: Message) -> Result<(), WsError> {
        self.is_flushed = false;
        self.socket.start_send_unpin(message)
    }

    /// The next message; `None` at the end. May be dropped and called again at any time.
    pub(super) async fn next(&mut self) -> Option<Result<Message, WsError>> {
        let message = poll_fn(|cx| self.poll(cx)).await;
        match message {
            Some(Ok(Message::Binary(bytes))) => Some(Ok(Message::Binary(self.hold(bytes)))),
            other => other,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message, WsError>>> {
        if !self.is_flushed
            && let Poll::Ready(flushed) = self.socket.poll_flush_unpin(cx)
        {
            if let Err(error) = flushed {
                return Poll::Ready(Some(Err(error)));
            }
            self.is_flushed = true;
        }
        let message = self.socket.poll_next_unpin(cx);
        self.last = None;
        message
    }

    /// Ties a message to its reservation, however its bytes are sliced and shared from now on.
    fn hold(&mut self, bytes: Bytes) -> Bytes {
        let reservation = self.socket.get_mut().take_admitted();
        let bytes = if bytes.len() <= SMALL {
            Bytes::copy_from_slice(&bytes)
        } else {
            // If the library comes back for room while it is the only owner of the last message's memory, it
            // keeps all of it for the life of the socket. So there is a second owner until it has come back.
            self.last = Some(bytes.clone());
            bytes
        };
        Bytes::from_owner(Held { bytes, _reservation: reservation })
    }
}
