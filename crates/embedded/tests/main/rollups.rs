//! Built rollups against hand-written SQL over the source tables: value by value.

use std::sync::Arc;

use cubestore::Query;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use embedded::{Config, ModelFiles};
use semantic::parse::SourceFile;
use serde_json::json;

use crate::harness::{announced, ask, client, load, rows, same, stack, table};

/// A SELECT over a rollup (`{}` stands for its table) gives what a SELECT over the source gives.
async fn check(pre_aggregation: &str, stored: &str, source: &str) {
    let stack = stack(|_| {}).await;
    let expected = stack.source().sql(source).await.unwrap();
    let columns = announced(&expected[0].schema());
    let sql = stored.replace("{}", &table(&stack, pre_aggregation));
    let answer = ask(&client(&stack), Query::new(&sql), &columns).await;
    let answer = answer.unwrap_or_else(|error| panic!("{}", error.detail()));
    assert!(expected.iter().any(|batch| batch.num_rows() > 0), "{source}");
    same(rows(&answer), rows(&expected), &sql);
}

#[tokio::test]
async fn sums_counts_and_extremes() {
    check(
        "lineitem.pricing",
        "SELECT lineitem__returnflag a, lineitem__linestatus b, sum(lineitem__count) c, sum(lineitem__quantity) q, \
         sum(lineitem__revenue) r, sum(lineitem__discounted_revenue) d, sum(lineitem__charge) h, \
         sum(lineitem__discount) x FROM {} t WHERE lineitem__shipdate_day < to_timestamp('1998-09-03T00:00:00.000') \
         GROUP BY 1, 2",
        "SELECT l_returnflag a, l_linestatus b, count(*) c, sum(l_quantity) q, sum(l_extendedprice) r, \
         sum(l_extendedprice * (1 - l_discount)) d, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) h, \
         sum(l_discount) x FROM lineitem WHERE l_shipdate < DATE '1998-09-03' GROUP BY 1, 2",
    )
    .await;
    check(
        "orders.main",
        "SELECT orders__orderstatus a, orders__orderpriority b, date_trunc('month', orders__orderdate_day) m, \
         sum(orders__count) c, sum(orders__total_price) t, min(orders__min_price) i, max(orders__max_price) x \
         FROM {} t GROUP BY 1, 2, 3",
        "SELECT o_orderstatus a, o_orderpriority b, date_trunc('month', o_orderdate::timestamp) m, count(*) c, \
         sum(o_totalprice) t, min(o_totalprice) i, max(o_totalprice) x FROM orders GROUP BY 1, 2, 3",
    )
    .await;
}

#[tokio::test]
async fn whole_tables_row_by_row() {
    check(
        "lineitem.discounts",
        "SELECT * FROM {} t",
        "SELECT l_quantity AS lineitem__line_quantity, l_discount AS lineitem__line_discount, \
         date_trunc('year', l_shipdate::timestamp) AS lineitem__shipdate_year, count(*) AS lineitem__count, \
         sum(l_quantity) AS lineitem__quantity, sum(l_extendedprice) AS lineitem__revenue, \
         sum(l_extendedprice * l_discount) AS lineitem__discount_amount FROM lineitem GROUP BY 1, 2, 3",
    )
    .await;
    check(
        "lineitem.products",
        "SELECT * FROM {} t",
        "SELECT p_brand AS part__brand, p_container AS part__container, p_size AS part__size, \
         count(*) AS lineitem__count, sum(l_quantity) AS lineitem__quantity, sum(l_extendedprice) AS lineitem__revenue, \
         sum(l_extendedprice * (1 - l_discount)) AS lineitem__discounted_revenue, \
         min(l_extendedprice) AS lineitem__min_price, max(l_extendedprice) AS lineitem__max_price \
         FROM lineitem JOIN part ON l_partkey = p_partkey GROUP BY 1, 2, 3",
    )
    .await;
}

