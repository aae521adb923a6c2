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

/// How many bytes of them; the last question is kept whatever its length.
const KEPT_BYTES: usize = 64 << 20;

/// What a server saw and will do wrong; `F` are its faults.
#[derive(Debug)]
pub(crate) struct Watch<F> {
    asked: AtomicU64,
    seen: Mutex<Seen>,
    faults: Mutex<VecDeque<F>>,
}

#[derive(Debug, Default)]
struct Seen {
    questions: VecDeque<String>,
    bytes: usize,
}

impl<F: Clone> Watch<F> {
    pub(crate) fn new() -> Self {
        Self { asked: AtomicU64::new(0), seen: Mutex::default(), faults: Mutex::default() }
    }

    /// Counts and keeps a question.
    pub(crate) fn see(&self, question: &str) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        held(&self.seen).push(question);
    }

    /// How many questions came.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// The last questions, oldest first.
    pub(crate) fn seen(&self) -> Vec<String> {
        held(&self.seen).questions.iter().cloned().collect()
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

impl Seen {
    fn push(&mut self, question: &str) {
        self.bytes += question.len();
        self.questions.push_back(question.to_owned());
        while self.questions.len() > KEPT || (self.bytes > KEPT_BYTES && self.questions.len() > 1) {
            self.bytes -= self.questions.pop_front().map_or(0, |oldest| oldest.len());
        }
    }
}

/// The value of a mutex: whoever panicked while holding it left it whole.
pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{KEPT, KEPT_BYTES, Seen};

    #[test]
    fn the_last_questions_are_kept() {
        let mut seen = Seen::default();
        (0..KEPT + 3).for_each(|number| seen.push(&number.to_string()));
        assert_eq!((seen.questions.len(), seen.questions[0].as_str()), (KEPT, "3"));
        let long = "x".repeat(KEPT_BYTES + 1);
        seen.push(&long);
        assert_eq!((seen.questions.len(), seen.bytes), (1, long.len()));
        seen.push("short");
        assert_eq!((seen.questions.len(), seen.bytes), (1, 5));
    }
}
