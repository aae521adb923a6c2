//! The measurements of this crate. Owns their names and labels; never knows who scrapes them.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

use crate::error::ErrorKind;

const REQUESTS: &str = "cubeflight_cube_api_requests_total";
const SECONDS: &str = "cubeflight_cube_api_request_seconds";
const BYTES: &str = "cubeflight_cube_api_received_bytes_total";
const ROWS: &str = "cubeflight_cube_api_rows_total";
const WAITS: &str = "cubeflight_cube_api_continue_waits_total";
const RETRIES: &str = "cubeflight_cube_api_retries_total";

/// Tells the recorder what each measurement means; called once, after it is installed.
pub fn describe() {
    describe_counter!(REQUESTS, Unit::Count, "requests to Cube's API, by endpoint and outcome");
    describe_histogram!(SECONDS, Unit::Seconds, "from sending a request to the end of its answer");
    describe_counter!(BYTES, Unit::Bytes, "unpacked bytes of answers");
    describe_counter!(ROWS, Unit::Count, "rows decoded");
    describe_counter!(WAITS, Unit::Count, "answers that asked for patience");
    describe_counter!(RETRIES, Unit::Count, "requests sent again");
}

pub(crate) fn answered(endpoint: &'static str, took: Duration, bytes: usize) {
    counter!(REQUESTS, "endpoint" => endpoint, "outcome" => "ok").increment(1);
    counter!(BYTES, "endpoint" => endpoint).increment(bytes as u64);
    histogram!(SECONDS, "endpoint" => endpoint).record(took.as_secs_f64());
}

pub(crate) fn failed(endpoint: &'static str, kind: ErrorKind) {
    counter!(REQUESTS, "endpoint" => endpoint, "outcome" => outcome(kind)).increment(1);
}

pub(crate) fn rows(count: usize) {
    counter!(ROWS).increment(count as u64);
}

pub(crate) fn continue_wait() {
    counter!(WAITS).increment(1);
}

pub(crate) fn retry() {
    counter!(RETRIES).increment(1);
}

fn outcome(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Config => "config",
        ErrorKind::NotExact => "not_exact",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Auth => "auth",
        ErrorKind::User => "user",
        ErrorKind::Failed => "failed",
        ErrorKind::TooLarge => "too_large",
        ErrorKind::Malformed => "malformed",
        ErrorKind::Mismatch => "mismatch",
    }
}
