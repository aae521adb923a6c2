//! One set-up: a replayed store, and a gateway in front of it.

use embedded::store::Format;
use tokio::task::JoinSet;

use crate::{
    Result,
    fixture::Fixture,
    gateway::Gateway,
    reader::Reader,
    record::{Recorded, record},
    replay,
};

/// A store with its gateway; both end with this value.
pub(crate) struct Stand {
    pub(crate) format: Format,
    /// A client of the gateway.
    pub(crate) reader: Reader,
    pub(crate) large: Recorded,
    pub(crate) small: Recorded,
    /// The store's address.
    pub(crate) url: String,
    _gateway: Gateway,
    _tasks: JoinSet<()>,
}

impl Stand {
    pub(crate) async fn start(fixture: &Fixture, format: Format) -> Result<Self> {
        let recorded = record(fixture, format).await?;
        let mut tasks = JoinSet::new();
        let url = replay::serve(&recorded, &mut tasks).await?;
        let mut gateway = Gateway::start(fixture, &url)?;
        let reader = gateway.reader().await?;
        let [large, small] = recorded;
        Ok(Self { format, reader, large, small, url, _gateway: gateway, _tasks: tasks })
    }
}
