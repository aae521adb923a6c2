//! Temporary tables: who has them, for how long, and that rows arrive as a whole or not at all.

use std::{sync::Arc, time::Duration};

use arrow::array::{Int64Array, RecordBatch, StringArray};
use arrow_flight::{
    FlightData,
    sql::{CommandStatementIngest, TableDefinitionOptions, TableExistsOption, TableNotExistOption},
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::task::JoinSet;
use tonic::{Code, transport::Endpoint};

use crate::harness::{Client, Gateway, Settings, bearer, created, messages, stacks, token};

const KEY: &str = "auth.keys = [\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"]";
const ALL: &str = "SELECT shipmode, weight FROM wanted ORDER BY weight";
const JOINED: &str = "SELECT w.weight, MEASURE(s.count) AS n FROM sales s JOIN wanted w ON w.shipmode = s.shipmode \
                      GROUP BY 1 ORDER BY 1";
const BYTES: &str = "cubeflight_temporary_bytes";

/// Ship modes with a weight each.
fn wanted(modes: &[&str]) -> RecordBatch {
    let weights = Int64Array::from_iter_values(1..=modes.len() as i64);
    let modes = StringArray::from_iter_values(modes);
    RecordBatch::try_from_iter([("shipmode", Arc::new(modes) as _), ("weight", Arc::new(weights) as _)])
        .unwrap()
}

fn numbers(rows: i64) -> RecordBatch {
    let numbers = Int64Array::from_iter_values(0..rows);
    RecordBatch::try_from_iter([("n", Arc::new(numbers) as _)]).unwrap()
}

fn command(table: &str, missing: TableNotExistOption, there: TableExistsOption) -> CommandStatementIngest {
    let options = TableDefinitionOptions { if_not_exist: missing as i32, if_exists: there as i32 };
    CommandStatementIngest { table_definition_options: Some(options), ..created(table) }
}

