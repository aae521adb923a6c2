//! Stands between the network and the WebSocket library and lets a message in only when there is memory for
//! it. The library reads a whole message before anyone can ask how long it is, so this follows the frames:
//! a frame's length is known, checked and reserved before the first byte of its payload is passed on.
//! Never knows what a message holds, except for its id: a refusal must hit the one request it belongs to.

mod ahead;
mod frame;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::pending::Pending;
use crate::budget::{Budget, Reservation, Reserve};
use crate::codec::reply::peek_message_id;
use crate::error::{Error, Result};
use crate::metrics;
use ahead::Ahead;
use frame::{Frame, Kind};

/// Messages up to here do not queue for memory behind large ones if there is room for them.
const SMALL: usize = 64 << 10;

/// What may pass.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) limit: u64,
    pub(super) budget: Budget,
    pub(super) wait: Duration,
    pub(super) pending: Arc<Pending>,
}

/// A stream whose incoming frames are weighed. It never passes on bytes of two frames at once: so the library
/// never holds more than the frame that was let in last.
#[derive(Debug)]
pub(super) struct Gate<S> {
    inner: S,
    rules: Rules,
    ahead: Ahead,
    state: State,
    /// What the message that is being passed on holds of the budget.
    admitted: Option<Reservation>,
    /// Whose message it is.
    message_id: Option<u32>,
    received: u64,
}

#[derive(Debug)]
enum State {
    /// The HTTP response of the upgrade; so much of the blank line after it was seen.
    Head { matched: usize },
    /// Before a frame.
    Between,
    /// A frame is known and its memory is not free yet.
    Waiting { frame: Frame, reserve: Reserve, limit: Option<Pin<Box<Sleep>>> },
    /// So much of a frame is still to be passed on, and then so much more.
    Passing { left: u64, then: u64 },
    /// So much of a frame that nobody waits for is still to be thrown away.
    Discarding { left: u64 },
}

/// Why a message was not let in. The stream is of no use afterwards.
#[derive(Debug, thiserror::Error)]
#[error("a message was refused")]
pub(super) struct Refusal {
    /// The request it belongs to, if that can be told.
    pub(super) message_id: Option<u32>,
    /// What that request fails with.
    #[source]
    pub(super) error: Error,
}

impl<S> Gate<S> {
    pub(super) fn new(inner: S, rules: Rules) -> Self {
        let state = State::Head { matched: 0 };
        Self { inner, rules, ahead: Ahead::new(), state, admitted: None, message_id: None, received: 0 }
    }

    /// The reservation of the message that the library just gave out.
    pub(super) fn take_admitted(&mut self) -> Option<Reservation> {
        self.admitted.take()
    }

    /// How many bytes came so far: any byte is a sign of life.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Nothing is read because there is no memory: silence says nothing about the server then.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting { .. })
    }

    fn count(&mut self, bytes: usize) {
        self.received += bytes as u64;
        metrics::received(bytes);
    }

    /// What is to be done with a frame whose length is known.
    fn weigh(&mut self, frame: Frame) -> io::Result<State> {
        if frame.kind == Kind::Control {
            return Ok(State::Passing { left: frame.total(), then: 0 });
        }
        if frame.kind != Kind::Continuation {
            self.message_id = peek_message_id(&self.ahead.bytes()[frame.header..]);
        }
        // First of all: nobody fails for a message that nobody waits for.
        if let Some(discarding) = self.late(&frame) {
            return Ok(discarding);
        }
        let before = self.admitted.as_ref().map_or(0, |held| held.bytes() as u64);
        let whole = frame.payload.saturating_add(before);
        if whole > self.rules.limit {
            return Err(self.refuse(Error::MessageTooLarge { bytes: whole, limit: self.rules.limit }));
        }
        // A length beyond the address space is beyond every budget too.
        let reserve = self.rules.budget.reserve(usize::try_from(frame.payload).unwrap_or(usize::MAX));
        Ok(State::Waiting { frame, reserve, limit: None })
    }

    /// What becomes of a message that nobody waits for. One that comes in parts is let in and thrown away later.
    fn late(&self, frame: &Frame) -> Option<State> {
        let is_wanted = self.message_id.is_none_or(|id| self.rules.pending.wants(id));
        (frame.kind == Kind::Whole && !is_wanted).then(|| {
            metrics::message("late");
            State::Discarding { left: frame.total() }
        })
    }

    fn refuse(&self, error: Error) -> io::Error {
        io::Error::other(Refusal { message_id: self.message_id, error })
    }

    fn admit(&mut self, reservation: Reservation) {
        match &mut self.admitted {
            Some(held) => held.absorb(reservation),
            None => self.admitted = Some(reservation),
        }
    }
}

