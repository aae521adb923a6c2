//! Which answers there are and whose they are.

use std::sync::Arc;

use arrow_array::types::Int64Type;
use arrow_array::{Int64Array, RecordBatch, cast::AsArray};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};
use cubestore::codec::reply::{self, ResultSet};
use cubestore::codec::request::{Format, Request};
use cubestore::{Chunk, ColumnRow, ErrorKind, InlineTable, Lane, Parameter, Query, TableRow};
use futures::future::join_all;
use futures::{StreamExt, TryStreamExt};

use super::{ask, ask_in, echoed, run, shape, text};
use crate::store::{Peer, Store, echo, error, rows};

#[test]
fn replies_find_their_queries_in_any_order() {
    run(async {
        let store = Store::start(|mut peer| async move {
            let mut requests = Vec::new();
            for _ in 0..3 {
                requests.push(peer.request().await.expect("three requests"));
            }
            for request in requests.iter().rev() {
                peer.send(echo(request)).await;
            }
            peer.ignore().await;
        })
        .await;
        let client = store.client();
        let answers = join_all(["a", "b", "c"].map(|sql| ask(&client, sql))).await;
        let answers: Vec<_> = answers.into_iter().map(|answer| answer.expect("an answer")).collect();
        assert_eq!(answers, [echoed("a"), echoed("b"), echoed("c")]);
    });
}

#[test]
fn many_queries_share_few_sockets() {
    run(async {
        let store = Store::start(Peer::echo).await;
        let client = store.client();
        let ask = |number: usize| {
            let client = client.clone();
            async move {
                let sql = format!("SELECT {number}");
                let lane = if number.is_multiple_of(3) { Lane::Large } else { Lane::Small };
                assert_eq!(ask_in(&client, &sql, lane).await.expect("an answer"), echoed(&sql));
            }
        };
        join_all((0..500).map(ask)).await;
        assert_eq!(store.upgrades().len(), 2, "one socket per lane");
        let mut ids: Vec<_> = store
            .requests()
            .iter()
            .map(|bytes| Request::decode(bytes).expect("a request"))
            .map(|request| (request.connection_id, request.message_id))
            .collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 500, "no pair of ids is used twice");
    });
}

#[test]
fn a_request_carries_all_it_has_and_asks_for_arrow() {
    run(async {
        let store = Store::start(Peer::echo).await;
        let query = Query {
            sql: "SELECT ?".to_owned(),
            parameters: vec![Parameter::Int64(-1), Parameter::Null, Parameter::Binary(vec![0, 255])],
            trace: Some("{\"requestId\":\"r\"}".to_owned()),
            inline_tables: vec![InlineTable {
                name: "t".to_owned(),
                columns: vec!["a".to_owned()],
                types: vec!["int".to_owned()],
                csv: "1\n".to_owned(),
            }],
        };
        let answer = store.client().query(query.clone(), Lane::Small).await.expect("an answer");
        drop(answer);
        let request = Request::decode(&store.requests()[0]).expect("a request");
        assert_eq!((request.query, request.format), (query, Format::Arrow));
    });
}

#[test]
fn a_refusal_ends_its_query_and_the_socket_survives() {
    run(async {
        let store = Store::start(|mut peer| async move {
            let request = peer.request().await.expect("a request");
            peer.send(error(
                &request,
                "Internal: Error during planning: Table or CTE with name 'x' not found",
            ))
            .await;
            peer.echo().await;
        })
        .await;
        let client = store.client();
        let refused = ask(&client, "SELECT secret").await.expect_err("a refusal");
        assert_eq!((refused.kind(), refused.is_table_not_found()), (ErrorKind::Refused, true));
        assert!(!refused.to_string().contains('x') && refused.detail().contains("'x' not found"));
        assert_eq!(ask(&client, "b").await.expect("an answer"), echoed("b"));
        assert_eq!(store.upgrades().len(), 1);
    });
}

fn ipc(values: &[i64]) -> Vec<u8> {
    let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
    let array = Arc::new(Int64Array::from(values.to_vec()));
    let batch = RecordBatch::try_new(schema.clone(), vec![array]).expect("a batch");
    let mut writer = StreamWriter::try_new(Vec::new(), &schema).expect("a writer");
    writer.write(&batch).expect("a batch is written");
    writer.into_inner().expect("a stream")
}

