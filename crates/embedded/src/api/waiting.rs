//! Long polling: a query that takes longer than a caller waits goes on, and the identical request finds it again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::sync::watch;

use super::refusal::Refusal;
use crate::{tasks::Crew, watch::held};

/// How long an answer waits for somebody who asks again.
const KEPT: Duration = Duration::from_secs(120);

/// What came of a query.
pub(super) type Outcome = Arc<Result<Value, Refusal>>;

/// The queries that run or whose answers nobody took yet.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<HashMap<String, Running>>);

#[derive(Debug, Clone)]
struct Running {
    since: Instant,
    outcome: watch::Receiver<Option<Outcome>>,
}

/// How a wait ended.
#[derive(Debug)]
pub(super) enum Waited {
    /// With the query's answer.
    Answer(Outcome),
    /// The caller must ask again.
    Continue,
    /// The server is being stopped.
    Stopped,
}

impl Waiting {
    /// Starts a query, or finds it running, and waits for it.
    pub(super) async fn on<Q>(&self, key: &str, query: Q, crew: &Crew, patience: Duration) -> Waited
    where
        Q: Future<Output = Result<Value, Refusal>> + Send + 'static,
    {
        let (mut running, task) = self.find_or_start(key, query);
        if let Some(task) = task {
            crew.run(task).await;
        }
        let waited = tokio::time::timeout(patience, running.outcome.wait_for(Option::is_some)).await;
        match waited {
            Err(_) => Waited::Continue,
            Ok(Err(_)) => Waited::Stopped,
            Ok(Ok(outcome)) => {
                held(&self.0).remove(key);
                outcome.clone().map_or(Waited::Stopped, Waited::Answer)
            }
        }
    }

    fn find_or_start<Q>(
        &self,
        key: &str,
        query: Q,
    ) -> (Running, Option<impl Future<Output = ()> + Send + 'static>)
    where
        Q: Future<Output = Result<Value, Refusal>> + Send + 'static,
    {
        let mut all = held(&self.0);
        all.retain(|_, running| running.since.elapsed() < KEPT);
        if let Some(running) = all.get(key) {
            return (running.clone(), None);
        }
        let (sender, outcome) = watch::channel(None);
        let running = Running { since: Instant::now(), outcome };
        all.insert(key.to_owned(), running.clone());
        let task = async move {
            let outcome = Arc::new(query.await);
            sender.send_replace(Some(outcome));
        };
        (running, Some(task))
    }
}
