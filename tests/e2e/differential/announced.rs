//! The schema that is announced is that of the rows: for statements and prepared ones, from a rollup or from Cube.

use std::collections::BTreeSet;

use arrow::datatypes::Schema;
use arrow_flight::{
    FlightDescriptor, FlightInfo,
    sql::{CommandStatementQuery, ProstMessageExt},
};
use futures::TryStreamExt;
use prost::Message;

use super::generate::Question;
use crate::harness::{Client, Gateway, Settings, stacks};

const QUESTIONS: u64 = 300;

#[tokio::test(flavor = "multi_thread")]
async fn announced_schemas_are_those_of_the_rows() {
    let stack = &stacks().arrow;
    let gateways = [
        Gateway::start(&Settings::both_roads(stack).in_parts()),
        Gateway::start(&Settings::cube(&stack.cube_url())),
    ];
    let mut clients = [gateways[0].client().await, gateways[1].client().await];
    let mut different = BTreeSet::new();
    for seed in 0..QUESTIONS {
        let sql = Question::of(seed).sql;
        let mut schemas = Vec::new();
        for client in &mut clients {
            schemas.extend(of(client, &sql).await);
        }
        let (_, first) = &schemas[0];
        for (path, schema) in &schemas {
            if schema != first {
                different.insert(format!("{path} of\n{sql}\n{schema:#?}\nis not\n{first:#?}"));
            }
        }
    }
    assert!(different.is_empty(), "{}", different.into_iter().collect::<Vec<_>>().join("\n\n"));
}

/// The schemas of a statement, each as one path tells it, with its metadata.
async fn of(client: &mut Client, sql: &str) -> [(&'static str, Schema); 6] {
    let info = client.info(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let asked = CommandStatementQuery { query: sql.to_owned(), transaction_id: None };
    let request = client.with_headers(FlightDescriptor::new_cmd(asked.as_any().encode_to_vec()));
    let told = client.sql.inner_mut().get_schema(request).await.unwrap().into_inner();
    let mut prepared = client.sql.prepare(sql.to_owned(), None).await.unwrap();
    let described = prepared.dataset_schema().unwrap().clone();
    let executed = prepared.execute().await.unwrap();
    [
        ("GetFlightInfo", announced(&info)),
        ("GetSchema", (&told).try_into().unwrap()),
        ("DoGet", streamed(client, info).await),
        ("CreatePreparedStatement", described),
        ("GetFlightInfo of the prepared statement", announced(&executed)),
        ("DoGet of the prepared statement", streamed(client, executed).await),
    ]
}

fn announced(info: &FlightInfo) -> Schema {
    info.clone().try_decode_schema().unwrap()
}

async fn streamed(client: &mut Client, info: FlightInfo) -> Schema {
    let mut rows = client.sql.do_get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap();
    while rows.try_next().await.unwrap().is_some() {}
    rows.schema().unwrap().as_ref().clone()
}
