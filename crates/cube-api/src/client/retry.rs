//! How often and when something is asked for again. Owns the budget over all callers, so that a server in trouble
//! meets no storm: at most one repetition per five requests, after a small reserve.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// What a request puts in, and what a repetition takes out.
const DEPOSIT: u32 = 1;
const COST: u32 = 5;
const FULL: u32 = 50;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Repetitions that may be made now.
#[derive(Debug)]
pub(super) struct Budget(AtomicU32);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(FULL))
    }
}

impl Budget {
    pub(super) fn deposit(&self) {
        self.change(|balance| Some((balance + DEPOSIT).min(FULL)));
    }

    /// True when a repetition is paid for.
    pub(super) fn withdraw(&self) -> bool {
        self.change(|balance| balance.checked_sub(COST))
    }

    fn change(&self, change: impl FnMut(u32) -> Option<u32>) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).is_ok()
    }
}

/// How long to wait before repetition number `tried`: doubling, with half of it left to chance.
pub(super) fn pause(tried: u32) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(1 << tried.min(16)).min(LONGEST_PAUSE);
    // The keys of a hasher are the randomness that the standard library has.
    let chance = RandomState::new().hash_one(tried) as f64 / u64::MAX as f64;
    longest.mul_f64(0.5 + chance / 2.0)
}

#[cfg(test)]
mod tests {
    use super::{Budget, LONGEST_PAUSE, pause};
    use std::time::Duration;

    #[test]
    fn one_repetition_per_five_requests_after_a_reserve() {
        let budget = Budget::default();
        assert_eq!((0..100).filter(|_| budget.withdraw()).count(), 10);
        (0..5).for_each(|_| budget.deposit());
        assert!(budget.withdraw() && !budget.withdraw());
        (0..1000).for_each(|_| budget.deposit());
        assert_eq!((0..100).filter(|_| budget.withdraw()).count(), 10);
    }

    #[test]
    fn pauses_double_and_differ() {
        for tried in 0..40 {
            let pause = pause(tried);
            assert!(pause >= Duration::from_millis(50) && pause <= LONGEST_PAUSE, "{tried}: {pause:?}");
        }
        assert!((0..20).map(|_| pause(3)).any(|other| other != pause(3)));
    }
}