/// Waits until a metric has this value.
async fn until(gateway: &Gateway, metric: &str, value: f64) {
    let mut found = f64::NAN;
    for _ in 0..200 {
        found = gateway.metric(metric, "").await;
        if found == value {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{metric} is {found}, not {value}");
}

async fn refused(client: &mut Client, sql: &str, code: Code, what: &str) {
    let (found, text) = client.query(sql).await.unwrap_err();
    assert!(found == code && text.contains(what), "{sql}: {found:?} {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_joined_with_a_cube_and_go_with_their_table_or_session() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let mut client = gateway.client().await;
    assert_eq!(client.ingest(&created("wanted"), &[wanted(&["AIR", "RAIL"])]).await.unwrap(), 2);
    let modes =
        "SELECT shipmode, MEASURE(count) FROM sales WHERE shipmode IN ('AIR', 'RAIL') GROUP BY 1 ORDER BY 1";
    let counts: Vec<_> =
        client.query(modes).await.unwrap().values.into_iter().map(|row| row[1].clone()).collect();
    let joined = client.query(JOINED).await.unwrap().values;
    assert_eq!(joined.iter().map(|row| row[1].clone()).collect::<Vec<_>>(), counts);
    assert_eq!(client.road(JOINED).await, "rollup");
    assert_eq!(client.explained(JOINED, "temporary").await, ["wanted"]);

    assert_eq!(gateway.metric("cubeflight_temporary_tables", "").await, 1.0);
    assert!(gateway.metric(BYTES, "").await > 0.0);
    assert_eq!(gateway.metric("cubeflight_ingested_rows_total", "").await, 2.0);
    client.update("DROP TABLE WANTED").await.unwrap();
    until(&gateway, BYTES, 0.0).await;
    refused(&mut client, ALL, Code::InvalidArgument, "there is no table `wanted`").await;
    let (code, text) = client.update("DROP TABLE wanted").await.unwrap_err();
    assert_eq!((code, &*text), (Code::NotFound, "there is no temporary table `wanted`"));
    client.update("DROP TABLE IF EXISTS wanted").await.unwrap();

    client.ingest(&created("wanted"), &[wanted(&["AIR"])]).await.unwrap();
    assert!(gateway.metric(BYTES, "").await > 0.0);
    client.act("CloseSession", Vec::new()).await.unwrap();
    until(&gateway, BYTES, 0.0).await;
    until(&gateway, "cubeflight_memory_reserved_bytes", 0.0).await;
    assert_eq!(gateway.metric("cubeflight_temporary_sessions", "").await, 0.0);
    refused(&mut client, ALL, Code::FailedPrecondition, "temporary tables are gone").await;
    // What needs no table of its own goes on, and the session begins anew with the next one.
    assert_eq!(client.query("SELECT MEASURE(count) FROM orders").await.unwrap().values.len(), 1);
    client.ingest(&created("wanted"), &[wanted(&["AIR"])]).await.unwrap();
    assert_eq!(client.query(ALL).await.unwrap().values.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_leaves_nothing() {
    let gateway =
        Gateway::start(&Settings::both_roads(&stacks().arrow).with("limits.query_timeout = \"2s\""));
    let mut client = gateway.client().await;
    let begun = || messages(&created("wanted"), &[wanted(&["AIR"]), wanted(&["RAIL"])]);

    // The sender leaves.
    let mut sending = JoinSet::new();
    let mut leaving = client.clone();
    let unended = stream::iter(begun()).chain(stream::pending());
    sending.spawn(async move { leaving.put(unended).await });
    let waiting = async {
        while gateway.metric("cubeflight_memory_reserved_bytes", "").await == 0.0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(2), waiting).await.unwrap();
    sending.shutdown().await;
    until(&gateway, "cubeflight_memory_reserved_bytes", 0.0).await;
    assert_eq!(gateway.metric("cubeflight_temporary_sessions", "").await, 0.0);

    // The sender is silent for too long.
    let (code, text) = client.put(stream::iter(begun()).chain(stream::pending())).await.unwrap_err();
    assert!(code == Code::DeadlineExceeded, "{code:?} {text}");

    // The last batch is none.
    let header = begun().pop().unwrap().data_header;
    for (bad, what) in [
        (FlightData { data_header: Bytes::from_static(b"no message"), ..FlightData::default() }, "Arrow"),
        (FlightData { data_header: header, ..FlightData::default() }, "shorter than its message says"),
        (messages(&created("wanted"), &[numbers(1)]).pop().unwrap(), "column"),
    ] {
        let messages: Vec<_> = begun().into_iter().chain([bad]).collect();
        let (code, text) = client.put(stream::iter(messages)).await.unwrap_err();
        assert!(code == Code::InvalidArgument && text.contains(what), "{code:?} {text}");
    }
    until(&gateway, "cubeflight_memory_reserved_bytes", 0.0).await;
    assert_eq!(gateway.metric("cubeflight_temporary_sessions", "").await, 0.0);

    // What is there already stays as it is.
    client.ingest(&created("wanted"), &[wanted(&["AIR"])]).await.unwrap();
    let held = gateway.metric(BYTES, "").await;
    let replacing = command("wanted", TableNotExistOption::Create, TableExistsOption::Replace);
    let mut broken = messages(&replacing, &[wanted(&["RAIL"])]);
    broken.push(FlightData { data_header: Bytes::from_static(b"no message"), ..FlightData::default() });
    client.put(stream::iter(broken)).await.unwrap_err();
    assert_eq!(client.query(ALL).await.unwrap().values[0][0].to_string(), "AIR");
    until(&gateway, BYTES, held).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_rows_are_refused_by_the_limit_that_they_exceed() {
    let check = async |settings: &str, setting: &str| {
        let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow).with(settings));
        let mut client = gateway.client().await;
        client.ingest(&created("kept"), &[numbers(10)]).await.unwrap();
        let before = gateway.metric("cubeflight_memory_reserved_bytes", "").await;
        let batches = vec![numbers(100_000); 40];
        let (code, text) = client.clone().ingest(&created("wanted"), &batches).await.unwrap_err();
        assert!(code == Code::ResourceExhausted && text.contains(setting), "{code:?} {text}");
        until(&gateway, "cubeflight_memory_reserved_bytes", before).await;
        assert_eq!(client.value("SELECT COUNT(*) FROM kept").await, "10");
        refused(&mut client, "SELECT * FROM wanted", Code::InvalidArgument, "there is no table").await;
    };
    check("temporary.session_memory = \"1 MiB\"", "`temporary.session_memory`").await;
    check("temporary.memory = \"2 MiB\"", "`temporary.memory`").await;
    check("limits.memory = \"24 MiB\"", "`limits.memory`").await;

    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow).with("temporary.session_memory = 0"));
    let (code, text) = gateway.client().await.ingest(&created("wanted"), &[numbers(1)]).await.unwrap_err();
    assert_eq!((code, text.contains("turned off")), (Code::FailedPrecondition, true), "{text}");
    // A message that is longer than messages may be.
    let gateway =
        Gateway::start(&Settings::both_roads(&stacks().arrow).with("temporary.max_message = \"1 KiB\""));
    let (code, text) =
        gateway.client().await.ingest(&created("wanted"), &[numbers(300_000)]).await.unwrap_err();
    assert_eq!((code, text.contains("too large")), (Code::OutOfRange, true), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_their_sessions_own() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let [mut first, mut second] = [gateway.client().await, gateway.client().await];
    let mut bob = gateway.client_with(&token("bob", 600)).await;
    first.ingest(&created("wanted"), &[wanted(&["AIR", "RAIL"])]).await.unwrap();
    assert_eq!(first.value("SELECT COUNT(*) FROM wanted").await, "2");
    for stranger in [&mut second, &mut bob] {
        refused(stranger, ALL, Code::InvalidArgument, "there is no table `wanted`").await;
        let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'temporary'";
        assert_eq!(stranger.query(tables).await.unwrap().values.len(), 0);
        stranger.update("DROP TABLE wanted").await.unwrap_err();
    }
    // The same text over tables of other columns: what was planned for one session is not the other's.
    second.ingest(&created("wanted"), &[numbers(7)]).await.unwrap();
    assert_eq!(second.value("SELECT COUNT(*) FROM wanted").await, "7");
    assert_eq!(second.query("SELECT * FROM wanted").await.unwrap().columns, ["n"]);
    assert_eq!(first.query("SELECT * FROM wanted").await.unwrap().columns, ["shipmode", "weight"]);

    // A ticket is good in its own session only, though the principal is the same.
    let info = first.info(ALL).await.unwrap();
    for stranger in [&mut second, &mut bob, &mut gateway.client().await] {
        let (code, _) = stranger.read(info.clone()).await.unwrap_err();
        assert_eq!(code, Code::NotFound);
    }
    assert_eq!(first.read(info.clone()).await.unwrap().values.len(), 2);
    // One of a statement that reads no such table is good everywhere.
    let other = first.info("SELECT MEASURE(count) FROM orders").await.unwrap();
    assert_eq!(second.read(other).await.unwrap().values.len(), 1);

    // Another table in the place of the announced one.
    let replacing = command("wanted", TableNotExistOption::Create, TableExistsOption::Replace);
    first.ingest(&replacing, &[wanted(&["SHIP"])]).await.unwrap();
    assert_eq!(first.read(info.clone()).await.unwrap().values[0][0].to_string(), "SHIP");
    let text = RecordBatch::try_from_iter([
        ("shipmode", Arc::new(StringArray::from(vec!["AIR"])) as _),
        ("weight", Arc::new(StringArray::from(vec!["heavy"])) as _),
    ]);
    first.ingest(&replacing, &[text.unwrap()]).await.unwrap();
    let (code, _) = first.read(info).await.unwrap_err();
    assert_eq!(code, Code::FailedPrecondition);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_replica_names_the_one_that_has_the_tables() {
    let settings = Settings::both_roads(&stacks().arrow).with(KEY);
    let named = |name: &str| Gateway::start(&settings.clone().with(&format!("node_id = \"{name}\"")));
    let (here, there) = (named("gateway-1"), named("gateway-2"));
    let mut client = here.client().await;
    client.ingest(&created("wanted"), &[wanted(&["AIR"])]).await.unwrap();
    let info = client.info(ALL).await.unwrap();

    let mut astray = there.client_with(&client.credential()).await;
    let elsewhere = (Code::FailedPrecondition, "on the replica `gateway-1`");
    refused(&mut astray, ALL, elsewhere.0, elsewhere.1).await;
    for result in [
        astray.read(info.clone()).await.map(drop),
        astray.ingest(&created("more"), &[numbers(1)]).await.map(drop),
        astray.update("DROP TABLE wanted").await.map(drop),
    ] {
        let (code, text) = result.unwrap_err();
        assert!(code == elsewhere.0 && text.contains(elsewhere.1), "{code:?} {text}");
    }
    // Cubes are there for everybody, and what is closed there stays open here.
    assert_eq!(astray.query("SELECT MEASURE(count) FROM orders").await.unwrap().values.len(), 1);
    astray.act("CloseSession", Vec::new()).await.unwrap();
    assert_eq!(client.read(info).await.unwrap().values.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_nobody_uses_are_given_up() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow).with("temporary.idle = \"1500ms\""));
    let [mut used, mut idle] = [gateway.client().await, gateway.client().await];
    used.ingest(&created("wanted"), &[wanted(&["AIR"])]).await.unwrap();
    idle.ingest(&created("wanted"), &[wanted(&["AIR"])]).await.unwrap();
    let both = gateway.metric(BYTES, "").await;
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(used.query(ALL).await.unwrap().values.len(), 1);
    }
    assert_eq!(gateway.metric(BYTES, "").await, both / 2.0);
    refused(&mut idle, ALL, Code::FailedPrecondition, "gone").await;
    until(&gateway, BYTES, 0.0).await;
    until(&gateway, "cubeflight_memory_reserved_bytes", 0.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_are_not_taken() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let mut client = gateway.client().await;
    let text = |text: &str| Some(text.to_owned());
    let option = [("batch_size".to_owned(), "1".to_owned())].into();
    let (create, fail) = (TableNotExistOption::Create, TableExistsOption::Fail);
    for (command, code, what) in [
        (CommandStatementIngest { temporary: false, ..created("a") }, Code::Unimplemented, "temporary"),
        (
            CommandStatementIngest { transaction_id: Some(Bytes::from_static(b"t")), ..created("a") },
            Code::Unimplemented,
            "there are no transactions",
        ),
        (
            CommandStatementIngest { schema: text("public"), ..created("a") },
            Code::InvalidArgument,
            "`public`",
        ),
        (CommandStatementIngest { catalog: text("main"), ..created("a") }, Code::InvalidArgument, "`main`"),
        (CommandStatementIngest { options: option, ..created("a") }, Code::InvalidArgument, "`batch_size`"),
        (
            CommandStatementIngest { table_definition_options: None, ..created("a") },
            Code::InvalidArgument,
            "what to do",
        ),
        (command("a", TableNotExistOption::Unspecified, fail), Code::InvalidArgument, "no such table"),
        (command("a", create, TableExistsOption::Unspecified), Code::InvalidArgument, "such a table"),
        (command("a", TableNotExistOption::Fail, TableExistsOption::Append), Code::NotFound, "`a`"),
        (created("SALES"), Code::AlreadyExists, "`sales` is the name of a cube or view"),
        (created(""), Code::InvalidArgument, "the name of a temporary table"),
        (created("a\nb"), Code::InvalidArgument, "the name of a temporary table"),
    ] {
        let (found, said) = client.clone().ingest(&command, &[numbers(1)]).await.unwrap_err();
        assert!(found == code && said.contains(what), "{found:?} {said}");
    }
    // Names are found as others are, and are one however they are spelled.
    client.ingest(&created("My List"), &[numbers(1)]).await.unwrap();
    let (code, _) = client.clone().ingest(&created("my list"), &[numbers(1)]).await.unwrap_err();
    assert_eq!(code, Code::AlreadyExists);
    let append = command("MY LIST", TableNotExistOption::Fail, TableExistsOption::Append);
    client.ingest(&append, &[numbers(2)]).await.unwrap();
    assert_eq!(client.value("SELECT COUNT(*) FROM \"my list\"").await, "3");
    // Without a row there is a table.
    client.ingest(&created("empty"), &[numbers(0)]).await.unwrap();
    assert_eq!(client.value("SELECT COUNT(*) FROM empty").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_driver_in_go_that_misses_its_session_is_given_it_again() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let own = token("ann", 600);
    let connect = async || {
        let endpoint = Endpoint::new(format!("http://{}", gateway.address())).unwrap();
        let channel = endpoint.user_agent("grpc-go/1.84.0").unwrap().connect().await.unwrap();
        Client::over(channel, &own)
    };
    let (mut client, mut other) = (connect().await, connect().await);
    let ingested = client.put(stream::iter(messages(&created("wanted"), &[wanted(&["AIR"])]))).await;
    let given = bearer(&ingested.unwrap().0);
    // Its next call shows the old credential, over the same connection.
    let info = client.sql.execute(ALL.to_owned(), None).await.unwrap();
    assert_eq!(client.read(info).await.unwrap().values.len(), 1);
    // The same credential over another connection is another session's.
    refused(&mut other, ALL, Code::InvalidArgument, "there is no table `wanted`").await;
    // Once it has shown what it was given, the old credential alone is nobody's again.
    let mut aware = client.clone();
    aware.sql.set_token(given);
    assert_eq!(aware.query(ALL).await.unwrap().values.len(), 1);
    refused(&mut client, ALL, Code::InvalidArgument, "there is no table `wanted`").await;
}
