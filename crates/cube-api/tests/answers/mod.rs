//! Answers of real servers: their rows as Arrow, their refusals as errors.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use cube_api::{Ask, Config, ErrorKind, Load, Paging, Request};
use expect_test::{Expect, expect};
use futures::TryStreamExt;
use semantic::{MemberName, Output, Remainder, json::JsonQuery};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::server::{Server, call, now, serve_with, shown};

const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

/// What a server was seen to answer.
#[derive(Deserialize)]
struct Answer {
    status: u16,
    body: Box<RawValue>,
}

async fn serve_recorded(name: &str) -> Server {
    let path = format!("{}/tests/fixtures/answers/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let answer: Answer = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    // The server's own default, which its answers repeat.
    let config = Config { row_page_size: NonZeroU32::new(10_000).unwrap(), retries: 0, ..Config::default() };
    serve_with(config, move |_| now(answer.status, answer.body.get().to_owned())).await
}

/// `orders.created_at.month` is a bin, everything else a dimension: only the names matter here.
fn output(name: &str) -> Output {
    match name.rsplit_once('.') {
        Some((time, granularity)) if time.contains('.') => {
            Output::Time(MemberName::parse(time).unwrap(), granularity.parse().unwrap())
        }
        _ => Output::Dimension(MemberName::parse(name).unwrap()),
    }
}

fn request(columns: &[(&str, DataType)], limit: Option<u64>, timezone: &str) -> (Request, Arc<Schema>) {
    let query = JsonQuery { timezone: Some(timezone.to_owned()), ..JsonQuery::default() };
    let load = Load { query, offset: 0, limit, paging: Paging::Total };
    let outputs = columns.iter().map(|(name, _)| output(name)).collect();
    let request =
        Request { columns: outputs, ask: Ask::Load(Box::new(load)), remainder: Remainder::nothing() };
    // Counts are announced as never NULL.
    let is_count = |name: &str| name.ends_with("count");
    let fields =
        columns.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), !is_count(name)));
    (request, Arc::new(Schema::new(fields.collect::<Vec<_>>())))
}

async fn outcome(
    name: &str,
    columns: &[(&str, DataType)],
    limit: Option<u64>,
    timezone: &str,
) -> Result<String, cube_api::Error> {
    let server = serve_recorded(name).await;
    let (request, schema) = request(columns, limit, timezone);
    let batches = server.client.load(&request, schema, call(Duration::from_secs(5)));
    let batches: Vec<_> = batches.try_collect().await?;
    Ok(batches.iter().flat_map(shown).map(|row| row + "\n").collect())
}

async fn check(name: &str, columns: &[(&str, DataType)], limit: Option<u64>, expect: Expect) {
    expect.assert_eq(&outcome(name, columns, limit, "UTC").await.unwrap());
}

