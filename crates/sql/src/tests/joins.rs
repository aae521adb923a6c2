//! Cubes joined to grouped sub-queries, as tools write their top ten.

use expect_test::expect;

use super::check;

const TOP: &str = "(SELECT status, MEASURE(total) AS t FROM orders GROUP BY 1 ORDER BY 2 DESC LIMIT 3)";

#[test]
fn top_groups() {
    check(
        &format!(
            "SELECT o.status, MEASURE(o.count), SUM(o.total), MEASURE(o.ratio) FROM orders o \
             JOIN {TOP} t ON o.status = t.status WHERE o.paid GROUP BY 1"
        ),
        expect![[r#"
            0: [orders.count, orders.total, orders.ratio] by [orders.status] where orders.paid = true in UTC (4 visible, 1 uses)
            1: [orders.total] by [orders.status] order by orders.total desc nulls first limit 3 in UTC (1 visible, 1 uses)
            Projection: o.status, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count, CAST(sum(sum(o.total)) AS Decimal128(35, 2)) AS sum(o.total), max(measure(o.ratio)) AS ratio
              Projection: CAST(sum(measure(o.count)) AS Int64) AS __common_expr_1, o.status, sum(sum(o.total)), max(measure(o.ratio))
                Aggregate: groupBy=[[o.status]], aggr=[[sum(CAST(measure(o.count) AS Decimal256(76, 0))), sum(CAST(sum(o.total) AS Decimal256(76, 2))), max(measure(o.ratio))]]
                  Projection: o.status, measure(o.count), sum(o.total), measure(o.ratio)
                    Inner Join: o.status = t.status
                      Projection: leaf.status AS status, leaf.count AS measure(o.count), CAST(leaf.total AS Decimal128(35, 2)) AS sum(o.total), leaf.ratio AS measure(o.ratio)
                        TableScan: leaf
                      SubqueryAlias: t
                        Projection: leaf.status AS status
                          TableScan: leaf"#]],
    );
    check(
        &format!(
            "SELECT DATE_TRUNC('month', o.day) AS m, COUNT(*), MAX(t.t) FROM orders o \
             INNER JOIN {TOP} t ON o.status = t.status AND o.price > 5 GROUP BY 1 ORDER BY 1"
        ),
        expect![[r#"
            0: [orders.count] by [orders.day.month, orders.status] where orders.price > 5 in UTC (3 visible, 1 uses)
            1: [orders.total] by [orders.status] order by orders.total desc nulls first limit 3 in UTC (2 visible, 1 uses)
            Sort: m ASC NULLS LAST
              Projection: date_trunc(Utf8("month"),o.day) AS m, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count(*), max(t.t)
                Projection: CAST(sum(count(Int64(1))) AS Int64) AS __common_expr_1, date_trunc(Utf8("month"),o.day), max(t.t)
                  Aggregate: groupBy=[[date_trunc(Utf8("month"),o.day)]], aggr=[[sum(CAST(count(Int64(1)) AS Decimal256(76, 0))), max(t.t)]]
                    Projection: date_trunc(Utf8("month"),o.day), count(Int64(1)), t.t
                      Inner Join: o.status = t.status
                        Projection: leaf.day.month AS date_trunc(Utf8("month"),o.day), leaf.status AS status, leaf.count AS count(Int64(1))
                          TableScan: leaf
                        SubqueryAlias: t
                          Projection: leaf.status AS status, leaf.total AS t
                            TableScan: leaf"#]],
    );
    check(
        &format!(
            "SELECT t.status, MEASURE(o.count) FROM {TOP} t RIGHT JOIN orders o \
             ON o.status = t.status AND o.price > 5 GROUP BY t.status"
        ),
        expect![[r#"
            0: [orders.total] by [orders.status] order by orders.total desc nulls first limit 3 in UTC (1 visible, 1 uses)
            1: [orders.count] by [orders.status, orders.price] in UTC (3 visible, 1 uses)
            Projection: t.status, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count
              Projection: CAST(sum(measure(o.count)) AS Int64) AS __common_expr_1, t.status
                Aggregate: groupBy=[[t.status]], aggr=[[sum(CAST(measure(o.count) AS Decimal256(76, 0)))]]
                  Projection: t.status, measure(o.count)
                    Right Join: t.status = o.status Filter: o.price > Int64(5)
                      SubqueryAlias: t
                        Projection: leaf.status AS status
                          TableScan: leaf
                      Projection: leaf.status AS status, leaf.price > Int64(5) AS o.price > Int64(5), CASE WHEN __common_expr_2 IS NULL THEN Int64(0) ELSE __common_expr_2 END AS measure(o.count)
                        Projection: CAST(sum(leaf.count) AS Int64) AS __common_expr_2, leaf.status, leaf.price > Int64(5)
                          Aggregate: groupBy=[[leaf.status, leaf.price > Decimal128(5.00,15,2) AS leaf.price > Int64(5)]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0)))]]
                            TableScan: leaf"#]],
    );
}

#[test]
fn what_cannot_be_added_up_over_a_join() {
    check(
        &format!("SELECT MEASURE(o.users) FROM orders o JOIN {TOP} t ON o.status = t.status"),
        expect!["`orders.users` (count_distinct) cannot be added up, which the join asks for"],
    );
    // The ratio of a group that comes twice may not be the group's.
    check(
        &format!("SELECT o.status, MEASURE(o.ratio) FROM orders o JOIN {TOP} t ON o.price > t.t GROUP BY 1"),
        expect!["`orders.ratio` (number) cannot be added up, which the join asks for"],
    );
    check(
        &format!(
            "SELECT o.status, MEASURE(o.users) FROM orders o JOIN {TOP} t ON o.price > t.t GROUP BY 1, o.price"
        ),
        expect![[r#"
            0: [orders.users] by [orders.status, orders.price] in UTC (3 visible, 1 uses)
            1: [orders.total] by [orders.status] order by orders.total desc nulls first limit 3 in UTC (1 visible, 1 uses)
            Projection: o.status, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS users
              Projection: CAST(max(measure(o.users)) AS Int64) AS __common_expr_1, o.status
                Aggregate: groupBy=[[o.status, o.price]], aggr=[[max(measure(o.users))]]
                  Projection: o.status, o.price, measure(o.users)
                    Inner Join:  Filter: CAST(o.price AS Decimal128(25, 2)) > t.t
                      Projection: leaf.status AS status, leaf.price AS price, leaf.users AS measure(o.users)
                        TableScan: leaf
                      SubqueryAlias: t
                        Projection: leaf.total AS t
                          TableScan: leaf"#]],
    );
    check(
        &format!("SELECT SUM(t.t) FROM orders o JOIN {TOP} t ON o.status = t.status"),
        expect![
            "SUM over what is joined to `orders` needs rows, which are not known above groups; only MIN, MAX and COUNT(DISTINCT) mean the same"
        ],
    );
    check(
        &format!("SELECT MEASURE(o.count) FROM orders o RIGHT JOIN {TOP} t ON o.status = t.status"),
        expect![
            "this join does not keep the rows of `orders`; put it on the side that is kept, or group it in a sub-query"
        ],
    );
    check(
        &format!("SELECT MEASURE(o.count) FROM orders o JOIN {TOP} t ON o.total = t.t"),
        expect!["`orders.total` is a measure; write MEASURE(total)"],
    );
}

const BY_PAID: &str = "(SELECT paid, MEASURE(count) AS n FROM orders GROUP BY 1)";
const BY_TWO: &str = "(SELECT status, paid, MEASURE(total) AS t FROM orders GROUP BY 1, 2)";

#[test]
fn what_is_compared_is_no_condition() {
    check(
        &format!("SELECT o.paid, SUM(o.total) FROM orders o JOIN {BY_PAID} x USING (paid) GROUP BY 1"),
        expect![[r#"
            0: [orders.total] by [orders.paid] in UTC (2 visible, 2 uses)
            Projection: o.paid, CAST(sum(sum(o.total)) AS Decimal128(35, 2)) AS sum(o.total)
              Aggregate: groupBy=[[o.paid]], aggr=[[sum(CAST(sum(o.total) AS Decimal256(76, 2)))]]
                Projection: o.paid, sum(o.total)
                  Inner Join: o.paid = x.paid
                    Projection: leaf.paid AS paid, CAST(leaf.total AS Decimal128(35, 2)) AS sum(o.total)
                      TableScan: leaf
                    SubqueryAlias: x
                      Projection: leaf.paid AS paid
                        Projection: leaf.paid
                          TableScan: leaf"#]],
    );
}

#[test]
fn without_keys_no_row_is_no_group() {
    check(
        &format!(
            "SELECT x.paid, COUNT(*) AS n FROM orders o CROSS JOIN {BY_PAID} x WHERE o.status = 'x' GROUP BY 1"
        ),
        expect![[r#"
            0: [orders.count] by [] where orders.status = 'x' having orders.count > 0 in UTC (1 visible, 1 uses)
            1: [orders.count] by [orders.paid] in UTC (2 visible, 1 uses)
            Projection: x.paid, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS n
              Projection: CAST(sum(count(Int64(1))) AS Int64) AS __common_expr_1, x.paid
                Aggregate: groupBy=[[x.paid, x.n]], aggr=[[sum(CAST(count(Int64(1)) AS Decimal256(76, 0)))]]
                  Cross Join:
                    Projection: leaf.count AS count(Int64(1))
                      TableScan: leaf
                    SubqueryAlias: x
                      Projection: leaf.paid AS paid, leaf.count AS n
                        TableScan: leaf"#]],
    );
    check(
        &format!("SELECT MAX(x.n) FROM orders o JOIN {BY_PAID} x ON x.paid GROUP BY x.paid"),
        expect![[r#"
            0: [orders.count] by [] having orders.count > 0 in UTC (0 visible, 1 uses)
            1: [orders.count] by [orders.paid] where orders.paid = true in UTC (2 visible, 1 uses)
            Projection: max(x.n)
              Aggregate: groupBy=[[x.paid, x.n]], aggr=[[max(x.n)]]
                Cross Join:
                  TableScan: leaf
                  SubqueryAlias: x
                    Projection: leaf.paid AS paid, leaf.count AS n
                      TableScan: leaf"#]],
    );
}

#[test]
fn once_is_what_is_compared_with_the_cube() {
    for on in ["o.paid", "x.paid = x.paid", "x.paid = (x.t > 1)", "x.paid = TRUE"] {
        check(
            &format!(
                "SELECT o.status, o.paid, MEASURE(o.ratio) FROM orders o JOIN {BY_TWO} x \
                 ON o.status = x.status AND {on} GROUP BY 1, 2"
            ),
            expect!["`orders.ratio` (number) cannot be added up, which the join asks for"],
        );
    }
    let both = "SELECT o.status, o.status AS again, o.paid, MEASURE(o.ratio) FROM orders o JOIN";
    check(
        &format!("{both} {BY_TWO} x ON x.status = o.status AND o.paid = x.paid GROUP BY 1, 2, 3"),
        expect![[r#"
            0: [orders.ratio] by [orders.status, orders.paid] in UTC (3 visible, 2 uses)
            Projection: o.status, o.status AS again, o.paid, max(measure(o.ratio)) AS ratio
              Aggregate: groupBy=[[o.status, o.paid]], aggr=[[max(measure(o.ratio))]]
                Projection: o.status, o.paid, measure(o.ratio)
                  Inner Join: o.status = x.status, o.paid = x.paid
                    Projection: leaf.status AS status, leaf.paid AS paid, leaf.ratio AS measure(o.ratio)
                      TableScan: leaf
                    SubqueryAlias: x
                      Projection: leaf.status AS status, leaf.paid AS paid
                        Projection: leaf.status, leaf.paid
                          TableScan: leaf"#]],
    );
}

#[test]
fn what_another_join_compares_counts_for_that_one_only() {
    check(
        &format!(
            "SELECT o.status, o.paid, MEASURE(o.ratio) FROM orders o JOIN {BY_PAID} p ON o.paid = p.paid \
             JOIN {BY_TWO} x ON o.status = x.status AND o.paid = p.paid GROUP BY 1, 2"
        ),
        expect!["`orders.ratio` (number) cannot be added up, which the join asks for"],
    );
}

#[test]
fn joins_that_need_rows() {
    for sql in [
        format!("SELECT COUNT(*) FROM {BY_PAID} x LEFT JOIN orders o ON o.paid = x.paid"),
        format!("SELECT SUM(o.total) FROM orders o FULL JOIN {BY_PAID} x ON o.paid = x.paid"),
    ] {
        check(
            &sql,
            expect![
                "this join does not keep the rows of `orders`; put it on the side that is kept, or group it in a sub-query"
            ],
        );
    }
    check(
        &format!("SELECT MIN(x.n) FILTER (WHERE o.paid) FROM orders o JOIN {BY_PAID} x ON o.paid = x.paid"),
        expect!["FILTER (WHERE …) on an aggregate is not supported"],
    );
    check(
        &format!(
            "SELECT o.paid, COUNT(*) FROM orders o JOIN {BY_PAID} x ON o.paid = x.paid WHERE EXISTS (SELECT 1 FROM {BY_TWO} y WHERE y.status = o.status) GROUP BY 1"
        ),
        expect!["a sub-query that looks at rows of `orders` below its aggregate is not supported"],
    );
}
