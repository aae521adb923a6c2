//! Has the embedded store answer each statement once, and keeps its messages.

use arrow_schema::SchemaRef;
use bytes::Bytes;
use cubestore::{
    Lane, Query,
    codec::request::{self, Request},
};
use embedded::{
    rollup::SCHEMA,
    store::{Config, Format, Store},
};
use futures::{SinkExt, StreamExt};
use tokio::task::JoinSet;
use tokio_tungstenite::{
    connect_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use crate::{
    Result,
    data::ROWS,
    fixture::{DIVIDED, Fixture, LARGE, SMALL},
    gateway::Gateway,
    reader::Reader,
};

/// A statement as the gateway puts it to the store, and the store's answer.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) sql: String,
    pub(crate) lane: Lane,
    /// What the gateway announces.
    pub(crate) schema: SchemaRef,
    pub(crate) message: Bytes,
}

/// What the store answers to [`LARGE`] and to [`SMALL`]. The store and the gateway that asks it end here.
pub(crate) async fn record(fixture: &Fixture, format: Format) -> Result<[Recorded; 2]> {
    let mut tasks = JoinSet::new();
    let store = Store::start(&Config { format, ..Config::default() }, &mut tasks).await?;
    for (table, rows) in &fixture.tables {
        store.register(SCHEMA, table, rows.clone())?;
    }
    let mut gateway = Gateway::start(fixture, &store.url())?;
    let mut reader = gateway.reader().await?;
    let large = recorded(LARGE, &mut reader, &store, (Lane::Large, ROWS)).await?;
    let small = recorded(SMALL, &mut reader, &store, (Lane::Small, 10)).await?;
    tasks.shutdown().await;
    Ok([large, small])
}

/// What the store answers to every part of [`DIVIDED`] when that is divided into so many, and how many rows there are.
pub(crate) async fn record_parts(
    fixture: &Fixture,
    format: Format,
    counts: &[usize],
) -> Result<(Vec<Recorded>, usize)> {
    let mut tasks = JoinSet::new();
    let store = Store::start(&Config { format, ..Config::default() }, &mut tasks).await?;
    for (table, rows) in &fixture.tables {
        store.register(SCHEMA, table, rows.clone())?;
    }
    let (mut all, mut found) = (Vec::new(), None);
    for count in counts {
        let mut gateway = Gateway::dividing(fixture, &store.url(), *count)?;
        let mut reader = gateway.reader().await?;
        let (_, schema) = reader.info(DIVIDED).await?;
        let tickets = reader.parts(DIVIDED).await?;
        if tickets.len() != *count {
            return Err(format!("{} parts were announced and not {count}", tickets.len()).into());
        }
        let mut rows = 0;
        for ticket in tickets {
            rows += reader.rows(ticket).await?;
            let sql = store.queries().pop().ok_or("the gateway did not ask the store")?;
            let message = message(&store.url(), &sql).await?;
            all.push(Recorded { sql, lane: Lane::Large, schema: schema.clone(), message });
        }
        if *found.get_or_insert(rows) != rows {
            return Err(format!("{rows} rows came in {count} parts, others as a whole").into());
        }
    }
    tasks.shutdown().await;
    Ok((all, found.unwrap_or_default()))
}

async fn recorded(
    sql: &str,
    reader: &mut Reader,
    store: &Store,
    (lane, rows): (Lane, usize),
) -> Result<Recorded> {
    let (ticket, schema) = reader.info(sql).await?;
    let found = reader.rows(ticket).await?;
    if found != rows {
        return Err(format!("`{sql}` has {found} rows and not {rows}").into());
    }
    let sql = store.queries().pop().ok_or("the gateway did not ask the store")?;
    let message = message(&store.url(), &sql).await?;
    Ok(Recorded { sql, lane, schema, message })
}

/// The store's answer as it comes over the wire, in Arrow if the store knows that.
async fn message(url: &str, sql: &str) -> Result<Bytes> {
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    let (mut socket, _) = connect_async_with_config(format!("{url}/ws"), Some(config), true).await?;
    // Without a connection id the reply is good for every connection.
    let (query, format) = (Query::new(sql), request::Format::Arrow);
    let request = Request { message_id: 1, connection_id: None, query, format };
    socket.send(Message::Binary(request.encode())).await?;
    while let Some(message) = socket.next().await.transpose()? {
        if let Message::Binary(bytes) = message {
            return Ok(bytes);
        }
    }
    Err("the store closed the connection".into())
}
