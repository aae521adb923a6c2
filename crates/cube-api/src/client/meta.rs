//! What Cube shows to a caller, and whether it is ready. Owns the few keys of `/meta` that are looked at.

use std::collections::HashSet;

use reqwest::header::HeaderMap;
use semantic::MemberName;
use serde::Deserialize;
use tokio::time::Instant;

use super::{
    Shared,
    exchange::{Caller, Exchange},
    patience,
};
use crate::error::{Error, Result};

#[derive(Deserialize)]
struct Meta {
    cubes: Vec<Table>,
}

#[derive(Deserialize)]
struct Table {
    #[serde(default)]
    measures: Vec<Member>,
    #[serde(default)]
    dimensions: Vec<Member>,
    #[serde(default)]
    segments: Vec<Member>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    name: String,
    #[serde(default = "visible")]
    is_visible: bool,
}

fn visible() -> bool {
    true
}

pub(super) async fn visible_members(shared: &Shared, caller: &Caller) -> Result<HashSet<MemberName>> {
    let exchange = caller.get("meta", shared.config.endpoint("meta"));
    let body = patience::answer(shared, &exchange, caller.deadline).await?;
    let meta: Meta = serde_json::from_str(&body).map_err(|error| Error::Malformed {
        what: "its model cannot be read",
        source: Some(std::sync::Arc::new(error)),
    })?;
    Ok(members(meta))
}

fn members(meta: Meta) -> HashSet<MemberName> {
    let tables = meta.cubes.into_iter();
    let members = tables.flat_map(|table| [table.measures, table.dimensions, table.segments]).flatten();
    // A name that no model can spell is in no model, so that nothing is hidden by leaving it out.
    members
        .filter(|member| member.is_visible)
        .filter_map(|member| MemberName::parse(&member.name).ok())
        .collect()
}

pub(super) async fn ready(shared: &Shared, deadline: Instant) -> Result<()> {
    let url = shared.config.readiness();
    let exchange = Exchange { endpoint: "readyz", url, headers: HeaderMap::new(), body: None };
    let started = Instant::now();
    let outcome = tokio::time::timeout_at(deadline, exchange.once(shared)).await;
    let timeout = |_| Error::Timeout { waited: started.elapsed(), rounds: 0 };
    match outcome.map_err(timeout)? {
        // A server that is down says so with 500.
        Err(Error::Failed { status, .. }) => Err(Error::Unavailable { status, attempts: 1 }),
        other => other.map(drop),
    }
}
