//! What temporary tables may take: of the process, of all sessions together, and of one.

use cubestore::{Budget, Reservation};

use super::TemporaryError;
use crate::{config, error::EngineError};

/// The limits of all sessions.
pub(super) struct Budgets {
    process: Budget,
    all: Budget,
    session: usize,
    message: usize,
}

/// Memory of a part of a table, given back on drop.
#[derive(Debug)]
pub(super) struct Held {
    process: Reservation,
    all: Reservation,
    session: Reservation,
    budgets: [Budget; 3],
}

/// In the order of [`Held::budgets`].
const SETTINGS: [&str; 3] = ["limits.memory", "temporary.memory", "temporary.session_memory"];

impl Budgets {
    pub(super) fn new(limits: &config::Temporary, process: Budget) -> Self {
        let bytes = |size: cubestore::ByteSize| usize::try_from(size.0).unwrap_or(usize::MAX);
        Self {
            process,
            all: Budget::new(bytes(limits.memory)),
            session: bytes(limits.session_memory),
            message: bytes(limits.max_message),
        }
    }

    pub(super) fn are_none(&self) -> bool {
        self.session == 0 || self.all.limit() == 0
    }

    /// What a new session may take.
    pub(super) fn of_session(&self) -> Budget {
        Budget::new(self.session)
    }

    /// Memory for the longest message, while messages are read.
    pub(super) fn reading(&self) -> Result<Reservation, EngineError> {
        self.process.try_reserve(self.message).map_err(|_| EngineError::Memory)
    }

    /// Nothing yet of what a session may take.
    pub(super) fn held(&self, session: &Budget) -> Result<Held, TemporaryError> {
        let budgets = [self.process.clone(), self.all.clone(), session.clone()];
        let none = |at: usize| budgets[at].try_reserve(0).map_err(|_| full(&budgets, at));
        Ok(Held { process: none(0)?, all: none(1)?, session: none(2)?, budgets: budgets.clone() })
    }

    pub(super) fn used(&self) -> usize {
        self.all.used()
    }
}

impl Held {
    pub(super) fn bytes(&self) -> usize {
        self.session.bytes()
    }

    /// Bytes that the session and all sessions have left; the process may have less.
    pub(super) fn left(&self) -> usize {
        let left = |budget: &Budget| budget.limit().saturating_sub(budget.used());
        left(&self.budgets[1]).min(left(&self.budgets[2]))
    }

    /// Holds so many bytes, more or fewer than before.
    pub(super) fn set(&mut self, bytes: usize) -> Result<(), TemporaryError> {
        let Some(more) = bytes.checked_sub(self.bytes()) else {
            let fewer = self.bytes() - bytes;
            for held in [&mut self.process, &mut self.all, &mut self.session] {
                held.shrink(fewer);
            }
            return Ok(());
        };
        // The narrowest first, whose setting is the one to name.
        self.session.try_grow(more).map_err(|_| full(&self.budgets, 2))?;
        let grown = self.all.try_grow(more).map_err(|_| full(&self.budgets, 1)).and_then(|()| {
            let process = self.process.try_grow(more).map_err(|_| full(&self.budgets, 0));
            process.inspect_err(|_| self.all.shrink(more))
        });
        grown.inspect_err(|_| self.session.shrink(more))
    }
}

fn full(budgets: &[Budget; 3], at: usize) -> TemporaryError {
    TemporaryError::Full { setting: SETTINGS[at], limit: budgets[at].limit() }
}
