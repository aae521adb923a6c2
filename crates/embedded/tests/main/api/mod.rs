//! The API's own contract.

mod errors;
mod meta;
mod requests;
mod rows;
mod waiting;

use embedded::Stack;
use expect_test::Expect;
use serde_json::{Value, json};

use crate::harness::load;

/// The body of an error.
pub(super) fn error(text: &str) -> Value {
    json!({ "error": text })
}

/// The rows of a query.
pub(super) async fn data(stack: &Stack, query: Value) -> Value {
    load(stack, &query).await.1["data"].clone()
}

/// Compares a body with what is expected of it.
pub(super) fn check(value: &Value, expect: Expect) {
    expect.assert_eq(&serde_json::to_string_pretty(value).unwrap());
}
