//! Answers in parts: announced as several endpoints whose rows together are those of one, or not at all.

use std::{fs, time::Duration};

use arrow::{array::RecordBatch, compute::concat_batches};
use arrow_flight::{CancelStatus, FlightEndpoint, FlightInfo, RenewFlightEndpointRequest};
use embedded::store::Fault;
use prost::Message;
use serde_json::Value;
use tokio::task::JoinSet;
use tonic::Code;

use crate::harness::{Client, Gateway, Rows, Settings, Wire, bearer, own_stack, stacks, token};

const KEY: &str = "auth.keys = [\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"]";
/// From a rollup with a table for every month.
const BY_DAY: &str = "SELECT shipdate, shipmode, MEASURE(min_price) AS low FROM sales GROUP BY 1, 2";
const CHANGED: &str = "the tables behind the answer are others than when it was announced; ask again";

fn in_parts(settings: Settings) -> Settings {
    settings.with(KEY).in_parts()
}

async fn endpoints(client: &mut Client, sql: &str) -> usize {
    let info = client.info(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    info.endpoint.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shares_no_group_is_announced_in_parts_and_has_the_same_rows() {
    let gateway = Gateway::start(&in_parts(Settings::both_roads(&stacks().arrow)));
    let whole = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let (mut client, mut whole) = (gateway.client().await, whole.client().await);
    let month = "CAST(date_trunc('month', shipdate) AS DATE)";
    let keys = |keys: &str, rest: &str| {
        format!("SELECT {keys}, MEASURE(min_price) AS low, MEASURE(count) AS n FROM sales {rest}")
    };
    for (sql, parts) in [
        (BY_DAY.to_owned(), 64),
        (keys("date_trunc('month', shipdate), shipmode", "GROUP BY 1, 2"), 64),
        (keys("date_trunc('day', shipdate)", "GROUP BY 1 HAVING MEASURE(min_price) > 1000"), 64),
        (keys("shipdate", "WHERE shipmode = 'AIR' GROUP BY 1"), 64),
        (keys("shipdate", "WHERE shipdate BETWEEN DATE '1995-01-15' AND DATE '1995-03-02' GROUP BY 1"), 3),
        (keys("shipdate", "WHERE shipdate BETWEEN DATE '1995-01-15' AND DATE '1995-01-20' GROUP BY 1"), 1),
        // Groups of several tables.
        (keys("date_trunc('year', shipdate)", "GROUP BY 1"), 1),
        (keys("date_trunc('week', shipdate)", "GROUP BY 1"), 1),
        (keys("shipmode", "GROUP BY 1"), 1),
        ("SELECT MEASURE(min_price) FROM sales".to_owned(), 1),
        // An order, a part or more than the rows of a table.
        (keys("shipdate", "GROUP BY 1 ORDER BY 1"), 1),
        (keys("shipdate", "GROUP BY 1 ORDER BY 1 LIMIT 100"), 1),
        (format!("SELECT COUNT(*) FROM ({BY_DAY})"), 1),
        (format!("{BY_DAY} UNION ALL {BY_DAY}"), 1),
        (format!("SELECT shipdate, MEASURE(min_price) + 1 AS more FROM sales GROUP BY {month}, 1"), 1),
        (format!("EXPLAIN {BY_DAY}"), 1),
        // A table for all, Cube, nobody.
        ("SELECT shipdate, linestatus, MEASURE(count) AS n FROM sales GROUP BY 1, 2".to_owned(), 1),
        (
            "SELECT shipdate, clerk, MEASURE(count) AS n FROM sales WHERE clerk = 'x' GROUP BY 1, 2"
                .to_owned(),
            1,
        ),
        ("SELECT 1 AS one".to_owned(), 1),
        // Each ticket holds the statement.
        (format!("{BY_DAY} -- {}", "long ".repeat(20_000)), 1),
    ] {
        let short = &sql[..sql.len().min(200)];
        assert_eq!(endpoints(&mut client, &sql).await, parts, "{short}");
        assert_eq!(endpoints(&mut whole, &sql).await, 1, "{short}");
        let (rows, right) = (client.query(&sql).await.unwrap(), whole.query(&sql).await.unwrap());
        assert!(rows.values.len() > 1 || parts == 1, "{short}");
        assert_eq!(rows.sorted().difference(&right.sorted()), None, "{short}");
    }
    assert_eq!(gateway.metric("cubeflight_fallbacks_total", "").await, 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_read_at_once_at_any_replica() {
    let settings = in_parts(Settings::both_roads(&stacks().arrow));
    let gateways = [Gateway::start(&settings), Gateway::start(&settings)];
    let mut client = gateways[0].client().await;
    let info = client.info(BY_DAY).await.unwrap();
    let mut reading = JoinSet::new();
    for (at, endpoint) in info.endpoint.into_iter().enumerate() {
        let mut client = gateways[at % 2].client().await;
        reading.spawn(async move { client.rows_of(endpoint.ticket.unwrap()).await.unwrap() });
    }
    let parts = reading.join_all().await;
    let schema = parts[0].0.clone();
    let batches: Vec<_> = parts.into_iter().flat_map(|(_, batches)| batches).collect();
    let rows = Rows::of(&concat_batches(&schema, &batches).unwrap());
    let right =
        Gateway::start(&Settings::cube(&stacks().arrow.cube_url())).client().await.query(BY_DAY).await;
    assert_eq!(rows.sorted().difference(&right.unwrap().sorted()), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_say_how_many_and_where() {
    let settings = Settings::both_roads(&stacks().arrow).with("flight.endpoint_rows = 10000");
    let gateway = Gateway::start(&settings);
    let mut client = gateway.client().await;
    let one = client.info(BY_DAY).await.unwrap();
    assert_eq!((one.endpoint.len(), one.endpoint[0].location.len()), (1, 0));
    let set = client.update("SET endpoints = 64").await.unwrap().0;
    let mut client = gateway.client_with(&bearer(&set)).await;
    let set = client.update("SET endpoint_location = reuse").await.unwrap().0;
    let mut client = gateway.client_with(&bearer(&set)).await;
    let info = client.info(BY_DAY).await.unwrap();
    // As many as there are ten thousands of rows.
    assert!((2..10).contains(&info.endpoint.len()), "{}", info.endpoint.len());
    for endpoint in &info.endpoint {
        let locations: Vec<_> = endpoint.location.iter().map(|location| location.uri.as_str()).collect();
        assert_eq!(locations, ["arrow-flight-reuse-connection://?"]);
    }
    // One that is renewed is the same part.
    let endpoint = info.endpoint[1].clone();
    let request = RenewFlightEndpointRequest::new(endpoint.clone()).encode_to_vec();
    let (_, body) = client.act("RenewFlightEndpoint", request).await.unwrap();
    let renewed = FlightEndpoint::decode(body).unwrap();
    assert_eq!(renewed.location, endpoint.location);
    let mut rows_of = async |endpoint: FlightEndpoint| {
        let (schema, batches) = client.rows_of(endpoint.ticket.unwrap()).await.unwrap();
        Rows::of(&concat_batches(&schema, &batches).unwrap()).sorted()
    };
    assert_eq!(rows_of(renewed).await.difference(&rows_of(endpoint).await), None);

    let rows = client.read(info).await.unwrap().sorted();
    assert_eq!(rows.difference(&client.read(one).await.unwrap().sorted()), None);
}

/// Leaves the first tables out of a manifest.
fn without(manifest: &str, tables: usize) -> String {
    let mut manifest: Value = serde_json::from_str(manifest).unwrap();
    for rollup in manifest["rollups"].as_array_mut().unwrap() {
        let built = rollup["tables"].as_array_mut().unwrap();
        if built.len() > tables {
            built.drain(..tables);
            rollup["range"][0] = built[0]["partition"].clone();
        }
    }
    manifest.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_other_tables_are_refused() {
    let stack = &stacks().arrow;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tables.json");
    let all = fs::read_to_string(stack.manifest_path()).unwrap();
    fs::write(&file, &all).unwrap();
    let lines = format!(
        "access.rules = \"model\"\nstore.url = \"{}\"\ntables = {{ manifest = \"{}\", refresh = \"1h\" }}",
        stack.store_url(),
        file.display()
    );
    let settings = in_parts(Settings::cube(&stack.cube_url()).with(&lines));
    let gateway = Gateway::start(&settings);
    let mut client = gateway.client().await;
    let old = client.info(BY_DAY).await.unwrap();
    let refused = async |client: &mut Client, info: &FlightInfo| {
        for endpoint in &info.endpoint {
            let error = client.rows_of(endpoint.ticket.clone().unwrap()).await.unwrap_err();
            assert_eq!(error, (Code::FailedPrecondition, CHANGED.to_owned()));
        }
    };
    fs::write(&file, without(&all, 1)).unwrap();
    // This replica has the new list only; the other one does not know it yet and looks when it is asked.
    let newer = Gateway::start(&settings);
    let mut fresh = newer.client().await;
    refused(&mut fresh, &old).await;
    let new = fresh.info(BY_DAY).await.unwrap();
    assert_eq!(
        client.read(new).await.unwrap().sorted().difference(&fresh.query(BY_DAY).await.unwrap().sorted()),
        None
    );
    refused(&mut client, &old).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_part_is_answered_by_cube() {
    let stack = own_stack(Wire::Arrow);
    let gateway = Gateway::start(&in_parts(Settings::both_roads(&stack)));
    let mut client = gateway.client().await;
    let info = client.info(BY_DAY).await.unwrap();
    let ticket = || info.endpoint[1].ticket.clone().unwrap();
    let count = |batches: Vec<RecordBatch>| batches.iter().map(RecordBatch::num_rows).sum::<usize>();
    let rows = count(client.rows_of(ticket()).await.unwrap().1);
    stack.store().fault(Fault::Error("Internal: out of disk".to_owned()), 1);
    let (code, text) = client.rows_of(ticket()).await.unwrap_err();
    assert_eq!(code, Code::FailedPrecondition, "{text}");
    assert_eq!(count(client.rows_of(ticket()).await.unwrap().1), rows);
    // A table that was dropped is not looked for under another name.
    let gone = "Error during planning: Table demo.gone was not found";
    stack.store().fault(Fault::Error(gone.to_owned()), 1);
    let error = client.rows_of(ticket()).await.unwrap_err();
    assert_eq!(error, (Code::FailedPrecondition, CHANGED.to_owned()));
    assert_eq!(gateway.metric("cubeflight_fallbacks_total", "").await, 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_rules_are_not_known_nothing_is_in_parts() {
    let stack = &stacks().arrow;
    let manifest = stack.manifest_path();
    let lines =
        format!("store.url = \"{}\"\ntables.manifest = \"{}\"", stack.store_url(), manifest.display());
    let strict = Gateway::start(&in_parts(Settings::cube(&stack.cube_url()).with(&lines)));
    let mut strict = strict.client().await;
    assert_eq!(endpoints(&mut strict, BY_DAY).await, 1);
    // Nor is a part that was announced where they were known.
    let open = Gateway::start(&in_parts(Settings::both_roads(stack)));
    let info = open.client().await.info(BY_DAY).await.unwrap();
    let error = strict.rows_of(info.endpoint[0].ticket.clone().unwrap()).await.unwrap_err();
    assert_eq!(error, (Code::FailedPrecondition, CHANGED.to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_parts_are_cancelled_together_by_their_owner_alone() {
    let stack = own_stack(Wire::Arrow);
    let gateway = Gateway::start(&in_parts(Settings::rollups(&stack)).with("flight.max_streams = 100"));
    let mut ann = gateway.client_with(&token("ann", 600)).await;
    let info = ann.info(BY_DAY).await.unwrap();
    stack.store().fault(Fault::Delay(Duration::from_secs(60)), 4);
    let mut reading = JoinSet::new();
    for endpoint in info.endpoint.iter().take(4).cloned() {
        let mut ann = ann.clone();
        reading.spawn(async move { ann.rows_of(endpoint.ticket.unwrap()).await });
    }
    for _ in 0..200 {
        if gateway.metric("cubeflight_queries_running", "").await == 4.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut bob = gateway.client_with(&token("bob", 600)).await;
    assert_eq!(bob.cancel(&info).await, Err(Code::NotFound));
    let other = bob.rows_of(info.endpoint[0].ticket.clone().unwrap()).await.unwrap_err();
    assert_eq!(other.0, Code::NotFound);
    assert_eq!(ann.cancel(&info).await, Ok(CancelStatus::Cancelled as i32));
    for part in reading.join_all().await {
        assert_eq!(part.unwrap_err().0, Code::Cancelled);
    }
    assert_eq!(gateway.metric("cubeflight_queries_running", "").await, 0.0);
}
