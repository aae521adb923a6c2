//! Which road a query takes, what EXPLAIN says of it, and what happens when a road is closed.

use std::time::Duration;

use embedded::{api, store};
use expect_test::expect;
use tonic::Code;

use crate::harness::{ABSENT, Gateway, Settings, Wire, own_stack, stacks};

const BY_FLAG: &str = "SELECT returnflag, MEASURE(count) AS n FROM sales GROUP BY 1 ORDER BY 1";

#[tokio::test(flavor = "multi_thread")]
async fn explain_names_the_rollup_and_every_refusal() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let rows = gateway
        .client()
        .await
        .query("EXPLAIN SELECT clerk, MEASURE(count) FROM orders WHERE orderdate >= '1994-03-05' GROUP BY 1")
        .await
        .unwrap();
    let lines: Vec<_> = rows
        .values
        .iter()
        .map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ").trim_end().to_owned())
        .collect();
    expect![[r#"
        0 | query | NULL | [orders.count] by [orders.clerk] where orders.orderdate >= '1994-03-05T00:00:00.000' in UTC
        0 | road | cube | NULL
        0 | refused | orders.main | member_missing: `orders.clerk` is not stored; add `orders.clerk` to `dimensions`
        0 | refused | orders.customers_yearly | member_missing: `orders.clerk` is not stored; add `orders.clerk` to `dimensions`
        0 | refused | orders.customers_yearly | off_grain: the bound 1994-03-05T00:00:00.000 of `orders.orderdate` cuts through a stored year; set its `granularity` to day
        0 | query | cube | {"measures":["orders.count"],"dimensions":["orders.clerk"],"filters":[{"member":"orders.orderdate","operator":"afterOrOnDate","values":["1994-03-05T00:00:00.000"]}],"order":[["orders.clerk","asc"]],"timezone":"UTC","responseFormat":"compact"}
        0 | remainder | cube | nothing
        NULL | remainder | plan | Projection: leaf.clerk AS clerk, leaf.count AS count
          TableScan: leaf"#]].assert_eq(&lines.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_down_is_no_reason_for_no_answer() {
    let stack = &stacks().arrow;
    let url = format!("ws://{ABSENT}");
    let both = Settings::rollups_at(&url, stack).with(&format!("cube.url = \"{}\"", stack.cube_url()));
    let gateway = Gateway::start(&both);
    let rows = gateway.client().await.query(BY_FLAG).await.unwrap();
    assert_eq!(rows.values.len(), 3);
    assert_eq!(gateway.metric("cubeflight_fallbacks_total", "store").await, 1.0);
    assert_eq!(gateway.metric("cubeflight_queries_total", "road=\"fallback\"").await, 1.0);
    assert_eq!(gateway.logged_soon("a rollup cannot be read").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_another_road_the_stores_error_is_told() {
    let stack = own_stack(Wire::Arrow);
    let settings = Settings::rollups(&stack).with("store.request_timeout = \"2s\"");
    let gateway = Gateway::start(&settings);
    let mut client = gateway.client().await;
    assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
    let faults = [
        (store::Fault::GarbageReply, Code::Unavailable),
        (store::Fault::TruncatedFlatBuffer, Code::Unavailable),
        (store::Fault::Error("Internal: out of disk".to_owned()), Code::FailedPrecondition),
        (store::Fault::Silent, Code::DeadlineExceeded),
    ];
    for (fault, code) in faults {
        stack.store().fault(fault.clone(), 1);
        let error = client.query(BY_FLAG).await.unwrap_err();
        assert_eq!(error.0, code, "{fault:?}: {}", error.1);
        assert!(!error.1.contains("127.0.0.1"), "the store's address is told: {}", error.1);
        assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3, "after {fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_resumed_and_the_query_runs_once() {
    let stack = own_stack(Wire::Old);
    let gateway = Gateway::start(&Settings::rollups(&stack));
    let mut client = gateway.client().await;
    assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
    let before = stack.store().executions();
    stack.store().fault(store::Fault::CloseBeforeReply, 1);
    assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
    assert_eq!(stack.store().executions() - before, 1);
    // Of a reply that has begun the store keeps nothing, so it runs the query again.
    stack.store().fault(store::Fault::CutFrameAfter(40), 1);
    assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_killed_in_the_middle_is_an_error_and_the_next_query_takes_the_other_road() {
    let stack = own_stack(Wire::Arrow);
    let cube = stacks().arrow.cube_url();
    let mut gateway = Gateway::start(&Settings::rollups(&stack).with(&format!("cube.url = \"{cube}\"")));
    let mut client = gateway.client().await;
    assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
    stack.store().fault(store::Fault::Delay(Duration::from_secs(60)), 1);
    let kill = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        stack.shutdown().await;
    };
    let (rows, ()) = tokio::join!(client.query(BY_FLAG), kill);
    // They had not begun, so Cube gave them.
    assert_eq!(rows.unwrap().values.len(), 3);
    assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
    assert!(gateway.lives());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_too_large_names_the_way_out() {
    for wire in [Wire::Old, Wire::Arrow] {
        let settings = Settings::both_roads(stacks().of(wire)).with("store.max_store_message = \"20 KiB\"");
        let gateway = Gateway::start(&settings);
        let mut client = gateway.client().await;
        let large = "SELECT shipdate, returnflag, linestatus, MEASURE(count) FROM sales GROUP BY 1, 2, 3";
        let (code, text) = client.query(large).await.unwrap_err();
        assert_eq!(code, Code::ResourceExhausted, "{text}");
        assert!(text.contains("max_store_message"), "{text}");
        assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cube_refuses_and_where_it_fails_is_told() {
    let stack = own_stack(Wire::Arrow);
    let gateway = Gateway::start(&Settings::cube(&stack.cube_url()));
    let mut client = gateway.client().await;
    assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
    stack.cube().fault(api::Fault::ContinueWait, 2);
    assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
    stack.cube().fault(api::Fault::TruncatedJson, 1);
    let (code, text) = client.query(BY_FLAG).await.unwrap_err();
    assert_eq!(code, Code::Unavailable, "{text}");
    stack.cube().heal();
    let (code, text) = client.query("SELECT MEASURE(count) FROM sales WHERE clerk > 'C'").await.unwrap_err();
    assert_eq!(code, Code::InvalidArgument, "{text}");
    assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_rules_of_the_model_no_rollup_is_read() {
    let stack = &stacks().arrow;
    let manifest = stack.manifest_path();
    let settings = Settings::cube(&stack.cube_url()).with(&format!(
        "store.url = \"{}\"\ntables.manifest = \"{}\"",
        stack.store_url(),
        manifest.display()
    ));
    let gateway = Gateway::start(&settings);
    let mut client = gateway.client().await;
    assert_eq!(client.road(BY_FLAG).await, "cube");
    assert_eq!(client.query(BY_FLAG).await.unwrap().values.len(), 3);
    let refused = client.query(&format!("EXPLAIN {BY_FLAG}")).await.unwrap();
    let mut refused = refused.values.iter().filter(|row| row[1].to_string() == "refused").peekable();
    assert!(refused.peek().is_some());
    for row in refused {
        // Cube says what this caller may know of, and names of rollups are nothing that it says.
        assert_eq!(row[2].to_string(), "NULL");
        assert!(row[3].to_string().starts_with("rules_unknown: "), "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_asked_to_stop_ends_what_runs_and_stops() {
    let stack = own_stack(Wire::Arrow);
    let gateway = Gateway::start(&Settings::rollups(&stack));
    let mut client = gateway.client().await;
    stack.store().fault(store::Fault::Delay(Duration::from_secs(1)), 1);
    let stop = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        gateway.terminate();
    };
    let (rows, ()) = tokio::join!(client.query(BY_FLAG), stop);
    assert_eq!(rows.unwrap().values.len(), 3);
    drop(client);
    let status = tokio::task::spawn_blocking(move || gateway.wait()).await.unwrap();
    assert!(status.success(), "{status}");
}
