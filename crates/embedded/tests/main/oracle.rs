//! The API's rows against hand-written SQL over the source tables.

use serde_json::{Value, json};

use crate::harness::{load, rows, same, stack};

/// The rows of a query are those of a SELECT whose columns are in the same order as `columns`.
async fn check(query: Value, columns: &[&str], sql: &str) {
    let stack = stack(|_| {}).await;
    let (status, body) = load(&stack, &query).await;
    assert_eq!(status, 200, "{query}\n{body}");
    let text = |value: &Value| match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let answer = body["data"].as_array().unwrap().iter();
    let answer: Vec<Vec<String>> =
        answer.map(|row| columns.iter().map(|column| text(&row[*column])).collect()).collect();
    let expected = rows(&stack.source().sql(sql).await.unwrap());
    assert!(!expected.is_empty(), "{sql}");
    // The API writes whole floats without a point.
    let whole = |value: String| value.strip_suffix(".0").map(str::to_owned).unwrap_or(value);
    let expected = expected.into_iter().map(|row| row.into_iter().map(whole).collect()).collect();
    same(answer, expected, &query.to_string());
}

const WIDE: &str = "lineitem JOIN orders ON l_orderkey = o_orderkey JOIN customer ON o_custkey = c_custkey \
                    JOIN nation ON c_nationkey = n_nationkey JOIN region ON n_regionkey = r_regionkey";

#[tokio::test]
async fn groups() {
    check(
        json!({ "measures": ["lineitem.count", "lineitem.revenue", "lineitem.avg_price", "lineitem.last_shipdate"],
                "dimensions": ["lineitem.returnflag"] }),
        &["lineitem.returnflag", "lineitem.count", "lineitem.revenue", "lineitem.avg_price", "lineitem.last_shipdate"],
        "SELECT l_returnflag, count(*), sum(l_extendedprice), sum(l_extendedprice)::double / count(*), \
         max(l_shipdate) FROM lineitem GROUP BY 1",
    )
    .await;
    check(
        json!({ "measures": ["lineitem.late_share"] }),
        &["lineitem.late_share"],
        "SELECT avg(CASE WHEN l_receiptdate > l_commitdate THEN 1.0 ELSE 0.0 END) FROM lineitem",
    )
    .await;
}

#[tokio::test]
async fn joins_along_the_view() {
    check(
        json!({ "measures": ["sales.revenue", "sales.late_count"],
                "dimensions": ["sales.customer_region", "sales.orderpriority"] }),
        &["sales.customer_region", "sales.orderpriority", "sales.revenue", "sales.late_count"],
        &format!(
            "SELECT r_name, o_orderpriority, sum(l_extendedprice), \
             sum(CASE WHEN l_receiptdate > l_commitdate THEN 1 ELSE 0 END) FROM {WIDE} GROUP BY 1, 2"
        ),
    )
    .await;
    check(
        json!({ "measures": ["orders.count"], "dimensions": ["customer.mktsegment"] }),
        &["customer.mktsegment", "orders.count"],
        "SELECT c_mktsegment, count(*) FROM orders JOIN customer ON o_custkey = c_custkey GROUP BY 1",
    )
    .await;
}

#[tokio::test]
async fn measures_that_a_join_repeats() {
    check(
        json!({ "measures": ["sales.order_value", "sales.count"], "dimensions": ["sales.shipmode"] }),
        &["sales.shipmode", "sales.order_value", "sales.count"],
        "SELECT a.m, a.v, b.n FROM (SELECT m, sum(p) v FROM (SELECT DISTINCT l_shipmode m, o_orderkey, o_totalprice p \
         FROM lineitem JOIN orders ON l_orderkey = o_orderkey) GROUP BY 1) a \
         JOIN (SELECT l_shipmode m, count(*) n FROM lineitem GROUP BY 1) b ON a.m = b.m",
    )
    .await;
    check(
        json!({ "measures": ["sales.order_value"],
                "filters": [{ "member": "sales.shipmode", "operator": "equals", "values": ["AIR"] }] }),
        &["sales.order_value"],
        "SELECT sum(o_totalprice) FROM orders WHERE o_orderkey IN (SELECT l_orderkey FROM lineitem WHERE l_shipmode = 'AIR')",
    )
    .await;
}

