//! What is counted.

use std::time::Duration;

use ::metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

/// Tells the recorder what the numbers mean.
pub fn describe() {
    describe_counter!("cubeflight_queries_total", "Queries that ended, by road and status");
    describe_histogram!(
        "cubeflight_query_duration_seconds",
        "From the start of a query to the end of its stream"
    );
    describe_counter!("cubeflight_query_rows_total", "Rows sent, by road");
    describe_counter!("cubeflight_query_bytes_total", "Bytes of Arrow data sent, by road");
    describe_histogram!("cubeflight_queue_wait_seconds", "How long queries waited for their turn");
    describe_gauge!("cubeflight_queries_running", "Queries that run");
    describe_gauge!("cubeflight_queries_waiting", "Queries that wait for their turn");
    describe_counter!("cubeflight_refusals_total", "Rollups that were looked at and not used, by reason");
    describe_counter!(
        "cubeflight_fallbacks_total",
        "Reads of rollups that failed and went to Cube's API, by error"
    );
    describe_counter!("cubeflight_errors_total", "Queries that failed, by error");
    describe_counter!("cubeflight_ingested_rows_total", "Rows that temporary tables were filled with");
    describe_gauge!("cubeflight_temporary_sessions", "Sessions that have temporary tables, or had");
    describe_gauge!("cubeflight_temporary_tables", "Temporary tables");
    describe_gauge!("cubeflight_temporary_bytes", "Memory that temporary tables have reserved");
    describe_gauge!("cubeflight_memory_reserved_bytes", "Memory that answers and queries have reserved");
}

pub(crate) fn waited(time: Duration) {
    histogram!("cubeflight_queue_wait_seconds").record(time.as_secs_f64());
}

pub(crate) fn refused(code: &'static str) {
    counter!("cubeflight_refusals_total", "reason" => code).increment(1);
}

pub(crate) fn fell_back(code: &'static str) {
    counter!("cubeflight_fallbacks_total", "error" => code).increment(1);
}

pub(crate) fn failed(code: &'static str) {
    counter!("cubeflight_errors_total", "error" => code).increment(1);
}

pub(crate) fn load(running: usize, waiting: usize, memory: usize) {
    gauge!("cubeflight_queries_running").set(running as f64);
    gauge!("cubeflight_queries_waiting").set(waiting as f64);
    gauge!("cubeflight_memory_reserved_bytes").set(memory as f64);
}

pub(crate) fn ingested(rows: u64) {
    counter!("cubeflight_ingested_rows_total").increment(rows);
}

pub(crate) fn temporary([sessions, tables, bytes]: [usize; 3]) {
    gauge!("cubeflight_temporary_sessions").set(sessions as f64);
    gauge!("cubeflight_temporary_tables").set(tables as f64);
    gauge!("cubeflight_temporary_bytes").set(bytes as f64);
}

/// A query that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) road: &'static str,
    pub(crate) status: &'static str,
    pub(crate) took: Duration,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

impl Ended {
    pub(crate) fn record(&self) {
        let (road, status) = (self.road, self.status);
        counter!("cubeflight_queries_total", "road" => road, "status" => status).increment(1);
        histogram!("cubeflight_query_duration_seconds", "road" => road).record(self.took.as_secs_f64());
        counter!("cubeflight_query_rows_total", "road" => road).increment(self.rows);
        counter!("cubeflight_query_bytes_total", "road" => road).increment(self.bytes);
    }
}
