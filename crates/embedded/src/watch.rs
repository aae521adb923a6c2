//! What a test asks of a server: what it saw, and what it should do wrong next.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// How many of the last questions are kept.
const KEPT: usize = 512;

/// What a server saw and will do wrong; `F` are its faults.
#[derive(Debug)]
pub(crate) struct Watch<F> {
    asked: AtomicU64,
    seen: Mutex<VecDeque<String>>,
    faults: Mutex<VecDeque<F>>,
}

impl<F: Clone> Watch<F> {
    pub(crate) fn new() -> Self {
        Self { asked: AtomicU64::new(0), seen: Mutex::default(), faults: Mutex::default() }
    }

    /// Counts and keeps a question.
    pub(crate) fn see(&self, question: &str) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut seen = held(&self.seen);
        if seen.len() == KEPT {
            seen.pop_front();
        }
        seen.push_back(question.to_owned());
    }

    /// How many questions came.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// The last questions, oldest first.
    pub(crate) fn seen(&self) -> Vec<String> {
        held(&self.seen).iter().cloned().collect()
    }

    /// Lets the next `times` questions, behind those that have a fault already, meet this one.
    pub(crate) fn fault(&self, fault: &F, times: usize) {
        held(&self.faults).extend(std::iter::repeat_n(fault.clone(), times));
    }

    /// The fault of the question at hand.
    pub(crate) fn take_fault(&self) -> Option<F> {
        held(&self.faults).pop_front()
    }

    /// Forgets the faults that nobody met.
    pub(crate) fn heal(&self) {
        held(&self.faults).clear();
    }
}

/// The value of a mutex: whoever panicked while holding it left it whole.
pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
