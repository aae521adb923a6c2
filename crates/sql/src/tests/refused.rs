//! Statements that mean nothing here, and what is said about them.

use expect_test::expect;

use super::check;

#[test]
fn measures_in_the_wrong_place() {
    check(
        "SELECT status, count FROM orders GROUP BY 1",
        expect!["`orders.count` is a measure; write MEASURE(count) (line 1, column 16)"],
    );
    check(
        "SELECT MEASURE(count) FROM orders WHERE total > 5",
        expect![
            "`orders.total` is a measure and WHERE tests rows; write HAVING MEASURE(total) (line 1, column 41)"
        ],
    );
    check("SELECT MEASURE(status) FROM orders", expect!["MEASURE takes a measure, and `status` is none"]);
    check(
        "SELECT SUM(users) FROM orders",
        expect!["SUM does not fit `orders.users`, a measure of type count_distinct; write MEASURE(users)"],
    );
    check(
        "SELECT COUNT(DISTINCT total) FROM orders",
        expect!["COUNT(DISTINCT) does not fit `orders.total`, a measure of type sum; write MEASURE(total)"],
    );
    check(
        "SELECT SUM(price) FROM orders",
        expect![
            "SUM over the dimension `price` needs rows, which are not known above groups; use a measure, or MIN, MAX or COUNT(DISTINCT)"
        ],
    );
    check(
        "SELECT AVG(price), COUNT(status) FROM orders",
        expect![
            "AVG over the dimension `price` needs rows, which are not known above groups; use a measure, or MIN, MAX or COUNT(DISTINCT)"
        ],
    );
    check(
        "SELECT SUM(total * 2) FROM orders",
        expect![
            "SUM over an expression of `orders.total` cannot be evaluated here: measures are evaluated by the innermost query over a cube or view"
        ],
    );
    check(
        "SELECT MEASURE(c) FROM (SELECT MEASURE(count) AS c FROM orders)",
        expect![
            "measure(c) cannot be evaluated here: measures are evaluated by the innermost query over a cube or view"
        ],
    );
    check(
        "SELECT status FROM orders GROUP BY total",
        expect!["`orders.total` is a measure; write MEASURE(total) (line 1, column 36)"],
    );
    check(
        "SELECT MEASURE(orders.count) FROM orders CROSS JOIN users",
        expect![
            "`orders` and `users` are joined below an aggregate; use a view that joins them, or for cubes ON a.__cubeJoinField = b.__cubeJoinField"
        ],
    );
    check(
        "SELECT COUNT(DISTINCT users) FILTER (WHERE status = 'a') FROM orders",
        expect![
            "`orders.users` (count_distinct) cannot be added up, which FILTER (WHERE status = a) asks for"
        ],
    );
    check(
        "SELECT MEASURE(count) FILTER (WHERE total > 3) FROM orders",
        expect!["`orders.total` is a measure and WHERE tests rows; write HAVING MEASURE(total)"],
    );
}

#[test]
fn statements_that_are_none() {
    check("", expect!["expected one statement, found 0"]);
    check("SELEC 1", expect!["Expected: an SQL statement, found: SELEC at Line: 1, Column: 1"]);
    check("SELECT 1; SELECT 2", expect!["expected one statement, found 2"]);
    check("INSERT INTO orders VALUES (1)", expect!["INSERT is not supported"]);
    check("DROP TABLE orders", expect!["DROP is not supported"]);
    check("EXPLAIN ANALYZE SELECT 1", expect!["EXPLAIN ANALYZE is not supported"]);
    check("SELECT (((", expect!["Expected: an expression, found: EOF"]);
    check(
        "SELECT roundd(status) FROM orders GROUP BY 1",
        expect![[r#"
            Invalid function 'roundd'.
            Did you mean 'round'?"#]],
    );
}

#[test]
fn long_and_deep_statements() {
    check(
        &format!("SELECT {}1{}", "(".repeat(10_000), ")".repeat(10_000)),
        expect!["the statement is nested too deeply"],
    );
    check(
        &format!("SELECT 1{}", " + 1".repeat(10_000)),
        expect!["the statement has more than 4000 operators; shorten it, for example by IN instead of OR"],
    );
    check(
        &format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(5_000)),
        expect!["the statement has more than 4000 operators; shorten it, for example by IN instead of OR"],
    );
    check(&" ".repeat((1 << 20) + 1), expect!["the statement has 1048577 bytes; at most 1048576 are read"]);
    let list = (0..10_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let sql = format!("SELECT MEASURE(count) FROM orders WHERE id IN ({list})");
    assert_eq!(super::planned(&sql, &[]).unwrap().1.leaves.len(), 1);
    let chain = vec!["status = 'a'"; 1_500].join(" OR ");
    let sql = format!("SELECT MEASURE(count) FROM orders WHERE {chain}");
    assert_eq!(super::planned(&sql, &[]).unwrap().1.leaves.len(), 1);
}

#[test]
fn statements_that_would_keep_the_parser_for_years() {
    for (begun, times) in [
        ("CAST(", 40),
        ("POSITION(", 40),
        ("FLOOR(", 40),
        ("EXTRACT(DAY FROM ", 40),
        ("CASE WHEN ", 100),
        ("INTERVAL ", 10_000),
        ("NOT ", 3_000),
        ("- ", 3_000),
        ("x::ARRAY<", 5_000),
        ("1 IN (SELECT * FROM ((SELECT ", 40),
    ] {
        let error = super::planned(&format!("SELECT {}", begun.repeat(times)), &[]).unwrap_err().to_string();
        let known = ["nested too deeply", "Expected", "more than 4000 operators"];
        assert!(known.iter().any(|known| error.contains(known)), "{begun}: {error}");
    }
}
