//! Requests and who waits for them.
//!
//! A request with a connection id outlives its socket: sent again while it runs, it is not run again; finished when
//! nobody listens, its reply waits for whoever asks with the same two ids.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Mutex,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::watch::held;

/// How long a finished reply waits for its caller.
const KEPT: Duration = Duration::from_secs(600);

/// What waits for callers in all; beyond that the oldest replies are dropped.
const KEPT_REPLIES: usize = 1_000;
const KEPT_BYTES: usize = 512 << 20;

/// Sockets that wait for one reply.
const LISTENERS: usize = 1_000;

/// A connection id and a message id.
pub(super) type Key = (String, u32);

/// What a socket has to do.
#[derive(Debug, Clone)]
pub(super) enum Outgoing {
    /// Send a frame.
    Frame(Bytes),
    /// Drop the connection.
    Close,
    /// Send a part of a frame, then drop the connection.
    Cut(Bytes, usize),
}

/// The way to a socket.
pub(super) type Socket = mpsc::Sender<Outgoing>;

/// What to do with a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Run it.
    Run,
    /// Nothing: it runs already, or its reply was kept.
    Done,
}

#[derive(Debug, Default)]
pub(super) struct Inbox(Mutex<HashMap<Key, State>>);

#[derive(Debug)]
enum State {
    Processing(Vec<Socket>),
    Complete(Vec<Outgoing>, Instant),
}

impl Inbox {
    /// Takes a request in.
    pub(super) fn enter(&self, key: &Key, socket: &Socket) -> Turn {
        let mut states = held(&self.0);
        states.retain(|_, state| !matches!(state, State::Complete(_, since) if since.elapsed() > KEPT));
        match states.entry(key.clone()) {
            Entry::Vacant(free) => {
                free.insert(State::Processing(vec![socket.clone()]));
                Turn::Run
            }
            Entry::Occupied(mut taken) => {
                match taken.get_mut() {
                    State::Processing(sockets) if sockets.len() < LISTENERS => sockets.push(socket.clone()),
                    State::Processing(_) => {}
                    State::Complete(replies, _) => {
                        if deliver(replies, socket) {
                            taken.remove();
                        }
                    }
                }
                Turn::Done
            }
        }
    }

    /// Gives the replies to everybody who waits; nobody there, they are kept.
    pub(super) fn leave(&self, key: &Key, replies: Vec<Outgoing>) {
        let mut states = held(&self.0);
        let Some(State::Processing(sockets)) = states.remove(key) else { return };
        let delivered = sockets.iter().filter(|socket| deliver(&replies, socket)).count();
        if delivered == 0 && !replies.is_empty() {
            states.insert(key.clone(), State::Complete(replies, Instant::now()));
            drop_oldest(&mut states);
        }
    }

    /// Lets everybody who waits lose the connection; the replies are kept.
    pub(super) fn lose(&self, key: &Key, replies: Vec<Outgoing>) {
        let mut states = held(&self.0);
        let lost = states.insert(key.clone(), State::Complete(replies, Instant::now()));
        if let Some(State::Processing(sockets)) = lost {
            sockets.iter().for_each(|socket| _ = deliver(&[Outgoing::Close], socket));
        }
        drop_oldest(&mut states);
    }
}

/// Drops kept replies until the others fit; the newest always stays.
fn drop_oldest(states: &mut HashMap<Key, State>) {
    let complete = states.iter().filter_map(|(key, state)| match state {
        State::Complete(replies, since) => Some((*since, bytes(replies), key.clone())),
        State::Processing(_) => None,
    });
    let mut complete: Vec<_> = complete.collect();
    complete.sort_by_key(|(since, ..)| std::cmp::Reverse(*since));
    let mut sum = 0;
    for (place, (_, bytes, key)) in complete.iter().enumerate() {
        sum += bytes;
        if place > 0 && (place >= KEPT_REPLIES || sum > KEPT_BYTES) {
            states.remove(key);
        }
    }
}

fn bytes(replies: &[Outgoing]) -> usize {
    let frames = replies.iter().map(|reply| match reply {
        Outgoing::Frame(bytes) | Outgoing::Cut(bytes, _) => bytes.len(),
        Outgoing::Close => 0,
    });
    frames.sum()
}

/// True when the socket was there; what it could not take is gone, as with the real store.
pub(super) fn deliver(replies: &[Outgoing], socket: &Socket) -> bool {
    replies.iter().all(|reply| socket.try_send(reply.clone()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::{Inbox, KEPT_BYTES, KEPT_REPLIES, Outgoing, Turn};
    use bytes::Bytes;
    use tokio::sync::mpsc;

    fn reply() -> Vec<Outgoing> {
        vec![Outgoing::Frame(Bytes::from_static(b"reply"))]
    }

    #[test]
    fn a_request_runs_once_until_its_reply_was_taken() {
        let inbox = Inbox::default();
        let key = ("c".to_owned(), 1);
        let (first, mut first_gets) = mpsc::channel(8);
        let (second, mut second_gets) = mpsc::channel(8);
        assert_eq!(inbox.enter(&key, &first), Turn::Run);
        assert_eq!(inbox.enter(&key, &second), Turn::Done);
        inbox.leave(&key, reply());
        assert!(first_gets.try_recv().is_ok() && second_gets.try_recv().is_ok());
        assert_eq!(inbox.enter(&key, &first), Turn::Run);
    }

    #[test]
    fn a_reply_that_nobody_took_is_kept_for_one_taker() {
        let inbox = Inbox::default();
        let key = ("c".to_owned(), 1);
        let (gone, receiver) = mpsc::channel(8);
        assert_eq!(inbox.enter(&key, &gone), Turn::Run);
        drop(receiver);
        inbox.leave(&key, reply());
        let (back, mut gets) = mpsc::channel(8);
        assert_eq!(inbox.enter(&key, &back), Turn::Done);
        assert!(gets.try_recv().is_ok());
        assert_eq!(inbox.enter(&key, &back), Turn::Run);
    }

    /// How many of these replies, which nobody took, are kept.
    fn kept(replies: Vec<Bytes>) -> usize {
        let inbox = Inbox::default();
        let (gone, receiver) = mpsc::channel(8);
        drop(receiver);
        let keys: Vec<_> = (0..replies.len()).map(|id| ("c".to_owned(), id as u32)).collect();
        for (key, reply) in keys.iter().zip(replies) {
            assert_eq!(inbox.enter(key, &gone), Turn::Run);
            inbox.leave(key, vec![Outgoing::Frame(reply)]);
        }
        let (back, _gets) = mpsc::channel(8);
        let is_newest_kept = keys.last().is_none_or(|key| inbox.enter(key, &back) == Turn::Done);
        assert!(is_newest_kept);
        keys.iter().rev().skip(1).filter(|key| inbox.enter(key, &gone) == Turn::Done).count() + 1
    }

    #[test]
    fn replies_that_nobody_took_are_bounded() {
        assert_eq!(kept(vec![Bytes::from_static(b"reply"); KEPT_REPLIES + 7]), KEPT_REPLIES);
        let large = Bytes::from(vec![0; KEPT_BYTES / 4]);
        assert_eq!(kept(vec![large.clone(); 6]), 4);
        assert_eq!(kept(vec![Bytes::from(vec![0; KEPT_BYTES + 1])]), 1);
        assert_eq!(kept(vec![large.clone(), large, Bytes::from(vec![0; KEPT_BYTES + 1])]), 1);
    }
}
