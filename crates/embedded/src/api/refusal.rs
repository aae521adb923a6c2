//! The errors of Cube's HTTP API: a status and a JSON body, with the texts of the real server.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// What is answered instead of rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    status: StatusCode,
    body: Value,
}

impl Refusal {
    /// The query is not well-formed.
    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, body: json!({ "error": text.into() }) }
    }

    /// The query has another shape than the API's schema.
    pub(super) fn format(text: impl std::fmt::Display) -> Self {
        Self::bad(format!("Invalid query format: {text}"))
    }

    /// The query asks for what the model does not have.
    pub(super) fn user(text: impl Into<String>) -> Self {
        let body = json!({ "type": "UserError", "error": text.into() });
        Self { status: StatusCode::BAD_REQUEST, body }
    }

    /// The caller may not ask.
    pub(super) fn forbidden(text: &str) -> Self {
        Self { status: StatusCode::FORBIDDEN, body: json!({ "error": text }) }
    }

    /// The real server fails on this in its own code.
    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, body: json!({ "error": text.into() }) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}