fn arrow(request: &Request, values: &[i64], is_last: bool) -> bytes::Bytes {
    reply::arrow(request.message_id, request.connection_id.as_deref(), &ipc(values), is_last).expect("small")
}

#[test]
fn an_arrow_answer_may_come_in_several_messages() {
    run(async {
        let store = Store::start(|mut peer| async move {
            while let Some(request) = peer.request().await {
                peer.send(arrow(&request, &[1, 2], false)).await;
                // Another query's answer in between belongs to nobody here.
                peer.send(rows(&Request { message_id: 999, ..request.clone() }, &[None])).await;
                peer.send(arrow(&request, &[], false)).await;
                peer.send(arrow(&request, &[3], true)).await;
            }
        })
        .await;
        let client = store.client();
        let announced = shape(vec![Field::new("n", DataType::Int64, false)]);
        let answer = client.query(Query::new("n"), Lane::Large).await.expect("an answer");
        let batches: Vec<RecordBatch> = answer.batches(announced.clone()).try_collect().await.expect("rows");
        let values =
            batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec());
        assert_eq!(values.collect::<Vec<_>>(), [1, 2, 3]);
        assert!(batches.iter().all(|batch| batch.schema() == *announced.schema()));

        let answer = client.query(Query::new("n"), Lane::Large).await.expect("an answer");
        let chunks: Vec<Chunk> = answer.chunks(announced, usize::MAX).try_collect().await.expect("rows");
        let forwarded = chunks.iter().map(|chunk| match chunk {
            Chunk::Ipc(message) => message.rows,
            Chunk::Batch(batch) => panic!("{} rows were decoded", batch.num_rows()),
        });
        assert_eq!(forwarded.sum::<usize>(), 3);
    });
}

#[test]
fn completed_is_an_answer_without_rows() {
    run(async {
        let store = Store::start(|mut peer| async move {
            while let Some(request) = peer.request().await {
                peer.send(reply::completed(request.message_id, request.connection_id.as_deref())).await;
            }
        })
        .await;
        assert_eq!(ask(&store.client(), "CREATE TABLE x").await.expect("an answer"), []);
    });
}

#[test]
fn an_answer_must_be_what_was_announced() {
    run(async {
        let store = Store::start(Peer::echo).await;
        let client = store.client();
        let wrong = [
            (shape(vec![]), "0 were announced"),
            (text().with_names(["w"]), "another name"),
            (shape(vec![Field::new("v", DataType::Int64, true)]), "row 0 of column `v` does not fit Int64"),
        ];
        for (announced, why) in wrong {
            let answer = client.query(Query::new("sql"), Lane::Small).await.expect("an answer");
            let mut rows = answer.batches(announced);
            let error = rows.next().await.expect("an end").expect_err(why);
            assert!(error.to_string().contains(why) && error.kind() == ErrorKind::Mismatch, "{error}");
            assert!(rows.next().await.is_none(), "nothing follows an error");
        }
    });
}

#[test]
fn the_catalogue_comes_as_rows() {
    run(async {
        let store = Store::start(|mut peer| async move {
            while let Some(request) = peer.request().await {
                let sql = &request.query.sql;
                let mut set = if sql.contains("information_schema.tables") {
                    assert!(sql.ends_with("'it''s'"), "{sql}");
                    ResultSet::new(["table_name", "build_range_end"], 256)
                } else {
                    ResultSet::new(["table_name", "column_name", "data_type"], 256)
                };
                if sql.contains("information_schema.tables") {
                    set.row([Some("a"), None]).expect("small");
                    set.row([Some("b"), Some("1970-01-01T00:00:01.500Z")]).expect("small");
                } else {
                    set.row([Some("a"), Some("n"), Some("decimal(2)")]).expect("small");
                }
                peer.send(set.finish(request.message_id, request.connection_id.as_deref())).await;
            }
        })
        .await;
        let client = store.client();
        let table = |name: &str, build_range_end| TableRow { name: name.to_owned(), build_range_end };
        assert_eq!(client.tables("it's").await.expect("tables"), [table("a", None), table("b", Some(1500))]);
        let column = ColumnRow { table: "a".into(), name: "n".into(), data_type: "decimal(2)".into() };
        assert_eq!(client.columns("s").await.expect("columns"), [column]);
    });
}
