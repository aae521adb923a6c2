//! Owners of tasks: what they run ends when they are dropped.

use std::future::Future;

use futures::future::BoxFuture;
use tokio::{sync::mpsc, task::JoinSet};

const WAITING: usize = 1_024;

/// More than this many run one after the other.
const AT_ONCE: usize = 1_024;

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
            task = tasks.recv(), if running.len() < AT_ONCE => match task {
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

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::{AT_ONCE, crew};

    #[tokio::test]
    async fn only_so_many_run_at_once_and_all_run() {
        let (crew, running) = crew();
        let (now, most, done) = (Arc::default(), Arc::default(), Arc::default());
        let hand_over = async {
            for _ in 0..3 * AT_ONCE {
                let (now, most, done): (Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<AtomicUsize>) =
                    (Arc::clone(&now), Arc::clone(&most), Arc::clone(&done));
                let task = async move {
                    most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                    now.fetch_sub(1, Ordering::Relaxed);
                    done.fetch_add(1, Ordering::Relaxed);
                };
                crew.run(task).await;
            }
            drop(crew);
        };
        tokio::join!(running, hand_over);
        assert_eq!(done.load(Ordering::Relaxed), 3 * AT_ONCE);
        assert!(most.load(Ordering::Relaxed) <= AT_ONCE, "{most:?}");
    }
}
