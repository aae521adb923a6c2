//! A budget of bytes that everything large shares. Owns the count and the queue of those who wait for it;
//! never knows what the bytes are for.

mod queue;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::{Error, Result};
use queue::Queue;

/// A budget; clones share it.
#[derive(Debug, Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    used: usize,
    queue: Queue,
}

impl Budget {
    /// A budget of so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self { shared: Arc::new(Shared { limit: bytes, state: Mutex::default() }) }
    }

    /// The whole budget.
    pub fn limit(&self) -> usize {
        self.shared.limit
    }

    /// What is reserved now. It can be above the limit, see [`Reservation::grow`].
    pub fn used(&self) -> usize {
        self.shared.lock().used
    }

    /// Reserves what is free now, also past those who wait: whoever cannot wait gets what would lie idle.
    pub fn try_reserve(&self, bytes: usize) -> Result<Reservation> {
        self.shared.take(bytes)?;
        Ok(Reservation { budget: self.clone(), bytes })
    }

    /// Waits until so many bytes are free. Those who wait are served in the order in which they came.
    /// Dropping the future leaves the queue.
    pub fn reserve(&self, bytes: usize) -> Reserve {
        Reserve { budget: self.clone(), bytes, ticket: None }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock, and a count is never half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, bytes: usize) -> Result<()> {
        if bytes > self.limit {
            return Err(Error::OverBudget { requested: bytes, limit: self.limit });
        }
        Ok(())
    }

    fn take(&self, bytes: usize) -> Result<()> {
        self.check(bytes)?;
        let mut state = self.lock();
        if state.used.saturating_add(bytes) > self.limit {
            return Err(Error::Exhausted { requested: bytes, used: state.used, limit: self.limit });
        }
        state.used += bytes;
        Ok(())
    }

    fn give_back(&self, bytes: usize) {
        let mut state = self.lock();
        state.used -= bytes;
        let woken = self.serve(&mut state);
        drop(state);
        woken.into_iter().for_each(Waker::wake);
    }

    /// Grants what is free to those who wait, in their order; returns whom to wake.
    fn serve(&self, state: &mut State) -> Vec<Waker> {
        let mut woken = Vec::new();
        while let Some((bytes, waker)) = state.queue.grant(self.limit.saturating_sub(state.used)) {
            state.used += bytes;
            woken.push(waker);
        }
        woken
    }
}

/// Bytes of a budget, given back on drop.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    bytes: usize,
}

impl Reservation {
    /// How many bytes are held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes more, if it is free now.
    pub fn try_grow(&mut self, bytes: usize) -> Result<()> {
        self.budget.shared.take(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Takes more, free or not: for memory that is in use already and must be counted. While the budget is
    /// overdrawn nobody gets anything.
    pub fn grow(&mut self, bytes: usize) {
        self.budget.shared.lock().used += bytes;
        self.bytes += bytes;
    }

    /// Gives some back; at most everything.
    pub fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.budget.shared.give_back(bytes);
    }

    /// Takes over another reservation of the same budget.
    pub(crate) fn absorb(&mut self, mut other: Reservation) {
        self.bytes += std::mem::take(&mut other.bytes);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.shared.give_back(self.bytes);
    }
}

/// A place in the queue; see [`Budget::reserve`].
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct Reserve {
    budget: Budget,
    bytes: usize,
    ticket: Option<u64>,
}

impl Reserve {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Future for Reserve {
    type Output = Result<Reservation>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let budget = self.budget.clone();
        let bytes = self.bytes;
        budget.shared.check(bytes)?;
        let mut state = budget.shared.lock();
        match self.ticket {
            Some(ticket) if !state.queue.is_granted(ticket, cx.waker()) => return Poll::Pending,
            Some(_) => self.ticket = None,
            None if state.queue.is_empty() && state.used.saturating_add(bytes) <= budget.limit() => {
                state.used += bytes;
            }
            None => {
                self.ticket = Some(state.queue.enter(bytes, cx.waker().clone()));
                return Poll::Pending;
            }
        }
        drop(state);
        Poll::Ready(Ok(Reservation { budget, bytes }))
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let was_granted = self.budget.shared.lock().queue.leave(ticket);
        // Even if nothing was granted: this one may have stood before others that fit.
        self.budget.shared.give_back(if was_granted { self.bytes } else { 0 });
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::error::ErrorKind;

    fn now<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
        future.now_or_never()
    }

    #[test]
    fn a_reservation_grows_shrinks_and_gives_back() {
        let budget = Budget::new(100);
        let mut held = budget.try_reserve(60).expect("60 of 100 are free");
        assert!(matches!(held.try_grow(41), Err(Error::Exhausted { requested: 41, used: 60, limit: 100 })));
        held.try_grow(40).expect("40 of 100 are free");
        held.shrink(70);
        assert_eq!((held.bytes(), budget.used()), (30, 30));
        held.grow(200);
        assert_eq!(budget.used(), 230);
        assert_eq!(
            budget.try_reserve(1).map(|_| ()).map_err(|error| error.kind()),
            Err(ErrorKind::Exhausted)
        );
        drop(held);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn what_never_fits_fails_at_once() {
        let budget = Budget::new(100);
        let held = budget.try_reserve(100).expect("all is free");
        assert!(matches!(budget.try_reserve(101), Err(Error::OverBudget { requested: 101, limit: 100 })));
        assert!(matches!(now(&mut budget.reserve(101)), Some(Err(Error::OverBudget { .. }))));
        drop(held);
    }

    #[test]
    fn those_who_wait_are_served_in_order() {
        let budget = Budget::new(100);
        let held = budget.try_reserve(90).expect("90 of 100 are free");
        let (mut first, mut second) = (budget.reserve(50), budget.reserve(5));
        assert!(now(&mut first).is_none());
        assert!(now(&mut second).is_none(), "five are free, but not before the first is served");
        budget.try_reserve(5).expect("who does not wait takes what lies idle");
        drop(held);
        let (first, second) = (now(&mut first), now(&mut second));
        assert!(matches!((&first, &second), (Some(Ok(_)), Some(Ok(_)))));
        assert_eq!(budget.used(), 55);
        let (mut third, mut fourth) = (budget.reserve(60), budget.reserve(60));
        assert!(now(&mut third).is_none() && now(&mut fourth).is_none());
        drop((first, second));
        assert!(now(&mut fourth).is_none(), "there is room for one, and the other came first");
        drop(now(&mut third).expect("it is its turn"));
        drop(now(&mut fourth).expect("it is its turn"));
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn leaving_the_queue_lets_the_next_one_in() {
        let budget = Budget::new(100);
        let held = budget.try_reserve(90).expect("90 of 100 are free");
        let (mut large, mut small) = (budget.reserve(50), budget.reserve(5));
        assert!(now(&mut large).is_none() && now(&mut small).is_none());
        drop(large);
        let small = now(&mut small).expect("nobody stands before it").expect("it fits");
        drop((held, small));
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn a_grant_that_nobody_fetches_is_given_back() {
        let budget = Budget::new(100);
        let held = budget.try_reserve(100).expect("all is free");
        let (mut gone, mut stays) = (budget.reserve(80), budget.reserve(80));
        assert!(now(&mut gone).is_none() && now(&mut stays).is_none());
        drop(held);
        assert_eq!(budget.used(), 80);
        drop(gone);
        let stays = now(&mut stays).expect("it is its turn").expect("it fits");
        assert_eq!(budget.used(), 80);
        drop(stays);
        assert_eq!(budget.used(), 0);
    }
}
