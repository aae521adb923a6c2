//! The client: one server, many callers. Owns connections and how often they are tried; every call carries its
//! caller's own credential, and nothing of one call is kept for another.

mod exchange;
mod meta;
mod pages;
mod patience;
mod refusal;
mod retry;

use std::{collections::HashSet, sync::Arc};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use futures::{
    future,
    stream::{self, BoxStream, StreamExt},
};
use semantic::MemberName;
use tokio::time::Instant;

use crate::{
    config::Config,
    decode::Layout,
    error::{Error, Result},
    request::{Ask, Load, Request},
};
use exchange::Caller;
use pages::Pages;
use retry::Budget;

/// The rows of a request, batch by batch. Nothing is fetched before it is polled; dropping it ends the request.
pub type Batches = BoxStream<'static, Result<RecordBatch>>;

/// Who calls, and until when.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The caller's own token for Cube. Empty: none is sent.
    pub credential: &'a str,
    /// Shown in Cube's log.
    pub request_id: &'a str,
    /// When nobody waits for the answer any more.
    pub deadline: Instant,
}

/// A client of one Cube API server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Config,
    http: reqwest::Client,
    budget: Budget,
}

impl Client {
    /// A client that has not connected yet.
    pub fn new(config: Config) -> Result<Self> {
        config.check()?;
        // A redirect would carry the caller's token elsewhere, and repetition is counted here.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(config.connect_timeout)
            .read_timeout(config.silence_timeout)
            .tcp_nodelay(true)
            .build()
            .map_err(|_| Error::config("url", "its connections cannot be set up"))?;
        Ok(Self { shared: Arc::new(Shared { config, http, budget: Budget::default() }) })
    }

    /// The rows of `request.columns`, with exactly `schema`. What remains to be done above them is the caller's.
    pub fn load(&self, request: &Request, schema: SchemaRef, call: Call<'_>) -> Batches {
        let Ask::Load(load) = &request.ask else { return stream::empty().boxed() };
        match self.pages(load, request, schema, call) {
            Ok(pages) => pages.into_stream().boxed(),
            Err(error) => stream::once(future::ready(Err(error))).boxed(),
        }
    }

    fn pages(&self, load: &Load, request: &Request, schema: SchemaRef, call: Call<'_>) -> Result<Pages> {
        let layout = Layout::new(&request.columns, schema)?;
        Ok(Pages::new(self.shared.clone(), load.clone(), layout, Caller::new(call)?))
    }

    /// Every measure, dimension and segment that Cube shows to the caller.
    pub async fn visible_members(&self, call: Call<'_>) -> Result<HashSet<MemberName>> {
        meta::visible_members(&self.shared, &Caller::new(call)?).await
    }

    /// Asks the server whether it can answer queries.
    pub async fn ready(&self, deadline: Instant) -> Result<()> {
        meta::ready(&self.shared, deadline).await
    }
}