impl<S: AsyncRead + Unpin> Gate<S> {
    /// Reads on into the look-ahead; zero bytes are the end of the stream.
    fn fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let read = ready!(self.ahead.poll_fill(&mut self.inner, cx))?;
        self.count(read);
        Poll::Ready(Ok(read))
    }

    /// Passes on the upgrade's response up to its blank line, and not a byte of the first frame.
    fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
        seen: usize,
    ) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() && ready!(self.fill(cx))? == 0 {
            return Poll::Ready(Ok(()));
        }
        let room = self.ahead.bytes().len().min(out.remaining());
        let (len, matched) = frame::head(&self.ahead.bytes()[..room], seen);
        self.state =
            if matched == frame::BLANK_LINE.len() { State::Between } else { State::Head { matched } };
        out.put_slice(&self.ahead.bytes()[..len]);
        self.ahead.consume(len);
        Poll::Ready(Ok(()))
    }

    /// Reads a frame's header and what tells whose it is; `None` is the end of the stream.
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Frame>>> {
        loop {
            if let Some(frame) = Frame::parse(self.ahead.bytes())?
                && self.ahead.bytes().len() >= frame.needed()
            {
                return Poll::Ready(Ok(Some(frame)));
            }
            if ready!(self.fill(cx))? == 0 {
                return Poll::Ready(Ok(None));
            }
        }
    }

    /// Waits for the memory of a frame, but not forever, and not when nobody waits for it any more.
    fn poll_memory(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let State::Waiting { frame, .. } = self.state else { return Poll::Ready(Ok(())) };
        if let Some(discarding) = self.late(&frame) {
            self.state = discarding;
            return Poll::Ready(Ok(()));
        }
        let reservation = ready!(self.poll_reservation(cx));
        self.admit(reservation.map_err(|error| self.refuse(error))?);
        // The header alone: the library makes room for the payload in addition to what it has read by then, and
        // the surplus would tie a message's memory to the socket.
        self.state = State::Passing { left: frame.header as u64, then: frame.payload };
        Poll::Ready(Ok(()))
    }

    fn poll_reservation(&mut self, cx: &mut Context<'_>) -> Poll<Result<Reservation>> {
        let State::Waiting { reserve, limit, .. } = &mut self.state else { return Poll::Pending };
        if reserve.bytes() <= SMALL
            && let Ok(reservation) = self.rules.budget.try_reserve(reserve.bytes())
        {
            return Poll::Ready(Ok(reservation));
        }
        if let Poll::Ready(reservation) = Pin::new(&mut *reserve).poll(cx) {
            return Poll::Ready(reservation);
        }
        let limit = limit.get_or_insert_with(|| Box::pin(sleep(self.rules.wait)));
        ready!(limit.as_mut().poll(cx));
        let (requested, budget) = (reserve.bytes(), &self.rules.budget);
        Poll::Ready(Err(Error::Exhausted { requested, used: budget.used(), limit: budget.limit() }))
    }

    /// Passes on at most `left` bytes: first what was read ahead, then straight from the network. Says how many.
    fn poll_pass(&mut self, cx: &mut Context<'_>, out: &mut ReadBuf<'_>, left: u64) -> Poll<io::Result<u64>> {
        let room = usize::try_from(left).unwrap_or(usize::MAX).min(out.remaining());
        let passed = if self.ahead.is_empty() {
            let mut direct = ReadBuf::new(out.initialize_unfilled_to(room));
            ready!(Pin::new(&mut self.inner).poll_read(cx, &mut direct))?;
            let passed = direct.filled().len();
            out.advance(passed);
            self.count(passed);
            passed
        } else {
            let passed = room.min(self.ahead.bytes().len());
            out.put_slice(&self.ahead.bytes()[..passed]);
            self.ahead.consume(passed);
            passed
        };
        Poll::Ready(Ok(passed as u64))
    }

    /// Throws away what is there of a frame; says whether the stream goes on.
    fn poll_discard(&mut self, cx: &mut Context<'_>, left: u64) -> Poll<io::Result<bool>> {
        if self.ahead.is_empty() && ready!(self.fill(cx))? == 0 {
            return Poll::Ready(Ok(false));
        }
        let dropped = usize::try_from(left).unwrap_or(usize::MAX).min(self.ahead.bytes().len());
        self.ahead.consume(dropped);
        let left = left - dropped as u64;
        self.state = if left == 0 { State::Between } else { State::Discarding { left } };
        Poll::Ready(Ok(true))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gate<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match this.state {
                State::Head { matched } => return this.poll_head(cx, out, matched),
                State::Passing { left: 0, then: 0 } => this.state = State::Between,
                State::Passing { left: 0, then } => this.state = State::Passing { left: then, then: 0 },
                State::Passing { left, then } => {
                    let passed = ready!(this.poll_pass(cx, out, left))?;
                    this.state = State::Passing { left: left - passed, then };
                    return Poll::Ready(Ok(()));
                }
                State::Waiting { .. } => ready!(this.poll_memory(cx))?,
                State::Between => match ready!(this.poll_frame(cx))? {
                    Some(frame) => this.state = this.weigh(frame)?,
                    None => return Poll::Ready(Ok(())),
                },
                State::Discarding { left } => {
                    if !ready!(this.poll_discard(cx, left))? {
                        return Poll::Ready(Ok(()));
                    }
                }
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gate<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
