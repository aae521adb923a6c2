//! Queries that run on this replica, so that their owners can stop them. Whose a query is, its sealed ticket says.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use arrow_schema::SchemaRef;
use engine::{Chunk, EngineError, Progress};
use futures::{Stream, StreamExt, future::poll_fn, task::AtomicWaker};
use uuid::Uuid;

use crate::{answer::Answer, metrics, status::CallError};

/// By the id in their tickets. A ticket that is redeemed twice runs twice.
#[derive(Clone, Default)]
pub(crate) struct Running(Arc<Mutex<HashMap<Uuid, Vec<Arc<Run>>>>>);

/// A run, shared between the stream of its rows and whoever stops it.
struct Run {
    state: Mutex<State>,
    reader: AtomicWaker,
}

enum State {
    Starting,
    Rows(Box<Answer>),
    Cancelled,
    Ended(Option<Progress>),
}

/// The rows of a run. It is among the running ones until this is dropped or read to its end.
pub(crate) struct Rows {
    schema: SchemaRef,
    run: Arc<Run>,
    entry: Option<Entry>,
}

/// A place in the list of running queries.
struct Entry {
    id: Uuid,
    run: Arc<Run>,
    running: Running,
}

/// What can still be asked about rows that are somewhere else.
#[derive(Clone)]
pub(crate) struct Watch(Arc<Run>);

impl Running {
    /// Starts a query; until it has begun it can be cancelled too.
    pub(crate) async fn start(
        &self,
        id: Uuid,
        starting: impl Future<Output = Result<Answer, EngineError>>,
    ) -> Result<Rows, CallError> {
        let run = Arc::new(Run { state: Mutex::new(State::Starting), reader: AtomicWaker::new() });
        self.add(id, &run);
        let entry = Entry { id, run: run.clone(), running: self.clone() };
        let answer = tokio::select! {
            answer = starting => answer?,
            () = run.cancelled() => return Err(CallError::Cancelled),
        };
        let schema = answer.schema().clone();
        match &mut *run.state() {
            state @ State::Starting => *state = State::Rows(Box::new(answer)),
            State::Cancelled | State::Rows(_) | State::Ended(_) => return Err(CallError::Cancelled),
        }
        Ok(Rows { schema, run, entry: Some(entry) })
    }

    /// Stops a query. When this returns true, its memory and its place are free.
    pub(crate) fn cancel(&self, id: Uuid) -> bool {
        let runs = self.list().get(&id).cloned().unwrap_or_default();
        runs.iter().fold(false, |any, run| run.cancel() | any)
    }

    fn add(&self, id: Uuid, run: &Arc<Run>) {
        let mut list = self.list();
        list.entry(id).or_default().push(run.clone());
        metrics::runs(list.len());
    }

    fn list(&self) -> MutexGuard<'_, HashMap<Uuid, Vec<Arc<Run>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when somebody has cancelled.
    async fn cancelled(&self) {
        poll_fn(|cx| {
            self.reader.register(cx.waker());
            if matches!(*self.state(), State::Cancelled) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    // The rows are dropped here and not where they are read: a client that reads nothing would keep them.
    fn cancel(&self) -> bool {
        let mut state = self.state();
        let was = match &*state {
            State::Starting | State::Rows(_) => std::mem::replace(&mut *state, State::Cancelled),
            State::Cancelled | State::Ended(_) => return false,
        };
        drop(state);
        if let State::Rows(answer) = was {
            answer.cancel();
        }
        self.reader.wake();
        true
    }
}

impl Rows {
    /// The schema of the rows.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Looks at them while somebody else has them.
    pub(crate) fn watch(&self) -> Watch {
        Watch(self.run.clone())
    }
}

impl Watch {
    /// What has taken how long.
    pub(crate) fn progress(&self) -> Option<Progress> {
        match &*self.0.state() {
            State::Rows(answer) => answer.progress(),
            State::Ended(progress) => *progress,
            State::Starting | State::Cancelled => None,
        }
    }
}

impl Stream for Rows {
    type Item = Result<Chunk, CallError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.run.reader.register(cx.waker());
        let run = self.run.clone();
        let mut state = run.state();
        let next = match &mut *state {
            State::Rows(answer) => answer.poll_next_unpin(cx),
            State::Cancelled => Poll::Ready(Some(Err(CallError::Cancelled))),
            State::Starting | State::Ended(_) => Poll::Ready(None),
        };
        if matches!(next, Poll::Ready(None | Some(Err(_)))) {
            let progress = if let State::Rows(answer) = &*state { answer.progress() } else { None };
            // What the rows held is free before anybody drops this.
            *state = State::Ended(progress);
            self.entry = None;
        }
        next
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        let mut state = self.run.state();
        let progress = if let State::Rows(answer) = &*state { answer.progress() } else { None };
        if !matches!(*state, State::Ended(_)) {
            *state = State::Ended(progress);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut list = self.running.list();
        if let Some(runs) = list.get_mut(&self.id) {
            runs.retain(|run| !Arc::ptr_eq(run, &self.run));
            if runs.is_empty() {
                list.remove(&self.id);
            }
            metrics::runs(list.len());
        }
    }
}
