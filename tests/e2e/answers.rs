//! Semantic SQL against SQL by hand over the Parquet files: what stands above leaves, where generated queries do not
//! reach.

use arrow::compute::concat_batches;
use tonic::Code;

use crate::harness::{Gateway, Rows, Settings, stacks};

/// Statements of the gateway and the same in DataFusion's SQL over the source tables.
const CASES: &[(&str, &str)] = &[
    // A key that is written twice.
    (
        "SELECT part_size, part_size AS again, COUNT(*) AS n FROM sales GROUP BY 1, 2",
        "SELECT p_size AS part_size, p_size AS again, COUNT(*) AS n FROM lineitem JOIN part ON p_partkey = l_partkey GROUP BY 1",
    ),
    (
        "SELECT shipmode, UPPER(shipmode) AS u, MEASURE(count) AS a, COUNT(*) AS b FROM sales GROUP BY shipmode, UPPER(shipmode), shipmode",
        "SELECT l_shipmode AS shipmode, UPPER(l_shipmode) AS u, COUNT(*) AS a, COUNT(*) AS b FROM lineitem GROUP BY 1, 2",
    ),
    (
        "SELECT UPPER(shipmode) AS u, MEASURE(count) AS a, COUNT(*) AS b FROM sales GROUP BY 1",
        "SELECT UPPER(l_shipmode) AS u, COUNT(*) AS a, COUNT(*) AS b FROM lineitem GROUP BY 1",
    ),
    // Orders are in one group of their own priority, and in several of their line items' ship modes.
    (
        "SELECT LEFT(orderpriority, 1) AS p, MEASURE(order_value) AS v FROM sales GROUP BY 1",
        "SELECT LEFT(o_orderpriority, 1) AS p, CAST(SUM(o_totalprice) AS DECIMAL(25, 2)) AS v FROM orders GROUP BY 1",
    ),
    (
        "SELECT MEASURE(order_value) AS v FROM sales WHERE orderpriority LIKE '%A%'",
        "SELECT CAST(SUM(o_totalprice) AS DECIMAL(25, 2)) AS v FROM orders WHERE o_orderpriority LIKE '%A%'",
    ),
    // No group is another thing than a group without rows.
    ("SELECT MEASURE(revenue) AS r FROM sales HAVING 1 = 0", "SELECT 1.5 AS r WHERE FALSE"),
    ("SELECT * FROM (SELECT COUNT(*) AS c FROM sales) AS q WHERE FALSE", "SELECT 1 AS c WHERE FALSE"),
    ("SELECT COUNT(*) AS c FROM sales WHERE 1 = 0", "SELECT COUNT(*) AS c FROM lineitem WHERE FALSE"),
    ("SELECT COUNT(*) AS c FROM sales WHERE clerk IS NOT NULL HAVING 1 = 0", "SELECT 1 AS c WHERE FALSE"),
    // Predicates that Cube cannot test, over columns of every type.
    (
        "SELECT COUNT(*) AS c FROM sales WHERE clerk IS NOT NULL AND (returnflag LIKE '%R' OR line_discount IN (0.05, 0.1))",
        "SELECT COUNT(*) AS c FROM lineitem WHERE l_returnflag LIKE '%R' OR l_discount IN (0.05, 0.10)",
    ),
    (
        "SELECT COUNT(*) AS c FROM sales WHERE clerk IS NOT NULL AND (returnflag LIKE '%R' OR line_quantity BETWEEN 3 AND 4.5)",
        "SELECT COUNT(*) AS c FROM lineitem WHERE l_returnflag LIKE '%R' OR l_quantity BETWEEN 3 AND 4.5",
    ),
    (
        "SELECT COUNT(*) AS c FROM sales WHERE clerk IS NOT NULL AND (returnflag LIKE '%R' OR part_size < 5.5)",
        "SELECT COUNT(*) AS c FROM lineitem JOIN part ON p_partkey = l_partkey WHERE l_returnflag LIKE '%R' OR p_size < 6",
    ),
    (
        "SELECT COUNT(*) AS c FROM sales WHERE clerk IS NOT NULL AND (returnflag LIKE '%R' OR shipdate >= DATE '1997-06-18')",
        "SELECT COUNT(*) AS c FROM lineitem WHERE l_returnflag LIKE '%R' OR l_shipdate >= DATE '1997-06-18'",
    ),
    (
        "SELECT shipmode, COUNT(*) AS c FROM sales WHERE clerk IS NOT NULL AND returnflag LIKE '%R' GROUP BY 1 HAVING MEASURE(revenue) > 77000000.5",
        "SELECT l_shipmode AS shipmode, COUNT(*) AS c FROM lineitem WHERE l_returnflag LIKE '%R' GROUP BY 1 HAVING SUM(l_extendedprice) > 77000000.5",
    ),
    (
        "SELECT shipmode, MEASURE(last_shipdate) AS d FROM sales GROUP BY 1 HAVING MEASURE(last_shipdate) > DATE '1998-11-25'",
        "SELECT l_shipmode AS shipmode, MAX(l_shipdate) AS d FROM lineitem GROUP BY 1 HAVING MAX(l_shipdate) > DATE '1998-11-25'",
    ),
    (
        "SELECT orderkey FROM orders WHERE clerk LIKE '%1' OR orderdate > DATE '1998-07-30'",
        "SELECT o_orderkey AS orderkey FROM orders WHERE o_clerk LIKE '%1' OR o_orderdate > DATE '1998-07-30'",
    ),
    // Parts of dates as keys.
    (
        "SELECT EXTRACT(YEAR FROM shipdate) AS y, MEASURE(avg_price) AS p FROM sales GROUP BY 1",
        "SELECT EXTRACT(YEAR FROM l_shipdate) AS y, AVG(CAST(l_extendedprice AS DOUBLE)) AS p FROM lineitem GROUP BY 1",
    ),
    (
        "SELECT EXTRACT(MONTH FROM shipdate) AS m, MEASURE(revenue) AS r FROM sales GROUP BY 1",
        "SELECT EXTRACT(MONTH FROM l_shipdate) AS m, CAST(SUM(l_extendedprice) AS DECIMAL(25, 2)) AS r FROM lineitem GROUP BY 1",
    ),
    (
        "SELECT CAST(shipdate AS DATE) AS d, COUNT(*) AS c FROM sales GROUP BY 1",
        "SELECT l_shipdate AS d, COUNT(*) AS c FROM lineitem GROUP BY 1",
    ),
    (
        "SELECT returnflag, linestatus, COUNT(*) AS c FROM sales GROUP BY ROLLUP (returnflag, linestatus)",
        "SELECT l_returnflag AS returnflag, l_linestatus AS linestatus, COUNT(*) AS c FROM lineitem GROUP BY ROLLUP (l_returnflag, l_linestatus)",
    ),
    (
        "SELECT MAX(shipmode) AS m, COUNT(DISTINCT returnflag) AS f, MEASURE(revenue) AS r FROM sales",
        "SELECT MAX(l_shipmode) AS m, COUNT(DISTINCT l_returnflag) AS f, CAST(SUM(l_extendedprice) AS DECIMAL(25, 2)) AS r FROM lineitem",
    ),
];

