//! What was seen to work in a real store works here.

use std::sync::Arc;

use cubestore::codec::request::Parameter;
use datafusion::arrow::array::{ArrayRef, BinaryArray, RecordBatch, StringArray};
use datasketches::hll::{HllType, HllUnion};
use expect_test::{Expect, expect};

use super::bench;

async fn check(sql: &str, expect: Expect) {
    expect.assert_eq(&bench(None).ask(sql, None).await);
}

#[tokio::test]
async fn recorded_statements() {
    check(
        "SELECT 1",
        expect![[r#"
        Int64(1)
        1"#]],
    )
    .await;
    check(
        "SELECT 1; SELECT 2",
        expect![[r#"
        Int64(1)
        1"#]],
    )
    .await;
    check(
        "SELECT 1 AS one, 1.5 AS f, 'x' AS s, true AS b, CAST('2024-01-01T00:00:00.000' AS TIMESTAMP) ts, NULL AS n",
        expect![[r#"
            one|f|s|b|ts|n
            1|1.5|x|true|2024-01-01T00:00:00.000Z|NULL"#]],
    )
    .await;
    check(
        "SELECT count(*) c, sum(v) s, avg(v) a, min(v) mi, max(v) ma, count(distinct v) cd FROM rec.t_int",
        expect![[r#"
        c|s|a|mi|ma|cd
        4|-1|-0.3333333333333333|-2147483648|2147483647|3"#]],
    )
    .await;
    check(
        "SELECT sum(v) s, avg(v) a, min(v) mi, max(v) ma FROM rec.t_double",
        expect![[r#"
        s|a|mi|ma
        5.141592653589793|1.7138642178632644|0|3.141592653589793"#]],
    )
    .await;
    check("SELECT id, v FROM rec.t_int WHERE id = 12345", expect![[""]]).await;
    check("SELECT v, count(*) c FROM rec.t_int WHERE id = 12345 GROUP BY 1", expect!["v|c"]).await;
    check("SELECT id, name FROM rec.t_empty", expect![[""]]).await;
    check(
        "SELECT sum(id) s, count(*) c FROM rec.t_empty",
        expect![[r#"
        s|c
        NULL|0"#]],
    )
    .await;
    check("SELECT id, v FROM rec.t_int LIMIT 0", expect![[""]]).await;
    check(
        "SELECT v + 'a' AS x FROM rec.t_int",
        expect![[r#"
        x
        NULL
        NULL
        NULL
        NULL"#]],
    )
    .await;
    check(
        "SELECT `o`.`s` `orders__status`, sum(`o`.`a`) `orders__count` FROM (SELECT * FROM rec.p1 UNION ALL SELECT * FROM rec.p2) AS `o` GROUP BY 1 ORDER BY 2 DESC LIMIT 10000",
        expect![[r#"
            orders__status|orders__count
            z|3
            y|2
            x|1
            NULL|NULL"#]],
    )
    .await;
    check("SET foo = 1", expect![[""]]).await;
}

#[tokio::test]
async fn clauses() {
    check(
        "SELECT city, sum(cnt) c FROM rec.orders GROUP BY 1 HAVING sum(cnt) > 3 ORDER BY 2 DESC NULLS FIRST",
        expect![[r#"
        city|c
        Oslo|8
        Łódź|4"#]],
    )
    .await;
    check(
        "SELECT city c FROM rec.orders ORDER BY 1 NULLS LAST LIMIT 2 OFFSET 1",
        expect![[r#"
        c
        Oslo
        Łódź"#]],
    )
    .await;
    check(
        "SELECT city c FROM rec.orders ORDER BY c DESC NULLS LAST",
        expect![[r#"
        c
        Łódź
        Oslo
        Oslo
        NULL"#]],
    )
    .await;
    check(
        "SELECT DISTINCT city FROM rec.orders ORDER BY city NULLS FIRST",
        expect![[r#"
        city
        NULL
        Oslo
        Łódź"#]],
    )
    .await;
    check(
        "WITH big AS (SELECT * FROM rec.orders WHERE cnt > 3) SELECT count(*) n FROM big",
        expect![[r#"
        n
        2"#]],
    )
    .await;
    check(
        "SELECT t.id, p.s FROM rec.t_int t JOIN rec.p1 p ON t.id = p.a ORDER BY 1",
        expect![[r#"
        id|s
        1|x
        2|y"#]],
    )
    .await;
    check(
        "SELECT t.id, p.s FROM rec.t_int t LEFT JOIN rec.p1 p ON t.id = p.a ORDER BY 1",
        expect![[r#"
        id|s
        0|NULL
        1|x
        2|y
        3|NULL"#]],
    )
    .await;
    check(
        "SELECT t.id, p.s FROM rec.t_int t, rec.p1 p WHERE t.id = p.a ORDER BY 1",
        expect![[r#"
        id|s
        1|x
        2|y"#]],
    )
    .await;
    check(
        "SELECT s x FROM rec.p1 UNION ALL SELECT s FROM rec.p2 ORDER BY 1 NULLS FIRST",
        expect![[r#"
        x
        NULL
        x
        y
        z"#]],
    )
    .await;
    check(
        "SELECT a x FROM (SELECT * FROM rec.p1 UNION ALL SELECT * FROM rec.p2) u ORDER BY a LIMIT 2",
        expect![[r#"
        x
        1
        2"#]],
    )
    .await;
    check(
        "SELECT /* one */ cnt -- two\n FROM rec.orders WHERE cnt = 3;",
        expect![[r#"
        cnt
        3"#]],
    )
    .await;
    check(
        "SELECT \"cnt\" FROM rec.\"orders\" WHERE `cnt` = 3",
        expect![[r#"
        cnt
        3"#]],
    )
    .await;
}

#[tokio::test]
async fn expressions() {
    let of = |expression: &str| format!("SELECT {expression} AS x FROM rec.orders ORDER BY 1 NULLS LAST");
    for (expression, expect) in [
        ("CASE WHEN cnt > 3 THEN 'big' ELSE 'small' END", expect!["x big big small small"]),
        ("CASE city WHEN 'Oslo' THEN 1 ELSE 2 END", expect!["x 1 1 2 2"]),
        ("COALESCE(city, 'nowhere')", expect!["x Oslo Oslo nowhere Łódź"]),
        ("NULLIF(cnt, 0)", expect!["x 3 4 5 NULL"]),
        ("cnt::float / 2", expect!["x 0 1.5 2 2.5"]),
        ("CAST(cnt AS varchar)", expect!["x 0 3 4 5"]),
        ("CAST(ratio AS int)", expect!["x 0 0 4 NULL"]),
        ("CAST(cnt AS double)", expect!["x 0 3 4 5"]),
        ("CAST(cnt AS float)", expect!["x 0 3 4 5"]),
        ("CAST('7' AS int)", expect!["x 7 7 7 7"]),
        (
            "date_trunc('week', created_at)",
            expect!["x 2024-01-29T00:00:00.000Z 2024-02-26T00:00:00.000Z 2024-04-29T00:00:00.000Z NULL"],
        ),
        (
            "date_trunc('quarter', created_at)",
            expect!["x 2024-01-01T00:00:00.000Z 2024-01-01T00:00:00.000Z 2024-04-01T00:00:00.000Z NULL"],
        ),
        (
            "CONVERT_TZ(created_at, '+05:30')",
            expect!["x 2024-01-31T05:30:00.000Z 2024-02-29T05:30:00.000Z 2024-05-05T05:30:00.000Z NULL"],
        ),
        (
            "CONVERT_TZ(created_at, '-01:00')",
            expect!["x 2024-01-30T23:00:00.000Z 2024-02-28T23:00:00.000Z 2024-05-04T23:00:00.000Z NULL"],
        ),
        (
            "DATE_ADD(created_at, INTERVAL '1 MONTH')",
            expect!["x 2024-02-29T00:00:00.000Z 2024-03-29T00:00:00.000Z 2024-06-05T00:00:00.000Z NULL"],
        ),
        (
            "DATE_SUB(created_at, INTERVAL '1 day')",
            expect!["x 2024-01-30T00:00:00.000Z 2024-02-28T00:00:00.000Z 2024-05-04T00:00:00.000Z NULL"],
        ),
        (
            "DATE_BIN(INTERVAL '2 weeks', created_at, to_timestamp('2024-01-01T00:00:00.000'))",
            expect!["x 2024-01-29T00:00:00.000Z 2024-02-26T00:00:00.000Z 2024-04-22T00:00:00.000Z NULL"],
        ),
        (
            "date_trunc('day', created_at)",
            expect!["x 2024-01-31T00:00:00.000Z 2024-02-29T00:00:00.000Z 2024-05-05T00:00:00.000Z NULL"],
        ),
        (
            "date_trunc('year', created_at)",
            expect!["x 2024-01-01T00:00:00.000Z 2024-01-01T00:00:00.000Z 2024-01-01T00:00:00.000Z NULL"],
        ),
        (
            "CONVERT_TZ(created_at, CASE city WHEN 'Oslo' THEN '+01:00' ELSE '+02:00' END)",
            expect!["x 2024-01-31T01:00:00.000Z 2024-02-29T02:00:00.000Z 2024-05-05T01:00:00.000Z NULL"],
        ),
        ("date_part('year', created_at)", expect!["x 2024 2024 2024 NULL"]),
        ("date_part('hour', created_at)", expect!["x 0 0 0 NULL"]),
        ("upper(city)", expect!["x OSLO OSLO ŁÓDŹ NULL"]),
        ("lower(city)", expect!["x oslo oslo łódź NULL"]),
        ("substr(city, 2)", expect!["x slo slo ódź NULL"]),
        ("substr(city, 1, 2)", expect!["x Os Os Łó NULL"]),
        ("concat(city, '-', city)", expect!["x - Oslo-Oslo Oslo-Oslo Łódź-Łódź"]),
        ("length(city)", expect!["x 4 4 4 NULL"]),
        ("abs(amount)", expect!["x 2 3.33 10.5 NULL"]),
        ("round(ratio)", expect!["x 0 1 4 NULL"]),
        ("cnt / 2", expect!["x 0 1 2 2"]),
        ("amount / 2", expect!["x -1.665 1 5.25 NULL"]),
        ("amount / (cnt + 1)", expect!["x -0.555 0.4 2.625 NULL"]),
        ("cnt * 1.0", expect!["x 0 3 4 5"]),
        ("-cnt % 2", expect!["x -1 -1 0 0"]),
        ("late", expect!["x false true true NULL"]),
        ("'a\\s' ", expect!["x as as as as"]),
        ("'\\\\'", expect![[r#"x \ \ \ \"#]]),
        ("'it''s'", expect!["x it's it's it's it's"]),
    ] {
        expect.assert_eq(&bench(None).ask(&of(expression), None).await.replace('\n', " "));
    }
}

#[tokio::test]
async fn predicates() {
    let of = |test: &str| format!("SELECT cnt x FROM rec.orders WHERE {test} ORDER BY 1");
    for (test, expect) in [
        ("city IN ('Oslo', 'Rome')", expect!["x 3 5"]),
        ("city NOT IN ('Oslo')", expect!["x 4"]),
        ("cnt IN (3, 4, 5)", expect!["x 3 4 5"]),
        ("cnt IN ('3')", expect!["x 3"]),
        ("cnt BETWEEN 4 AND 5", expect!["x 4 5"]),
        ("cnt NOT BETWEEN 4 AND 5", expect!["x 0 3"]),
        ("city LIKE 'Os%'", expect!["x 3 5"]),
        ("city LIKE 'os%'", expect![[""]]),
        ("city NOT LIKE 'Os%'", expect!["x 4"]),
        ("city ILIKE CONCAT('%', 'OSL', '%')", expect!["x 3 5"]),
        ("city NOT ILIKE CONCAT('%', 'OSL', '%') OR city IS NULL", expect!["x 0 4"]),
        ("city LIKE 'Os\\\\_o'", expect![[""]]),
        ("city LIKE 'Os_o'", expect!["x 3 5"]),
        ("city IS NULL", expect!["x 0"]),
        ("city IS NOT NULL", expect!["x 3 4 5"]),
        ("late", expect!["x 0 3"]),
        ("late = 'true'", expect!["x 0 3"]),
        ("late = FALSE", expect!["x 4"]),
        ("NOT late", expect!["x 4"]),
        ("cnt = '4'", expect!["x 4"]),
        ("amount = '10.5'", expect!["x 3"]),
        ("amount > 10.499", expect!["x 3"]),
        ("created_at >= to_timestamp('2024-02-29T00:00:00.000')", expect!["x 4 5"]),
        (
            "created_at BETWEEN to_timestamp('2024-02-01T00:00:00.000') AND to_timestamp('2024-02-29T23:59:59.999')",
            expect!["x 4"],
        ),
        ("created_at < now()", expect!["x 3 4 5"]),
        ("UNIX_TIMESTAMP() > 1700000000", expect!["x 0 3 4 5"]),
        ("1 = 1", expect!["x 0 3 4 5"]),
        ("1 = 0", expect![[""]]),
    ] {
        expect.assert_eq(&bench(None).ask(&of(test), None).await.replace('\n', " "));
    }
}

#[tokio::test]
async fn parameters_are_used_in_the_order_of_the_text() {
    let text = |text: &str| Parameter::String(text.to_owned());
    let bench = bench(Some("1.6.38"));
    for (sql, parameters, expect) in [
        (
            "SELECT ? AS a, cnt FROM rec.orders WHERE city = ? AND cnt > ? ORDER BY 2",
            vec![text("x"), text("Oslo"), Parameter::Int64(3)],
            expect!["a|cnt x|5"],
        ),
        (
            "SELECT cnt FROM rec.orders WHERE COALESCE(city, ?) IN (?, ?) ORDER BY 1 LIMIT ?",
            vec![text("none"), text("none"), text("Łódź"), Parameter::Int64(5)],
            expect!["cnt 0 4"],
        ),
        ("SELECT cnt FROM rec.orders WHERE city LIKE ?", vec![text("Os\\_o")], expect![[""]]),
        (
            "SELECT cnt FROM rec.orders WHERE ratio = ? AND late = ?",
            vec![Parameter::Float64(0.5), Parameter::Bool(true)],
            expect!["cnt 3"],
        ),
        ("SELECT count(*) n FROM rec.orders WHERE city = ?", vec![Parameter::Null], expect!["n 0"]),
        (
            "SELECT ? = ? AS x",
            vec![Parameter::Float64(f64::NAN), Parameter::Float64(f64::NAN)],
            expect!["x true"],
        ),
        ("SELECT ? AS x", vec![Parameter::Binary(vec![0, 255])], expect!["x 0x00FF"]),
        (
            "SELECT ? AS x",
            vec![],
            expect!["Internal: Error during planning: No value for parameter 1 of the statement"],
        ),
    ] {
        expect.assert_eq(&bench.ask(sql, Some(&parameters)).await.replace('\n', " "));
    }
}

#[tokio::test]
async fn sketches() {
    let sketch = |values: std::ops::Range<i64>| {
        let mut union = HllUnion::new(12).unwrap();
        values.for_each(|value| union.update_value(value));
        Some(union.to_sketch(HllType::Hll8).serialize())
    };
    let keys = StringArray::from(vec!["a", "a", "b", "c"]);
    let sketches = BinaryArray::from_iter([sketch(0..10), sketch(5..20), sketch(0..3), None]);
    let columns: [(&str, ArrayRef); 2] = [("k", Arc::new(keys)), ("s", Arc::new(sketches))];
    let bench = bench(None);
    bench.catalogue.register("hll", "t", vec![RecordBatch::try_from_iter(columns).unwrap()]).unwrap();
    for (sql, expect) in [
        (
            "SELECT k, cardinality(merge(s)) AS n FROM hll.t GROUP BY 1 ORDER BY 1",
            expect!["k|n a|20 b|3 c|NULL"],
        ),
        ("SELECT cardinality(merge(s)) AS n FROM hll.t", expect!["n 20"]),
        ("SELECT cardinality(s) AS n FROM hll.t WHERE k = 'b'", expect!["n 3"]),
        ("SELECT COALESCE(cardinality(merge(s)), 0) AS n FROM hll.t WHERE k = 'none'", expect!["n 0"]),
    ] {
        expect.assert_eq(&bench.ask(sql, None).await.replace('\n', " "));
    }
}

/// What the real API asks the catalogue, letter by letter.
#[tokio::test]
async fn questions_of_the_driver() {
    check(
        "SELECT column_name as `column_name`, table_name as `table_name`, table_schema as `table_schema`, data_type as `data_type` FROM information_schema.columns WHERE table_name = 'p1' AND table_schema = 'rec'",
        expect![[r#"
            column_name|table_name|table_schema|data_type
            a|p1|rec|int
            s|p1|rec|text"#]],
    )
    .await;
    check(
        "SELECT schema_name FROM information_schema.schemata WHERE schema_name = 'none'",
        expect!["schema_name"],
    )
    .await;
    check("SELECT schema_name FROM information_schema.schemata LIMIT 0", expect!["schema_name"]).await;
}