#[tokio::test]
async fn times_in_a_zone() {
    check(
        json!({ "measures": ["lineitem.count"], "timezone": "America/New_York", "timeDimensions": [
                { "dimension": "lineitem.shipdate", "granularity": "month", "dateRange": ["1995-01-01", "1995-06-30"] }] }),
        &["lineitem.shipdate.month", "lineitem.shipdate", "lineitem.count"],
        // Midnight in UTC is the evening before in New York; the range is that of New York's days.
        "SELECT date_trunc('month', l_shipdate::timestamp - INTERVAL '5 hours') a, \
         date_trunc('month', l_shipdate::timestamp - INTERVAL '5 hours') b, count(*) FROM lineitem \
         WHERE l_shipdate > DATE '1995-01-01' AND l_shipdate <= DATE '1995-07-01' GROUP BY 1",
    )
    .await;
    check(
        json!({ "measures": ["lineitem.count"], "timeDimensions": [
                { "dimension": "lineitem.shipdate", "granularity": "week", "dateRange": "1995-03-15" }] }),
        &["lineitem.shipdate.week", "lineitem.count"],
        "SELECT TIMESTAMP '1995-03-13T00:00:00', count(*) FROM lineitem WHERE l_shipdate = DATE '1995-03-15'",
    )
    .await;
    check(
        json!({ "dimensions": ["lineitem.shipdate"], "timezone": "Asia/Tokyo", "ungrouped": true, "limit": 3,
                "order": [["lineitem.shipdate", "asc"]] }),
        &["lineitem.shipdate"],
        "SELECT l_shipdate::timestamp + INTERVAL '9 hours' FROM lineitem ORDER BY 1 LIMIT 3",
    )
    .await;
}

#[tokio::test]
async fn rows_instead_of_groups() {
    check(
        json!({ "measures": ["lineitem.count", "lineitem.late_count", "lineitem.revenue", "lineitem.avg_price"],
                "dimensions": ["lineitem.shipmode", "lineitem.line_discount"], "ungrouped": true,
                "filters": [{ "member": "lineitem.line_quantity", "operator": "gte", "values": ["50"] }] }),
        &["lineitem.shipmode", "lineitem.line_discount", "lineitem.count", "lineitem.late_count", "lineitem.revenue",
          "lineitem.avg_price"],
        "SELECT l_shipmode, l_discount, 1, CASE WHEN l_receiptdate > l_commitdate THEN 1 END, l_extendedprice, \
         l_extendedprice::double AS a FROM lineitem WHERE l_quantity >= 50",
    )
    .await;
}

#[tokio::test]
async fn conditions_on_groups() {
    check(
        json!({ "measures": ["orders.count"], "dimensions": ["orders.clerk"],
                "filters": [{ "or": [{ "member": "orders.count", "operator": "gt", "values": ["22"] },
                                     { "member": "orders.total_price", "operator": "lt", "values": ["500000"] }] }] }),
        &["orders.clerk", "orders.count"],
        "SELECT o_clerk, count(*) FROM orders GROUP BY 1 HAVING count(*) > 22 OR sum(o_totalprice) < 500000",
    )
    .await;
}

#[tokio::test]
async fn distinct_counts() {
    check(
        json!({ "measures": ["sales.customers", "sales.customers_approx"], "dimensions": ["sales.orderstatus"] }),
        &["sales.orderstatus", "sales.customers", "sales.customers_approx"],
        "SELECT o_orderstatus, count(DISTINCT o_custkey), hll_count(o_custkey) FROM lineitem \
         JOIN orders ON l_orderkey = o_orderkey GROUP BY 1",
    )
    .await;
}

