//! The requests of one socket that have no answer yet. Outlives the socket: CubeStore pairs a request with
//! its answer by connection id and message id, so after a reconnect the identical bytes are sent again and
//! nothing is executed twice that is still running. Never knows sockets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{Notify, mpsc, oneshot};
use uuid::Uuid;

use super::{Capabilities, Lane};
use crate::codec::reply::{Body, Reply};
use crate::codec::request::{Format, Query, Request};
use crate::error::{Error, Result};
use crate::metrics::Alive;

/// How many messages of one answer may wait for their reader; their bytes are in the memory budget.
const WAITING_MESSAGES: usize = 1024;

/// Requests and where their answers go. Bounded by its users: every entry belongs to a living [`Ticket`].
#[derive(Debug)]
pub(super) struct Pending {
    lane: Lane,
    state: Mutex<State>,
    work: Notify,
}

/// The server's key of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    connection: Uuid,
    message: u32,
}

#[derive(Debug)]
struct State {
    next: Key,
    requests: BTreeMap<Key, Waiting>,
    greetings: Vec<oneshot::Sender<Result<Capabilities>>>,
    closed: bool,
}

#[derive(Debug)]
struct Waiting {
    request: Bytes,
    sent: bool,
    mailbox: mpsc::Sender<Result<Body>>,
    _alive: Alive,
}

/// A query's claim to its answer; dropping it gives up the answer.
#[derive(Debug)]
pub(super) struct Ticket {
    key: Key,
    pending: Arc<Pending>,
    mailbox: mpsc::Receiver<Result<Body>>,
}

