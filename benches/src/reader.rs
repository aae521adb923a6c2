//! A Flight SQL client that reads an answer to its end and keeps nothing of it.

use std::net::SocketAddr;

use arrow_flight::{Ticket, sql::client::FlightSqlServiceClient};
use arrow_schema::SchemaRef;
use futures::TryStreamExt;
use tonic::transport::{Channel, Endpoint};

use crate::{Result, fixture};

/// A connection.
#[derive(Clone)]
pub(crate) struct Reader(FlightSqlServiceClient<Channel>);

impl Reader {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self> {
        let endpoint = Endpoint::new(format!("http://{address}"))?.tcp_nodelay(true);
        let mut client = FlightSqlServiceClient::new(endpoint.connect().await?);
        client.set_token(fixture::token());
        Ok(Self(client))
    }

    /// GetFlightInfo: the ticket of a statement's rows, and their schema.
    pub(crate) async fn info(&mut self, sql: &str) -> Result<(Ticket, SchemaRef)> {
        let info = self.0.execute(sql.to_owned(), None).await?;
        let ticket = info.endpoint.first().and_then(|endpoint| endpoint.ticket.clone());
        let ticket = ticket.ok_or("the answer has no ticket")?;
        Ok((ticket, info.try_decode_schema()?.into()))
    }

    /// GetFlightInfo: the tickets of all parts of a statement's rows.
    pub(crate) async fn parts(&mut self, sql: &str) -> Result<Vec<Ticket>> {
        let info = self.0.execute(sql.to_owned(), None).await?;
        Ok(info.endpoint.into_iter().filter_map(|endpoint| endpoint.ticket).collect())
    }

    /// DoGet: how many rows there are, each of them decoded.
    pub(crate) async fn rows(&mut self, ticket: Ticket) -> Result<usize> {
        let batches = self.0.do_get(ticket).await?;
        Ok(batches.try_fold(0, async |rows, batch| Ok(rows + batch.num_rows())).await?)
    }

    /// Both calls, as a client makes them.
    pub(crate) async fn query(&mut self, sql: &str) -> Result<usize> {
        let (ticket, _) = self.info(sql).await?;
        self.rows(ticket).await
    }
}
