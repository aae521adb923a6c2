//! The scenarios of Apache's integration tests for Flight and Flight SQL, by their names, over what this gateway serves.
//!
//! Apache's servers answer what each scenario needs. This one answers queries, so that every scenario is asked of data, and
//! what it needs of a server that stores or echoes is refused. Which is which is in `docs/clients/scenarios.md`, written
//! from the table below; every row of it is the test of that name.

mod flight;
mod flight_sql;

use std::fmt::Write;

use expect_test::expect_file;

use crate::harness::Gateway;

/// How much of a scenario there is.
enum Served {
    /// All of it.
    Whole,
    /// What is said beside it is not there, and is tested to be refused or left out.
    Part,
    /// Nothing.
    Refused,
}

use Served::{Part, Refused, Whole};

const SCENARIOS: [(&str, Served, &str); 15] = [
    ("ordered", Whole, "an answer with ORDER BY is announced as ordered, and one without is not"),
    ("expiration_time:do_get", Whole, "every endpoint says when it ends, and is read before"),
    ("expiration_time:list_actions", Whole, "CancelFlightInfo and RenewFlightEndpoint are listed"),
    (
        "expiration_time:cancel_flight_info",
        Part,
        "a query that runs is cancelled; tickets are kept nowhere, so what has not begun is `NOT_CANCELLABLE`",
    ),
    ("expiration_time:renew_flight_endpoint", Whole, "a renewed endpoint ends later and has the same rows"),
    (
        "session_options",
        Whole,
        "options are set, told, refused by name and taken back; the session is closed",
    ),
    (
        "poll_flight_info",
        Part,
        "complete at once, with its end and progress 1, as nothing runs before it is read; never to be polled again",
    ),
    (
        "app_metadata_flight_info_endpoint",
        Part,
        "FlightInfo has metadata: query and road; its endpoints have none",
    ),
    ("location:reuse_connection", Whole, "for sessions with `endpoint_location = reuse`"),
    ("auth:basic_proto", Whole, "BasicAuth in the handshake; its answer is sent as `auth-token-bin`"),
    ("middleware", Whole, "`x-request-id` comes back with answers and with errors"),
    ("do_exchange:echo", Refused, "`UNIMPLEMENTED`"),
    (
        "flight_sql",
        Part,
        "queries, prepared statements, schemas and all metadata; updates of data are `UNIMPLEMENTED`",
    ),
    (
        "flight_sql:extension",
        Part,
        "SQL info and CancelQuery; transactions, savepoints and Substrait are `UNIMPLEMENTED`",
    ),
    (
        "flight_sql:ingestion",
        Part,
        "temporary tables of the session, in the schema `temporary`; others and transactions are refused",
    ),
];

const HEAD: &str = "\
# Apache's scenarios

Apache Arrow tests its implementations of Flight and Flight SQL against each other by named scenarios. This is what
there is of each here. `tests/e2e/scenarios/` has a test for every row, which asks the gateway itself; this page is
written from their table.

| scenario | served | how |
|---|---|---|
";

#[test]
fn the_page_says_what_is_tested() {
    let mut page = HEAD.to_owned();
    let sources = [include_str!("scenarios/flight.rs"), include_str!("scenarios/flight_sql.rs")].concat();
    for (name, served, how) in SCENARIOS {
        let test = format!("async fn {}(", name.replace(':', "_"));
        assert!(sources.contains(&test), "{name} has no test");
        let served = match served {
            Whole => "yes",
            Part => "in part",
            Refused => "no",
        };
        writeln!(page, "| `{name}` | {served} | {how} |").unwrap();
    }
    expect_file!["../../docs/clients/scenarios.md"].assert_eq(&page);
}

/// A gateway over both roads, for scenarios that need no settings of their own.
fn gateway() -> Gateway {
    Gateway::start(&crate::harness::Settings::both_roads(&crate::harness::stacks().arrow))
}