#[tokio::test]
async fn compact_answers() {
    let columns = [
        ("orders.avg_shipping", DataType::Float64),
        ("orders.created_at.year", TIMESTAMP),
        ("orders.status", DataType::Utf8),
        ("orders.count", DataType::Int64),
    ];
    let expected = outcome("compact_1743", &columns, None, "UTC").await.unwrap();
    check(
        "compact_1610",
        &columns,
        None,
        expect![[r#"
        12.687052548399842 | 2023-01-01T00:00:00 | cancelled | 2531
        12.556031853151572 | 2023-01-01T00:00:00 | completed | 7409
        12.52931501393867 | 2023-01-01T00:00:00 | new | 2511
        12.484347998414586 | 2023-01-01T00:00:00 | processing | 2523
        12.32736649001223 | 2023-01-01T00:00:00 | returned | 2453
        12.422255931544147 | 2023-01-01T00:00:00 | shipped | 2571
        12.746571648690292 | 2024-01-01T00:00:00 | cancelled | 2596
        12.510591166172906 | 2024-01-01T00:00:00 | completed | 7426
        12.518114530580444 | 2024-01-01T00:00:00 | new | 2567
        12.496768168899715 | 2024-01-01T00:00:00 | processing | 2463
        12.425866396761133 | 2024-01-01T00:00:00 | returned | 2470
        12.403524193548387 | 2024-01-01T00:00:00 | shipped | 2480
    "#]],
    )
    .await;
    assert_eq!(outcome("compact_1610", &columns, None, "UTC").await.unwrap(), expected);
}

#[tokio::test]
async fn every_type_of_measure() {
    let decimal = DataType::Decimal128(20, 2);
    check(
        "measure_types",
        &[
            ("orders.count", DataType::Int64),
            ("orders.total_shipping", decimal.clone()),
            ("orders.avg_shipping", DataType::Decimal128(18, 7)),
            ("orders.min_shipping", decimal.clone()),
            ("orders.max_shipping", decimal),
            ("orders.max_created", TIMESTAMP),
            ("orders.distinct_users", DataType::Int64),
            ("orders.distinct_users_approx", DataType::Int64),
            ("orders.completed_count", DataType::Int64),
            ("orders.completed_shipping", DataType::Float64),
            ("orders.completed_rate", DataType::Float64),
            ("orders.shipping_per_user", DataType::Float64),
            ("orders.statuses", DataType::Utf8),
            ("orders.any_gift", DataType::Boolean),
        ],
        None,
        expect![[r#"
            40000 | 500634.26 | 12.5158565 | 0.00 | 24.99 | 2024-12-30T23:55:58 | 4999 | 5156 | 14835 | 185931.29 | 0.370875 | 100.14688137627526 | cancelled,completed,new,processing,returned,shipped | true
        "#]],
    )
    .await;
}

#[tokio::test]
async fn every_type_of_dimension() {
    check(
        "dimension_types",
        &[
            ("orders.id", DataType::Int64),
            ("orders.store_id", DataType::Float64),
            ("orders.status", DataType::Utf8),
            ("orders.channel", DataType::Utf8),
            ("orders.is_gift", DataType::Boolean),
            ("orders.status_group", DataType::Utf8),
            ("orders.created_at", TIMESTAMP),
            ("orders.completed_at", TIMESTAMP),
            ("orders.shipping_cost_dim", DataType::Decimal128(15, 2)),
        ],
        Some(5),
        expect![[r#"
            1 | 1.0 | shipped | NULL | false | open | 2024-07-19T05:25:55 | NULL | 21.54
            2 | 6.0 | completed | web | false | done | 2023-01-19T07:05:42 | 2023-01-26T02:21:16 | 12.40
            3 | 3.0 | shipped | store | false | open | 2023-02-27T04:33:46 | NULL | 18.95
            4 | 3.0 | new | NULL | false | open | 2024-10-02T02:29:07 | NULL | 1.20
            5 | 1.0 | completed | web | false | done | 2024-03-18T04:21:18 | 2024-03-21T01:10:34 | 22.92
        "#]],
    )
    .await;
}

#[tokio::test]
async fn cubestore_answers_texts_and_no_count_over_nothing() {
    let columns = [("orders.created_at.month", TIMESTAMP), ("orders.distinct_users_approx", DataType::Int64)];
    check(
        "from_cubestore",
        &columns,
        None,
        expect![[r#"
        2023-02-01T00:00:00 | 1330
        2023-03-01T00:00:00 | 1444
    "#]],
    )
    .await;
    check(
        "count_of_nothing",
        &[("orders.count", DataType::Int64)],
        None,
        expect![[r#"
        0
    "#]],
    )
    .await;
    check(
        "no_groups",
        &[("orders.status", DataType::Utf8), ("orders.count", DataType::Int64)],
        None,
        expect![[""]],
    )
    .await;
}

#[tokio::test]
async fn times_are_wall_clock() {
    let columns = [
        ("orders.created_at.quarter", TIMESTAMP),
        ("orders.completed_at.year", TIMESTAMP),
        ("orders.count", DataType::Int64),
    ];
    check(
        "null_times",
        &columns,
        Some(10),
        expect![[r#"
        2023-01-01T00:00:00 | NULL | 3089
        2023-01-01T00:00:00 | 2023-01-01T00:00:00 | 1902
        2023-04-01T00:00:00 | 2023-01-01T00:00:00 | 1775
        2023-04-01T00:00:00 | NULL | 3157
        2023-07-01T00:00:00 | NULL | 3196
        2023-07-01T00:00:00 | 2023-01-01T00:00:00 | 1907
        2023-10-01T00:00:00 | 2024-01-01T00:00:00 | 90
        2023-10-01T00:00:00 | NULL | 3147
        2023-10-01T00:00:00 | 2023-01-01T00:00:00 | 1735
        2024-01-01T00:00:00 | 2024-01-01T00:00:00 | 1830
    "#]],
    )
    .await;
    let columns = [("orders.created_at.hour", TIMESTAMP), ("orders.count", DataType::Int64)];
    let rows = outcome("hour_in_los_angeles", &columns, None, "America/Los_Angeles").await.unwrap();
    // There is no 2 o'clock on the day that clocks go forward.
    assert!(rows.contains("2023-03-12T01:00:00 | 4") && !rows.contains("2023-03-12T02:00:00"));
    let other_zone = outcome("hour_in_los_angeles", &columns, None, "UTC").await.unwrap_err();
    assert_eq!(
        other_zone.to_string(),
        "Cube answered with timezone America/Los_Angeles where UTC was asked for: its queryRewrite must leave that alone"
    );
}

#[tokio::test]
async fn ungrouped_rows_are_sent_as_the_driver_has_them() {
    let columns = [
        ("orders.id", DataType::Int64),
        ("orders.count", DataType::Int64),
        ("orders.total_shipping", DataType::Float64),
        ("orders.status", DataType::Utf8),
    ];
    check(
        "ungrouped",
        &columns,
        Some(3),
        expect![[r#"
        1 | 1 | 21.54 | shipped
        2 | 1 | 12.4 | completed
        3 | 1 | 18.95 | shipped
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_type_that_is_too_small_is_an_error() {
    let columns = [("orders.avg_shipping", DataType::Decimal128(18, 2))];
    let all = ["orders.status", "orders.created_at.year", "orders.count"].map(|name| (name, DataType::Utf8));
    let error = outcome("compact_1610", &[columns.as_slice(), &all].concat(), None, "UTC").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
}

#[tokio::test]
async fn refusals() {
    for (name, kind) in [
        ("limit_exceeded", ErrorKind::Config),
        ("hidden_member", ErrorKind::User),
        ("unknown_measure", ErrorKind::User),
        ("bad_granularity", ErrorKind::User),
        ("expired_token", ErrorKind::Auth),
    ] {
        let error = outcome(name, &[("orders.count", DataType::Int64)], None, "UTC").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
    }
}

#[tokio::test]
async fn each_caller_sees_other_members() {
    let visible = |name: &'static str| async move {
        let server = serve_recorded(name).await;
        server.client.visible_members(call(Duration::from_secs(5))).await.unwrap()
    };
    let (nobody, admin) = (visible("meta_without_roles").await, visible("meta_of_an_admin").await);
    assert!(nobody.is_subset(&admin) && admin.len() > nobody.len());
    let total = MemberName::parse("secure_orders.total_shipping").unwrap();
    assert!(admin.contains(&total) && !nobody.contains(&total));
    let email = MemberName::parse("users.email").unwrap();
    assert!(!admin.contains(&email));
}
