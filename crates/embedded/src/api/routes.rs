//! The API's endpoints and what they answer in which case.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Query, State as Extract},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::{
    Fault, State,
    load::{self, Request},
    meta,
    refusal::Refusal,
    token,
    waiting::Waited,
};

/// All endpoints.
pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/cubejs-api/v1/load", get(get_load).post(post_load))
        .route("/cubejs-api/v1/meta", get(get_meta))
        .route("/readyz", get(healthy))
        .route("/livez", get(healthy))
        .method_not_allowed_fallback(not_found)
        .fallback(not_found)
        .with_state(state)
}

async fn healthy() -> Response {
    Json(json!({ "health": "HEALTH" })).into_response()
}

async fn not_found(method: Method, uri: Uri) -> Response {
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n\
         <body>\n<pre>Cannot {method} {}</pre>\n</body>\n</html>\n",
        uri.path()
    );
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}

async fn get_meta(Extract(state): Extract<Arc<State>>, headers: HeaderMap) -> Response {
    state.watch.see("meta");
    let fault = state.watch.take_fault();
    meet(fault, async {
        match token::check(&headers, &state.secret) {
            Ok(()) => Json(meta::meta(&state.model)).into_response(),
            Err(refusal) => refusal.into_response(),
        }
    })
    .await
}

async fn get_load(
    Extract(state): Extract<Arc<State>>,
    headers: HeaderMap,
    Query(mut parameters): Query<HashMap<String, String>>,
) -> Response {
    let request = Request {
        query: parameters.remove("query").map(Value::String),
        query_type: parameters.remove("queryType"),
        cache: parameters.remove("cache").map(Value::String),
    };
    answer(state, &headers, Ok(request)).await
}

async fn post_load(Extract(state): Extract<Arc<State>>, headers: HeaderMap, body: Bytes) -> Response {
    let body = serde_json::from_slice::<Value>(&body);
    let request = body.map_err(|_| Refusal::failed("SyntaxError: Unexpected end of JSON input"));
    let request = request.map(|mut body| Request {
        query: body.get_mut("query").map(Value::take),
        query_type: body.get("queryType").and_then(Value::as_str).map(str::to_owned),
        cache: body.get_mut("cache").map(Value::take),
    });
    answer(state, &headers, request).await
}

async fn answer(state: Arc<State>, headers: &HeaderMap, request: Result<Request, Refusal>) -> Response {
    let asked = request.as_ref().ok().and_then(|request| request.query.as_ref());
    state.watch.see(&asked.map(Value::to_string).unwrap_or_default());
    let fault = state.watch.take_fault();
    meet(fault, async {
        match rows(&state, headers, request).await {
            Ok(response) => response,
            Err(refusal) => refusal.into_response(),
        }
    })
    .await
}

async fn rows(
    state: &Arc<State>,
    headers: &HeaderMap,
    request: Result<Request, Refusal>,
) -> Result<Response, Refusal> {
    token::check(headers, &state.secret)?;
    let request = request?;
    let query = request.query()?;
    let key = format!("{query} {:?}", request.query_type);
    let rows = load::load(state.clone(), request, query);
    match state.waiting.on(&key, rows, &state.crew, state.patience).await {
        Waited::Answer(outcome) => match &*outcome {
            Ok(answer) => Ok(Json(answer).into_response()),
            Err(refusal) => Err(refusal.clone()),
        },
        Waited::Continue => Ok(continue_wait()),
        Waited::Stopped => Ok(StatusCode::SERVICE_UNAVAILABLE.into_response()),
    }
}

fn continue_wait() -> Response {
    Json(json!({ "error": "Continue wait" })).into_response()
}

/// What a caller gets when a fault is in the way.
async fn meet(fault: Option<Fault>, right: impl Future<Output = Response>) -> Response {
    match fault {
        None => right.await,
        Some(Fault::ContinueWait) => continue_wait(),
        Some(Fault::InternalError) => Refusal::failed("Error: something broke").into_response(),
        Some(Fault::BadGateway) => {
            (StatusCode::BAD_GATEWAY, Html("<html><body><h1>502 Bad Gateway</h1></body></html>"))
                .into_response()
        }
        Some(Fault::TruncatedJson) => truncated(right.await).await,
        Some(Fault::Delay(time)) => {
            tokio::time::sleep(time).await;
            right.await
        }
    }
}

async fn truncated(response: Response) -> Response {
    let whole = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], half).into_response()
}
