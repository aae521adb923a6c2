//! Messages there and back.

use bytes::Bytes;
use proptest::prelude::*;

use super::reply::{self, Body, ENVELOPE, Reply, ResultSet, peek_message_id};
use super::request::{Format, InlineTable, Parameter, Query, Request};
use crate::error::{Error, ErrorKind};

fn any_parameter() -> impl Strategy<Value = Parameter> {
    prop_oneof![
        Just(Parameter::Null),
        any::<bool>().prop_map(Parameter::Bool),
        any::<i64>().prop_map(Parameter::Int64),
        proptest::num::f64::NORMAL.prop_map(Parameter::Float64),
        Just(Parameter::Float64(0.0)),
        "\\PC{0,20}".prop_map(Parameter::String),
        proptest::collection::vec(any::<u8>(), 0..20).prop_map(Parameter::Binary),
    ]
}

fn any_inline_table() -> impl Strategy<Value = InlineTable> {
    let names = || proptest::collection::vec("\\PC{0,9}", 0..4);
    ("\\PC{0,9}", names(), names(), "\\PC{0,40}").prop_map(|(name, columns, types, csv)| InlineTable {
        name,
        columns,
        types,
        csv,
    })
}

fn any_request() -> impl Strategy<Value = Request> {
    let parameters = proptest::collection::vec(any_parameter(), 0..6);
    let inline_tables = proptest::collection::vec(any_inline_table(), 0..3);
    let trace = proptest::option::of("\\PC{0,20}");
    let query = ("\\PC{0,80}", parameters, trace, inline_tables)
        .prop_map(|(sql, parameters, trace, inline_tables)| Query { sql, parameters, trace, inline_tables });
    let format = prop_oneof![Just(Format::Text), Just(Format::Arrow)];
    (any::<u32>(), proptest::option::of("\\PC{0,40}"), query, format).prop_map(
        |(message_id, connection_id, query, format)| Request { message_id, connection_id, query, format },
    )
}

proptest! {
    #[test]
    fn requests_come_back_as_they_were(request in any_request()) {
        prop_assert_eq!(Request::decode(&request.encode()).expect("a request"), request);
    }

    #[test]
    fn a_cut_request_is_an_error(request in any_request(), end in any::<prop::sample::Index>()) {
        let bytes = request.encode();
        // Padding may be all that is missing, but a part is never read as another request.
        if let Ok(read) = Request::decode(&bytes[..end.index(bytes.len())]) {
            prop_assert_eq!(read, request);
        }
    }

    #[test]
    fn any_bytes_are_an_error_or_a_message(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Request::decode(&bytes);
        let _ = Reply::read(&Bytes::from(bytes));
    }
}

fn read(bytes: &Bytes) -> Reply {
    assert_eq!(peek_message_id(&bytes[..bytes.len().min(ENVELOPE)]), Some(7));
    let reply = Reply::read(bytes).expect("a reply");
    assert_eq!((reply.message_id, reply.connection_id.as_deref()), (7, Some("connection")));
    reply
}

#[test]
fn replies_come_back_as_they_were() {
    let connection = Some("connection");
    let error = read(&reply::error(7, connection, "no")).body.expect_err("a refusal");
    assert!(matches!(error, Error::Store { message } if message == "no"));

    let long = read(&reply::error(7, connection, &"é".repeat(100_000))).body.expect_err("a refusal");
    assert!(matches!(long, Error::Store { message } if message.len() == 64 << 10), "it is cut for the log");

    for is_last in [true, false] {
        let arrow = read(&reply::arrow(7, connection, b"data", is_last).expect("small"));
        let Ok(Body::Arrow { data, is_last: last }) = arrow.body else { panic!("{arrow:?}") };
        assert_eq!((data.as_ref(), last), (b"data".as_slice(), is_last));
    }
    assert!(matches!(read(&reply::completed(7, connection)).body, Ok(Body::Completed)));

    let mut set = ResultSet::new(["a", "b"], 0);
    set.row([Some("1"), None]).expect("small");
    let text = read(&set.finish(7, connection));
    let Ok(Body::Text(rows)) = text.body else { panic!("{text:?}") };
    let names: Vec<_> = rows.names().map(|name| name.expect("text")).collect();
    assert_eq!((names.as_slice(), rows.len()), (["a", "b"].as_slice(), 1));
}

#[test]
fn ids_may_be_absent() {
    let reply = Reply::read(&reply::completed(0, None)).expect("a reply");
    assert_eq!((reply.message_id, reply.connection_id), (0, None));
}

#[test]
fn a_request_is_no_reply_and_the_other_way_round() {
    let request =
        Request { message_id: 7, connection_id: None, query: Query::new("x"), format: Format::Text };
    let read = Reply::read(&request.encode()).expect("its id can be told");
    assert_eq!(read.body.expect_err("it is no reply").kind(), ErrorKind::Malformed);
    assert_eq!(
        Request::decode(&reply::completed(7, None)).expect_err("a reply").kind(),
        ErrorKind::Malformed
    );
}

#[test]
fn an_unknown_format_is_refused() {
    let request =
        Request { message_id: 1, connection_id: None, query: Query::new("x"), format: Format::Arrow };
    let mut bytes = request.encode().to_vec();
    let changed = (0..bytes.len()).filter(|at| {
        let before = std::mem::replace(&mut bytes[*at], 9);
        let is_refused = Request::decode(&bytes).is_err_and(|error| error.to_string().contains("format"));
        bytes[*at] = before;
        is_refused
    });
    assert_eq!(changed.count(), 1);
}
