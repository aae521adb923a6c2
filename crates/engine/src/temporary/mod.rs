//! Temporary tables: rows that callers bring along for their session, in the memory of this process alone.
//!
//! Owns which session has which tables, and for how long. A session is known by the [`Place`] that its caller carries,
//! sealed by others; whoever cannot show it sees nothing of them.

mod columns;
mod error;
mod ingest;
mod memory;
mod snapshot;

use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use cubestore::Budget;
use semantic::ContextHash;
use tokio::{sync::Notify, task::JoinSet, time::Instant};
use uuid::Uuid;

pub use error::TemporaryError;
pub use ingest::{IfMissing, IfThere, Ingest, Ingested, Target};
pub(crate) use snapshot::Snapshot;

use crate::{caller::Caller, config};
use memory::Budgets;
use snapshot::Absent;

/// Where the temporary tables of a session are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of the replica.
    node: Arc<str>,
    /// Its process: what began anew has lost its tables.
    process: Uuid,
    session: Uuid,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.node, self.process, self.session)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.rsplitn(3, '/');
        let mut id = || Uuid::parse_str(parts.next().ok_or(())?).map_err(|_| ());
        let (session, process) = (id()?, id()?);
        Ok(Self { node: parts.next().ok_or(())?.into(), process, session })
    }
}

/// The temporary tables of all sessions of this process.
pub(crate) struct Temporary {
    node: Arc<str>,
    process: Uuid,
    idle: Duration,
    budgets: Budgets,
    sessions: Mutex<HashMap<Uuid, Session>>,
    ids: AtomicU64,
    /// Told when a session begins, which may be the next one to end.
    begun: Notify,
}

struct Session {
    owner: Owner,
    tables: Arc<Snapshot>,
    /// What its tables may take.
    budget: Budget,
    used: Instant,
}

/// Whose a session is.
#[derive(PartialEq, Eq)]
struct Owner(Arc<str>, ContextHash);

impl Owner {
    fn of(caller: &Caller) -> Self {
        Self(caller.principal.clone(), caller.context.hash())
    }
}

impl Temporary {
    /// No tables yet. Sessions that nobody uses end, as long as `tasks` live.
    pub(crate) fn open(
        node: &str,
        limits: &config::Temporary,
        process: &Budget,
        tasks: &mut JoinSet<()>,
    ) -> Arc<Self> {
        let temporary = Arc::new(Self {
            node: node.into(),
            process: Uuid::new_v4(),
            idle: limits.idle,
            budgets: Budgets::new(limits, process.clone()),
            sessions: Mutex::default(),
            ids: AtomicU64::new(0),
            begun: Notify::new(),
        });
        tasks.spawn(expire(temporary.clone()));
        temporary
    }

    /// The tables of the caller's session, as they are now.
    pub(crate) fn of(&self, caller: &Caller) -> Arc<Snapshot> {
        let Some(place) = &caller.place else { return Arc::default() };
        if place.process != self.process {
            return Arc::new(Snapshot::absent(Absent::Elsewhere(place.node.clone())));
        }
        match self.sessions().get_mut(&place.session) {
            Some(session) if session.owner == Owner::of(caller) => {
                session.used = Instant::now();
                session.tables.clone()
            }
            Some(_) | None => Arc::new(Snapshot::absent(Absent::Gone)),
        }
    }

    /// Takes a table out of the caller's session. Queries that read it read on.
    pub(crate) fn drop_table(&self, dropped: &sql::Dropped, caller: &Caller) -> Result<(), TemporaryError> {
        let missing = || TemporaryError::Missing { table: dropped.name.clone() };
        if let Some(Absent::Elsewhere(node)) = &self.of(caller).absent {
            return Err(TemporaryError::Elsewhere { node: node.clone() });
        }
        let mut sessions = self.sessions();
        let session = caller.place.as_ref().and_then(|place| sessions.get_mut(&place.session));
        let before = session.filter(|session| session.owner == Owner::of(caller)).and_then(|session| {
            let after = session.tables.without(session.tables.table(&dropped.name)?, self.id());
            Some(std::mem::replace(&mut session.tables, Arc::new(after)))
        });
        drop(sessions);
        // Much memory may go with it, which nobody else has to wait for.
        if before.is_some() || dropped.if_exists { Ok(()) } else { Err(missing()) }
    }

    /// Whether a session has not ended here.
    pub(crate) fn has(&self, place: &Place) -> bool {
        self.sessions().contains_key(&place.session)
    }

    /// Ends the caller's session here.
    pub(crate) fn close(&self, caller: &Caller) {
        let Some(place) = caller.place.as_ref().filter(|place| place.process == self.process) else { return };
        let mut sessions = self.sessions();
        let own = sessions.get(&place.session).is_some_and(|session| session.owner == Owner::of(caller));
        let closed = own.then(|| sessions.remove(&place.session));
        // Much memory may go with it, which nobody else has to wait for.
        drop(sessions);
        drop(closed);
    }

    /// Sessions, tables and their bytes, for the metrics.
    pub(crate) fn load(&self) -> [usize; 3] {
        let sessions = self.sessions();
        let tables = sessions.values().map(|session| session.tables.len()).sum();
        [sessions.len(), tables, self.budgets.used()]
    }

    /// Another number for every table and every set of them.
    fn id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<Uuid, Session>> {
        // An entry is never half changed.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends what nobody has used for too long; when to look again.
    fn sweep(&self) -> Option<Instant> {
        let (now, mut sessions) = (Instant::now(), self.sessions());
        let ended: Vec<_> = sessions
            .extract_if(|_, session| session.used + self.idle <= now)
            .map(|(_, ended)| ended)
            .collect();
        let next = sessions.values().map(|session| session.used + self.idle).min();
        drop(sessions);
        if !ended.is_empty() {
            tracing::info!(sessions = ended.len(), "temporary tables that nobody used for long are gone");
        }
        next
    }
}

async fn expire(temporary: Arc<Temporary>) {
    loop {
        let begun = temporary.begun.notified();
        match temporary.sweep() {
            Some(next) => tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                () = begun => {}
            },
            None => begun.await,
        }
    }
}
