//! Who runs now, who waits, and who is sent away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout_at,
};

use crate::{
    config::Limits,
    error::{EngineError, Result},
    metrics,
};

/// The places at the counter.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    places: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    limits: Limits,
}

/// The right to run. It rides in the query's stream and ends with it.
#[derive(Debug)]
pub(crate) struct Permit {
    _place: OwnedSemaphorePermit,
}

/// One who waits; leaving the queue counts, however it happens.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Admission {
    pub(crate) fn new(limits: &Limits) -> Self {
        let places = Arc::new(Semaphore::new(limits.running));
        Self { places, waiting: Arc::default(), limits: limits.clone() }
    }

    /// Waits for a place, not longer than the query's own deadline.
    pub(crate) async fn enter(&self, deadline: tokio::time::Instant) -> Result<Permit> {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return Ok(Permit { _place: place });
        }
        let queued = self.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(self.waiting.clone());
        if queued >= self.limits.queued {
            return Err(EngineError::Busy { running: self.limits.running, queued });
        }
        let since = Instant::now();
        let until = deadline.min(tokio::time::Instant::now() + self.limits.queue_wait);
        let place = timeout_at(until, self.places.clone().acquire_owned()).await;
        drop(waiting);
        metrics::waited(since.elapsed());
        match place {
            Ok(Ok(place)) => Ok(Permit { _place: place }),
            Ok(Err(_)) | Err(_) => Err(EngineError::Waited(since.elapsed())),
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(crate) fn running(&self) -> usize {
        self.limits.running - self.places.available_permits().min(self.limits.running)
    }
}
