//! Two gateways behind a balancer that sends every connection to the next one, and tickets that somebody changed.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use arrow::array::{Int64Array, RecordBatch};
use arrow_flight::{
    FlightDescriptor, Ticket,
    sql::{
        ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult, Any,
        CommandPreparedStatementQuery, ProstMessageExt, TicketStatementQuery,
    },
};
use bytes::Bytes;
use prost::Message;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tonic::Code;

use crate::harness::{Client, Gateway, Settings, bearer, created, stacks, token};

const KEY: &str = "auth.keys = [\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"]";
const ONE: &str = "SELECT MEASURE(count) FROM orders";
/// Tickets that are changed.
const TICKETS: usize = 200;

/// Sends connections to the gateways in turn until it is dropped.
async fn balanced(gateways: &[&Gateway]) -> (SocketAddr, JoinSet<()>) {
    let targets: Vec<SocketAddr> = gateways.iter().map(|gateway| gateway.address()).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (next, mut open) = (AtomicUsize::new(0), JoinSet::new());
        loop {
            let (mut from, _) = listener.accept().await.unwrap();
            let target = targets[next.fetch_add(1, Ordering::Relaxed) % targets.len()];
            open.spawn(async move {
                let mut to = TcpStream::connect(target).await.unwrap();
                // Either side may go away.
                let _ = copy_bidirectional(&mut from, &mut to).await;
            });
        }
    });
    (address, tasks)
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_behind_a_balancer_serve_each_others_tickets_handles_and_sessions() {
    let settings = Settings::both_roads(&stacks().arrow).with(KEY);
    let (first, second) = (Gateway::start(&settings), Gateway::start(&settings));
    let (address, _tasks) = balanced(&[&first, &second]).await;
    let mut own = token("ann", 600);
    for _ in 0..10 {
        // Every step comes over a connection of its own, and so to the other replica; an odd number of them, so that
        // the next round begins at the other one.
        let mut asking = Client::connect(address, &own).await;
        let info = asking.info(ONE).await.unwrap();
        let mut reading = Client::connect(address, &own).await;
        assert_eq!(reading.read(info).await.unwrap().values[0][0].to_string(), "15000");

        let handle = prepared(&mut Client::connect(address, &own).await).await;
        let mut running = Client::connect(address, &own).await;
        let request = running.with_headers(handle);
        let info = running.sql.inner_mut().get_flight_info(request).await.unwrap().into_inner();
        let mut reading = Client::connect(address, &own).await;
        assert_eq!(reading.read(info).await.unwrap().values.len(), 1);

        let setting = Client::connect(address, &own).await.update("SET TIME ZONE 'Asia/Tokyo'").await;
        own = bearer(&setting.unwrap().0);
        let (_, options) =
            Client::connect(address, &own).await.act("GetSessionOptions", Vec::new()).await.unwrap();
        assert!(options.windows(10).any(|part| part == b"Asia/Tokyo"));
    }
    for gateway in [&first, &second] {
        let calls = gateway.metric("cubeflight_flight_calls_total", "method=\"DoGet\"").await;
        assert!(calls >= 10.0, "{calls}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_came_over_a_connection_are_there_for_it() {
    let settings = Settings::both_roads(&stacks().arrow).with(KEY);
    let named = |name: &str| Gateway::start(&settings.clone().with(&format!("node_id = \"{name}\"")));
    let (first, second) = (named("gateway-1"), named("gateway-2"));
    let (address, _tasks) = balanced(&[&first, &second]).await;
    let rows = RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![1, 2, 4])) as _)]).unwrap();
    for here in ["gateway-1", "gateway-2", "gateway-1"] {
        let mut client = Client::connect(address, &token("ann", 600)).await;
        client.ingest(&created("numbers"), std::slice::from_ref(&rows)).await.unwrap();
        assert_eq!(client.value("SELECT SUM(n) FROM numbers").await, "7");
        // The next connection leads to the other replica, and the one after it to this one again.
        let mut elsewhere = Client::connect(address, &client.credential()).await;
        let (code, text) = elsewhere.query("SELECT SUM(n) FROM numbers").await.unwrap_err();
        assert!(code == Code::FailedPrecondition && text.contains(here), "{code:?} {text}");
        let mut again = Client::connect(address, &client.credential()).await;
        assert_eq!(again.value("SELECT SUM(n) FROM numbers").await, "7");
    }
}

/// What asks for the rows of a statement that was prepared.
async fn prepared(client: &mut Client) -> FlightDescriptor {
    let request = ActionCreatePreparedStatementRequest { query: ONE.to_owned(), transaction_id: None };
    let (_, body) = client.act("CreatePreparedStatement", request.as_any().encode_to_vec()).await.unwrap();
    let result: ActionCreatePreparedStatementResult = Any::decode(body).unwrap().unpack().unwrap().unwrap();
    let prepared_statement_handle = result.prepared_statement_handle;
    let command = CommandPreparedStatementQuery { prepared_statement_handle };
    FlightDescriptor::new_cmd(command.as_any().encode_to_vec())
}

/// The sealed bytes of a ticket.
fn sealed(ticket: &Ticket) -> Vec<u8> {
    let any = Any::decode(ticket.ticket.clone()).unwrap();
    any.unpack::<TicketStatementQuery>().unwrap().unwrap().statement_handle.to_vec()
}

fn wrapped(sealed: Vec<u8>) -> Ticket {
    let ticket = TicketStatementQuery { statement_handle: Bytes::from(sealed) };
    Ticket { ticket: ticket.as_any().encode_to_vec().into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_ticket_is_taken_and_all_are_told_the_same() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow).with("flight.ticket_ttl = \"60s\""));
    let mut ann = gateway.client_with(&token("ann", 600)).await;
    let mut bob = gateway.client_with(&token("bob", 600)).await;
    let short = Gateway::start(&Settings::both_roads(&stacks().arrow).with("flight.ticket_ttl = \"1s\""));
    let mut late = short.client_with(&token("ann", 600)).await;
    let expired = late.info(ONE).await.unwrap().endpoint[0].ticket.clone().unwrap();
    let mut told = HashSet::new();
    let mut tried = 0;
    for number in 0..TICKETS {
        let info = ann.info(&format!("SELECT {number} + MEASURE(count) FROM orders")).await.unwrap();
        let good = sealed(info.endpoint[0].ticket.as_ref().unwrap());
        let mut forged: Vec<Vec<u8>> = Vec::new();
        // All bits of all tickets are many calls; each ticket takes its share, and together they cover every bit.
        for bit in (number..good.len() * 8).step_by(TICKETS) {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            forged.push(flipped);
        }
        forged.push(good[..good.len() - 1 - number % good.len()].to_vec());
        forged.push([good.as_slice(), &[0]].concat());
        for bytes in forged {
            told.insert(ann.rows_of(wrapped(bytes)).await.unwrap_err());
            tried += 1;
        }
        told.insert(bob.rows_of(wrapped(good)).await.unwrap_err());
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    told.insert(late.rows_of(expired).await.unwrap_err());
    assert!(tried > 10 * TICKETS / 4, "{tried}");
    let text = "the ticket or handle is not valid here: it expired, or belongs to somebody else or to another session";
    assert_eq!(told, HashSet::from([(Code::NotFound, text.to_owned())]));
}
