//! Owners of tasks: what they run ends when they are dropped.

use std::future::Future;

use futures::future::BoxFuture;
use tokio::{sync::mpsc, task::JoinSet};

const WAITING: usize = 1_024;

/// Hands tasks to their owner.
#[derive(Debug, Clone)]
pub(crate) struct Crew(mpsc::Sender<BoxFuture<'static, ()>>);

/// A crew, and the future that runs its tasks. Dropping the future stops them.
pub(crate) fn crew() -> (Crew, impl Future<Output = ()> + Send) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Crew(sender), run(receiver))
}

async fn run(mut tasks: mpsc::Receiver<BoxFuture<'static, ()>>) {
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            task = tasks.recv() => match task {
                Some(task) => _ = running.spawn(task),
                None => break,
            },
            Some(_) = running.join_next() => {}
        }
    }
    while running.join_next().await.is_some() {}
}

impl Crew {
    /// Hands over a task; it is dropped when the owner is gone.
    pub(crate) async fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        if self.0.send(Box::pin(task)).await.is_err() {
            tracing::debug!("a task came after its owner was gone");
        }
    }
}
