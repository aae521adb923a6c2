//! One request and its answer over HTTP. Owns headers, the limit of size and what a broken transfer is; never
//! repeats anything.

use std::sync::Arc;

use reqwest::{
    Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use tokio::time::Instant;
use url::Url;

use super::{Call, Shared, refusal};
use crate::{
    error::{Error, Result},
    metrics,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Bytes of a refusal that are read.
const REFUSAL_BYTES: usize = 64 << 10;

/// A call's headers and deadline, for as many requests as it takes.
pub(super) struct Caller {
    headers: HeaderMap,
    pub(super) deadline: Instant,
}

/// A request that can be sent more than once.
pub(super) struct Exchange {
    /// The label of measurements.
    pub(super) endpoint: &'static str,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    /// A body is posted; without one the address is read.
    pub(super) body: Option<String>,
}

impl Caller {
    pub(super) fn new(call: Call<'_>) -> Result<Self> {
        let mut headers = HeaderMap::new();
        if !call.credential.is_empty() {
            let mut value = HeaderValue::from_str(call.credential)
                .map_err(|_| Error::Auth { message: "it cannot be sent in a header".to_owned() })?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        // An id only helps to find the call in Cube's log: one that no header can hold is left out.
        if let Ok(id) = HeaderValue::from_str(call.request_id) {
            headers.insert(REQUEST_ID, id);
        }
        Ok(Self { headers, deadline: call.deadline })
    }

    pub(super) fn post(&self, endpoint: &'static str, url: Url, body: String) -> Exchange {
        Exchange { endpoint, url, headers: self.headers.clone(), body: Some(body) }
    }

    pub(super) fn get(&self, endpoint: &'static str, url: Url) -> Exchange {
        Exchange { endpoint, url, headers: self.headers.clone(), body: None }
    }
}

impl Exchange {
    /// Sends the request and reads the whole answer.
    pub(super) async fn once(&self, shared: &Shared) -> Result<String> {
        let started = Instant::now();
        let outcome = self.answer(shared).await;
        match &outcome {
            Ok(body) => metrics::answered(self.endpoint, started.elapsed(), body.len()),
            Err(error) => metrics::failed(self.endpoint, error.kind()),
        }
        outcome
    }

    async fn answer(&self, shared: &Shared) -> Result<String> {
        let request = match &self.body {
            Some(body) => {
                shared.http.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body.clone())
            }
            None => shared.http.get(self.url.clone()),
        };
        let response = request.headers(self.headers.clone()).send().await.map_err(unreachable)?;
        match response.status() {
            StatusCode::OK => read(response, shared.config.max_response_bytes).await,
            status => Err(refusal::of(status, &read_refusal(response).await)),
        }
    }
}

async fn read(mut response: Response, limit: u64) -> Result<String> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit {
        return Err(Error::TooLarge { limit });
    }
    let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if (body.len() + chunk.len()) as u64 > limit {
            return Err(Error::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).map_err(|error| Error::Malformed {
        what: "it is not UTF-8",
        source: Some(Arc::new(error.utf8_error())),
    })
}

/// The beginning of a refusal. What breaks it off does not matter: its status is known.
async fn read_refusal(mut response: Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await
        && body.len() < REFUSAL_BYTES
    {
        body.extend_from_slice(&chunk);
    }
    String::from_utf8_lossy(&body).into_owned()
}

fn unreachable(error: reqwest::Error) -> Error {
    Error::Unreachable { attempts: 1, source: Arc::new(error.without_url()) }
}
