//! A scripted Cube API on loopback, and the client against it.

mod meta;
mod paging;
mod patience;
mod refusals;
mod transfer;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request as HttpRequest,
    http::StatusCode,
    response::Response,
};
use cube_api::{Batches, Call, Client, Config, Error, Request, translate};
use futures::{StreamExt, TryStreamExt, future::BoxFuture};
use semantic::SemanticQuery;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet, time::Instant};

use crate::build::{MODEL, grouped};

/// The token that no error may show.
const TOKEN: &str = "sentinel.token.of-the-caller";

/// A request that the server got.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// From zero.
    pub(crate) index: usize,
    pub(crate) path: String,
    pub(crate) headers: axum::http::HeaderMap,
    /// `query` of the body.
    pub(crate) query: Value,
}

impl Seen {
    /// `limit` and `offset`.
    pub(crate) fn page(&self) -> (u64, u64) {
        let number = |key| self.query[key].as_u64().unwrap_or(0);
        (number("limit"), number("offset"))
    }
}

/// A running server, its client, and what it got. Dropping it ends the server.
pub(crate) struct Server {
    pub(crate) client: Client,
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    _tasks: JoinSet<()>,
}

pub(crate) type Reply = BoxFuture<'static, Response>;

/// A server that answers as `script` says.
pub(crate) async fn serve(script: impl Fn(Seen) -> Reply + Send + Sync + 'static) -> Server {
    serve_with(Config::default(), script).await
}

pub(crate) async fn serve_with(
    config: Config,
    script: impl Fn(Seen) -> Reply + Send + Sync + 'static,
) -> Server {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, script) = (seen.clone(), Arc::new(script));
    let app = Router::new().fallback(move |request: HttpRequest| {
        let (log, script) = (log.clone(), script.clone());
        async move {
            let seen = note(request, &log).await;
            script(seen).await
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
    let client = Client::new(at(address, config)).unwrap();
    Server { client, address, seen, _tasks: tasks }
}

pub(crate) fn at(address: SocketAddr, config: Config) -> Config {
    Config { url: format!("http://{address}").parse().unwrap(), ..config }
}

async fn note(request: HttpRequest, log: &Mutex<Vec<Seen>>) -> Seen {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut log = log.lock().unwrap();
    let (index, path) = (log.len(), parts.uri.path().to_owned());
    let seen = Seen { index, path, headers: parts.headers, query: body["query"].take() };
    log.push(seen.clone());
    seen
}

/// An answer that is ready.
pub(crate) fn now(status: u16, body: impl Into<Body>) -> Reply {
    let response =
        Response::builder().status(StatusCode::from_u16(status).unwrap()).body(body.into()).unwrap();
    Box::pin(async move { response })
}

/// A body in pieces; an error breaks the transfer off.
pub(crate) fn pieces(pieces: Vec<Result<&'static str, std::io::Error>>) -> Body {
    Body::from_stream(futures::stream::iter(pieces.into_iter().map(|piece| piece.map(Bytes::from))))
}

pub(crate) fn continue_wait() -> Reply {
    now(200, r#"{"error":"Continue wait"}"#)
}

/// Rows of `orders.status`, `orders.count`.
pub(crate) fn rows(rows: &[(&str, u64)]) -> String {
    let dataset: Vec<_> = rows.iter().map(|(status, count)| json!([status, count.to_string()])).collect();
    json!({"data": {"members": ["orders.status", "orders.count"], "dataset": dataset}}).to_string()
}

/// `SELECT status, COUNT(*) … GROUP BY status`.
pub(crate) fn by_status() -> SemanticQuery {
    grouped("status count")
}

impl Server {
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn batches(&self, query: &SemanticQuery, patience: Duration) -> Batches {
        load(&self.client, query, patience)
    }

    pub(crate) async fn rows(&self, query: &SemanticQuery) -> Result<Vec<String>, Error> {
        self.rows_within(query, Duration::from_secs(20)).await
    }

    pub(crate) async fn rows_within(
        &self,
        query: &SemanticQuery,
        patience: Duration,
    ) -> Result<Vec<String>, Error> {
        let batches: Vec<_> = self.batches(query, patience).try_collect().await.inspect_err(no_secret)?;
        Ok(batches.iter().flat_map(shown).collect())
    }

    /// The error of `SELECT status, COUNT(*)`.
    pub(crate) async fn error(&self) -> Error {
        self.rows(&by_status()).await.expect_err("the script answers with a mistake")
    }
}

pub(crate) fn load(client: &Client, query: &SemanticQuery, patience: Duration) -> Batches {
    let request: Request = translate(query, &MODEL).unwrap();
    let schema = request.schema(&MODEL).unwrap();
    client.load(&request, schema, call(patience)).boxed()
}

pub(crate) fn call(patience: Duration) -> Call<'static> {
    Call { credential: TOKEN, request_id: "query-17", deadline: Instant::now() + patience }
}

/// No error shows the token or what a value was, and the texts of none show the address.
pub(crate) fn no_secret(error: &Error) {
    let texts = format!("{error} {}", error.detail());
    for secret in ["sentinel", "127.0.0.1", "http://"] {
        assert!(!texts.contains(secret), "{texts}");
    }
    assert!(!format!("{error:?}").contains("sentinel"), "{error:?}");
}

pub(crate) fn shown(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null("NULL");
    let columns: Vec<_> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    (0..batch.num_rows())
        .map(|row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join(" | "))
        .collect()
}
