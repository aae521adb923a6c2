//! Scenarios of Flight itself.

use std::time::Duration;

use arrow_flight::{
    BasicAuth, CancelFlightInfoRequest, CancelStatus, Empty, FlightData, FlightDescriptor, FlightEndpoint,
    FlightInfo, HandshakeRequest, PollInfo, RenewFlightEndpointRequest,
    sql::{CommandStatementQuery, ProstMessageExt},
};
use embedded::store::Fault;
use futures::TryStreamExt;
use prost::Message;
use tokio::task::JoinSet;
use tonic::{Code, Request, metadata::MetadataValue};

use super::gateway;
use crate::harness::{Client, Gateway, Settings, Wire, bearer, own_stack, stacks, token};

const SORTED: &str = "SELECT shipmode, MEASURE(count) AS n FROM sales GROUP BY 1 ORDER BY 1";
const BY_DAY: &str = "SELECT shipdate, shipmode, MEASURE(min_price) AS low FROM sales GROUP BY 1, 2";
/// The hash of `correct horse`, at its cheapest.
const HASH: &str =
    "$argon2id$v=19$m=1024,t=1,p=1$xRahDGKmJAboCLp0EAFa0A$cViEq/zaAMn+T2srwuvLeVpsmOzKwysaRVQqgfduz20";

fn query(sql: &str) -> FlightDescriptor {
    let command = CommandStatementQuery { query: sql.to_owned(), transaction_id: None };
    FlightDescriptor::new_cmd(command.as_any().encode_to_vec())
}

fn ends(endpoint: &FlightEndpoint) -> i64 {
    endpoint.expiration_time.as_ref().expect("endpoints of queries end").seconds
}

fn in_parts() -> Gateway {
    Gateway::start(&Settings::both_roads(&stacks().arrow).in_parts())
}

#[tokio::test(flavor = "multi_thread")]
async fn ordered() {
    let gateway = gateway();
    let mut client = gateway.client().await;
    let info = client.info(SORTED).await.unwrap();
    assert!(info.ordered);
    let rows: Vec<_> = client.read(info).await.unwrap().values.iter().map(|row| row[0].to_string()).collect();
    assert!(rows.len() == 7 && rows.is_sorted(), "{rows:?}");
    assert!(!client.info(BY_DAY).await.unwrap().ordered);
}

