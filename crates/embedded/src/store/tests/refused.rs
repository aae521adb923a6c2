//! What a real store refuses is refused here, in the same words where they are known.

use super::bench;

async fn check(sql: &str, error: &str) {
    let answer = bench(None).ask(sql, None).await;
    if let Some(beginning) = error.strip_suffix('…') {
        assert!(answer.starts_with(beginning), "{sql}\n  {answer}");
    } else {
        assert_eq!(answer, error, "{sql}");
    }
}

/// Texts of recordings.
#[tokio::test]
async fn in_the_recorded_words() {
    for (sql, error) in [
        ("", r#"Internal: ParserError("Expected an SQL statement, found: EOF")"#),
        ("SELEC 1", r#"Internal: ParserError("Expected an SQL statement, found: SELEC")"#),
        ("SELECT FROM WHERE", r#"Internal: ParserError("Expected an expression:, found: …"#),
        (
            "SELECT * FROM rec.nope",
            "Internal: Error during planning: Table or CTE with name 'rec.nope' not found",
        ),
        (
            "SELECT * FROM nope.nope",
            "Internal: Error during planning: Table or CTE with name 'nope.nope' not found",
        ),
        ("SELECT * FROM t_int", "Internal: Error during planning: Table or CTE with name 't_int' not found"),
        (
            "SELECT * FROM rec.T_INT",
            "Internal: Error during planning: Table or CTE with name 'rec.T_INT' not found",
        ),
        (
            "SELECT nope FROM rec.t_int",
            "Internal: Error during planning: Invalid identifier '#nope' for schema rec.t_int.id, rec.t_int.v",
        ),
        (
            "SELECT ID FROM rec.t_int",
            "Internal: Error during planning: Invalid identifier '#ID' for schema rec.t_int.id, rec.t_int.v",
        ),
        ("SELECT nofunc(v) FROM rec.t_int", "Internal: Error during planning: Invalid function 'nofunc'"),
        ("SELECT IF(v, 1, 2) FROM rec.t_int", "Internal: Error during planning: Invalid function 'if'"),
        (
            "SELECT approx_distinct(v) FROM rec.t_int",
            "Internal: Error during planning: Invalid function 'approx_distinct'",
        ),
        ("SELECT version()", "Internal: Error during planning: Invalid function 'version'"),
        ("SELECT stddev(v) FROM rec.t_int", "Internal: Error during planning: Invalid function 'stddev'"),
        ("SELECT median(v) FROM rec.t_int", "Internal: Error during planning: Invalid function 'median'"),
        (
            "SELECT * FROM rec.t_int WHERE id = ?",
            "Internal: This feature is not implemented: Unsupported ast node Value(Placeholder(\"?\")) in sqltorel",
        ),
        (
            "SELECT * FROM rec.t_int WHERE id = $1",
            "Internal: Error during planning: Invalid identifier '#$1' for schema rec.t_int.id, rec.t_int.v",
        ),
        (
            "SELECT id, id FROM rec.t_int",
            "Internal: Error during planning: Projections require unique expression names but the expression \
             \"#rec.t_int.id\" at position 0 and \"#rec.t_int.id\" at position 1 have the same name. Consider aliasing \
             (\"AS\") one of them.",
        ),
        (
            "SELECT count(*) c, avg(v) a FROM rec.t_decimal_10_2",
            "Internal: Error during planning: AVG does not support Int64Decimal(2)",
        ),
        (
            "SELECT CAST(v AS int) FROM rec.t_varchar",
            "Internal: Execution error: Internal: Arrow error: External error: Arrow error: Cast error: Cannot cast \
             string 'abc' to value of arrow::datatypes::types::Int32Type type",
        ),
        (
            "SELECT v / 0 FROM rec.t_int",
            "Internal: Execution error: Internal: Arrow error: External error: Arrow error: Divide by zero error",
        ),
        (
            "SELECT a, s FROM (SELECT * FROM rec.p1 UNION ALL SELECT * FROM rec.p2) AS o LIMIT 10",
            "Internal: Arrow error: External error: Execution error: Internal: Invalid physical plan on worker",
        ),
        (
            "SELECT * FROM rec.orders WHERE created_at >= '2024-02-01'",
            "Internal: Error during planning: 'Timestamp(Microsecond, None) >= Utf8' can't be evaluated because there \
             isn't a common type to coerce the types to",
        ),
        (
            "SELECT CAST(v AS decimal(10, 2)) FROM rec.t_int",
            "Internal: This feature is not implemented: Unsupported SQL type Decimal(Some(10), Some(2))",
        ),
        (
            "SELECT * FROM rec.orders WHERE created_at - INTERVAL '1 month' > now()",
            "Internal: Error during planning: 'Timestamp(Microsecond, None) - Interval(YearMonth)' can't be evaluated \
             because there isn't a common type to coerce the types to",
        ),
        (
            "SELECT * FROM rec.orders WHERE created_at > CAST('2024-02-01' AS TIMESTAMP)",
            "Internal: Execution error: Internal: Arrow error: External error: Internal error: Cannot convert \
             TimestampNanosecond(NULL) to i64…",
        ),
        (
            "SELECT * FROM rec.t_int WHERE id IN (SELECT a FROM rec.p1)",
            "Internal: This feature is not implemented: Unsupported ast node InSubquery {…",
        ),
        (
            "SELECT id AS `Orders.count`, v AS \"weird \"\"name\" FROM rec.t_int ORDER BY 1",
            "Internal: Error during planning: Invalid identifier '#id' for schema ",
        ),
        ("BEGIN", "Unsupported SQL: 'BEGIN'"),
        ("DELETE FROM rec.t_int", "Unsupported SQL: 'DELETE FROM rec.t_int'"),
        ("UPDATE rec.t_int SET v = 1", "Unsupported SQL: 'UPDATE rec.t_int SET v = 1'"),
        ("TRUNCATE TABLE rec.t_int", "Unsupported SQL: 'TRUNCATE TABLE rec.t_int'"),
        (
            "ALTER TABLE rec.t_int ADD COLUMN x INT",
            "Unsupported SQL: 'ALTER TABLE rec.t_int ADD COLUMN x INT'",
        ),
        ("SHOW COLUMNS FROM rec.t_int", "Unsupported SQL: 'SHOW COLUMNS FROM rec.t_int'"),
        ("DESCRIBE rec.t_int", "Internal: ParserError(…"),
    ] {
        check(sql, error).await;
    }
}

/// The real store's words were not written down, or differ from version to version.
#[tokio::test]
async fn in_other_words() {
    for sql in [
        "SELECT a FROM rec.p1 UNION SELECT a FROM rec.p2",
        "SELECT a FROM rec.p1 EXCEPT SELECT a FROM rec.p2",
        "SELECT a FROM rec.p1 INTERSECT SELECT a FROM rec.p2",
        "SELECT * FROM rec.t_int WHERE EXISTS (SELECT 1 FROM rec.p1)",
        "SELECT (SELECT max(a) FROM rec.p1) AS x",
        "SELECT * FROM rec.t_int WHERE id = (SELECT max(a) FROM rec.p1)",
        "SELECT * FROM (VALUES (1), (2)) AS t(x)",
        "VALUES (1)",
        "SELECT sum(v) OVER (ORDER BY id) AS x FROM rec.t_int",
        "SELECT row_number() OVER () AS x FROM rec.t_int",
        "SELECT city || 'x' AS x FROM rec.orders",
        "SELECT EXTRACT(month FROM created_at) AS x FROM rec.orders",
        "SELECT created_at + INTERVAL '1 day' AS x FROM rec.orders",
        "SELECT city FROM rec.orders ORDER BY cnt",
        "SELECT city FROM rec.orders GROUP BY city ORDER BY sum(cnt)",
        "SELECT t.id FROM rec.t_int t LEFT JOIN (SELECT a, count(*) n FROM rec.p1 GROUP BY a) x ON t.id = x.a",
        "SELECT t.id FROM rec.t_int t LEFT JOIN (SELECT max(a) a FROM rec.p1) x ON t.id = x.a",
        "SELECT t.id FROM rec.t_int t FULL JOIN rec.p1 p ON t.id = p.a",
        "SELECT t.id FROM rec.t_int t RIGHT JOIN rec.p1 p ON t.id = p.a",
        "SELECT t.v, u.v FROM rec.t_int t JOIN rec.t_double u ON t.id = u.id",
        "SELECT 1.0 / 0 AS x",
        "SELECT ratio / (cnt - cnt) AS x FROM rec.orders",
        "SELECT amount / 0 AS x FROM rec.orders",
        "SELECT cnt % 0 AS x FROM rec.orders",
        "SELECT 5 / 0 AS x",
        "SELECT sum(cnt) / (count(*) - count(*)) AS x FROM rec.orders",
        "SELECT INTERVAL '1 day' AS x",
        "SELECT created_at - created_at AS x FROM rec.orders",
        "SELECT 18446744073709551615 AS x",
        "SELECT * FROM REC.t_int",
        "SELECT T_INT.id FROM rec.t_int",
        "SELECT id AS Big FROM rec.t_int ORDER BY big",
        "SELECT Id AS x FROM rec.t_int GROUP BY 1",
        "SELECT t.id FROM rec.t_int t JOIN rec.p1 p ON t.ID = p.a",
        "SELECT id FROM rec.t_int WHERE V = 1",
        "SELECT created_at FROM rec.orders ORDER BY amount DESC NULLS LAST LIMIT 1",
        "SELECT city AS c, cnt FROM rec.orders ORDER BY amount, city",
        "SELECT created_at = '2024-01-31T00:00:00.000' AS x FROM rec.orders",
        "SELECT CASE WHEN created_at <> '2024' THEN 1 END AS x FROM rec.orders",
        "SELECT avg(amount) AS x FROM rec.orders",
        "SELECT avg(amount * 2) AS x FROM rec.orders HAVING avg(amount) > 1",
        "SELECT CAST(v AS numeric) AS x FROM rec.t_int",
        "SELECT CAST(v AS date) AS x FROM rec.t_varchar",
        "SELECT v::text AS x FROM rec.t_int",
        "SELECT TRY_CAST(v AS int) AS x FROM rec.t_varchar",
        "SELECT NULLIF(city, 'Oslo') AS x FROM rec.orders",
        "SELECT avg(v) AS x FROM rec.t_decimal_27_5",
        "SELECT to_timestamp('2024-02-01') AS x",
        "SELECT CONVERT_TZ(created_at, 'Europe/Berlin') AS x FROM rec.orders",
        "SELECT * FROM rec.orders WHERE created_at IN ('2024-01-31')",
        "SELECT * FROM rec.orders WHERE created_at BETWEEN '2024-01-31' AND '2024-02-01'",
        "SELECT * FROM rec.orders WHERE '2024-01-31' < created_at",
        "SELECT * FROM rec.orders WHERE date_trunc('month', created_at) = '2024-01-01'",
        "SELECT round(ratio, 2) AS x FROM rec.orders",
        "SELECT city FROM rec.orders WHERE city LIKE 'x' ESCAPE '!'",
        "SELECT count(*) FILTER (WHERE late) AS x FROM rec.orders",
        "SELECT city FROM rec.orders WHERE late IS TRUE",
        "SELECT city FROM rec.orders WHERE city IS NOT DISTINCT FROM 'Oslo'",
        "SELECT city, count(*) n FROM rec.orders GROUP BY ROLLUP (city)",
        "SELECT DISTINCT ON (city) city FROM rec.orders",
        "SELECT city FROM rec.orders QUALIFY true",
        "WITH RECURSIVE x AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM x) SELECT * FROM x",
        "SELECT array_agg(city) AS x FROM rec.orders",
        "SELECT [1, 2] AS x",
        "SELECT position('a' IN city) AS x FROM rec.orders",
        "SELECT trim(city) AS x FROM rec.orders",
        "SELECT current_date AS x",
        "SELECT sum(cnt) FROM rec.orders GROUP BY city HAVING city = 'x' AND cnt > 1",
        "SELECT city, cnt FROM rec.orders GROUP BY city",
        "SELECT * FROM rec.t_int LIMIT 1, 2",
        "SELECT * FROM rec.t_int FETCH FIRST 1 ROWS ONLY",
        "SELECT * FROM x.rec.t_int",
        "SELECT * FROM generate_series(1, 3)",
        "INSERT INTO rec.t_int VALUES (1, 2)",
        "CREATE TABLE rec.x (a int)",
        "DROP TABLE rec.t_int",
        "EXPLAIN SELECT 1",
        "SELECT a FROM rec.p1 UNION ALL SELECT a FROM rec.p2 LIMIT 1",
        "SELECT a FROM rec.p1 UNION ALL SELECT a FROM rec.p2 OFFSET 1",
        "WITH u AS (SELECT * FROM rec.p1 UNION ALL SELECT * FROM rec.p2) SELECT a FROM u LIMIT 1",
        "SELECT u.a + 1 AS x FROM (SELECT a FROM rec.p1 UNION ALL SELECT a FROM rec.p2 UNION ALL SELECT a FROM rec.p1) u LIMIT 1",
        "SELECT a FROM (SELECT a FROM (SELECT * FROM rec.p1 UNION ALL SELECT * FROM rec.p2) x WHERE a > 1) y LIMIT 1",
    ] {
        let answer = bench(None).ask(sql, None).await;
        let refused = answer.starts_with("Internal: ") || answer.starts_with("Unsupported SQL: ");
        assert!(refused, "{sql}\n{answer}");
    }
}

/// A store before 1.6.38 takes no `?` anywhere, whatever is sent along.
#[tokio::test]
async fn parameters_on_an_old_store() {
    let text = "Internal: This feature is not implemented: Unsupported ast node Value(Placeholder(\"?\")) in sqltorel";
    for sql in [
        "SELECT ? AS x",
        "SELECT cnt FROM rec.orders WHERE city IN (?, 'x')",
        "SELECT cnt FROM rec.orders WHERE city LIKE ?",
        "SELECT cnt FROM rec.orders WHERE cnt BETWEEN ? AND 2",
        "SELECT cnt FROM rec.orders LIMIT ?",
        "SELECT sum(cnt) AS x FROM rec.orders HAVING sum(cnt) > ?",
        "SELECT concat(city, ?) AS x FROM rec.orders",
    ] {
        check(sql, text).await;
    }
}
