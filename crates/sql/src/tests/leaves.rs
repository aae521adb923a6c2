//! What becomes part of a leaf, and what stays above it.

use datafusion::common::ScalarValue;
use expect_test::expect;

use super::{check, check_bound};

#[test]
fn granularities_of_ones_own() {
    check(
        "SELECT DATE_TRUNC('fiscalYear', createdAt) y, MEASURE(users) FROM orders GROUP BY 1 ORDER BY 1 LIMIT 3",
        expect![[r#"
            0: [orders.users] by [orders.createdAt.fiscalYear] order by orders.createdAt.fiscalYear asc nulls last limit 3 in UTC (2 visible, 1 uses)
            Projection: leaf.createdAt.fiscalYear AS y, leaf.users AS users
              TableScan: leaf"#]],
    );
    check(
        "SELECT DISTINCT date_trunc('FISCALYEAR', createdAt) FROM orders",
        expect![[r#"
        0: [] by [orders.createdAt.fiscalYear] in UTC (1 visible, 1 uses)
        Projection: leaf.createdAt.fiscalYear AS date_trunc(Utf8("FISCALYEAR"),orders.createdAt)
          TableScan: leaf"#]],
    );
    check(
        "SELECT date_trunc('fortnight', createdAt), COUNT(*) FROM orders WHERE date_trunc('fortnight', createdAt) > '2024-02-01' GROUP BY 1",
        expect![[r#"
            0: [orders.count] by [orders.createdAt.fortnight] in UTC (2 visible, 1 uses)
            Projection: leaf.createdAt.fortnight AS date_trunc(Utf8("fortnight"),orders.createdAt), leaf.count AS count(*)
              Filter: leaf.createdAt.fortnight > TimestampMicrosecond(1706745600000000, None)
                TableScan: leaf"#]],
    );
    check(
        "SELECT EXTRACT(YEAR FROM date_trunc('fiscalYear', createdAt)), SUM(total) FROM orders GROUP BY 1",
        expect![[r#"
            0: [orders.total] by [orders.createdAt.fiscalYear] in UTC (2 visible, 1 uses)
            Projection: date_part(Utf8("YEAR"),leaf.createdAt.fiscalYear) AS date_part(Utf8("YEAR"),date_trunc(Utf8("fiscalYear"),orders.createdAt)), CAST(sum(leaf.total) AS Decimal128(35, 2)) AS sum(orders.total)
              Aggregate: groupBy=[[date_part(Utf8("YEAR"), leaf.createdAt.fiscalYear)]], aggr=[[sum(CAST(leaf.total AS Decimal256(76, 2)))]]
                TableScan: leaf"#]],
    );
    check(
        "SELECT date_trunc('fiscalYear', day), COUNT(*) FROM orders GROUP BY 1",
        expect![
            "`fiscalYear` is no granularity here; one that a time dimension declares is known where its cube or view is grouped by it"
        ],
    );
    check(
        "SELECT date_trunc('fiscalYear', createdAt) FROM orders",
        expect![
            "`fiscalYear` is no granularity here; one that a time dimension declares is known where its cube or view is grouped by it"
        ],
    );
    check(
        "SELECT MAX(date_trunc('fortnight', createdAt)) FROM orders",
        expect![[r#"
        0: [] by [orders.createdAt.fortnight] in UTC (1 visible, 1 uses)
        Projection: max(leaf.createdAt.fortnight) AS max(date_trunc(Utf8("fortnight"),orders.createdAt))
          Aggregate: groupBy=[[]], aggr=[[max(leaf.createdAt.fortnight)]]
            TableScan: leaf"#]],
    );
}

#[test]
fn grouped() {
    check(
        "SELECT status, MEASURE(count) FROM orders GROUP BY 1",
        expect![[r#"
        0: [orders.count] by [orders.status] in UTC (2 visible, 1 uses)
        Projection: leaf.status AS status, leaf.count AS count
          TableScan: leaf"#]],
    );
    check(
        "SELECT MEASURE(total) AS t, date_trunc('month', createdAt) FROM orders GROUP BY 2",
        expect![[r#"
        0: [orders.total] by [orders.createdAt.month] in UTC (2 visible, 1 uses)
        Projection: leaf.total AS t, leaf.createdAt.month AS date_trunc(Utf8("month"),orders.createdAt)
          TableScan: leaf"#]],
    );
    check(
        "SELECT date_trunc('month', day) m, CAST(createdAt AS DATE) d, SUM(total), COUNT(*), MIN(lowest) FROM orders GROUP BY 1, 2",
        expect![[r#"
        0: [orders.total, orders.count, orders.lowest] by [orders.day.month, orders.createdAt.day] in UTC (5 visible, 1 uses)
        Projection: leaf.day.month AS m, CAST(leaf.createdAt.day AS Date32) AS d, CAST(leaf.total AS Decimal128(35, 2)) AS sum(orders.total), leaf.count AS count(*), leaf.lowest AS min(orders.lowest)
          TableScan: leaf"#]],
    );
    check(
        "SELECT COUNT(*) FROM orders",
        expect![[r#"
        0: [orders.count] by [] in UTC (1 visible, 1 uses)
        Projection: leaf.count AS count(*)
          TableScan: leaf"#]],
    );
    check(
        "SELECT DISTINCT status, city FROM orders",
        expect![[r#"
        0: [] by [orders.status, orders.City] in UTC (2 visible, 1 uses)
        Projection: leaf.status AS status, leaf.City AS City
          TableScan: leaf"#]],
    );
    check(
        "SELECT big, day, MEASURE(ratio) FROM orders GROUP BY big, day",
        expect![[r#"
        0: [orders.ratio] by [orders.big, orders.day] in UTC (3 visible, 1 uses)
        Projection: leaf.big AS big, leaf.day AS day, leaf.ratio AS ratio
          TableScan: leaf"#]],
    );
}

#[test]
fn where_having_order_and_limit() {
    check(
        "SELECT status, MEASURE(count) FROM orders WHERE city = 'Oslo' AND price BETWEEN 0.05 AND 0.07 \
         GROUP BY 1 HAVING MEASURE(total) > 10 ORDER BY MEASURE(count) DESC, status LIMIT 5 OFFSET 2",
        expect![[r#"
            0: [orders.count] by [orders.status] where orders.City = 'Oslo' AND orders.price >= 0.05 AND orders.price <= 0.07 having orders.total > 10 order by orders.count desc nulls first, orders.status asc nulls last limit 5 offset 2 in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
    );
    check(
        "SELECT status FROM orders GROUP BY 1 ORDER BY MEASURE(count) DESC LIMIT 3",
        expect![[r#"
        0: [orders.count] by [orders.status] order by orders.count desc nulls first limit 3 in UTC (1 visible, 1 uses)
        Projection: leaf.status AS status
          TableScan: leaf"#]],
    );
    check(
        "SELECT status, MEASURE(count) c FROM orders GROUP BY 1 HAVING c > 5 AND status <> 'x' ORDER BY c + 1",
        expect![[r#"
            0: [orders.count] by [orders.status] where orders.status <> 'x' having orders.count > 5 in UTC (2 visible, 1 uses)
            Sort: +(c, Int64(1)) AS c + Int64(1) ASC NULLS LAST
              Projection: leaf.status AS status, leaf.count AS c
                TableScan: leaf"#]],
    );
    check(
        "SELECT * FROM (SELECT status s, MEASURE(count) c FROM orders GROUP BY 1) WHERE s LIKE 'a%' AND c >= 2",
        expect![[r#"
        0: [orders.count] by [orders.status] where orders.status LIKE 'a%' having orders.count >= 2 in UTC (2 visible, 1 uses)
        Projection: leaf.status AS s, leaf.count AS c
          TableScan: leaf"#]],
    );
    check(
        "SELECT * FROM (SELECT status s, MEASURE(count) c FROM orders GROUP BY 1 LIMIT 3) WHERE s = 'a'",
        expect![[r#"
        0: [orders.count] by [orders.status] limit 3 in UTC (2 visible, 1 uses)
        Projection: leaf.status AS s, leaf.count AS c
          Filter: leaf.status = Utf8("a")
            TableScan: leaf"#]],
    );
    check(
        "SELECT status, MEASURE(count) FROM orders GROUP BY 1 LIMIT 0",
        expect![[r#"
        0: [orders.count] by [orders.status] limit 0 in UTC (2 visible, 1 uses)
        Projection: leaf.status AS status, leaf.count AS count
          TableScan: leaf"#]],
    );
    check(
        "SELECT status, MEASURE(count) FROM orders WHERE 1 = 0 GROUP BY 1",
        expect![[r#"
        0: [orders.count] by [orders.status] where false in UTC (2 visible, 1 uses)
        Projection: leaf.status AS status, leaf.count AS count
          TableScan: leaf"#]],
    );
}

#[test]
fn grouped_again_above_the_leaf() {
    check(
        "SELECT upper(status), MEASURE(count), MEASURE(total), MEASURE(lowest) FROM orders GROUP BY 1",
        expect![[r#"
            0: [orders.count, orders.total, orders.lowest] by [orders.status] in UTC (4 visible, 1 uses)
            Projection: upper(leaf.status) AS upper(orders.status), CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count, CAST(sum(leaf.total) AS Decimal128(25, 2)) AS total, min(leaf.lowest) AS lowest
              Projection: CAST(sum(leaf.count) AS Int64) AS __common_expr_1, upper(leaf.status), sum(leaf.total), min(leaf.lowest)
                Aggregate: groupBy=[[upper(leaf.status)]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0))), sum(CAST(leaf.total AS Decimal256(76, 2))), min(leaf.lowest)]]
                  TableScan: leaf"#]],
    );
    check(
        "SELECT status, upper(status), MEASURE(mean) FROM orders GROUP BY 1, 2",
        expect![[r#"
        0: [orders.mean] by [orders.status] in UTC (2 visible, 1 uses)
        Projection: leaf.status AS status, upper(leaf.status) AS upper(orders.status), leaf.mean AS mean
          TableScan: leaf"#]],
    );
    check(
        "SELECT upper(status), MEASURE(mean) FROM orders GROUP BY 1",
        expect!["`orders.mean` (avg) cannot be added up, which upper(status) asks for"],
    );
    check(
        "SELECT extract(year FROM createdAt) y, MEASURE(count) FROM orders GROUP BY 1",
        expect![[r#"
            0: [orders.count] by [orders.createdAt.year] in UTC (2 visible, 1 uses)
            Projection: date_part(Utf8("YEAR"), leaf.createdAt.year) AS y, leaf.count AS count
              TableScan: leaf"#]],
    );
    check(
        "SELECT CASE WHEN price > 10 THEN 'high' ELSE 'low' END, SUM(count) FROM orders GROUP BY 1",
        expect![[r#"
            0: [orders.count] by [orders.price] in UTC (2 visible, 1 uses)
            Projection: CASE WHEN leaf.price > Int64(10) THEN Utf8("high") ELSE Utf8("low") END AS CASE WHEN orders.price > Int64(10) THEN Utf8("high") ELSE Utf8("low") END, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS sum(orders.count)
              Projection: CAST(sum(leaf.count) AS Int64) AS __common_expr_1, CASE WHEN leaf.price > Int64(10) THEN Utf8("high") ELSE Utf8("low") END
                Aggregate: groupBy=[[CASE WHEN leaf.price > Decimal128(10.00,15,2) THEN Utf8("high") ELSE Utf8("low") END AS CASE WHEN leaf.price > Int64(10) THEN Utf8("high") ELSE Utf8("low") END]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0)))]]
                  TableScan: leaf"#]],
    );
    check(
        "SELECT COUNT(DISTINCT status), MIN(day), MEASURE(count) FROM orders",
        expect![[r#"
            0: [orders.count] by [orders.status, orders.day] in UTC (3 visible, 1 uses)
            Projection: count(DISTINCT leaf.status) AS count(DISTINCT orders.status), min(leaf.day) AS min(orders.day), CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count
              Projection: CAST(sum(alias3) AS Int64) AS __common_expr_1, count(alias1) AS count(DISTINCT leaf.status), min(alias2) AS min(leaf.day)
                Aggregate: groupBy=[[]], aggr=[[count(alias1), min(alias2), sum(alias3)]]
                  Aggregate: groupBy=[[leaf.status AS alias1]], aggr=[[min(leaf.day) AS alias2, sum(CAST(leaf.count AS Decimal256(76, 0))) AS alias3]]
                    TableScan: leaf"#]],
    );
    check(
        "SELECT status, MEASURE(count) FROM orders WHERE upper(city) = 'OSLO' GROUP BY 1",
        expect![[r#"
            0: [orders.count] by [orders.status, orders.City] in UTC (3 visible, 1 uses)
            Projection: leaf.status AS status, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count
              Projection: CAST(sum(leaf.count) AS Int64) AS __common_expr_1, leaf.status
                Aggregate: groupBy=[[leaf.status]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0)))]]
                  Projection: leaf.status, leaf.count
                    Filter: upper(leaf.City) = Utf8("OSLO")
                      TableScan: leaf"#]],
    );
    check(
        "SELECT status, MEASURE(users) FROM orders WHERE upper(city) = 'OSLO' GROUP BY 1",
        expect!["`orders.users` (count_distinct) cannot be added up, which upper(City) = OSLO asks for"],
    );
    check(
        "SELECT status, city, MEASURE(total) FROM orders GROUP BY ROLLUP (status, city)",
        expect![[r#"
        0: [orders.total] by [orders.status, orders.City] in UTC (3 visible, 1 uses)
        Projection: leaf.status AS status, leaf.City AS City, CAST(sum(leaf.total) AS Decimal128(25, 2)) AS total
          Aggregate: groupBy=[[ROLLUP (leaf.status, leaf.City)]], aggr=[[sum(CAST(leaf.total AS Decimal256(76, 2)))]]
            TableScan: leaf"#]],
    );
}

#[test]
fn sub_queries_and_windows() {
    check(
        "WITH m AS (SELECT date_trunc('month', createdAt) AS month, MEASURE(total) AS total FROM orders GROUP BY 1) \
         SELECT a.month, a.total - b.total FROM m a JOIN m b ON a.month = b.month",
        expect![[r#"
            0: [orders.total] by [orders.createdAt.month] in UTC (2 visible, 2 uses)
            Projection: a.month, a.total - b.total
              Inner Join: a.month = b.month
                SubqueryAlias: a
                  SubqueryAlias: m
                    Projection: leaf.createdAt.month AS month, leaf.total AS total
                      TableScan: leaf
                SubqueryAlias: b
                  SubqueryAlias: m
                    Projection: leaf.createdAt.month AS month, leaf.total AS total
                      TableScan: leaf"#]],
    );
    check(
        "SELECT AVG(c) FROM (SELECT status, MEASURE(count) AS c FROM orders GROUP BY 1)",
        expect![[r#"
        0: [orders.count] by [orders.status] in UTC (1 visible, 1 uses)
        Aggregate: groupBy=[[]], aggr=[[avg(CAST(c AS Float64))]]
          Projection: leaf.count AS c
            TableScan: leaf"#]],
    );
    check(
        "SELECT status, SUM(MEASURE(count)) OVER () FROM orders GROUP BY 1",
        expect![[r#"
        0: [orders.count] by [orders.status] in UTC (2 visible, 1 uses)
        Projection: orders.status, sum(measure(orders.count)) ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          WindowAggr: windowExpr=[[sum(measure(orders.count)) ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING]]
            Projection: leaf.status AS status, leaf.count AS measure(orders.count)
              TableScan: leaf"#]],
    );
    check(
        "SELECT status, MEASURE(count) FROM orders WHERE city IN \
         (SELECT city FROM orders GROUP BY 1 ORDER BY MEASURE(total) DESC LIMIT 3) GROUP BY 1",
        expect![[r#"
            0: [orders.count] by [orders.status, orders.City] in UTC (3 visible, 1 uses)
            1: [orders.total] by [orders.City] order by orders.total desc nulls first limit 3 in UTC (1 visible, 1 uses)
            Projection: leaf.status AS status, CASE WHEN __common_expr_2 IS NULL THEN Int64(0) ELSE __common_expr_2 END AS count
              Projection: CAST(sum(leaf.count) AS Int64) AS __common_expr_2, leaf.status
                Aggregate: groupBy=[[leaf.status]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0)))]]
                  Projection: leaf.status, leaf.count
                    LeftSemi Join: leaf.City = __correlated_sq_1.City
                      TableScan: leaf
                      SubqueryAlias: __correlated_sq_1
                        Projection: leaf.City AS City
                          TableScan: leaf"#]],
    );
    check(
        "SELECT MEASURE(count) FROM orders UNION ALL SELECT MEASURE(count) FROM users",
        expect![[r#"
        0: [orders.count] by [] in UTC (1 visible, 1 uses)
        1: [users.count] by [] in UTC (1 visible, 1 uses)
        Union
          Projection: leaf.count AS count
            TableScan: leaf
          Projection: leaf.count AS count
            TableScan: leaf"#]],
    );
    check(
        "SELECT status FROM orders GROUP BY 1 HAVING MEASURE(count) > (SELECT MEASURE(count) FROM users)",
        expect![[r#"
        0: [users.count] by [] in UTC (1 visible, 1 uses)
        1: [orders.count] by [orders.status] in UTC (2 visible, 1 uses)
        Projection: leaf.status AS status
          Filter: leaf.count > (<subquery>)
            Subquery:
              Projection: leaf.count AS count
                TableScan: leaf
            TableScan: leaf"#]],
    );
}

#[test]
fn rows() {
    check(
        "SELECT status, count, total FROM orders WHERE price > 5 LIMIT 10",
        expect![[r#"
        0: [orders.count, orders.total] ungrouped [orders.status] where orders.price > 5 limit 10 in UTC (3 visible, 1 uses)
        Projection: leaf.status AS status, leaf.count AS count, leaf.total AS total
          Limit: skip=0, fetch=10
            TableScan: leaf"#]],
    );
    check(
        "SELECT * FROM users",
        expect![[r#"
            0: [users.count] ungrouped [users.id, users.name, users.joined] in UTC (4 visible, 1 uses)
            Projection: leaf.count AS count, leaf.id AS id, leaf.name AS name, leaf.joined AS joined
              TableScan: leaf"#]],
    );
    check(
        "SELECT count(*) FROM (SELECT status FROM orders LIMIT 10)",
        expect![[r#"
            0: [] ungrouped [orders.status] limit 10 in UTC (0 visible, 1 uses)
            Projection: count(Int64(1)) AS count(*)
              Aggregate: groupBy=[[]], aggr=[[count(Int64(1))]]
                Limit: skip=0, fetch=10
                  TableScan: leaf"#]],
    );
    check(
        "SELECT status, users FROM orders",
        expect![
            "`orders.users` (count_distinct) has no value for a single row; add GROUP BY and MEASURE(users)"
        ],
    );
    check(
        "SELECT 1 + 1",
        expect![[r#"
        Projection: Int64(2) AS Int64(1) + Int64(1)
          EmptyRelation: rows=1"#]],
    );
}

#[test]
fn parameters() {
    let date = ScalarValue::Utf8(Some("1998-09-02".to_owned()));
    let price = ScalarValue::Float64(Some(0.055));
    check_bound(
        "SELECT status, MEASURE(count) FROM orders WHERE day <= ? AND price > ? GROUP BY 1 LIMIT ?",
        &[date, price, ScalarValue::Int64(Some(5))],
        expect![[r#"
            0: [orders.count] by [orders.status] where orders.day < '1998-09-03T00:00:00.000' AND orders.price > 0.055 limit 5 in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
    );
    check_bound(
        "SELECT MEASURE(count) FROM orders WHERE status = ?",
        &[ScalarValue::Utf8(None)],
        expect![[r#"
        0: [orders.count] by [] where false in UTC (1 visible, 1 uses)
        Projection: leaf.count AS count
          TableScan: leaf"#]],
    );
    check_bound(
        "SELECT MEASURE(count) FROM orders WHERE status = ?",
        &[],
        expect!["the statement has 1 parameters, 0 were given"],
    );
    let text = ScalarValue::Utf8(Some("soon".to_owned()));
    check_bound(
        "SELECT MEASURE(count) FROM orders WHERE day = ?",
        &[text],
        expect![
            "parameter 1: Utf8 is not Date32: Arrow error: Cast error: Cannot cast string 'soon' to value of Date32 type"
        ],
    );
}

#[test]
fn the_same_rows_are_fetched_once() {
    check(
        "WITH q AS (SELECT status, MEASURE(total) AS t FROM orders GROUP BY 1) \
         SELECT status FROM q WHERE t > (SELECT AVG(t) FROM q)",
        expect![[r#"
            0: [orders.total] by [orders.status] in UTC (2 visible, 2 uses)
            SubqueryAlias: q
              Projection: leaf.status AS status
                Filter: CAST(leaf.total AS Decimal128(29, 6)) > (<subquery>)
                  Subquery:
                    Aggregate: groupBy=[[]], aggr=[[avg(q.t)]]
                      SubqueryAlias: q
                        Projection: leaf.total AS t
                          Projection: leaf.total
                            TableScan: leaf
                  TableScan: leaf"#]],
    );
    // Neither has all columns of the other.
    check(
        "SELECT a.n, b.t FROM (SELECT status, MEASURE(count) AS n FROM orders GROUP BY 1) a \
         JOIN (SELECT status, MEASURE(total) AS t FROM orders GROUP BY 1) b ON a.status = b.status",
        expect![[r#"
            0: [orders.count] by [orders.status] in UTC (2 visible, 1 uses)
            1: [orders.total] by [orders.status] in UTC (2 visible, 1 uses)
            Projection: a.n, b.t
              Inner Join: a.status = b.status
                SubqueryAlias: a
                  Projection: leaf.status AS status, leaf.count AS n
                    TableScan: leaf
                SubqueryAlias: b
                  Projection: leaf.status AS status, leaf.total AS t
                    TableScan: leaf"#]],
    );
    check(
        "SELECT a.n, b.n FROM (SELECT status, MEASURE(count) AS n FROM orders GROUP BY 1 ORDER BY 1 LIMIT 2) a \
         JOIN (SELECT status, MEASURE(count) AS n FROM orders GROUP BY 1 ORDER BY 1 DESC LIMIT 2) b ON a.status = b.status",
        expect![[r#"
            0: [orders.count] by [orders.status] order by orders.status asc nulls last limit 2 in UTC (2 visible, 1 uses)
            1: [orders.count] by [orders.status] order by orders.status desc nulls first limit 2 in UTC (2 visible, 1 uses)
            Projection: a.n, b.n
              Inner Join: a.status = b.status
                SubqueryAlias: a
                  Projection: leaf.status AS status, leaf.count AS n
                    TableScan: leaf
                SubqueryAlias: b
                  Projection: leaf.status AS status, leaf.count AS n
                    TableScan: leaf"#]],
    );
}

#[test]
fn a_wider_sum_orders_its_leaf() {
    check(
        "SELECT status, SUM(total) AS t FROM orders GROUP BY 1 ORDER BY 2 DESC LIMIT 3",
        expect![[r#"
            0: [orders.total] by [orders.status] order by orders.total desc nulls first limit 3 in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, CAST(leaf.total AS Decimal128(35, 2)) AS t
              TableScan: leaf"#]],
    );
}
