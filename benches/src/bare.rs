//! The store without the gateway: a client that decodes, and a socket that does not even do that.

use std::num::NonZeroUsize;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use cubestore::{
    Budget, Chunk, Client, Config, Lane, Query, Shape,
    codec::request::{Format, Request},
};
use futures::{SinkExt, StreamExt, TryStreamExt};
use tokio_tungstenite::{
    connect_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use crate::Result;

const MEMORY: usize = 2 << 30;
/// As much as the gateway hands on undecoded.
const LONGEST_BODY: usize = 2 << 20;

/// A statement as the gateway put it to the store, and what its answer must look like.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) schema: SchemaRef,
    pub(crate) lane: Lane,
}

/// A WebSocket client of the store that decodes answers, on so many threads.
pub(crate) struct Bare(Client);

impl Bare {
    pub(crate) fn new(url: &str, threads: Option<NonZeroUsize>) -> Result<Self> {
        let config = Config {
            url: url.parse()?,
            small_sockets: NonZeroUsize::MIN,
            large_sockets: NonZeroUsize::MIN,
            decode_parallelism: threads,
            ..Config::default()
        };
        Ok(Self(Client::new(config, Budget::new(MEMORY))?))
    }

    /// How many rows there are, each of them decoded.
    pub(crate) async fn rows(&self, statement: &Statement) -> Result<usize> {
        let answer = self.0.query(Query::new(&statement.sql), statement.lane).await?;
        let batches = answer.batches(Shape::new(statement.schema.clone())?);
        Ok(batches.try_fold(0, async |rows, batch| Ok(rows + batch.num_rows())).await?)
    }

    /// The rows.
    pub(crate) async fn batches(&self, statement: &Statement) -> Result<Vec<RecordBatch>> {
        let answer = self.0.query(Query::new(&statement.sql), statement.lane).await?;
        Ok(answer.batches(Shape::new(statement.schema.clone())?).try_collect().await?)
    }

    /// Whether a gateway can hand every batch on as the store encoded it.
    pub(crate) async fn passes_on(&self, statement: &Statement) -> Result<bool> {
        let answer = self.0.query(Query::new(&statement.sql), statement.lane).await?;
        let chunks = answer.chunks(Shape::new(statement.schema.clone())?, LONGEST_BODY);
        let passed = |chunk| async move { Ok(matches!(chunk, Chunk::Ipc(_))) };
        Ok(chunks.and_then(passed).try_all(|passed| async move { passed }).await?)
    }
}

/// The store's answer as it comes over the wire.
pub(crate) async fn message(url: &str, sql: &str, format: Format) -> Result<Bytes> {
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    let (mut socket, _) = connect_async_with_config(format!("{url}/ws"), Some(config), true).await?;
    let request = Request { message_id: 1, connection_id: None, query: Query::new(sql), format };
    socket.send(Message::Binary(request.encode())).await?;
    while let Some(message) = socket.next().await.transpose()? {
        if let Message::Binary(bytes) = message {
            return Ok(bytes);
        }
    }
    Err("the store closed the connection".into())
}
