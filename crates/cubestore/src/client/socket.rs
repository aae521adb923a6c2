//! One socket of the pool and the task that owns it: it connects when somebody needs a connection, sends what
//! waits, hands out what comes, and starts over when the connection is lost. Never knows other sockets.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tracing::{debug, info, warn};
use uuid::Uuid;

use super::Lane;
use super::capabilities::Capabilities;
use super::gate::{Refusal, Rules};
use super::handshake::Dialer;
use super::link::Link;
use super::pending::Pending;
use super::pulse::{Pulse, Verdict};
use crate::budget::Budget;
use crate::codec::reply::Reply;
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::metrics::{self, Alive};

/// The longest pause between two attempts, in first pauses.
const LONGEST_PAUSE: u32 = 50;

/// Close codes of CubeStore: a request was too large; the user has too many sockets.
const TOO_LARGE: u16 = 1009;
const TOO_MANY: u16 = 1013;

pub(super) struct Socket {
    pub(super) lane: Lane,
    pub(super) config: Arc<Config>,
    pub(super) dialer: Arc<Dialer>,
    pub(super) budget: Budget,
    pub(super) pending: Arc<Pending>,
    pub(super) known: Arc<watch::Sender<Option<Capabilities>>>,
}

/// Why a connection is over.
enum End {
    /// Nobody needs it.
    Idle,
    /// One request was failed for it; the others go on with a new one.
    Resume,
    /// It broke.
    Lost(Error),
}