impl Pending {
    /// No requests yet; `first` is the first message id.
    pub(super) fn new(lane: Lane, first: u32) -> Self {
        let next = Key { connection: Uuid::new_v4(), message: first };
        let state = State { next, requests: BTreeMap::new(), greetings: Vec::new(), closed: false };
        Self { lane, state: Mutex::new(state), work: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock, and every change is a single insert or remove.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a query.
    pub(super) fn submit(self: &Arc<Self>, query: Query) -> Result<Ticket> {
        let key = self.lock().issue();
        let connection_id = Some(key.connection.to_string());
        let request =
            Request { message_id: key.message, connection_id, query, format: Format::Arrow }.encode();
        let (sender, mailbox) = mpsc::channel(WAITING_MESSAGES);
        let waiting = Waiting { request, sent: false, mailbox: sender, _alive: Alive::request(self.lane) };
        let mut state = self.lock();
        if state.closed {
            return Err(Error::Closed);
        }
        state.requests.insert(key, waiting);
        self.work.notify_one();
        Ok(Ticket { key, pending: self.clone(), mailbox })
    }

    /// Asks for a connection, whose capabilities come as soon as there is one.
    pub(super) fn greet(&self) -> oneshot::Receiver<Result<Capabilities>> {
        let (sender, receiver) = oneshot::channel();
        self.lock().greetings.push(sender);
        self.work.notify_one();
        receiver
    }

    /// Answers those who asked for a connection.
    pub(super) fn greeted(&self, result: &Result<Capabilities>) {
        for greeting in std::mem::take(&mut self.lock().greetings) {
            // Whoever asked may have gone.
            let _ = greeting.send(result.clone());
        }
    }

    /// How many requests wait.
    pub(super) fn len(&self) -> usize {
        self.lock().requests.len()
    }

    /// Somebody needs a connection.
    pub(super) fn has_work(&self) -> bool {
        let state = self.lock();
        !state.requests.is_empty() || !state.greetings.is_empty()
    }

    /// Completes when something was added or given up.
    pub(super) async fn changed(&self) {
        self.work.notified().await;
    }

    /// Requests that were not sent on the present socket; from now on they were.
    pub(super) fn take_unsent(&self) -> Vec<Bytes> {
        let mut state = self.lock();
        let unsent = state.requests.values_mut().filter(|waiting| !waiting.sent);
        unsent
            .map(|waiting| {
                waiting.sent = true;
                waiting.request.clone()
            })
            .collect()
    }

    /// There is a new socket, on which nothing was sent.
    pub(super) fn resend(&self) {
        self.lock().requests.values_mut().for_each(|waiting| waiting.sent = false);
    }

    /// Whether anyone waits for a message with this id; the connection id is not known that early.
    pub(super) fn wants(&self, message: u32) -> bool {
        self.lock().requests.keys().any(|key| key.message == message)
    }

    /// Gives a reply to whoever waits for it; says whether anyone did.
    pub(super) fn deliver(&self, reply: Reply) -> bool {
        let mut state = self.lock();
        let connection = reply.connection_id.as_deref().and_then(|id| Uuid::parse_str(id).ok());
        let connection = connection.unwrap_or(state.next.connection);
        state.deliver(Key { connection, message: reply.message_id }, reply.body)
    }

    /// Fails the requests with this message id.
    pub(super) fn fail(&self, message: u32, error: &Error) {
        let mut state = self.lock();
        let failed: Vec<Key> = state.requests.keys().filter(|key| key.message == message).copied().collect();
        failed.iter().for_each(|key| state.fail(*key, error.clone()));
    }

    /// Fails the longest request: the one that is over the store's limit if any is.
    pub(super) fn fail_longest(&self) {
        let mut state = self.lock();
        let longest = state.requests.iter().max_by_key(|(_, waiting)| waiting.request.len());
        if let Some((key, bytes)) = longest.map(|(key, waiting)| (*key, waiting.request.len())) {
            state.fail(key, Error::RequestTooLarge { bytes });
        }
    }

    /// Fails everything.
    pub(super) fn fail_all(&self, error: &Error) {
        self.greeted(&Err(error.clone()));
        let mut state = self.lock();
        while let Some((key, _)) = state.requests.first_key_value() {
            let key = *key;
            state.fail(key, error.clone());
        }
    }

    /// Nobody will ever send or receive here again.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.fail_all(&Error::Closed);
    }
}

impl State {
    /// A key that was never used: a fresh connection id comes before the message ids end.
    fn issue(&mut self) -> Key {
        if self.next.message == u32::MAX {
            self.next = Key { connection: Uuid::new_v4(), message: 1 };
        }
        let key = self.next;
        self.next.message += 1;
        key
    }

    fn deliver(&mut self, key: Key, body: Result<Body>) -> bool {
        let Some(waiting) = self.requests.get(&key) else { return false };
        let is_last = body.as_ref().map_or(true, Body::is_last);
        // The last place of a mailbox is kept for how the answer ends.
        let body = if is_last || waiting.mailbox.capacity() > 1 {
            body
        } else {
            Err(Error::SlowReader { waiting: WAITING_MESSAGES })
        };
        if is_last || body.is_err() {
            self.finish(key, body);
        } else {
            // There is room, and a reader that is gone takes its ticket out of here.
            let _ = waiting.mailbox.try_send(body);
        }
        true
    }

    fn fail(&mut self, key: Key, error: Error) {
        self.finish(key, Err(error));
    }