#[tokio::test]
async fn segments() {
    check(
        json!({ "measures": ["sales.count"], "segments": ["sales.late", "sales.returned"] }),
        &["sales.count"],
        "SELECT count(*) FROM lineitem WHERE l_receiptdate > l_commitdate AND l_returnflag = 'R'",
    )
    .await;
}

#[tokio::test]
async fn nothing_is_counted_as_zero_and_summed_as_null() {
    check(
        json!({ "measures": ["sales.count", "sales.late_count", "sales.customers", "sales.customers_approx",
                             "sales.revenue", "sales.order_value", "sales.avg_price"],
                "filters": [{ "member": "sales.shipmode", "operator": "equals", "values": ["none"] }] }),
        &[
            "sales.count",
            "sales.late_count",
            "sales.customers",
            "sales.customers_approx",
            "sales.revenue",
            "sales.order_value",
            "sales.avg_price",
        ],
        "SELECT 0 a, 0 b, 0 c, 0 d, NULL e, NULL f, NULL g",
    )
    .await;
}

/// Each operator, as `(member, operator, values, WHERE)` over the line items.
#[tokio::test]
async fn operators() {
    let text = "lineitem.shipmode";
    let number = "lineitem.line_quantity";
    let date = "lineitem.shipdate";
    for (member, operator, values, filter) in [
        (text, "equals", json!(["AIR"]), "l_shipmode = 'AIR'"),
        (text, "equals", json!(["AIR", "RAIL"]), "l_shipmode IN ('AIR', 'RAIL')"),
        (text, "equals", json!(["AIR", null]), "l_shipmode = 'AIR' OR l_shipmode IS NULL"),
        (text, "equals", json!([null]), "l_shipmode IS NULL"),
        (text, "notEquals", json!(["AIR"]), "l_shipmode <> 'AIR'"),
        (text, "notEquals", json!(["AIR", "RAIL"]), "l_shipmode NOT IN ('AIR', 'RAIL')"),
        (text, "notEquals", json!([null]), "l_shipmode IS NOT NULL"),
        (text, "in", json!(["AIR"]), "l_shipmode = 'AIR'"),
        (text, "contains", json!(["ai"]), "upper(l_shipmode) LIKE '%AI%'"),
        (text, "contains", json!(["ai", "fo"]), "upper(l_shipmode) LIKE '%AI%' OR l_shipmode = 'FOB'"),
        (text, "contains", json!(["A_R"]), "1 = 0"),
        (text, "contains", json!(["%"]), "1 = 0"),
        (text, "notContains", json!(["ai", "fo"]), "l_shipmode IN ('TRUCK', 'SHIP')"),
        (text, "startsWith", json!(["reg", "tr"]), "l_shipmode IN ('REG AIR', 'TRUCK')"),
        (text, "startsWith", json!(["A_R"]), "l_shipmode = 'AIR'"),
        (text, "notStartsWith", json!(["r"]), "l_shipmode NOT IN ('RAIL', 'REG AIR')"),
        (text, "endsWith", json!(["AIR"]), "l_shipmode IN ('AIR', 'REG AIR')"),
        (text, "notEndsWith", json!(["air"]), "l_shipmode NOT IN ('AIR', 'REG AIR')"),
        (text, "gt", json!(["RAIL"]), "l_shipmode > 'RAIL'"),
        (text, "set", json!([]), "1 = 1"),
        (text, "notSet", json!([]), "1 = 0"),
        (number, "gt", json!(["49", "1"]), "l_quantity > 49"),
        (number, "gte", json!([49]), "l_quantity >= 49"),
        (number, "lt", json!(["2.00"]), "l_quantity < 2"),
        (number, "lte", json!(["2.5"]), "l_quantity <= 2.5"),
        (number, "equals", json!(["7", "8.0"]), "l_quantity IN (7, 8)"),
        ("lineitem.line_discount", "equals", json!(["0.07"]), "l_discount BETWEEN 0.069 AND 0.071"),
        (date, "equals", json!(["1995-03-15T00:00:00.000"]), "l_shipdate = DATE '1995-03-15'"),
        (
            date,
            "inDateRange",
            json!(["1995-03-15", "1995-03-17"]),
            "l_shipdate BETWEEN '1995-03-15' AND '1995-03-17'",
        ),
        (
            date,
            "inDateRange",
            json!(["1995-03-15T00:00:00.000", "1995-03-16T23:59:59.999"]),
            "l_shipdate BETWEEN '1995-03-15' AND '1995-03-16'",
        ),
        (date, "inDateRange", json!(["1998-11-25"]), "l_shipdate >= '1998-11-25'"),
        (date, "onTheDate", json!(["1998-11-25"]), "l_shipdate >= '1998-11-25'"),
        (
            date,
            "notInDateRange",
            json!(["1992-01-10", "1998-11-20"]),
            "l_shipdate < '1992-01-10' OR l_shipdate > '1998-11-20'",
        ),
        (date, "beforeDate", json!(["1992-01-10"]), "l_shipdate < '1992-01-10'"),
        (date, "beforeOrOnDate", json!(["1992-01-10"]), "l_shipdate <= '1992-01-10'"),
        (date, "afterDate", json!(["1998-11-25"]), "l_shipdate > '1998-11-25'"),
        (date, "afterOrOnDate", json!(["1998-11-25"]), "l_shipdate >= '1998-11-25'"),
        ("lineitem.late_count", "measureFilter", json!([]), "l_receiptdate > l_commitdate"),
    ] {
        check(
            json!({ "measures": ["lineitem.count"],
                    "filters": [{ "member": member, "operator": operator, "values": values }] }),
            &["lineitem.count"],
            &format!("SELECT count(*) FROM lineitem WHERE {filter}"),
        )
        .await;
    }
}