#[tokio::test]
async fn filtered_measures_and_segments() {
    check(
        "lineitem.shipping",
        "SELECT lineitem__shipmode a, lineitem__shipinstruct b, sum(lineitem__count) c, sum(lineitem__late_count) l \
         FROM {} t GROUP BY 1, 2",
        "SELECT l_shipmode a, l_shipinstruct b, count(*) c, sum(CASE WHEN l_receiptdate > l_commitdate THEN 1 END) l \
         FROM lineitem GROUP BY 1, 2",
    )
    .await;
    check(
        "lineitem.lateness",
        "SELECT lineitem__shipmode a, lineitem__shipdate_quarter q, sum(lineitem__count) c, sum(lineitem__revenue) r \
         FROM {} t WHERE lineitem__late = TRUE GROUP BY 1, 2",
        "SELECT l_shipmode a, date_trunc('quarter', l_shipdate::timestamp) q, count(*) c, sum(l_extendedprice) r \
         FROM lineitem WHERE l_receiptdate > l_commitdate GROUP BY 1, 2",
    )
    .await;
}

#[tokio::test]
async fn joined_dimensions_and_partitions() {
    check(
        "lineitem.trade",
        "SELECT customer_nation__name a, supplier_nation__name b, sum(lineitem__count) c, \
         sum(lineitem__discounted_revenue) d FROM {} t GROUP BY 1, 2",
        "SELECT cn.n_name a, sn.n_name b, count(*) c, sum(l_extendedprice * (1 - l_discount)) d FROM lineitem \
         JOIN orders ON l_orderkey = o_orderkey JOIN customer ON o_custkey = c_custkey \
         JOIN nation cn ON c_nationkey = cn.n_nationkey JOIN supplier ON l_suppkey = s_suppkey \
         JOIN nation sn ON s_nationkey = sn.n_nationkey GROUP BY 1, 2",
    )
    .await;
    check(
        "lineitem.by_order",
        "SELECT orders__orderpriority a, orders__orderdate_day d, sum(lineitem__count) c, sum(lineitem__revenue) r \
         FROM {} t GROUP BY 1, 2",
        "SELECT o_orderpriority a, o_orderdate d, count(*) c, sum(l_extendedprice) r FROM lineitem \
         JOIN orders ON l_orderkey = o_orderkey GROUP BY 1, 2",
    )
    .await;
}

#[tokio::test]
async fn distinct_counts_exact_and_approximate() {
    check(
        "lineitem.buyers",
        "SELECT customer__mktsegment a, customer_nation__name b, orders__orderdate_year y, sum(orders__customers) c, \
         sum(lineitem__count) n FROM {} t GROUP BY 1, 2, 3",
        "SELECT c_mktsegment a, n_name b, date_trunc('year', o_orderdate::timestamp) y, count(DISTINCT o_custkey) c, \
         count(*) n FROM lineitem JOIN orders ON l_orderkey = o_orderkey JOIN customer ON o_custkey = c_custkey \
         JOIN nation ON c_nationkey = n_nationkey GROUP BY 1, 2, 3",
    )
    .await;
    // However coarse the question, the sketches of the rollup's groups merge into that of the rows.
    for (key, source_key) in [("customer__mktsegment", "c_mktsegment"), ("'all'", "'all'")] {
        check(
            "lineitem.buyers_approx",
            &format!("SELECT {key} a, cardinality(merge(orders__customers_approx)) c FROM {{}} t GROUP BY 1"),
            &format!(
                "SELECT {source_key} a, hll_count(o_custkey) c FROM lineitem JOIN orders ON l_orderkey = o_orderkey \
                 JOIN customer ON o_custkey = c_custkey GROUP BY 1"
            ),
        )
        .await;
    }
}

#[tokio::test]
async fn there_is_a_table_for_every_partition() {
    let stack = stack(|_| {}).await;
    let daily =
        stack.manifest().rollups.iter().find(|r| r.pre_aggregation == "lineitem.sales_daily").unwrap();
    let starts: Vec<_> = daily.tables.iter().filter_map(|table| table.partition.clone()).collect();
    assert_eq!(daily.range, starts.first().cloned().zip(starts.last().cloned()));
    assert_eq!((starts[0].as_str(), starts.len()), ("1992-01-01T00:00:00.000", 83));
    assert!(starts.is_sorted() && daily.holds_null_times);
    let bounds = "SELECT date_trunc('month', min(l_shipdate)::timestamp), date_trunc('month', max(l_shipdate)::timestamp) \
                  FROM lineitem";
    let bounds = rows(&stack.source().sql(bounds).await.unwrap()).concat();
    assert_eq!(bounds, [starts[0].as_str(), &starts[82]]);
    let first = &daily.tables[0].table;
    assert!(first.starts_with("dev_pre_aggregations.lineitem_sales_daily19920101_"), "{first}");
}