/// However the task ends, nobody waits forever.
struct Closing(Arc<Pending>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Socket {
    /// Runs until its owner drops it.
    pub(super) async fn run(self) {
        let _closing = Closing(self.pending.clone());
        let mut failures = 0;
        loop {
            while !self.pending.has_work() {
                self.pending.changed().await;
            }
            match self.connection(&mut failures).await {
                End::Idle | End::Resume => {}
                End::Lost(error) => self.lost(error, &mut failures).await,
            }
        }
    }

    /// Counts a failure: a pause, or, if there were too many, the end of everything that waits.
    async fn lost(&self, error: Error, failures: &mut u32) {
        metrics::lost(self.lane);
        *failures += 1;
        warn!(lane = self.lane.name(), failures, error = error.detail(), "lost the connection to the store");
        let limit = self.config.connect_attempts;
        if matches!(error.kind(), ErrorKind::Auth | ErrorKind::Config) {
            self.pending.fail_all(&error);
        } else if *failures >= limit {
            let failed = match error {
                Error::Unavailable { source, .. } => Error::Unavailable { attempts: *failures, source },
                other => other,
            };
            self.pending.fail_all(&failed);
            // Until something succeeds, each new request has a single attempt: it fails fast.
            *failures = limit - 1;
        } else {
            sleep(pause(self.config.connect_pause, *failures)).await;
        }
    }

    /// A connection from its beginning to its end.
    async fn connection(&self, failures: &mut u32) -> End {
        let rules = Rules {
            limit: self.config.max_store_message.0,
            budget: self.budget.clone(),
            wait: self.config.memory_wait,
            pending: self.pending.clone(),
        };
        let (link, capabilities) = match self.dialer.dial(rules).await {
            Ok(connected) => connected,
            Err(error) => return End::Lost(error),
        };
        info!(lane = self.lane.name(), version = ?capabilities.version, "connected to the store");
        self.known.send_replace(Some(capabilities));
        self.pending.greeted(&Ok(capabilities));
        self.pending.resend();
        let _alive = Alive::socket(self.lane);
        self.serve(link, failures).await
    }

    async fn serve(&self, mut link: Link, failures: &mut u32) -> End {
        let mut pulse = Pulse::new(&self.config);
        loop {
            for request in self.pending.take_unsent() {
                if let Err(error) = link.send(Message::Binary(request)) {
                    return End::Lost(broken(error));
                }
            }
            tokio::select! {
                message = link.next() => match self.receive(message) {
                    Ok(true) => {
                        *failures = 0;
                        pulse.used();
                    }
                    Ok(false) => {}
                    Err(end) => return end,
                },
                () = self.pending.changed() => {}
                () = pulse.beat() => if let Err(end) = self.look(&mut pulse, &mut link) {
                    return end;
                },
            }
        }
    }

    /// Looks whether the connection still lives, and whether it still should.
    fn look(&self, pulse: &mut Pulse, link: &mut Link) -> Result<(), End> {
        match pulse.look(link, self.pending.has_work()) {
            Verdict::Alive => {
                link.send(Message::Ping(Bytes::new())).map_err(|error| End::Lost(broken(error)))
            }
            Verdict::Idle => {
                debug!(lane = self.lane.name(), "closing an idle connection to the store");
                Err(End::Idle)
            }
            Verdict::Dead => {
                let silent = io::Error::new(io::ErrorKind::TimedOut, "the store is silent");
                Err(End::Lost(Error::unavailable(silent)))
            }
        }
    }

    /// Handles what came; says whether it was an answer.
    fn receive(&self, message: Option<Result<Message, WsError>>) -> Result<bool, End> {
        match message {
            Some(Ok(Message::Binary(bytes))) => self.answer(&bytes).map(|()| true),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(false),
            Some(Ok(Message::Close(frame))) => Err(self.closed(frame)),
            Some(Ok(Message::Text(_))) => Err(End::Lost(Error::malformed("a message is text"))),
            Some(Err(error)) => Err(self.failed(error)),
            None => {
                let end = io::Error::from(io::ErrorKind::ConnectionReset);
                Err(End::Lost(Error::unavailable(end)))
            }
        }
    }

    fn answer(&self, bytes: &Bytes) -> Result<(), End> {
        let reply = Reply::read(bytes).map_err(|error| {
            metrics::message("malformed");
            // It may be anyone's answer, and asking again would only bring it again.
            self.pending.fail_all(&error);
            End::Lost(error)
        })?;
        let kind = metrics::kind(&reply.body);
        let message_id = reply.message_id;
        if self.pending.deliver(reply) {
            metrics::message(kind);
        } else {
            metrics::message("late");
            debug!(lane = self.lane.name(), message_id, "nobody waits for this reply of the store");
        }
        Ok(())
    }

    fn closed(&self, frame: Option<CloseFrame>) -> End {
        let code = frame.map(|frame| u16::from(frame.code));
        if code == Some(TOO_LARGE) && self.pending.has_work() {
            // The store does not say whose request it was, but if one is over the limit, the longest is.
            self.pending.fail_longest();
            return End::Resume;
        }
        let why = match code {
            Some(TOO_MANY) => "the store closed the connection: the user has too many",
            _ => "the store closed the connection",
        };
        End::Lost(Error::unavailable(io::Error::new(io::ErrorKind::ConnectionAborted, why)))
    }

    fn failed(&self, error: WsError) -> End {
        match refusal(error) {
            Ok(Refusal { message_id, error }) => {
                metrics::message("refused");
                match message_id {
                    Some(id) => self.pending.fail(id, &error),
                    None => self.pending.fail_all(&error),
                }
                End::Resume
            }
            Err(error) => End::Lost(broken(error)),
        }
    }
}

/// The gate's refusal inside the library's error, if it is one.
fn refusal(error: WsError) -> Result<Refusal, WsError> {
    match error {
        WsError::Io(error) => error.downcast::<Refusal>().map_err(WsError::Io),
        other => Err(other),
    }
}

fn broken(error: WsError) -> Error {
    Error::unavailable(error)
}

/// The pause after so many failures: it doubles, and its length is partly chance, so that replicas which lost
/// the same store do not come back in step.
fn pause(first: Duration, failures: u32) -> Duration {
    let factor = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(LONGEST_PAUSE);
    let chance = (Uuid::new_v4().as_u128() % 512) as u32;
    first * factor * (512 + chance) / 1024
}