#[tokio::test]
async fn filters_in_groups() {
    check(
        json!({ "measures": ["lineitem.count"], "filters": [
            { "or": [{ "member": "lineitem.shipmode", "operator": "equals", "values": ["AIR"] },
                     { "and": [{ "member": "lineitem.shipmode", "operator": "equals", "values": ["RAIL"] },
                               { "member": "lineitem.line_quantity", "operator": "gt", "values": ["40"] }] },
                     { "or": [] }] },
            { "dimension": "lineitem.returnflag", "operator": "notEquals", "values": ["N"] }] }),
        &["lineitem.count"],
        "SELECT count(*) FROM lineitem WHERE (l_shipmode = 'AIR' OR (l_shipmode = 'RAIL' AND l_quantity > 40)) \
         AND l_returnflag <> 'N'",
    )
    .await;
}

#[tokio::test]
async fn the_filters_of_measures_among_others() {
    let late = json!({ "member": "lineitem.late_count", "operator": "measureFilter" });
    let air = json!({ "member": "lineitem.shipmode", "operator": "equals", "values": ["AIR"] });
    for (word, by) in [("and", "AND"), ("or", "OR")] {
        check(
            json!({ "measures": ["lineitem.count"], "filters": [{ word: [late, air] }] }),
            &["lineitem.count"],
            &format!(
                "SELECT count(*) FROM lineitem WHERE l_receiptdate > l_commitdate {by} l_shipmode = 'AIR'"
            ),
        )
        .await;
    }
    // Nothing else in this query needs the line items.
    check(
        json!({ "measures": ["orders.count"],
                "filters": [{ "member": "lineitem.late_count", "operator": "measureFilter" }] }),
        &["orders.count"],
        "SELECT count(DISTINCT l_orderkey) FROM lineitem WHERE l_receiptdate > l_commitdate",
    )
    .await;
}
