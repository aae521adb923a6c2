//! The store without the gateway: a WebSocket client that decodes.

use std::num::NonZeroUsize;

use arrow_array::RecordBatch;
use cubestore::{Budget, Chunk, Client, Config, Query, Shape};
use futures::TryStreamExt;

use crate::{Result, record::Recorded};

const MEMORY: usize = 2 << 30;
/// As much as the gateway hands on undecoded.
const LONGEST_BODY: usize = 2 << 20;

/// A client of the store that decodes on so many threads.
pub(crate) struct Bare(Client);

impl Bare {
    /// Without a number, on every core.
    pub(crate) fn new(url: &str, threads: Option<NonZeroUsize>) -> Result<Self> {
        let config = Config { url: url.parse()?, decode_parallelism: threads, ..Config::default() };
        Ok(Self(Client::new(config, Budget::new(MEMORY))?))
    }

    /// How many rows there are, each of them decoded.
    pub(crate) async fn rows(&self, asked: &Recorded) -> Result<usize> {
        let answer = self.0.query(Query::new(&asked.sql), asked.lane).await?;
        let batches = answer.batches(Shape::new(asked.schema.clone())?);
        Ok(batches.try_fold(0, async |rows, batch| Ok(rows + batch.num_rows())).await?)
    }

    /// The rows.
    pub(crate) async fn batches(&self, asked: &Recorded) -> Result<Vec<RecordBatch>> {
        let answer = self.0.query(Query::new(&asked.sql), asked.lane).await?;
        Ok(answer.batches(Shape::new(asked.schema.clone())?).try_collect().await?)
    }

    /// Whether a gateway can hand every batch on as the store encoded it.
    pub(crate) async fn passes_on(&self, asked: &Recorded) -> Result<bool> {
        let answer = self.0.query(Query::new(&asked.sql), asked.lane).await?;
        let chunks = answer.chunks(Shape::new(asked.schema.clone())?, LONGEST_BODY);
        Ok(chunks.try_all(async |chunk| matches!(chunk, Chunk::Ipc(_))).await?)
    }
}
