//! Names in any case, quoted and not, and the announced columns.

use expect_test::expect;

use super::{check, check_schema};

#[test]
fn names_are_found_in_any_case() {
    check_schema(
        "SELECT STATUS, city, \"City\", CREATEDAT, measure(COUNT) FROM Orders GROUP BY 1, 2, 3, 4",
        expect![[r#"
            Field { "status": nullable Utf8 }
            Field { "City": nullable Utf8 }
            Field { "City": nullable Utf8 }
            Field { "createdAt": nullable Timestamp(µs) }
            Field { "count": Int64 }
        "#]],
    );
    check_schema(
        "SELECT o.Status, MEASURE(O.count) FROM cube.public.orders AS o GROUP BY o.status",
        expect![[r#"
        Field { "status": nullable Utf8 }
        Field { "count": Int64 }
    "#]],
    );
    check_schema(
        "SELECT public.orders.status FROM public.orders GROUP BY 1",
        expect![[r#"
        Field { "status": nullable Utf8 }
    "#]],
    );
    check_schema(
        "SELECT Month FROM (SELECT day AS month FROM orders GROUP BY 1) GROUP BY MONTH",
        expect![[r#"
        Field { "month": nullable Date32 }
    "#]],
    );
    check_schema(
        "WITH Top AS (SELECT status AS S FROM orders GROUP BY 1) SELECT s FROM top",
        expect![[r#"
        Field { "S": nullable Utf8 }
    "#]],
    );
    check_schema(
        "SELECT status AS Status, MEASURE(total) AS T FROM orders GROUP BY STATUS ORDER BY t, STATUS",
        expect![[r#"
        Field { "Status": nullable Utf8 }
        Field { "T": nullable Decimal128(25, 2) }
    "#]],
    );
    check_schema(
        "SELECT a.x FROM (SELECT status AS x FROM orders GROUP BY 1) AS a (\"X1\")",
        expect!["there is no column `a.x`; did you mean `X1`? (line 1, column 8)"],
    );
}

#[test]
fn names_that_do_not_exist() {
    check_schema(
        "SELECT statsu FROM orders",
        expect!["there is no column `statsu`; did you mean `status`? (line 1, column 8)"],
    );
    check_schema(
        "SELECT orders.nope FROM orders",
        expect!["there is no column `orders.nope` (line 1, column 8)"],
    );
    check_schema(
        "SELECT x.status FROM orders",
        expect!["there is no column `x.status`; did you mean `status`? (line 1, column 8)"],
    );
    check_schema(
        "SELECT status FROM order",
        expect!["there is no table `order`; did you mean `orders`? (line 1, column 20)"],
    );
    check_schema(
        "SELECT status FROM ordrs",
        expect!["there is no table `ordrs`; did you mean `orders`? (line 1, column 20)"],
    );
    check_schema(
        "SELECT status FROM other.orders",
        expect!["there is no table `other.orders`; did you mean `orders` or `users`? (line 1, column 20)"],
    );
    check_schema(
        "SELECT t.A FROM (SELECT status AS a, city AS a2, status AS \"aA\", city AS \"Aa\" FROM orders) t WHERE aa = 'x'",
        expect!["`aa` may mean `Aa` or `aA`; write one of them in its own case (line 1, column 100)"],
    );
}

#[test]
fn announced_columns() {
    check_schema(
        "SELECT * FROM orders",
        expect![[r#"
            Field { "count": Int64 }
            Field { "total": nullable Decimal128(25, 2) }
            Field { "lowest": nullable Float64 }
            Field { "mean": nullable Float64 }
            Field { "ratio": nullable Float64 }
            Field { "last_day": nullable Date32 }
            Field { "id": nullable Int64 }
            Field { "user_id": nullable Int64 }
            Field { "status": nullable Utf8 }
            Field { "City": nullable Utf8 }
            Field { "price": nullable Decimal128(15, 2) }
            Field { "rate": nullable Float64 }
            Field { "paid": nullable Boolean }
            Field { "createdAt": nullable Timestamp(µs) }
            Field { "day": nullable Date32 }
        "#]],
    );
    check_schema(
        "SELECT status, MEASURE(count), SUM(total) s, AVG(mean), date_trunc('month', day) m, now() n, day + 1 \
         FROM orders GROUP BY 1, 5, 6, 7",
        expect![[r#"
            Field { "status": nullable Utf8 }
            Field { "count": Int64 }
            Field { "s": nullable Decimal128(35, 2) }
            Field { "avg(orders.mean)": nullable Float64 }
            Field { "m": nullable Timestamp(µs) }
            Field { "n": nullable Timestamp(µs) }
            Field { "orders.day + Int64(1)": nullable Date32 }
        "#]],
    );
    check_schema(
        "SELECT MEASURE(count) FROM orders WHERE day > ? AND status = ? AND price < $3",
        expect![[r#"
        Field { "count": Int64 }
        Field { "$1": nullable Date32 }
        Field { "$2": nullable Utf8 }
        Field { "$3": nullable Decimal128(15, 2) }
    "#]],
    );
    check_schema(
        "SELECT ? FROM orders",
        expect![[r#"
        Field { "$1": nullable Utf8 }
        Field { "$1": nullable Utf8 }
    "#]],
    );
}

#[test]
fn the_same_name_twice_in_order_by() {
    check(
        "SELECT status, MEASURE(count) AS count FROM orders GROUP BY status ORDER BY MEASURE(count)",
        expect![[r#"
        0: [orders.count] by [orders.status] order by orders.count asc nulls last in UTC (2 visible, 1 uses)
        Projection: leaf.status AS status, leaf.count AS count
          TableScan: leaf"#]],
    );
    check(
        "SELECT status, MEASURE(count) FROM orders GROUP BY status HAVING count > 1 ORDER BY count",
        expect![[r#"
        0: [orders.count] by [orders.status] having orders.count > 1 order by orders.count asc nulls last in UTC (2 visible, 1 uses)
        Projection: leaf.status AS status, leaf.count AS count
          TableScan: leaf"#]],
    );
}

#[test]
fn an_alias_that_hides_a_column() {
    check(
        "SELECT -n AS n FROM (VALUES (1), (2)) AS t (n) ORDER BY n",
        expect![[r#"
        Sort: n ASC NULLS LAST
          Projection: (- t.n) AS n
            SubqueryAlias: t
              Projection: column1 AS n
                Values: (Int64(1)), (Int64(2))"#]],
    );
    check(
        "SELECT -n AS n FROM (VALUES (1), (2)) AS t (n) ORDER BY n + 0",
        expect![
            "Schema contains qualified field name t.n and unqualified field name n which would be ambiguous"
        ],
    );
    check(
        "SELECT b FROM (SELECT ABS(price), status, paid FROM orders) AS t (a, b, c) WHERE c",
        expect![[r#"
        0: [] ungrouped [orders.status] where orders.paid = true in UTC (1 visible, 1 uses)
        SubqueryAlias: t
          Projection: leaf.status AS b
            TableScan: leaf"#]],
    );
}
