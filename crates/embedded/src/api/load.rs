//! `/v1/load`: a query in, its rows out.

use std::sync::Arc;

use chrono::Utc;
use chrono_tz::Tz;
use datafusion::arrow::{array::AsArray, datatypes::Int64Type};
use semantic::granularity::millis;
use serde_json::{Value, json};

use super::{
    State, annotation, answer,
    form::{self, Form},
    oracle,
    question::Question,
    refusal::Refusal,
};
use crate::Error;

/// The body of a request, however it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Request {
    /// An object, or a text that holds one.
    pub(super) query: Option<Value>,
    /// `multi`: the answer is a list of results.
    pub(super) query_type: Option<String>,
    /// How fresh the answer must be.
    pub(super) cache: Option<Value>,
}

impl Request {
    /// The query as an object.
    pub(super) fn query(&self) -> Result<Value, Refusal> {
        form::cache_mode(self.cache.as_ref())?;
        let query = match self.query.clone().ok_or_else(|| Refusal::bad("Query param is required"))? {
            Value::String(text) => serde_json::from_str(&text).map_err(|error| {
                Refusal::bad(format!("Unable to decode query param as JSON, error: {error}"))
            })?,
            other => other,
        };
        if query.is_array() {
            let text = "'blendingQuery' query type is not supported by the client.Please update the client.";
            return Err(Refusal::bad(text));
        }
        Ok(query)
    }

    fn is_multi(&self) -> bool {
        self.query_type.as_deref() == Some("multi")
    }
}

/// Answers a query from the source tables.
pub(super) async fn load(state: Arc<State>, request: Request, query: Value) -> Result<Value, Refusal> {
    let form = form::read(&query)?;
    let question = Question::find(&form, &state.model, state.limits)?;
    let now = wall_clock_now(question.zone);
    let rows = state.source.sql(&oracle::statement(&question, &state.model, now)?).await.map_err(refused)?;
    let data = answer::data(&question, &rows).map_err(|error| Refusal::failed(format!("Error: {error}")))?;
    let mut result = annotation::around(data, &form.query, &question, &state.model);
    if question.total {
        result.insert("total".to_owned(), total(&state, &question, now).await?);
    }
    Ok(shape(Value::Object(result), &request, &form))
}

fn shape(result: Value, request: &Request, form: &Form) -> Value {
    if !request.is_multi() {
        return result;
    }
    json!({
        "queryType": "regularQuery",
        "results": [result],
        "pivotQuery": form.query,
        "slowQuery": false,
    })
}

async fn total(state: &State, question: &Question<'_>, now: i64) -> Result<Value, Refusal> {
    let rows = state.source.sql(&oracle::counting(question, &state.model, now)?).await.map_err(refused)?;
    let counts = rows.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().iter().flatten());
    Ok(json!(counts.sum::<i64>()))
}

fn wall_clock_now(zone: Tz) -> i64 {
    millis(Utc::now().with_timezone(&zone).naive_local())
}

/// A database error is the caller's, as with the real server.
fn refused(error: Error) -> Refusal {
    match error {
        Error::Source(error) => Refusal::bad(format!("Error: {}", error.strip_backtrace())),
        other => Refusal::failed(format!("Error: {other}")),
    }
}