const SHOP: &str = r#"
cubes:
  - name: shop
    sql: >
      SELECT column1 AS id, column2 AS city, CAST(column3 AS TIMESTAMP) AS at FROM
      (VALUES (1, 'Oslo', '2024-01-10'), (2, 'Oslo', '2024-04-02'), (3, NULL, NULL)) AS v
    joins:
      - { name: sale, relationship: one_to_many, sql: '{CUBE}.id = {sale}.shop' }
    dimensions:
      - { name: id, sql: '{CUBE}.id', type: number, primary_key: true }
      - { name: city, sql: '{CUBE}.city', type: string }
      - { name: at, sql: '{CUBE}.at', type: time, granularities: [{ name: half, interval: 6 months }] }
      - name: level
        type: string
        case:
          when: [{ sql: '{id} > 2', label: "it's high" }]
          else: { label: { sql: "'no ' || {city}" } }
      - { name: place, type: geo, latitude: { sql: '{CUBE}.id' }, longitude: { sql: '{id} + 1' } }
      - { name: sold, type: number, sql: '{sale.total}', sub_query: true }
    measures:
      - { name: count, type: count }
      - { name: ids, type: sum, sql: '{CUBE}.id', meta: { arrow_type: int64 } }
      - { name: mean_id, type: avg, sql: '{CUBE}.id' }
      - { name: half_ids, type: number, sql: '{ids} / 2.0' }
      - { name: rolling, type: count, rolling_window: { trailing: 1 month } }
      - { name: rolling_share, type: number, sql: '{rolling} / {count}' }
      - { name: whole, type: sum, sql: '{count}', multi_stage: true, group_by: [] }
      - { name: least, type: number_agg, sql: 'MIN({CUBE}.id)' }
    pre_aggregations:
      - { name: by_kind, measures: [count, ids, mean_id, half_ids, CUBE.sale.count, CUBE.sale.total],
          dimensions: [CUBE.sale.kind] }
      - { name: monthly, measures: [count], time_dimension: at, granularity: day, partition_granularity: month }
      - { name: joined, type: rollup_join, measures: [count], dimensions: [city], rollups: [monthly] }
      - { name: levels, measures: [count], dimensions: [level, place] }
      - { name: halves, measures: [count], time_dimension: at, granularity: half }
      - { name: rolled, measures: [rolling_share] }
      - { name: sold, measures: [count], dimensions: [sold] }
      - { name: staged, measures: [whole, least] }
  - name: sale
    sql: SELECT column1 AS id, column2 AS shop, column3 AS kind, column4 AS amount FROM
      (VALUES (1, 1, 'a', 10), (2, 1, 'a', 20), (3, 1, 'b', 5), (4, 2, 'a', 1)) AS v
    dimensions:
      - { name: id, sql: '{CUBE}.id', type: number, primary_key: true }
      - { name: kind, sql: '{CUBE}.kind', type: string }
    measures:
      - { name: count, type: count }
      - { name: total, type: sum, sql: '{CUBE}.amount', meta: { arrow_type: int64 } }
"#;

fn shop(config: &mut Config) {
    let file = SourceFile { path: "shop.yml".to_owned(), text: SHOP.to_owned() };
    config.model = ModelFiles::Given(vec![file]);
}