    fn finish(&mut self, key: Key, body: Result<Body>) {
        if let Some(waiting) = self.requests.remove(&key) {
            let _ = waiting.mailbox.try_send(body);
        }
    }
}

impl Ticket {
    /// The next message of the answer.
    pub(super) async fn next(&mut self) -> Result<Body> {
        self.mailbox.recv().await.unwrap_or(Err(Error::Closed))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // A late reply finds nobody and is thrown away; nothing is sent again for it after a reconnect.
        let given_up = self.pending.lock().requests.remove(&self.key);
        if given_up.is_some() {
            // Its reply may be waiting for memory at this moment.
            self.pending.work.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::codec::reply::completed;

    fn submit(pending: &Arc<Pending>, sql: &str) -> (Ticket, Request) {
        let ticket = pending.submit(Query::new(sql)).expect("it is open");
        let request =
            Request::decode(pending.take_unsent().last().expect("it is not sent")).expect("a request");
        (ticket, request)
    }

    fn reply(request: &Request) -> Reply {
        Reply::read(&completed(request.message_id, request.connection_id.as_deref())).expect("a reply")
    }

    #[test]
    fn message_ids_never_come_back() {
        let pending = Arc::new(Pending::new(Lane::Small, u32::MAX - 2));
        let (mut first, one) = submit(&pending, "one");
        let (_second, two) = submit(&pending, "two");
        let (mut third, three) = submit(&pending, "three");
        let (_fourth, four) = submit(&pending, "four");
        let ids = [&one, &two, &three, &four].map(|request| request.message_id);
        assert_eq!(ids, [u32::MAX - 2, u32::MAX - 1, 1, 2]);
        assert_eq!(one.connection_id, two.connection_id);
        assert_ne!(two.connection_id, three.connection_id);
        assert_eq!(three.connection_id, four.connection_id);

        // Both connection ids live on the one socket, and each reply finds its own.
        let stranger = Request { connection_id: one.connection_id.clone(), ..three.clone() };
        assert!(!pending.deliver(reply(&stranger)));
        assert!(pending.deliver(reply(&three)) && pending.deliver(reply(&one)));
        assert!(matches!(first.next().now_or_never(), Some(Ok(Body::Completed))));
        assert!(matches!(third.next().now_or_never(), Some(Ok(Body::Completed))));
        assert!(!pending.deliver(reply(&one)), "it is answered");
    }

    #[test]
    fn a_reply_without_a_connection_id_belongs_to_the_present_one() {
        let pending = Arc::new(Pending::new(Lane::Small, 1));
        let (mut ticket, request) = submit(&pending, "x");
        assert!(pending.deliver(reply(&Request { connection_id: None, ..request })));
        assert!(matches!(ticket.next().now_or_never(), Some(Ok(Body::Completed))));
    }

    #[test]
    fn a_reader_that_is_too_slow_is_told_so() {
        let pending = Arc::new(Pending::new(Lane::Small, 1));
        let (mut ticket, request) = submit(&pending, "x");
        let part = || Reply {
            message_id: request.message_id,
            connection_id: request.connection_id.clone(),
            body: Ok(Body::Arrow { data: Bytes::new(), is_last: false }),
        };
        let delivered = (0..).take_while(|_| pending.deliver(part())).count();
        assert_eq!(delivered, WAITING_MESSAGES);
        let bodies: Vec<_> =
            std::iter::from_fn(|| ticket.next().now_or_never()).take(WAITING_MESSAGES).collect();
        assert!(bodies[..WAITING_MESSAGES - 1].iter().all(Result::is_ok));
        assert!(matches!(bodies.last(), Some(Err(Error::SlowReader { .. }))));
    }

    #[test]
    fn a_dropped_ticket_leaves_nothing_behind() {
        let pending = Arc::new(Pending::new(Lane::Large, 1));
        let (ticket, request) = submit(&pending, "x");
        assert!(pending.wants(request.message_id) && pending.has_work());
        drop(ticket);
        assert!(!pending.wants(request.message_id) && !pending.has_work());
        assert!(!pending.deliver(reply(&request)));
    }

    #[test]
    fn what_is_closed_stays_closed() {
        let pending = Arc::new(Pending::new(Lane::Small, 1));
        let (mut ticket, _) = submit(&pending, "x");
        let mut greeting = pending.greet();
        pending.close();
        assert!(matches!(ticket.next().now_or_never(), Some(Err(Error::Closed))));
        assert!(matches!(greeting.try_recv(), Ok(Err(Error::Closed))));
        assert!(matches!(pending.submit(Query::new("y")), Err(Error::Closed)));
    }
}
