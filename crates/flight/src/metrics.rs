//! What is counted at the door.

use ::metrics::{counter, describe_counter, describe_gauge, gauge};

/// Tells the recorder what the numbers mean.
pub fn describe() {
    describe_counter!("cubeflight_flight_calls_total", "Calls by method and gRPC code");
    describe_counter!("cubeflight_auth_failures_total", "Credentials that were not accepted");
    describe_gauge!(
        "cubeflight_flight_runs",
        "Queries of which this replica still knows, so that they can be cancelled"
    );
}

pub(crate) fn called(method: &'static str, code: tonic::Code) {
    counter!("cubeflight_flight_calls_total", "method" => method, "code" => code_name(code)).increment(1);
}

pub(crate) fn runs(count: usize) {
    gauge!("cubeflight_flight_runs").set(count as f64);
}

pub(crate) fn refused_credential() {
    counter!("cubeflight_auth_failures_total").increment(1);
}

fn code_name(code: tonic::Code) -> &'static str {
    use tonic::Code;
    match code {
        Code::Ok => "ok",
        Code::Cancelled => "cancelled",
        Code::Unknown => "unknown",
        Code::InvalidArgument => "invalid_argument",
        Code::DeadlineExceeded => "deadline_exceeded",
        Code::NotFound => "not_found",
        Code::AlreadyExists => "already_exists",
        Code::PermissionDenied => "permission_denied",
        Code::ResourceExhausted => "resource_exhausted",
        Code::FailedPrecondition => "failed_precondition",
        Code::Aborted => "aborted",
        Code::OutOfRange => "out_of_range",
        Code::Unimplemented => "unimplemented",
        Code::Internal => "internal",
        Code::Unavailable => "unavailable",
        Code::DataLoss => "data_loss",
        Code::Unauthenticated => "unauthenticated",
    }
}