#[tokio::test]
async fn rows_that_a_join_repeats_are_counted_once_per_group() {
    let stack = stack(shop).await;
    let columns = [
        Field::new("sale__kind", DataType::Utf8, true),
        Field::new("shop__count", DataType::Int64, true),
        Field::new("shop__ids", DataType::Int64, true),
        Field::new("shop__mean_id", DataType::Float64, true),
        Field::new("shop__half_ids", DataType::Float64, true),
        Field::new("sale__count", DataType::Int64, true),
        Field::new("sale__total", DataType::Int64, true),
    ];
    let columns = Arc::new(Schema::new(columns.to_vec()));
    let sql = format!("SELECT * FROM {} t", table(&stack, "shop.by_kind"));
    let answer = ask(&client(&stack), Query::new(sql), &columns).await.unwrap();
    let expected = [
        ["NULL", "1", "3", "3.0", "1.5", "0", "NULL"],
        ["a", "2", "3", "1.5", "1.5", "3", "31"],
        ["b", "1", "1", "1.0", "0.5", "1", "5"],
    ];
    same(rows(&answer), expected.map(|row| row.map(str::to_owned).to_vec()).to_vec(), "by_kind");
}

#[tokio::test]
async fn gaps_have_empty_tables_and_rows_without_time_have_none() {
    let stack = stack(shop).await;
    let names: Vec<_> =
        stack.manifest().rollups.iter().map(|rollup| rollup.pre_aggregation.as_str()).collect();
    assert_eq!(names, ["shop.by_kind", "shop.monthly", "shop.levels"]);
    let monthly = &stack.manifest().rollups[1];
    let tables: Vec<_> =
        monthly.tables.iter().map(|t| (t.partition.clone().unwrap(), t.rows.unwrap())).collect();
    let month = |number| format!("2024-0{number}-01T00:00:00.000");
    assert_eq!(tables, [(month(1), 1), (month(2), 0), (month(3), 0), (month(4), 1)]);
    assert!(!monthly.holds_null_times);
}

#[tokio::test]
async fn a_model_comes_from_a_directory_too() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("shop.yml"), SHOP).unwrap();
    std::fs::write(dir.path().join("notes.txt"), "no model").unwrap();
    let given = stack(shop).await;
    let read = stack(|config| config.model = ModelFiles::from(dir.path().to_owned())).await;
    assert_eq!(read.model().version(), given.model().version());
    assert_eq!(read.manifest(), given.manifest());
    read.shutdown().await;
}

#[tokio::test]
async fn choices_and_places_are_written_out() {
    let stack = stack(shop).await;
    let columns = [
        Field::new("shop__level", DataType::Utf8, true),
        Field::new("shop__place", DataType::Utf8, true),
        Field::new("shop__count", DataType::Int64, true),
    ];
    let columns = Arc::new(Schema::new(columns.to_vec()));
    let sql = format!("SELECT * FROM {} t", table(&stack, "shop.levels"));
    let answer = ask(&client(&stack), Query::new(sql), &columns).await.unwrap();
    let expected = [["it's high", "3,4", "1"], ["no Oslo", "1,2", "1"], ["no Oslo", "2,3", "1"]];
    let expected = expected.map(|row| row.map(str::to_owned).to_vec()).to_vec();
    same(rows(&answer), expected, "levels");
    let query =
        json!({ "measures": ["shop.count"], "dimensions": ["shop.level"], "order": [["shop.level", "asc"]] });
    let (_, body) = load(&stack, &query).await;
    assert_eq!(body["data"][0]["shop.level"], "it's high", "{body}");
}

#[tokio::test]
async fn what_needs_rows_of_other_groups_is_computed_or_refused() {
    let stack = stack(shop).await;
    let query =
        json!({ "measures": ["shop.whole"], "dimensions": ["shop.level"], "order": [["shop.level", "asc"]] });
    let (_, body) = load(&stack, &query).await;
    let expected = [("it's high", "3"), ("no Oslo", "3")];
    let expected = expected.map(|(level, whole)| json!({ "shop.level": level, "shop.whole": whole }));
    assert_eq!(body["data"], json!(expected), "{body}");
    for name in ["rolling_share", "least"] {
        let (status, body) = load(&stack, &json!({ "measures": [format!("shop.{name}")] })).await;
        assert_eq!(status, 500, "{name}: {body}");
        assert!(body["error"].as_str().unwrap().contains("the dev stack does not compute shop."), "{body}");
    }
    let (status, body) = load(&stack, &json!({ "dimensions": ["shop.sold"] })).await;
    assert!(status == 500 && body["error"].as_str().unwrap().contains("shop.sold"), "{body}");
}
