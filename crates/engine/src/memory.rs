//! One budget of memory for everything: what the store sends and what queries work with.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use cubestore::{Budget, Reservation};
use datafusion::{
    common::{DataFusionError, Result},
    execution::memory_pool::{MemoryLimit, MemoryPool, MemoryReservation},
};

/// DataFusion's memory pool over the shared budget.
#[derive(Debug)]
pub(crate) struct BudgetPool {
    budget: Budget,
    held: Mutex<Reservation>,
}

impl BudgetPool {
    pub(crate) fn new(budget: Budget) -> Self {
        let held = budget.try_reserve(0).expect("nothing always fits");
        Self { budget, held: Mutex::new(held) }
    }

    fn held(&self) -> MutexGuard<'_, Reservation> {
        // A count is never half changed, so a poisoned lock is as good as any.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryPool for BudgetPool {
    fn name(&self) -> &'static str {
        "budget"
    }

    fn grow(&self, _reservation: &MemoryReservation, additional: usize) {
        self.held().grow(additional);
    }

    fn shrink(&self, _reservation: &MemoryReservation, shrink: usize) {
        self.held().shrink(shrink);
    }

    fn try_grow(&self, _reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let grown = self.held().try_grow(additional);
        grown.map_err(|error| DataFusionError::ResourcesExhausted(error.to_string()))
    }

    fn reserved(&self) -> usize {
        self.held().bytes()
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.budget.limit())
    }
}

impl fmt::Display for BudgetPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "budget({} of {} bytes)", self.budget.used(), self.budget.limit())
    }
}
