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

/// How many queries are remembered; beyond that, the answers that nobody took are dropped.
const AT_MOST: usize = 1_000;

/// What came of a query.
pub(super) type Outcome = Arc<Result<Value, Refusal>>;

/// The queries that run or whose answers nobody took yet.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<HashMap<String, Running>>);

#[derive(Debug, Clone)]
struct Running(watch::Receiver<Option<Done>>);

#[derive(Debug, Clone)]
struct Done {
    outcome: Outcome,
    at: Instant,
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
        let waited = tokio::time::timeout(patience, running.0.wait_for(Option::is_some)).await;
        let waited = waited.map(|done| done.ok().and_then(|done| done.clone()));
        match waited {
            Err(_) => Waited::Continue,
            Ok(None) => Waited::Stopped,
            Ok(Some(done)) => {
                self.forget(key, &running);
                Waited::Answer(done.outcome)
            }
        }
    }

    // Whoever took the answer first has made room for a later run of the same query.
    fn forget(&self, key: &str, taken: &Running) {
        let mut all = held(&self.0);
        if all.get(key).is_some_and(|running| running.0.same_channel(&taken.0)) {
            all.remove(key);
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
        all.retain(|_, running| running.is_of_use());
        if all.len() >= AT_MOST {
            all.retain(|_, running| running.0.borrow().is_none());
        }
        if let Some(running) = all.get(key) {
            return (running.clone(), None);
        }
        let (sender, outcome) = watch::channel(None);
        let running = Running(outcome);
        all.insert(key.to_owned(), running.clone());
        let task = async move {
            let outcome = Arc::new(query.await);
            sender.send_replace(Some(Done { outcome, at: Instant::now() }));
        };
        (running, Some(task))
    }
}

impl Running {
    /// It runs, or its answer is fresh. A query that was dropped or panicked will never have one.
    fn is_of_use(&self) -> bool {
        match &*self.0.borrow() {
            Some(done) => done.at.elapsed() < KEPT,
            None => self.0.has_changed().is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::{Refusal, Waited, Waiting, held};
    use crate::tasks::crew;

    fn one() -> std::future::Ready<Result<Value, Refusal>> {
        std::future::ready(Ok(json!(1)))
    }

    #[tokio::test]
    async fn a_long_query_is_found_again() {
        let (crew, running) = crew();
        let waiting = Waiting::default();
        let patience = Duration::from_millis(5);
        let callers = async {
            let slow = async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                one().await
            };
            assert!(matches!(waiting.on("q", slow, &crew, patience).await, Waited::Continue));
            while let Waited::Continue = waiting.on("q", std::future::pending(), &crew, patience).await {}
            drop(crew);
        };
        tokio::join!(running, callers);
        assert!(held(&waiting.0).is_empty());
    }

    #[tokio::test]
    async fn a_query_that_is_gone_is_begun_anew() {
        let (owner, running) = crew();
        let waiting = Waiting::default();
        drop(running);
        let patience = Duration::from_secs(5);
        assert!(matches!(waiting.on("q", one(), &owner, patience).await, Waited::Stopped));
        let (crew, running) = crew();
        let again = async {
            let answer = waiting.on("q", one(), &crew, patience).await;
            drop(crew);
            answer
        };
        let ((), answer) = tokio::join!(running, again);
        assert!(matches!(answer, Waited::Answer(_)), "{answer:?}");
    }
}
