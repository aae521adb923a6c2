//! One set-up: an embedded store that keeps its replies, and a gateway in front of it.

use bytes::Bytes;
use cubestore::{Lane, codec::request};
use embedded::{
    rollup::SCHEMA,
    store::{Config, Format, Store},
};
use tokio::task::JoinSet;

use crate::{
    Result,
    bare::{self, Statement},
    data::{self, ROWS},
    fixture::{Fixture, LARGE, SMALL},
    gateway::Gateway,
    reader::Reader,
};

/// A store with its gateway; both end with this value.
pub(crate) struct Stand {
    pub(crate) format: Format,
    pub(crate) reader: Reader,
    pub(crate) large: Statement,
    pub(crate) small: Statement,
    /// The store's answer to `large`.
    pub(crate) message: Bytes,
    url: String,
    _gateway: Gateway,
    tasks: JoinSet<()>,
}

impl Stand {
    /// Starts both, and lets the store run each statement once.
    pub(crate) async fn start(fixture: &Fixture, format: Format) -> Result<Self> {
        let mut tasks = JoinSet::new();
        let store =
            Store::start(&Config { format, reply_cache: true, ..Config::default() }, &mut tasks).await?;
        store.register(SCHEMA, &fixture.table, data::batches(&fixture.columns)?)?;
        let mut gateway = Gateway::start(fixture, &store.url())?;
        let mut reader = gateway.reader().await?;
        let large = asked(LARGE, &mut reader, &store, (Lane::Large, ROWS)).await?;
        let small = asked(SMALL, &mut reader, &store, (Lane::Small, 10)).await?;
        let wanted = if format == Format::Arrow { request::Format::Arrow } else { request::Format::Text };
        let message = bare::message(&store.url(), &large.sql, wanted).await?;
        Ok(Self { format, reader, large, small, message, url: store.url(), _gateway: gateway, tasks })
    }

    /// The store's address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Runs a statement once, and finds out what the gateway asked the store for it.
async fn asked(
    sql: &str,
    reader: &mut Reader,
    store: &Store,
    (lane, rows): (Lane, usize),
) -> Result<Statement> {
    let (ticket, schema) = reader.info(sql).await?;
    let found = reader.rows(ticket).await?;
    if found != rows {
        return Err(format!("`{sql}` has {found} rows and not {rows}").into());
    }
    let asked = store.queries().pop().ok_or("the gateway did not ask the store")?;
    Ok(Statement { sql: asked, schema, lane })
}
