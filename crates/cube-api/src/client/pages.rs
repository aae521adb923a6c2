//! All rows of a request, page by page. Owns the promise that none is missing and none comes twice: pages follow a
//! total order, and only a page shorter than asked for is the last one.

use std::sync::Arc;

use arrow_array::RecordBatch;
use futures::stream::{Stream, try_unfold};
use semantic::json::JsonQuery;
use serde::Serialize;

use super::{Shared, exchange::Caller, patience};
use crate::{
    decode::{Asked, Layout, Page},
    error::{Error, Result},
    metrics,
    request::{Load, NoOrder, Paging},
};

/// The state between two batches.
pub(super) struct Pages {
    shared: Arc<Shared>,
    load: Load,
    layout: Layout,
    caller: Caller,
    /// Rows of the pages before this one.
    before: u64,
    at: At,
}

enum At {
    /// The next page has to be fetched.
    Between,
    /// Rows of a page that was asked for with so many rows are left.
    Inside { page: Page, asked: u64 },
    /// There are no more rows.
    Behind,
}

#[derive(Serialize)]
struct Body {
    query: JsonQuery,
}

impl Pages {
    pub(super) fn new(shared: Arc<Shared>, load: Load, layout: Layout, caller: Caller) -> Self {
        Self { shared, load, layout, caller, before: 0, at: At::Between }
    }

    pub(super) fn into_stream(self) -> impl Stream<Item = Result<RecordBatch>> + Send {
        try_unfold(self, |mut pages| async move {
            let batch = pages.next_batch().await?;
            Ok(batch.map(|batch| (batch, pages)))
        })
    }

    async fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            match &mut self.at {
                At::Behind => return Ok(None),
                At::Between => self.at = self.next_page().await?,
                At::Inside { page, asked } => {
                    if let Some(batch) = page.next_batch(&self.layout, self.before)? {
                        metrics::rows(batch.num_rows());
                        return Ok(Some(batch));
                    }
                    self.before += page.rows();
                    self.at = if page.rows() < *asked { At::Behind } else { At::Between };
                }
            }
        }
    }

    async fn next_page(&self) -> Result<At> {
        let left = self.load.limit.map_or(u64::MAX, |limit| limit - self.before);
        let asked = left.min(u64::from(self.shared.config.row_page_size.get()));
        if asked == 0 {
            return Ok(At::Behind);
        }
        if let (Paging::FirstOnly(reason), true) = (self.load.paging, self.before > 0) {
            return self.demand_end(reason).await;
        }
        Ok(At::Inside { page: self.fetch(asked).await?, asked })
    }

    /// A first page that is exactly full may be all there is: whether a row follows does not depend on the order.
    async fn demand_end(&self, reason: NoOrder) -> Result<At> {
        let mut page = self.fetch(1).await?;
        match page.next_batch(&self.layout, self.before)? {
            None => Ok(At::Behind),
            Some(_) => Err(Error::Unordered { rows: self.before, reason }),
        }
    }

    async fn fetch(&self, limit: u64) -> Result<Page> {
        let offset = self.load.offset + self.before;
        let query = self.load.page(offset, limit);
        let timezone = query.timezone.clone().unwrap_or_default();
        let body = serde_json::to_string(&Body { query }).expect("a query is plain strings and numbers");
        let exchange = self.caller.post("load", self.shared.config.endpoint("load"), body);
        let body = patience::answer(&self.shared, &exchange, self.caller.deadline).await?;
        Page::open(body, Asked { limit, offset, timezone }, &self.layout)
    }
}