#[tokio::test(flavor = "multi_thread")]
async fn expiration_time_do_get() {
    let gateway = in_parts();
    let mut client = gateway.client().await;
    let info = client.info(BY_DAY).await.unwrap();
    assert!(info.endpoint.len() > 1);
    let now = chrono::Utc::now().timestamp();
    for endpoint in info.endpoint {
        assert!((1..=15 * 60).contains(&(ends(&endpoint) - now)));
        let (_, batches) = client.rows_of(endpoint.ticket.unwrap()).await.unwrap();
        assert!(batches.iter().any(|batch| batch.num_rows() > 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn expiration_time_list_actions() {
    let gateway = gateway();
    let mut client = gateway.client().await;
    let request = client.with_headers(Empty {});
    let actions = client.sql.inner_mut().list_actions(request).await.unwrap().into_inner();
    let actions: Vec<_> = actions.map_ok(|action| action.r#type).try_collect().await.unwrap();
    for action in ["CancelFlightInfo", "RenewFlightEndpoint"] {
        assert!(actions.iter().any(|listed| listed == action), "{actions:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn expiration_time_cancel_flight_info() {
    let stack = own_stack(Wire::Arrow);
    let gateway = Gateway::start(&Settings::rollups(&stack));
    let mut client = gateway.client().await;
    client.query(SORTED).await.unwrap();
    let info = client.info(SORTED).await.unwrap();
    let cancel = CancelFlightInfoRequest::new(info.clone()).encode_to_vec();
    let (_, result) = client.act("CancelFlightInfo", cancel).await.unwrap();
    assert_eq!(result[..], [8, CancelStatus::NotCancellable as u8], "it has not begun");

    stack.store().fault(Fault::Delay(Duration::from_secs(60)), 1);
    let (mut running, mut tasks) = (client.clone(), JoinSet::new());
    let asked = info.clone();
    tasks.spawn(async move { running.read(asked).await });
    let mut status = client.cancel(&info).await.unwrap();
    for _ in 0..200 {
        if status == CancelStatus::Cancelled as i32 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        status = client.cancel(&info).await.unwrap();
    }
    assert_eq!(status, CancelStatus::Cancelled as i32);
    let (code, text) = tasks.join_next().await.unwrap().unwrap().unwrap_err();
    assert_eq!((code, &*text), (Code::Cancelled, "the query was cancelled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn expiration_time_renew_flight_endpoint() {
    let gateway = in_parts();
    let mut client = gateway.client().await;
    let endpoint = client.info(BY_DAY).await.unwrap().endpoint.swap_remove(0);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let request = RenewFlightEndpointRequest::new(endpoint.clone()).encode_to_vec();
    let (_, renewed) = client.act("RenewFlightEndpoint", request).await.unwrap();
    let renewed = FlightEndpoint::decode(renewed).unwrap();
    assert!(ends(&renewed) > ends(&endpoint));
    let rows = client.rows_of(endpoint.ticket.unwrap()).await.unwrap();
    assert_eq!(client.rows_of(renewed.ticket.unwrap()).await.unwrap(), rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn poll_flight_info() {
    let gateway = gateway();
    let mut client = gateway.client().await;
    let request = client.with_headers(query(SORTED));
    let PollInfo { info, flight_descriptor, progress, expiration_time } =
        client.sql.inner_mut().poll_flight_info(request).await.unwrap().into_inner();
    let info = info.unwrap();
    assert!(flight_descriptor.is_none() && progress == Some(1.0));
    assert_eq!(expiration_time, info.endpoint[0].expiration_time);
    assert_eq!(client.read(info).await.unwrap().values.len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn app_metadata_flight_info_endpoint() {
    let gateway = gateway();
    let info: FlightInfo = gateway.client().await.info(SORTED).await.unwrap();
    let about: serde_json::Value = serde_json::from_slice(&info.app_metadata).unwrap();
    assert!(about["query_id"].is_string() && about["road"] == "rollup", "{about}");
    assert!(info.endpoint.iter().all(|endpoint| endpoint.app_metadata.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn location_reuse_connection() {
    let gateway = gateway();
    let mut client = gateway.client().await;
    assert!(client.info(SORTED).await.unwrap().endpoint[0].location.is_empty());
    let headers = client.update("SET endpoint_location = reuse").await.unwrap().0;
    client.sql.set_token(bearer(&headers));
    let info = client.info(SORTED).await.unwrap();
    let uris: Vec<_> = info.endpoint[0].location.iter().map(|location| &*location.uri).collect();
    assert_eq!(uris, ["arrow-flight-reuse-connection://?"]);
    assert_eq!(client.read(info).await.unwrap().values.len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn auth_basic_proto() {
    let user = format!("auth.users.ann.password_hash = \"{HASH}\"");
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow).with(&user));
    let mut client = gateway.client_with("").await;
    let (code, _) = client.info(SORTED).await.unwrap_err();
    assert_eq!(code, Code::Unauthenticated);
    let told = async |client: &mut Client, payload: Vec<u8>| {
        let message = HandshakeRequest { protocol_version: 0, payload: payload.into() };
        let messages = futures::stream::iter([message]);
        let mut answers = client.sql.inner_mut().handshake(Request::new(messages)).await?.into_inner();
        Ok::<_, tonic::Status>(answers.message().await?.unwrap().payload)
    };
    let ann = |password: &str| BasicAuth { username: "ann".to_owned(), password: password.to_owned() };
    for bad in [ann("wrong").encode_to_vec(), b"nonsense".to_vec(), Vec::new()] {
        let status = told(&mut client, bad).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{status}");
    }
    let token = told(&mut client, ann("correct horse").encode_to_vec()).await.unwrap();
    let mut request = Request::new(query("SELECT 1"));
    request.metadata_mut().insert_bin("auth-token-bin", MetadataValue::from_bytes(&token));
    let info = client.sql.inner_mut().get_flight_info(request).await.unwrap().into_inner();
    assert_eq!(info.endpoint.len(), 1);
    let mut request = Request::new(query("SELECT 1"));
    request.metadata_mut().insert_bin("auth-token-bin", MetadataValue::from_bytes(&token[1..]));
    let status = client.sql.inner_mut().get_flight_info(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread")]
async fn middleware() {
    let gateway = gateway();
    let mut client = gateway.client_with(&token("ann", 600)).await;
    client.header("x-request-id", "expected-value");
    let request = client.with_headers(query("SELECT nothing FROM nowhere"));
    let status = client.sql.inner_mut().get_flight_info(request).await.unwrap_err();
    assert_eq!(status.metadata().get("x-request-id").unwrap(), "expected-value");
    let request = client.with_headers(query(SORTED));
    let response = client.sql.inner_mut().get_flight_info(request).await.unwrap();
    assert_eq!(response.metadata().get("x-request-id").unwrap(), "expected-value");
}

#[tokio::test(flavor = "multi_thread")]
async fn do_exchange_echo() {
    let gateway = gateway();
    let mut client = gateway.client().await;
    let descriptor = FlightDescriptor::new_cmd("echo");
    let message = FlightData::new().with_descriptor(descriptor);
    let request = client.with_headers(futures::stream::iter([message]));
    let status = client.sql.inner_mut().do_exchange(request).await.unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unimplemented, "Flight SQL has no use for DoExchange")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn session_options() {
    let gateway = gateway();
    let mut client = gateway.client().await;
    // `timezone`, and an option that there is none of: maps of a name to a value, whose first variant is a text.
    let option = |name: &str, value: &str| {
        let value = [&[10, value.len() as u8], value.as_bytes()].concat();
        let entry = [&[10, name.len() as u8], name.as_bytes(), &[18, value.len() as u8], &value].concat();
        [&[10, entry.len() as u8][..], &entry].concat()
    };
    let options = [option("timezone", "Asia/Tokyo"), option("lol_invalid", "this won't get set")].concat();
    let (headers, errors) = client.act("SetSessionOptions", options).await.unwrap();
    // Its error is of the kind INVALID_NAME, which is 1.
    let invalid = [&[10, 17, 10, 11][..], b"lol_invalid", &[18, 2, 8, 1]].concat();
    assert_eq!(errors, invalid);
    client.sql.set_token(bearer(&headers));
    let told = async |client: &mut Client| client.act("GetSessionOptions", Vec::new()).await.unwrap().1;
    let has = |options: &[u8], text: &str| options.windows(text.len()).any(|part| part == text.as_bytes());
    let options = told(&mut client).await;
    assert!(has(&options, "Asia/Tokyo") && !has(&options, "lol_invalid"));
    // An option without value is taken back.
    let entry = [&[10, 8][..], b"timezone", &[18, 0]].concat();
    let (headers, errors) =
        client.act("SetSessionOptions", [&[10, entry.len() as u8][..], &entry].concat()).await.unwrap();
    assert!(errors.is_empty());
    client.sql.set_token(bearer(&headers));
    assert!(has(&told(&mut client).await, "UTC"));
    // CLOSED is 1.
    assert_eq!(client.act("CloseSession", Vec::new()).await.unwrap().1[..], [8, 1]);
}
