//! Sessions: what is set on one replica holds on every other, for its owner alone.

use std::collections::BTreeMap;

use prost::Message;
use tonic::Code;
use tonic::metadata::MetadataMap;

use crate::harness::{Client, Gateway, Settings, bearer, stacks, token};

const KEY: &str = "auth.keys = [\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"]";
const NOW: &str = "SELECT CAST(now() AS VARCHAR)";
const ONE: &str = "SELECT MEASURE(count) FROM orders";

/// The messages of Flight that its crate does not have.
#[derive(Clone, PartialEq, Message)]
struct Options {
    #[prost(btree_map = "string, message", tag = "1")]
    options: BTreeMap<String, OptionValue>,
}

#[derive(Clone, PartialEq, Message)]
struct OptionValue {
    #[prost(string, optional, tag = "1")]
    text: Option<String>,
    #[prost(sfixed64, optional, tag = "3")]
    number: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Errors {
    #[prost(btree_map = "string, message", tag = "1")]
    errors: BTreeMap<String, OptionError>,
}

#[derive(Clone, PartialEq, Message)]
struct OptionError {
    #[prost(int32, tag = "1")]
    value: i32,
}

fn text(text: &str) -> OptionValue {
    OptionValue { text: Some(text.to_owned()), number: None }
}

/// Sets options; the headers of the answer and what could not be set.
async fn set(client: &mut Client, options: &[(&str, OptionValue)]) -> (MetadataMap, Vec<(String, i32)>) {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let (headers, body) = client.act("SetSessionOptions", Options { options }.encode_to_vec()).await.unwrap();
    let errors = Errors::decode(body).unwrap().errors;
    (headers, errors.into_iter().map(|(name, error)| (name, error.value)).collect())
}

async fn shown(client: &mut Client) -> BTreeMap<String, String> {
    let (_, body) = client.act("GetSessionOptions", Vec::new()).await.unwrap();
    let options = Options::decode(body).unwrap().options;
    options.into_iter().map(|(name, value)| (name, value.text.unwrap())).collect()
}

fn cookie(headers: &MetadataMap) -> String {
    let header = headers.get("set-cookie").unwrap().to_str().unwrap();
    header.split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_set_read_and_refused_by_name() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let mut client = gateway.client().await;
    let untouched = shown(&mut client).await;
    let defaults = [
        ("catalog", "cube"),
        ("compression", "none"),
        ("endpoint_location", "none"),
        ("road", "auto"),
        ("schema", "public"),
        ("text_encoding", "plain"),
        ("timezone", "UTC"),
    ];
    assert_eq!(untouched, defaults.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    let seconds = OptionValue { text: None, number: Some(90) };
    let asked = [
        ("timezone", text("Asia/Tokyo")),
        ("query_timeout", seconds),
        ("catalog", text("cube")),
        ("schema", text("elsewhere")),
        ("road", text("sea")),
        ("colour", text("red")),
    ];
    let (headers, errors) = set(&mut client, &asked).await;
    // INVALID_NAME is 1, INVALID_VALUE 2.
    assert_eq!(
        errors,
        [("colour", 1), ("road", 2), ("schema", 2)].map(|(name, code)| (name.to_owned(), code))
    );
    let mut session = gateway.client_with(&bearer(&headers)).await;
    let now = shown(&mut session).await;
    assert_eq!((&*now["timezone"], &*now["query_timeout"], &*now["road"]), ("Asia/Tokyo", "1m 30s", "auto"));
    // An option without value goes back to what it was.
    let (headers, errors) = set(&mut session, &[("timezone", OptionValue::default())]).await;
    assert_eq!(errors, []);
    let mut session = gateway.client_with(&bearer(&headers)).await;
    assert_eq!(shown(&mut session).await["timezone"], "UTC");
    // CLOSED is 1; the cookie is taken back.
    let (headers, closed) = session.act("CloseSession", Vec::new()).await.unwrap();
    assert_eq!(&closed[..], [8, 1]);
    assert_eq!(cookie(&headers), "cubeflight-session=");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_one_replica_holds_on_another() {
    let settings = Settings::both_roads(&stacks().arrow).with(KEY);
    let (first, second) = (Gateway::start(&settings), Gateway::start(&settings));
    let mut client = first.client().await;
    let (headers, _) = set(&mut client, &[("timezone", text("Asia/Tokyo"))]).await;
    let hour = async |client: &mut Client| client.value(NOW).await[11..13].parse::<i32>().unwrap();
    let here = hour(&mut second.client().await).await;
    let ahead = |there: i32| (there - here).rem_euclid(24);
    // The minute may turn the hour between two queries.
    let tokyo = 9..=10;

    let mut by_token = second.client_with(&bearer(&headers)).await;
    assert!(tokyo.contains(&ahead(hour(&mut by_token).await)));
    let mut by_cookie = second.client().await;
    by_cookie.header("cookie", &format!("other=1; {}", cookie(&headers)));
    assert!(tokyo.contains(&ahead(hour(&mut by_cookie).await)));

    // The session is in its ticket too, whoever redeems it.
    let info = by_token.info(NOW).await.unwrap();
    let rows = second.client().await.read(info).await.unwrap();
    assert!(tokyo.contains(&ahead(rows.values[0][0].to_string()[11..13].parse().unwrap())));

    // It is nobody else's.
    let mut bob = second.client_with(&token("bob", 600)).await;
    bob.header("cookie", &cookie(&headers));
    let (code, text) = bob.query(NOW).await.unwrap_err();
    assert_eq!((code, text.contains("session is not valid")), (Code::Unauthenticated, true), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_set_options_too() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let mut client = gateway.client().await;
    for (sql, option, value) in [
        ("SET TIME ZONE 'Europe/Berlin'", "timezone", "Europe/Berlin"),
        ("SET road = cube", "road", "cube"),
        ("RESET road", "road", "auto"),
        ("USE cube.public", "schema", "public"),
    ] {
        let (headers, rows) = client.update(sql).await.unwrap();
        assert_eq!(rows, 0);
        client = gateway.client_with(&bearer(&headers)).await;
        assert_eq!(shown(&mut client).await[option], value, "{sql}");
    }
    assert_eq!(shown(&mut client).await["timezone"], "Europe/Berlin");
    for (sql, code, what) in [
        ("SET colour = red", Code::InvalidArgument, "no session option `colour`"),
        (
            "SET timezone = 'Mars'",
            Code::InvalidArgument,
            "`Mars` is no value of the session option `timezone`",
        ),
        ("SET timezone", Code::InvalidArgument, "a session is changed by SET name = value"),
        ("DELETE FROM orders", Code::Unimplemented, "reads only"),
    ] {
        let (found, text) = client.update(sql).await.unwrap_err();
        assert!(found == code && text.contains(what), "{sql}: {found:?} {text}");
    }

    // As a query it answers no rows, and the session comes with what announces them.
    let info = client.info("SET road = rollup").await.unwrap();
    assert_eq!((info.endpoint.len(), info.total_records), (0, 0));

    // Prepared, it has no columns, by which JDBC knows an update.
    let mut prepared = client.sql.prepare("SET road = rollup".to_owned(), None).await.unwrap();
    assert_eq!(prepared.dataset_schema().unwrap().fields().len(), 0);
    assert_eq!(prepared.execute_update().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn roads_and_timeouts_of_a_session_are_kept() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let mut client = gateway.client().await;
    assert_eq!(client.road(ONE).await, "rollup");
    let (headers, _) = set(&mut client, &[("road", text("cube"))]).await;
    let mut by_cube = gateway.client_with(&bearer(&headers)).await;
    assert_eq!(by_cube.road(ONE).await, "cube");
    assert_eq!(by_cube.value(ONE).await, "15000");
    let info = by_cube.info(ONE).await.unwrap();
    assert!(std::str::from_utf8(&info.app_metadata).unwrap().contains(r#""road":"cube""#));

    let (headers, _) = set(&mut client, &[("road", text("rollup"))]).await;
    let mut by_rollup = gateway.client_with(&bearer(&headers)).await;
    assert_eq!(by_rollup.value(ONE).await, "15000");
    let rows = "SELECT orderkey FROM orders LIMIT 1";
    assert_eq!(client.road(rows).await, "cube");
    let (code, text_of) = by_rollup.query(rows).await.unwrap_err();
    assert_eq!(code, Code::FailedPrecondition);
    assert!(text_of.contains("the session's `road` is `rollup`"), "{text_of}");

    let (headers, _) = set(&mut client, &[("query_timeout", text("1ms"))]).await;
    let mut hurried = gateway.client_with(&bearer(&headers)).await;
    let (code, _) = hurried.query(rows).await.unwrap_err();
    assert_eq!(code, Code::DeadlineExceeded);
}