/// Statements that would add a row up more than once, or that nothing can answer.
const REFUSED: &[(&str, &str)] = &[
    (
        "SELECT MEASURE(order_value), COUNT(DISTINCT shipmode) FROM sales",
        "rows of `sales.order_value` belong to several",
    ),
    (
        "SELECT MAX(shipmode), MEASURE(order_value) FROM sales",
        "rows of `sales.order_value` belong to several",
    ),
    (
        "SELECT CASE WHEN shipmode IN ('AIR', 'REG AIR') THEN 'air' ELSE 'other' END, MEASURE(order_value) FROM sales GROUP BY 1",
        "rows of `sales.order_value` belong to several",
    ),
    (
        "SELECT MEASURE(order_value) FROM sales WHERE UPPER(shipmode) IN ('AIR', 'FOB')",
        "rows of `sales.order_value` belong to several",
    ),
    (
        "SELECT shipmode, MEASURE(order_value) FROM sales GROUP BY ROLLUP (shipmode)",
        "rows of `sales.order_value` belong to several",
    ),
    ("SELECT DISTINCT ON (shipmode) shipmode, returnflag FROM sales", "DISTINCT ON is not supported"),
    (
        "SELECT shipmode, MEASURE(revenue) FROM sales AS s WHERE EXISTS (SELECT 1 FROM orders AS o WHERE o.orderpriority = s.orderpriority) GROUP BY 1",
        "a sub-query that looks at rows of `sales` below its aggregate is not supported",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_above_leaves_agrees_with_sql_by_hand() {
    let stack = &stacks().arrow;
    let gateways =
        [Gateway::start(&Settings::both_roads(stack)), Gateway::start(&Settings::cube(&stack.cube_url()))];
    let mut wrong = Vec::new();
    for (sql, by_hand) in CASES {
        let batches = stack.source().sql(by_hand).await.unwrap_or_else(|error| panic!("{by_hand}: {error}"));
        let right = match batches.first() {
            Some(first) => Rows::of(&concat_batches(&first.schema(), &batches).unwrap()).sorted(),
            None => {
                Rows { columns: vec![by_hand.split_whitespace().nth(3).unwrap().to_owned()], values: vec![] }
            }
        };
        for gateway in &gateways {
            match gateway.client().await.query(sql).await {
                Ok(rows) => {
                    wrong.extend(rows.sorted().difference(&right).map(|found| format!("{sql}\n{found}")));
                }
                Err(error) => wrong.push(format!("{sql}\n{error:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_count_rows_twice_is_refused_before_a_schema_is_announced() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let mut client = gateway.client().await;
    for (sql, why) in REFUSED {
        let (code, text) = client.info(sql).await.expect_err(sql);
        assert_eq!(code, Code::InvalidArgument, "{sql}: {text}");
        assert!(text.contains(why), "{sql}: {text}");
    }
}
