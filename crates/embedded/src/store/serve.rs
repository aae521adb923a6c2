//! A request's way: taken in once, run, answered, with the faults that a test asked for.

use std::{
    any::Any,
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::Ordering},
};

use bytes::Bytes;
use cubestore::codec::{
    reply,
    request::{Format, Request},
};
use futures::FutureExt;

use super::{
    Fault, State,
    cache::Cache,
    inbox::{Outgoing, Socket, Turn, deliver},
    reply::{To, Wanted},
};

/// Takes a request in, and has it run if it is a new one.
pub(super) async fn take(request: Request, socket: &Socket, state: &Arc<State>) {
    let key = request.connection_id.clone().map(|connection| (connection, request.message_id));
    if key.as_ref().is_some_and(|key| state.inbox.enter(key, socket) == Turn::Done) {
        return;
    }
    state.watch.see(&request.query.sql);
    let fault = state.watch.take_fault();
    let (socket, owned) = (socket.clone(), state.clone());
    let task = async move {
        if let Some(Fault::Delay(time)) = fault {
            tokio::time::sleep(time).await;
        }
        let replies = replies(&request, fault.as_ref(), &owned).await;
        match (key, fault) {
            (Some(key), Some(Fault::CloseBeforeReply)) => owned.inbox.lose(&key, replies),
            (None, Some(Fault::CloseBeforeReply)) => _ = deliver(&[Outgoing::Close], &socket),
            (Some(key), _) => owned.inbox.leave(&key, replies),
            (None, _) => _ = deliver(&replies, &socket),
        }
    };
    state.crew.run(task).await;
}

async fn replies(request: &Request, fault: Option<&Fault>, state: &State) -> Vec<Outgoing> {
    let (id, connection) = (request.message_id, request.connection_id.as_deref());
    let one = |bytes: Bytes| vec![Outgoing::Frame(bytes)];
    match fault {
        Some(Fault::Silent) => Vec::new(),
        Some(Fault::Error(text)) => one(reply::error(id, connection, text)),
        Some(Fault::Completed) => one(reply::completed(id, connection)),
        Some(Fault::GarbageReply) => one(Bytes::from_static(b"\xff\xfe\xfd this is no reply \x00\x01")),
        Some(Fault::TruncatedFlatBuffer) => {
            let whole = run(request, state).await;
            whole.into_iter().map(|bytes| Outgoing::Frame(bytes.slice(..bytes.len() / 2))).collect()
        }
        Some(Fault::CutFrameAfter(length)) => {
            run(request, state).await.into_iter().map(|bytes| Outgoing::Cut(bytes, *length)).collect()
        }
        None | Some(Fault::CloseBeforeReply | Fault::Delay(_)) => {
            run(request, state).await.into_iter().map(Outgoing::Frame).collect()
        }
    }
}

/// The frames that answer a request.
async fn run(request: &Request, state: &State) -> Vec<Bytes> {
    let wanted = wanted(request, state);
    if let Some(known) = state.cache.as_ref().and_then(|cache| cache.get(request, wanted)) {
        return known;
    }
    state.executions.fetch_add(1, Ordering::Relaxed);
    let tables = state.cache.as_ref().map(Cache::tables);
    match whatever_happens(execute(request, wanted, state)).await {
        Ok(frames) => {
            if let (Some(cache), Some(tables)) = (&state.cache, tables) {
                cache.put(request, wanted, &frames, tables);
            }
            frames
        }
        Err(text) => vec![reply::error(request.message_id, request.connection_id.as_deref(), &text)],
    }
}

async fn execute(request: &Request, wanted: Wanted, state: &State) -> Result<Vec<Bytes>, String> {
    let parameters = state.abilities.parameters.then_some(&request.query.parameters[..]);
    let answer = state.engine.answer(&request.query.sql, parameters, &state.catalogue).await;
    let answer = answer.map_err(|refusal| refusal.to_string())?;
    let to = To { message_id: request.message_id, connection_id: request.connection_id.as_deref() };
    answer.encode(wanted, to).map_err(|error| format!("Internal: {error}"))
}

/// An engine that panics must not leave its caller waiting.
async fn whatever_happens<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let ended = AssertUnwindSafe(work).catch_unwind().await;
    ended.unwrap_or_else(|panic| Err(format!("Panic: {}", words(&*panic))))
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words")
}

fn wanted(request: &Request, state: &State) -> Wanted {
    let asked = request.format == Format::Arrow;
    if asked && state.speaks_arrow() { Wanted::Arrow(state.arrow_frames) } else { Wanted::Text }
}

#[cfg(test)]
mod tests {
    use super::whatever_happens;

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let ends = |text: Result<(), String>| text.unwrap_err();
        assert_eq!(ends(whatever_happens(async { panic!("a word") }).await), "Panic: a word");
        assert_eq!(ends(whatever_happens(async { panic!("{}", 1) }).await), "Panic: 1");
        assert_eq!(ends(whatever_happens(async { Err("no".to_owned()) }).await), "no");
    }
}
