//! The store through the gateway's own client: both formats, old and new versions.

use std::{num::NonZeroUsize, sync::Arc};

use cubestore::{ByteSize, ErrorKind, Parameter, Query, Secret};
use datafusion::arrow::{
    array::{
        ArrayRef, BinaryArray, BooleanArray, Decimal128Array, Float64Array, Int64Array, RecordBatch,
        StringArray, TimestampMicrosecondArray,
    },
    datatypes::{DataType, Field, Schema},
};
use embedded::{Stack, store::Format};

use crate::harness::{announced, ask, ask_one, client, client_with, rows, stack};

/// One column of every type, with values that formats get wrong.
fn every_type() -> RecordBatch {
    let decimals = Decimal128Array::from(vec![Some(150), Some(-1), None]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("i", Arc::new(Int64Array::from(vec![Some(i64::MIN + 1), Some(0), None]))),
        ("f", Arc::new(Float64Array::from(vec![Some(1e300), Some(-0.1), None]))),
        ("d", Arc::new(decimals.with_precision_and_scale(25, 2).unwrap())),
        (
            "t",
            Arc::new(TimestampMicrosecondArray::from(vec![Some(-1_000), Some(1_704_164_645_678_000), None])),
        ),
        ("s", Arc::new(StringArray::from(vec![Some(""), Some("naïve 'x' \\ \n✓"), None]))),
        ("b", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("y", Arc::new(BinaryArray::from(vec![Some(&b"\x00\xff"[..]), Some(b""), None]))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .unwrap()
}

async fn versions(version: Option<&str>, format: Format) -> Stack {
    let stack = stack(|config| {
        config.store.version = version.map(str::to_owned);
        config.store.format = format;
    });
    let stack = stack.await;
    stack.store().register("t", "types", vec![every_type()]).unwrap();
    stack
}

#[tokio::test]
async fn every_format_gives_the_same_values() {
    let expected = rows(&[every_type()]);
    for (version, format) in [
        (None, Format::Auto),
        (None, Format::Arrow),
        (Some("1.6.65"), Format::Auto),
        (Some("1.6.66"), Format::Auto),
        (Some("1.7.43"), Format::Text),
        (Some("1.7.43"), Format::Arrow),
    ] {
        let stack = versions(version, format).await;
        let columns = announced(&every_type().schema());
        let answer = ask(&client(&stack), Query::new("SELECT * FROM t.types"), &columns).await.unwrap();
        assert_eq!(rows(&answer), expected, "{version:?} {format:?}");
    }
}

#[tokio::test]
async fn many_rows_arrive_whole_and_in_order_in_either_format() {
    let numbers = Arc::new(Int64Array::from_iter_values(0..20_000)) as ArrayRef;
    let batch = RecordBatch::try_from_iter([("x", numbers)]).unwrap();
    for (format, frames) in [(Format::Text, 1), (Format::Arrow, 1), (Format::Arrow, 4)] {
        let stack = stack(|config| {
            config.store.format = format;
            config.store.arrow_frames = NonZeroUsize::new(frames).unwrap();
        });
        let stack = stack.await;
        stack.store().register("t", "numbers", vec![batch.clone()]).unwrap();
        let answer =
            ask(&client(&stack), Query::new("SELECT x FROM t.numbers"), &batch.schema()).await.unwrap();
        assert_eq!(rows(&answer), rows(std::slice::from_ref(&batch)), "{format:?} in {frames} frames");
        assert!(frames == 1 || answer.len() >= frames, "{} batches", answer.len());
    }
}

#[tokio::test]
async fn an_empty_answer_has_the_announced_columns_in_either_format() {
    for format in [Format::Text, Format::Arrow] {
        let stack = versions(Some("1.7.43"), format).await;
        let columns = announced(&every_type().schema());
        let answer =
            ask(&client(&stack), Query::new("SELECT * FROM t.types WHERE i = 7"), &columns).await.unwrap();
        assert!(rows(&answer).is_empty(), "{format:?}");
    }
}

#[tokio::test]
async fn parameters_need_a_version() {
    let query = || Query {
        parameters: vec![Parameter::String("o'neil \\ %".to_owned())],
        ..Query::new("SELECT ? AS x")
    };
    let columns = Arc::new(Schema::new(vec![Field::new("x", DataType::Utf8, true)]));
    let new = versions(Some("1.6.38"), Format::Auto).await;
    let answer = ask(&client(&new), query(), &columns).await.unwrap();
    assert_eq!(rows(&answer), [["o'neil \\ %"]]);
    let old = versions(None, Format::Auto).await;
    let error = ask(&client(&old), query(), &columns).await.unwrap_err();
    assert!(error.detail().contains("Value(Placeholder(\"?\")) in sqltorel"), "{}", error.detail());
}

#[tokio::test]
async fn the_upgrade_tells_the_version() {
    let new = versions(Some("1.7.43"), Format::Auto).await;
    assert!(client(&new).capabilities().await.unwrap().arrow());
    let old = versions(None, Format::Auto).await;
    assert_eq!(client(&old).capabilities().await.unwrap().version, None);
}

#[tokio::test]
async fn the_catalogue_lists_the_rollups() {
    let stack = stack(|_| {}).await;
    let client = client(&stack);
    let found: Vec<_> =
        client.tables("dev_pre_aggregations").await.unwrap().into_iter().map(|t| t.name).collect();
    let built = stack.manifest().rollups.iter().flat_map(|rollup| &rollup.tables);
    let built: Vec<_> = built.map(|table| table.table.replace("dev_pre_aggregations.", "")).collect();
    assert_eq!(found, built);
    let columns = client.columns("dev_pre_aggregations").await.unwrap();
    let of = |wanted: &str| {
        let columns = columns.iter().filter(|column| column.table.starts_with(wanted));
        columns.map(|column| format!("{} {}", column.name, column.data_type)).collect::<Vec<_>>().join(", ")
    };
    expect_test::expect!["lineitem__returnflag text, lineitem__linestatus text, lineitem__shipdate_day timestamp, lineitem__count int, lineitem__quantity decimal96(2), lineitem__revenue decimal96(2), lineitem__discounted_revenue decimal96(4), lineitem__charge decimal96(6), lineitem__discount decimal96(2)"]
        .assert_eq(&of("lineitem_pricing"));
    expect_test::expect!["customer__mktsegment text, customer_nation__name text, orders__orderdate_month timestamp, orders__customers_approx hyperloglog, lineitem__count int, lineitem__revenue decimal96(2)"]
        .assert_eq(&of("lineitem_buyers_approx"));
    expect_test::expect!["lineitem__shipmode text, lineitem__late boolean, lineitem__shipdate_quarter timestamp, lineitem__count int, lineitem__revenue decimal96(2)"]
        .assert_eq(&of("lineitem_lateness"));
}

#[tokio::test]
async fn a_dropped_table_is_gone() {
    let stack = versions(Some("1.7.43"), Format::Auto).await;
    let client = client(&stack);
    ask_one(&client, "SELECT count(*) AS x FROM t.types").await.unwrap();
    stack.store().drop_table("t", "types");
    let error = ask_one(&client, "SELECT count(*) AS x FROM t.types").await.unwrap_err();
    assert!(error.is_table_not_found(), "{}", error.detail());
}

#[tokio::test]
async fn credentials_must_match() {
    let guarded = stack(|config| {
        config.store.user = Some("ann".to_owned());
        config.store.password = Some(Secret::new("right"));
    });
    let guarded = guarded.await;
    let with = |password: &str| {
        client_with(&guarded, |config| {
            config.user = Some("ann".to_owned());
            config.password = Some(Secret::new(password));
        })
    };
    assert_eq!(ask_one(&with("right"), "SELECT 1 AS x").await.unwrap(), "1");
    assert_eq!(ask_one(&with("wrong"), "SELECT 1 AS x").await.unwrap_err().kind(), ErrorKind::Auth);
}

#[tokio::test]
async fn a_long_request_is_refused_in_words() {
    let stack = stack(|config| config.store.max_request = ByteSize(1_000)).await;
    let client = client(&stack);
    let sql = format!("SELECT '{}' AS x", "y".repeat(1_200));
    let error = ask_one(&client, &sql).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{}", error.detail());
    assert_eq!(ask_one(&client, "SELECT 1 AS x").await.unwrap(), "1");
}

#[tokio::test]
async fn cached_replies_are_those_of_the_first_time() {
    let stack = stack(|config| config.store.reply_cache = true).await;
    let client = client(&stack);
    for _ in 0..3 {
        assert_eq!(ask_one(&client, "SELECT 'same' AS x").await.unwrap(), "same");
    }
    assert_eq!(ask_one(&client, "SELECT 'other' AS x").await.unwrap(), "other");
    // Each socket has its own replies, because a reply carries the connection's id.
    assert!(stack.store().executions() < 4, "{}", stack.store().executions());
    assert_eq!(stack.store().requests(), 4);
}

#[tokio::test]
async fn cached_replies_end_with_their_tables() {
    let stack = stack(|config| config.store.reply_cache = true).await;
    let client = client_with(&stack, |config| config.small_sockets = NonZeroUsize::MIN);
    let numbers = |n: i64| {
        let column = Arc::new(Int64Array::from_iter_values(0..n)) as ArrayRef;
        vec![RecordBatch::try_from_iter([("x", column)]).unwrap()]
    };
    let count = || ask_one(&client, "SELECT count(*) AS x FROM t.numbers");
    stack.store().register("t", "numbers", numbers(3)).unwrap();
    assert_eq!([count().await.unwrap(), count().await.unwrap()], ["3", "3"]);
    stack.store().register("t", "numbers", numbers(4)).unwrap();
    assert_eq!(count().await.unwrap(), "4");
    stack.store().drop_table("t", "numbers");
    assert!(count().await.unwrap_err().is_table_not_found());
}
