//! Those who wait for bytes, in the order in which they came. Never knows how many bytes there are.

use std::collections::BTreeMap;
use std::task::Waker;

#[derive(Debug, Default)]
pub(super) struct Queue {
    next: u64,
    /// Waiting, by ticket.
    waiting: BTreeMap<u64, (usize, Waker)>,
    /// Granted, but their owners have not come back for it yet.
    granted: Vec<u64>,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Joins the end.
    pub(super) fn enter(&mut self, bytes: usize, waker: Waker) -> u64 {
        let ticket = self.next;
        self.next += 1;
        self.waiting.insert(ticket, (bytes, waker));
        ticket
    }

    /// Takes the first one out, if what it waits for is free.
    pub(super) fn grant(&mut self, free: usize) -> Option<(usize, Waker)> {
        let entry = self.waiting.first_entry().filter(|entry| entry.get().0 <= free)?;
        self.granted.push(*entry.key());
        Some(entry.remove())
    }

    /// Fetches a grant; if there is none yet, remembers whom to wake.
    pub(super) fn is_granted(&mut self, ticket: u64, waker: &Waker) -> bool {
        if let Some((_, waiting)) = self.waiting.get_mut(&ticket) {
            waiting.clone_from(waker);
            return false;
        }
        self.leave(ticket)
    }

    /// Gives up a ticket; says whether it was granted.
    pub(super) fn leave(&mut self, ticket: u64) -> bool {
        self.waiting.remove(&ticket);
        let granted = self.granted.iter().position(|granted| *granted == ticket);
        granted.map(|at| self.granted.swap_remove(at)).is_some()
    }
}
