//! Sessions that were handed out with the answer to DoPut and that nobody has shown yet.
//!
//! A driver in Go looks at the headers of such an answer when the stream has ended, unless another thread of it sees the
//! end first; then it goes on with the credential that it had. Until it shows its session it is known by its connection
//! and that credential, and is given the session again with the next answer whose headers it cannot miss.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use engine::Place;
use sha2::{Digest, Sha256};
use tonic::metadata::{MetadataMap, MetadataValue};
use uuid::Uuid;

use crate::{authn::TOKEN, peer::Peer};

/// By who was handed them. Shared by clones.
#[derive(Clone, Default)]
pub(crate) struct Unclaimed(Arc<Mutex<HashMap<Claim, Place>>>);

/// A connection, and the credential that came over it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Claim(Uuid, [u8; 32]);

impl Claim {
    pub(crate) fn of(metadata: &MetadataMap, peer: &Peer) -> Self {
        let mut digest = Sha256::new();
        digest.update(metadata.get("authorization").map(MetadataValue::as_bytes).unwrap_or_default());
        digest.update(metadata.get_bin(TOKEN).map(MetadataValue::as_encoded_bytes).unwrap_or_default());
        Self(peer.connection, digest.finalize().into())
    }
}

impl Unclaimed {
    /// Remembers what was handed out; what is not `alive` any more is forgotten.
    pub(crate) fn add(&self, claim: Claim, place: Place, alive: impl Fn(&Place) -> bool) {
        let mut places = self.places();
        places.retain(|_, place| alive(place));
        places.insert(claim, place);
    }

    /// What was handed out to one who shows nothing.
    pub(crate) fn get(&self, metadata: &MetadataMap, peer: &Peer) -> Option<Place> {
        // Nearly always there is nothing to look for.
        let places = self.places();
        if places.is_empty() { None } else { places.get(&Claim::of(metadata, peer)).cloned() }
    }

    /// Forgets what its owner has shown.
    pub(crate) fn claimed(&self, shown: &Place) {
        self.places().retain(|_, place| place != shown);
    }

    fn places(&self) -> MutexGuard<'_, HashMap<Claim, Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
