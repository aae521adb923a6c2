//! Decodes pieces off the async threads, never more at once than there are cores for: all answers of a
//! client share the places. Never knows which answer a piece belongs to.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::decode::Piece;
use crate::error::{Error, Result};

#[derive(Debug, Clone)]
pub(super) struct Decoder {
    places: Arc<Semaphore>,
    parallelism: usize,
}

impl Decoder {
    pub(super) fn new(parallelism: Option<NonZeroUsize>) -> Self {
        let cores = parallelism.or_else(|| available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        // A semaphore counts in less than 64 bits; nobody has that many cores.
        let parallelism = cores.min(Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(parallelism)), parallelism }
    }

    /// How many pieces can be decoded at once.
    pub(super) fn parallelism(&self) -> usize {
        self.parallelism
    }

    /// Runs `decode` when there is a place for it.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        piece: Piece,
        decode: impl FnOnce(Piece) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if piece.is_small() {
            return decode(piece);
        }
        let place = self.places.clone().acquire_owned().await;
        let work = spawn_blocking(move || {
            // Held by the work itself: a caller that goes away does not make room for more than fits.
            let _place = place.expect("the semaphore is never closed");
            decode(piece)
        });
        work.await.unwrap_or_else(|error| Err(Error::malformed_by("decoding an answer panicked", error)))
    }
}
