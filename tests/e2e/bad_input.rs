//! What no client should send. Each is a clear status, and the next query is answered.

use arrow_flight::{
    FlightDescriptor, Ticket,
    sql::{Any, CommandStatementQuery, ProstMessageExt},
};
use bytes::Bytes;
use expect_test::{Expect, expect};
use fastrand::Rng;
use prost::Message;
use tonic::{Code, Request, metadata::MetadataValue};

use crate::harness::{Client, Gateway, Settings, stacks, status_said, token};

const ONE: &str = "SELECT MEASURE(count) FROM orders";

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_have_no_answer() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let client = &mut gateway.client().await;
    check(
        client,
        "SELEC 1",
        expect!["InvalidArgument: Expected: an SQL statement, found: SELEC at Line: 1, Column: 1"],
    )
    .await;
    check(client, "", expect!["InvalidArgument: expected one statement, found 0"]).await;
    check(client, "SELECT 1; SELECT 2", expect!["InvalidArgument: expected one statement, found 2"]).await;
    check(
        client,
        "SELECT MEASURE(revenu) FROM sales",
        expect!["InvalidArgument: there is no column `revenu`; did you mean `revenue`? (line 1, column 16)"],
    )
    .await;
    check(
        client,
        "SELECT returnflag FROM sale",
        expect!["InvalidArgument: there is no table `sale`; did you mean `sales`? (line 1, column 24)"],
    )
    .await;
    check(
        client,
        "SELECT returnflag, revenue FROM sales GROUP BY 1",
        expect!["InvalidArgument: `sales.revenue` is a measure; write MEASURE(revenue) (line 1, column 20)"],
    )
    .await;
    check(
        client,
        "SELECT MEASURE(returnflag) FROM sales",
        expect!["InvalidArgument: MEASURE takes a measure, and `returnflag` is none"],
    )
    .await;
    check(client, "SELECT SUM(customers) FROM sales", expect!["InvalidArgument: SUM does not fit `sales.customers`, a measure of type count_distinct; write MEASURE(customers)"]).await;
    check(client, "SELECT MEASURE(count) FROM sales WHERE revenue > 3", expect!["InvalidArgument: `sales.revenue` is a measure and WHERE tests rows; write HAVING MEASURE(revenue) (line 1, column 40)"]).await;
    check(client, "DELETE FROM sales", expect!["InvalidArgument: DELETE is not supported"]).await;
    check(
        client,
        "SELECT MEASURE(count) FROM sales WHERE shipdate > 'soon'",
        expect!["InvalidArgument: Cast error: Cannot cast string 'soon' to value of Date32 type"],
    )
    .await;
    check(client, "SELECT MEASURE(count) / 0 FROM sales", expect!["InvalidArgument: division by zero"]).await;
    check(
        client,
        "SELECT MEASURE(count) FROM sales WHERE returnflag = ?",
        expect!["InvalidArgument: the statement has 1 parameters, 0 were given"],
    )
    .await;
    check(
        client,
        &format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000)),
        expect!["InvalidArgument: the statement is nested too deeply"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_have_no_result() {
    let mut gateway =
        Gateway::start(&Settings::both_roads(&stacks().arrow).with("limits.memory = \"256 MiB\""));
    let client = &mut gateway.client().await;
    check(
        client,
        "SELECT MEASURE(count) + 9223372036854775807 FROM sales",
        expect!["InvalidArgument: a number is too large for its type"],
    )
    .await;
    check(
        client,
        "SELECT MEASURE(count) * 9223372036854775807 FROM sales",
        expect!["InvalidArgument: a number is too large for its type"],
    )
    .await;
    check(
        client,
        "SELECT CAST(MEASURE(revenue) AS DECIMAL(5, 2)) FROM sales",
        expect![
            "InvalidArgument: a function has no result for one of its values; the gateway's log says which"
        ],
    )
    .await;
    check(
        client,
        "SELECT make_date(2024, 2, 30)",
        expect![
            "InvalidArgument: a function has no result for one of its values; the gateway's log says which"
        ],
    )
    .await;
    check(
        client,
        "SELECT chr(1114112 + MEASURE(count)) FROM orders",
        expect![
            "InvalidArgument: a function has no result for one of its values; the gateway's log says which"
        ],
    )
    .await;
    check(
        client,
        "SELECT repeat(clerk, 1000000) FROM orders",
        expect![
            "InvalidArgument: a function has no result for one of its values; the gateway's log says which"
        ],
    )
    .await;
    check(
        client,
        "SELECT rpad(clerk, 100000000, 'y') FROM orders",
        expect![
            "InvalidArgument: a function has no result for one of its values; the gateway's log says which"
        ],
    )
    .await;
    check(
        client,
        "SELECT repeat('x', 100000000) FROM orders",
        expect![
            "InvalidArgument: a function has no result for one of its values; the gateway's log says which"
        ],
    )
    .await;
    let doubled = (0..24).fold("SELECT clerk AS c FROM orders".to_owned(), |query, _| {
        format!("SELECT c || c AS c FROM ({query}) AS q")
    });
    check(
        client,
        &doubled,
        expect![
            "InvalidArgument: a function has no result for one of its values; the gateway's log says which"
        ],
    )
    .await;
    assert!(gateway.lives());
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_are_none() {
    let mut gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let mut client = gateway.client().await;
    let query = CommandStatementQuery { query: ONE.to_owned(), transaction_id: None };
    let good = query.as_any().encode_to_vec();
    let unknown = Any { type_url: "type.googleapis.com/no.such.Command".to_owned(), value: Bytes::new() };
    let mut commands = vec![Vec::new(), b"nonsense".to_vec(), vec![0xff; 4096], unknown.encode_to_vec()];
    commands.extend((0..good.len()).map(|end| good[..end].to_vec()));
    let rng = &mut Rng::with_seed(7);
    commands.extend((0..200).map(|_| {
        let mut command = good.clone();
        let position = rng.usize(..command.len());
        command[position] = rng.u8(..);
        command
    }));
    let known = [Code::InvalidArgument, Code::Unimplemented, Code::NotFound];
    for command in commands {
        let described =
            client.sql.inner_mut().get_flight_info(signed(FlightDescriptor::new_cmd(command.clone())));
        if let Err(status) = described.await {
            let (code, text) = status_said(&status);
            assert!(known.contains(&code), "{code:?} {text} for {command:?}");
        }
        let read = client.sql.inner_mut().do_get(signed(Ticket { ticket: command.clone().into() })).await;
        let (code, text) = status_said(&read.map(|_| ()).expect_err("no ticket is made by hand"));
        assert!(known.contains(&code), "{code:?} {text} for {command:?}");
    }
    assert!(gateway.lives());
    assert_eq!(client.value(ONE).await, "15000");
}

fn signed<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let bearer = MetadataValue::try_from(format!("Bearer {}", token("tests", 600)));
    request.metadata_mut().insert("authorization", bearer.unwrap());
    request
}

async fn check(client: &mut Client, sql: &str, expect: Expect) {
    let (code, text) = client.query(sql).await.expect_err(sql);
    expect.assert_eq(&format!("{code:?}: {text}"));
    assert_eq!(client.value(ONE).await, "15000");
}
