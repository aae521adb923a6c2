//! Predicates of leaves: which ones they take, and in what form.

use expect_test::expect;

use super::check;

#[test]
fn predicates() {
    for (predicate, expect) in [
        (
            "status IN ('a', 'b') OR NOT (city = 'c' AND price < 5)",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.status IN ('a', 'b') OR orders.City <> 'c' OR orders.price >= 5 in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "status NOT IN ('a', 'b')",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.status NOT IN ('a', 'b') in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "status IS NULL OR paid",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.status IS NULL OR orders.paid = true in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "NOT paid AND big",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.paid <> true AND orders.big in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "big IS TRUE AND paid IS NOT TRUE",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.big AND (orders.paid <> true OR orders.paid IS NULL) in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "status LIKE 'a\\_%' AND status NOT ILIKE 'b!%%' ESCAPE '!'",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.status LIKE 'a\_%' AND orders.status NOT ILIKE 'b!%%' ESCAPE '!' in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "rate > 0.5 AND id = 7 AND price >= 1.5 AND rate < 3",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.rate > 0.5 AND orders.id = 7 AND orders.price >= 1.5 AND orders.rate < 3.0 in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "'x' <> status AND 5 <= id",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.status <> 'x' AND orders.id >= 5 in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "createdAt >= '2024-01-01' AND createdAt < '2024-02-01T10:00:00'",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.createdAt >= '2024-01-01T00:00:00.000' AND orders.createdAt < '2024-02-01T10:00:00.000' in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "createdAt BETWEEN '2024-01-01' AND '2024-01-31'",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.createdAt >= '2024-01-01T00:00:00.000' AND orders.createdAt < '2024-01-31T00:00:00.001' in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "createdAt = TIMESTAMP '2024-01-01 10:00:00' OR createdAt <> '2024-01-02'",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.createdAt >= '2024-01-01T10:00:00.000' AND orders.createdAt < '2024-01-01T10:00:00.001' OR orders.createdAt < '2024-01-02T00:00:00.000' OR orders.createdAt >= '2024-01-02T00:00:00.001' in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "day <= '1998-09-02' AND day > DATE '1998-01-01'",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.day >= '1998-01-02T00:00:00.000' AND orders.day < '1998-09-03T00:00:00.000' in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "day = '1998-09-02' OR day IN ('1998-09-03', '1998-09-05')",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.day >= '1998-09-02T00:00:00.000' AND orders.day < '1998-09-03T00:00:00.000' OR orders.day >= '1998-09-03T00:00:00.000' AND orders.day < '1998-09-04T00:00:00.000' OR orders.day >= '1998-09-05T00:00:00.000' AND orders.day < '1998-09-06T00:00:00.000' in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "date_trunc('month', createdAt) = '2024-03-01'",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.createdAt >= '2024-03-01T00:00:00.000' AND orders.createdAt < '2024-04-01T00:00:00.000' in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "date_trunc('month', createdAt) = '2024-03-05'",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.createdAt >= '2024-03-01T00:00:00.000' AND orders.createdAt < '2024-03-01T00:00:00.000' in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "NOT (date_trunc('month', createdAt) = '2024-03-05')",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.createdAt < '2024-03-01T00:00:00.000' OR orders.createdAt >= '2024-03-01T00:00:00.000' in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "date_trunc('month', createdAt) <= '2024-03-05' AND date_trunc('year', day) > '2023-01-01'",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.createdAt < '2024-04-01T00:00:00.000' AND orders.day >= '2024-01-01T00:00:00.000' in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "CAST(createdAt AS DATE) = '2024-02-29'",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.createdAt >= '2024-02-29T00:00:00.000' AND orders.createdAt < '2024-03-01T00:00:00.000' in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "createdAt >= now() - INTERVAL '7 days' AND day < current_date",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.createdAt >= '2024-02-22T12:34:56.789' AND orders.day < '2024-02-29T00:00:00.000' in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
        (
            "createdAt > '2024-01-01T00:00:00.0001'",
            expect![
                "the predicate on `orders.createdAt` is finer than a millisecond, the precision of times"
            ],
        ),
        ("status LIKE 'abc\\'", expect![[r#"the pattern 'abc\' ends with its escape character"#]]),
        (
            "status = 5",
            expect![[r#"
            0: [orders.count] by [orders.status] in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              Filter: CAST(leaf.status AS Int64) = Int64(5)
                TableScan: leaf"#]],
        ),
        (
            "CAST(rate AS INT) = 5",
            expect![[r#"
                0: [orders.count] by [orders.status, orders.rate] in UTC (3 visible, 1 uses)
                Projection: leaf.status AS status, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count
                  Projection: CAST(sum(leaf.count) AS Int64) AS __common_expr_1, leaf.status
                    Aggregate: groupBy=[[leaf.status]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0)))]]
                      Projection: leaf.status, leaf.count
                        Filter: CAST(leaf.rate AS Int32) = Int32(5)
                          TableScan: leaf"#]],
        ),
        (
            "EXTRACT(YEAR FROM createdAt) = 2024",
            expect![[r#"
            0: [orders.count] by [orders.status] where orders.createdAt >= '2024-01-01T00:00:00.000' AND orders.createdAt < '2025-01-01T00:00:00.000' in UTC (2 visible, 1 uses)
            Projection: leaf.status AS status, leaf.count AS count
              TableScan: leaf"#]],
        ),
    ] {
        check(
            &format!("SELECT status, MEASURE(count) FROM orders WHERE {predicate} GROUP BY status"),
            expect,
        );
    }
}

/// The WHERE of the one leaf, or the error. `mean` does not add up, so that nothing can be tested above.
fn leaf_filter(predicate: &str) -> String {
    let shown = super::shown(&format!("SELECT MEASURE(mean) FROM orders WHERE {predicate}"), &[]);
    let filter = shown.split_once(" where ").and_then(|(_, rest)| rest.split_once(" in UTC"));
    filter.map_or(shown.clone(), |(filter, _)| filter.to_owned())
}

#[test]
fn null_among_values_is_unknown() {
    for (predicate, filter) in [
        ("status IN ('a', NULL)", "orders.status = 'a'"),
        ("status IN ('a', 'b', 'c', 'd', NULL)", "orders.status IN ('a', 'b', 'c', 'd')"),
        ("id < NULL OR rate = 1", "orders.rate = 1.0"),
        ("price BETWEEN 1 AND NULL OR paid", "(orders.price >= 1 AND false) OR orders.paid = true"),
        ("price NOT BETWEEN 1 AND NULL", "orders.price < 1"),
        ("NOT (status NOT IN ('a', NULL))", "orders.status = 'a'"),
        (
            "day IN (DATE '2024-01-01', NULL)",
            "orders.day >= '2024-01-01T00:00:00.000' AND orders.day < '2024-01-02T00:00:00.000'",
        ),
    ] {
        assert_eq!(leaf_filter(predicate), filter, "{predicate}");
    }
}

#[test]
fn fractions_beside_exact_numbers_are_what_was_written() {
    for (predicate, filter) in [
        ("price = 9999999999.99", "orders.price = 9999999999.99"),
        ("price IN (1234.56, -0.01, 3)", "orders.price IN (1234.56, -0.01, 3)"),
        ("price BETWEEN 1234.56 AND 999999.99", "orders.price >= 1234.56 AND orders.price <= 999999.99"),
        ("1234567.895 > price", "orders.price < 1234567.895"),
        ("id < 5.5", "orders.id < 5.5"),
        ("rate = 1234567.89", "orders.rate = 1234567.89"),
        (
            "price < 12345678901234.567",
            "`12345678901234.567` has more digits than floating point keeps; write CAST('…' AS DECIMAL(38, …))",
        ),
        (
            "rate < 0.1000000000000000055",
            "`0.1000000000000000055` has more digits than floating point keeps; write CAST('…' AS DECIMAL(38, …))",
        ),
        (
            "price = 99999999999999999999",
            "`99999999999999999999` has more digits than floating point keeps; write CAST('…' AS DECIMAL(38, …))",
        ),
        (
            "rate = 0.30000000000000004 AND id = 9223372036854775807",
            "orders.rate = 0.30000000000000004 AND orders.id = 9223372036854775807",
        ),
        ("price > 0.30000000000000004", "orders.price > 0.30000000000000004"),
        ("rate < 1.7976931348623157e308", "orders.rate < 1.7976931348623157e308"),
        ("price < CAST('1234567890.12345678' AS DECIMAL(38, 8))", "orders.price < 1234567890.12345678"),
    ] {
        assert_eq!(leaf_filter(predicate), filter, "{predicate}");
    }
}

#[test]
fn escapes_above_leaves_are_backslashes() {
    for (predicate, above) in [
        (r"UPPER(status) LIKE 'a!%b\c%' ESCAPE '!'", r#"upper(leaf.status) LIKE Utf8("a\%b\\c%")"#),
        ("UPPER(status) NOT ILIKE 'a_' ESCAPE '!'", r#"upper(leaf.status) NOT ILIKE Utf8("a_")"#),
    ] {
        let sql = format!("SELECT status, MEASURE(count) FROM orders WHERE {predicate} GROUP BY 1");
        let shown = super::shown(&sql, &[]);
        assert!(shown.contains(above), "{shown}");
    }
    for (predicate, error) in [
        ("UPPER(status) LIKE 'a!' ESCAPE '!'", "the pattern 'a!' ends with its escape character"),
        ("status LIKE City ESCAPE '!'", "ESCAPE needs a pattern that is written out"),
    ] {
        let sql = format!("SELECT status, MEASURE(count) FROM orders WHERE {predicate} GROUP BY 1");
        let shown = super::shown(&sql, &[]);
        assert!(shown.contains(error), "{shown}");
    }
}
