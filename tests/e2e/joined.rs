//! Rollups of several cubes, joined above them: what EXPLAIN says, who learns of keys, and when Cube answers instead.

use std::{fs, path::PathBuf};

use embedded::{Stack, store};
use expect_test::expect;

use crate::harness::{Client, Gateway, Rows, Settings, Wire, stack_over};

const BY_CITY: &str =
    "SELECT city, MEASURE(turnover) AS t, MEASURE(count) AS c FROM shop GROUP BY 1 ORDER BY 2";

fn model() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/joined")
}

async fn started(stack: &Stack, lines: &str) -> (Gateway, Client) {
    let gateway = Gateway::start(&Settings::both_roads(stack).over(&model()).with(lines));
    let client = gateway.client().await;
    (gateway, client)
}

/// EXPLAIN without the ends of tables' names, which are new with every build.
async fn explained(client: &mut Client, sql: &str) -> String {
    let rows = client.query(&format!("EXPLAIN {sql}")).await.unwrap();
    let tables = rows.values.iter().filter(|row| row[1].to_string() == "table").map(|row| row[2].to_string());
    tables.fold(lines(&rows).join("\n"), |text, table| {
        let base = table.rsplitn(4, '_').last().unwrap();
        text.replace(&table, base)
    })
}

fn lines(rows: &Rows) -> Vec<String> {
    let line = |row: &Vec<_>| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
    rows.values.iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_are_read_and_told() {
    let stack = stack_over(&model(), Wire::Arrow);
    let (_gateway, mut client) = started(&stack, "").await;
    expect![[r#"
        0 | query | NULL | [shop.turnover, shop.count] by [shop.city] order by shop.turnover asc nulls last in UTC
        0 | road | rollup | NULL
        0 | query | part | [shop.turnover, shop.count] by [shop.foreign key 1] in UTC
        0 | rollup | sales.by_buyer | 5002 rows
        0 | table | dev_pre_aggregations.sales_by_buyer | NULL
        0 | sql | NULL | SELECT sum(`sales__turnover`) AS `turnover_1`, sum(`sales__count`) AS `count_2`, `sales__buyer_key` AS `foreign_key_1_3` FROM dev_pre_aggregations.sales_by_buyer AS `sales__by_buyer` GROUP BY 3
        0 | refused | sales.by_others | member_missing: `sales.buyer_key` is not stored; add `sales.buyer_key` to `dimensions`
        0 | query | part | [] by [shop.city, shop.primary key 1] in UTC
        0 | rollup | buyers.cities | 4000 rows
        0 | table | dev_pre_aggregations.buyers_cities | NULL
        0 | sql | NULL | SELECT `buyers__city` AS `city_1`, `buyers__id` AS `primary_key_1_2` FROM dev_pre_aggregations.buyers_cities AS `buyers__cities` GROUP BY 1, 2
        0 | remainder | joined | Projection: leaf.city, leaf.turnover, leaf.count
          Sort: leaf.turnover ASC NULLS LAST
            Projection: leaf.city, CAST(sum(leaf.turnover) AS Int64) AS turnover, CAST(CASE WHEN CAST(sum(leaf.count) AS Int64) IS NULL THEN Int64(0) ELSE CAST(sum(leaf.count) AS Int64) END AS Int64) AS count
              Aggregate: groupBy=[[leaf.city]], aggr=[[sum(CAST(leaf.turnover AS Decimal256(76, 0))), sum(CAST(leaf.count AS Decimal256(76, 0)))]]
                Projection: leaf1.city AS city, leaf0.turnover AS turnover, leaf0.count AS count
                  Right Join: leaf1.primary key 1 = leaf0.foreign key 1
                    TableScan: leaf1
                    TableScan: leaf0
        0 | refused | buyers.cities | join_path: `buyers.city` is stored along another join path, which holds other rows; add `sales.buyers.city`
        0 | refused | buyers.cities | measure_missing: `sales.turnover` is not stored; add `sales.turnover` to `measures`
        0 | refused | buyers.cities | measure_missing: `sales.count` is not stored; add `sales.count` to `measures`
        0 | refused | sales.by_buyer | member_missing: `sales.buyers.city` is not stored; add `sales.buyers.city` to `dimensions`
        0 | refused | sales.by_others | member_missing: `sales.buyers.city` is not stored; add `sales.buyers.city` to `dimensions`
        0 | query | cube | {"measures":["shop.turnover","shop.count"],"dimensions":["shop.city"],"order":[["shop.city","asc"]],"timezone":"UTC","responseFormat":"compact"}
        0 | remainder | cube | sort by 1 keys
        NULL | remainder | plan | Projection: leaf.city AS city, leaf.turnover AS t, leaf.count AS c
          TableScan: leaf"#]].assert_eq(&explained(&mut client, BY_CITY).await);
    let rows = client.query(BY_CITY).await.unwrap();
    expect![[r#"
        Oslo | 8724 | 2908
        NULL | 25080 | 8363
        Rom | 26194 | 8729"#]]
    .assert_eq(&lines(&rows).join("\n"));
    let told =
        client.query("SELECT road, status FROM system.queries ORDER BY started DESC LIMIT 1").await.unwrap();
    expect!["rollup | ok"].assert_eq(&lines(&told).join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shown_a_part_of_the_model_reads_no_names_of_keys() {
    let secrets = "cubes: [{ name: secrets, sql: SELECT 1 AS id, measures: [{ name: count, type: count }], access_policy: [{ role: '*' }] }]";
    let (_open, mut client) = changed(|shop| (shop, secrets.to_owned())).await;
    let explained = explained(&mut client, BY_CITY).await;
    assert!(explained.contains("| road | rollup |"), "{explained}");
    assert!(!explained.contains("buyer_key") && !explained.contains("buyers__id"), "{explained}");
    for key in ["\"foreign key 1\"", "buyer_key"] {
        assert!(client.query(&format!("SELECT {key} FROM shop GROUP BY 1")).await.is_err(), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_for_rows_of_either_side_are_rules_for_the_joined_rows() {
    let policy = "access_policy: [{ role: '*', row_level: { allow_all: true } }]\n";
    for place in ["  - name: buyers\n", "  - name: sales\n", "  - name: shop\n"] {
        let ruled =
            |shop: String| (shop.replace(place, &format!("{place}    {policy}")), "cubes: []".to_owned());
        let (_open, mut client) = changed(ruled).await;
        assert_eq!(client.road(BY_CITY).await, "cube", "{place}");
    }
}

/// A gateway over the model with changes, and another file.
async fn changed(
    change: impl Fn(String) -> (String, String),
) -> ((tempfile::TempDir, Stack, Gateway), Client) {
    let dir = tempfile::tempdir().unwrap();
    let (shop, other) = change(fs::read_to_string(model().join("shop.yml")).unwrap());
    fs::write(dir.path().join("shop.yml"), shop).unwrap();
    fs::write(dir.path().join("other.yml"), other).unwrap();
    let stack = stack_over(dir.path(), Wire::Arrow);
    let gateway = Gateway::start(&Settings::both_roads(&stack).over(dir.path()));
    let client = gateway.client().await;
    ((dir, stack, gateway), client)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_asked_of_cube_as_a_whole() {
    for wire in [Wire::Old, Wire::Arrow] {
        let stack = stack_over(&model(), wire);
        let (gateway, mut client) = started(&stack, "").await;
        let right = client.query(BY_CITY).await.unwrap();
        for fault in [store::Fault::GarbageReply, store::Fault::Error("Internal: out of disk".to_owned())] {
            stack.store().fault(fault, 1);
            assert_eq!(client.query(BY_CITY).await.unwrap().difference(&right), None);
        }
        assert_eq!(gateway.metric("cubeflight_fallbacks_total", "").await, 2.0);
        // Numbers with digits behind the point are keys that only the source tells apart.
        let halves = "SELECT half, MEASURE(turnover) AS t FROM shop GROUP BY 1";
        assert!(explained(&mut client, halves).await.contains("| road | rollup |"));
        let rows = client.query(halves).await.unwrap();
        assert_eq!(rows.values.len(), 3, "{rows:?}");
        assert_eq!(gateway.metric("cubeflight_fallbacks_total", "").await, 3.0);
        // All groups by key are more than those by city.
        let (small, mut client) = started(&stack, "store.max_store_message = \"20 KiB\"").await;
        assert_eq!(client.query(BY_CITY).await.unwrap().difference(&right), None);
        assert_eq!(small.metric("cubeflight_fallbacks_total", "").await, 1.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_in_several_tables_may_be_there_twice() {
    let stack = stack_over(&model(), Wire::Arrow);
    let (_gateway, mut client) = started(&stack, "").await;
    let movers = "SELECT mover, MEASURE(turnover) AS t FROM shop GROUP BY 1";
    assert_eq!(client.road(movers).await, "cube");
    assert_eq!(client.query(movers).await.unwrap().values.len(), 4);
}
