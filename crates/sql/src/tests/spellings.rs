//! What other engines and ODBC write for the same thing.

use expect_test::expect;

use super::{check, check_alike, check_bound, check_schema};

#[test]
fn limits() {
    check_alike(
        &[
            "SELECT status FROM orders GROUP BY 1 ORDER BY 1 FETCH FIRST 2 ROWS ONLY",
            "SELECT status FROM orders GROUP BY 1 ORDER BY 1 FETCH NEXT 2 ROWS ONLY",
            "SELECT TOP 2 status FROM orders GROUP BY 1 ORDER BY 1",
        ],
        expect![[r#"
            0: [] by [orders.status] order by orders.status asc nulls last limit 2 in UTC (1 visible, 1 uses)
            Projection: leaf.status AS status
              TableScan: leaf"#]],
    );
    check(
        "SELECT status FROM orders GROUP BY 1 ORDER BY 1 OFFSET 3 ROWS FETCH NEXT ROW ONLY",
        expect![[r#"
        0: [] by [orders.status] order by orders.status asc nulls last limit 1 offset 3 in UTC (1 visible, 1 uses)
        Projection: leaf.status AS status
          TableScan: leaf"#]],
    );
    check(
        "SELECT status FROM (SELECT TOP 2 status FROM orders GROUP BY 1) t",
        expect![[r#"
        0: [] by [orders.status] limit 2 in UTC (1 visible, 1 uses)
        SubqueryAlias: t
          Projection: leaf.status AS status
            TableScan: leaf"#]],
    );
    check(
        "SELECT TOP 5 status FROM orders GROUP BY 1 LIMIT 6",
        expect!["LIMIT beside FETCH or TOP is not supported"],
    );
    check(
        "SELECT status FROM orders GROUP BY 1 FETCH FIRST 2 ROWS WITH TIES",
        expect!["FETCH … PERCENT or WITH TIES is not supported"],
    );
}

#[test]
fn one_limit_only() {
    check(
        "SELECT TOP 5 status FROM orders GROUP BY 1 FETCH FIRST 2 ROWS ONLY",
        expect!["TOP beside FETCH is not supported"],
    );
}

#[test]
fn hours_are_not_lost_on_dates() {
    check(
        "SELECT DATEADD(hour, 36, DATE '2024-01-01') AS t, DATEADD(day, 1, DATE '2024-01-01') AS d",
        expect![[r#"
            Projection: TimestampNanosecond(1704196800000000000, None) AS t, Date32("2024-01-02") AS d
              EmptyRelation: rows=1"#]],
    );
    check(
        "SELECT {fn TIMESTAMPDIFF(SQL_TSI_DAY, day, day)} FROM orders",
        expect!["TIMESTAMPDIFF (write DATEDIFF) is not supported"],
    );
    check(
        "SELECT TO_CHAR(day, 'Julian J') FROM orders",
        expect![
            "the pattern 'Julian J' of a time has the unknown word `Julian`; plain text goes in double quotes"
        ],
    );
}

#[test]
fn escapes_around_calls_with_a_syntax_of_their_own() {
    check_alike(
        &[
            "SELECT EXTRACT(YEAR FROM createdAt) AS y, MEASURE(count) FROM orders WHERE POSITION('a' IN status) > 1 \
             AND createdAt < CURRENT_DATE AND TRIM(UPPER(status)) <> '{fn EXTRACT' GROUP BY 1",
            "SELECT {fn EXTRACT(YEAR FROM createdAt)} AS y, MEASURE(count) FROM orders WHERE {fn POSITION('a' IN status)} > 1 \
             AND createdAt < { FN CURRENT_DATE } AND {fn TRIM({fn UCASE(status)})} <> '{fn EXTRACT' GROUP BY 1",
        ],
        expect![[r#"
            0: [orders.count] by [orders.createdAt.year, orders.status] where orders.createdAt < '2024-02-29T00:00:00.000' in UTC (3 visible, 1 uses)
            Projection: date_part(Utf8("YEAR"),leaf.createdAt.year) AS y, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count
              Projection: CAST(sum(leaf.count) AS Int64) AS __common_expr_1, date_part(Utf8("YEAR"),leaf.createdAt.year)
                Aggregate: groupBy=[[date_part(Utf8("YEAR"), leaf.createdAt.year)]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0)))]]
                  Projection: leaf.createdAt.year, leaf.count
                    Filter: strpos(leaf.status, Utf8("a")) > Int32(1) AND btrim(upper(leaf.status)) != Utf8("{fn EXTRACT")
                      TableScan: leaf"#]],
    );
    check(
        "SELECT {fn EXTRACT(YEAR FROM createdAt) FROM orders",
        expect!["Expected: an expression, found: { at Line: 1, Column: 8"],
    );
}

#[test]
fn a_parameter_is_of_the_type_that_it_is_cast_to() {
    check_schema(
        "SELECT status FROM orders WHERE createdAt > CAST(? AS TIMESTAMP) AND day = CAST(? AS DATE) AND \
         price > CAST(? AS DECIMAL(10, 2)) AND CAST(? AS VARCHAR) = status",
        expect![[r#"
            Field { "status": nullable Utf8 }
            Field { "$1": nullable Timestamp(µs) }
            Field { "$2": nullable Date32 }
            Field { "$3": nullable Decimal128(10, 2) }
            Field { "$4": nullable Utf8 }
        "#]],
    );
    check_bound(
        "SELECT MEASURE(count) FROM orders WHERE day = CAST(? AS DATE) AND createdAt < CAST(? AS TIMESTAMP)",
        &["2024-02-29".into(), "2024-03-01 12:30:00".into()],
        expect![[r#"
            0: [orders.count] by [] where orders.day >= '2024-02-29T00:00:00.000' AND orders.day < '2024-03-01T00:00:00.000' AND orders.createdAt < '2024-03-01T12:30:00.000' in UTC (1 visible, 1 uses)
            Projection: leaf.count AS count
              TableScan: leaf"#]],
    );
}

#[test]
fn parts_of_times() {
    check_alike(
        &[
            "SELECT YEAR(createdAt) AS y, MEASURE(count) FROM orders GROUP BY 1",
            "SELECT {fn YEAR(createdAt)} AS y, MEASURE(count) FROM orders GROUP BY 1",
        ],
        expect![[r#"
            0: [orders.count] by [orders.createdAt.year] in UTC (2 visible, 1 uses)
            Projection: date_part(Utf8("year"), leaf.createdAt.year) AS y, leaf.count AS count
              TableScan: leaf"#]],
    );
    check(
        "SELECT DAYOFWEEK(day) AS d, MEASURE(count) FROM orders GROUP BY 1",
        expect![[r#"
        0: [orders.count] by [orders.day.day] in UTC (2 visible, 1 uses)
        Projection: date_part(Utf8("dow"),leaf.day.day) + Int64(1) AS d, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count
          Projection: CAST(sum(leaf.count) AS Int64) AS __common_expr_1, date_part(Utf8("dow"),leaf.day.day) + Int64(1)
            Aggregate: groupBy=[[+(CAST(date_part(Utf8("dow"), leaf.day.day) AS Int64), Int64(1)) AS date_part(Utf8("dow"),leaf.day.day) + Int64(1)]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0)))]]
              TableScan: leaf"#]],
    );
    check(
        "SELECT TO_CHAR(createdAt, 'YYYY-MM') AS m, MEASURE(count) FROM orders GROUP BY 1",
        expect![[r#"
        0: [orders.count] by [orders.createdAt.month] in UTC (2 visible, 1 uses)
        Projection: to_char(leaf.createdAt.month, Utf8("YYYY-MM")) AS m, leaf.count AS count
          TableScan: leaf"#]],
    );
    check(
        "SELECT TO_CHAR(price, '999D99') AS m FROM orders GROUP BY 1",
        expect![[r#"
        Execution error: Function 'to_char' user-defined coercion failed with: Error during planning: TO_CHAR takes a time, not Decimal128(15, 2); write CAST(… AS VARCHAR) for other types. No function matches the given name and argument types 'to_char(Decimal128(15, 2), Utf8)'. You might need to add explicit type casts.
        	Candidate functions:
        	to_char(UserDefined)"#]],
    );
}

#[test]
fn parts_that_tell_bins_apart_together() {
    check(
        "SELECT YEAR(day) AS y, MONTH(day) AS m, MEASURE(ratio) FROM orders GROUP BY 1, 2",
        expect![[r#"
        0: [orders.ratio] by [orders.day.year, orders.day.month] in UTC (3 visible, 1 uses)
        Projection: date_part(Utf8("year"), leaf.day.year) AS y, date_part(Utf8("month"), leaf.day.month) AS m, leaf.ratio AS ratio
          TableScan: leaf"#]],
    );
    check(
        "SELECT YEAR(day), QUARTER(day), MONTH(day), DAY(day), MEASURE(users) FROM orders GROUP BY 1, 2, 3, 4",
        expect![[r#"
            0: [orders.users] by [orders.day.year, orders.day.quarter, orders.day.month, orders.day.day] in UTC (5 visible, 1 uses)
            Projection: date_part(Utf8("year"), leaf.day.year) AS date_part(Utf8("year"),orders.day), date_part(Utf8("quarter"), leaf.day.quarter) AS date_part(Utf8("quarter"),orders.day), date_part(Utf8("month"), leaf.day.month) AS date_part(Utf8("month"),orders.day), date_part(Utf8("day"), leaf.day.day) AS date_part(Utf8("day"),orders.day), leaf.users AS users
              TableScan: leaf"#]],
    );
    check(
        "SELECT YEAR(day), DAY(day), MEASURE(users) FROM orders GROUP BY 1, 2",
        expect![[
            r#"`orders.users` (count_distinct) cannot be added up, which date_part(Utf8("day"), day.day) asks for"#
        ]],
    );
    check(
        "SELECT YEAR(day), MONTH(createdAt), MEASURE(users) FROM orders GROUP BY 1, 2",
        expect![[
            r#"`orders.users` (count_distinct) cannot be added up, which date_part(Utf8("month"), createdAt.month) asks for"#
        ]],
    );
    check(
        "SELECT TO_CHAR(day, 'Mon YYYY') AS m, MEASURE(users) FROM orders GROUP BY 1",
        expect![[r#"
        0: [orders.users] by [orders.day.month] in UTC (2 visible, 1 uses)
        Projection: to_char(leaf.day.month, Utf8("Mon YYYY")) AS m, leaf.users AS users
          TableScan: leaf"#]],
    );
    check(
        "SELECT TO_CHAR(day, 'Mon') AS m, MEASURE(users) FROM orders GROUP BY 1",
        expect![[
            r#"`orders.users` (count_distinct) cannot be added up, which to_char(day.month, Utf8("Mon")) asks for"#
        ]],
    );
}

#[test]
fn arithmetic_on_times() {
    check_alike(
        &[
            "SELECT MEASURE(count) FROM orders WHERE day >= DATEADD('month', -2, DATE '2024-03-01')",
            "SELECT MEASURE(count) FROM orders WHERE day >= DATEADD(month, -2, DATE '2024-03-01')",
            "SELECT MEASURE(count) FROM orders WHERE day >= {fn TIMESTAMPADD(SQL_TSI_MONTH, -2, DATE '2024-03-01')}",
        ],
        expect![[r#"
            0: [orders.count] by [] where orders.day >= '2024-01-01T00:00:00.000' in UTC (1 visible, 1 uses)
            Projection: leaf.count AS count
              TableScan: leaf"#]],
    );
    check(
        "SELECT MEASURE(count) FROM orders WHERE day >= DATEADD(quarter, 1, DATE '2024-03-01')",
        expect![[r#"
        0: [orders.count] by [] where orders.day >= '2024-06-01T00:00:00.000' in UTC (1 visible, 1 uses)
        Projection: leaf.count AS count
          TableScan: leaf"#]],
    );
    // Hours make a time of a date; days leave it a date.
    check(
        "SELECT MEASURE(count) FROM orders WHERE createdAt < DATE '2024-03-01' + INTERVAL '36 hours' \
         AND createdAt >= DATE '2024-03-01' - INTERVAL '1 day'",
        expect![[r#"
            0: [orders.count] by [] where orders.createdAt >= '2024-02-29T00:00:00.000' AND orders.createdAt < '2024-03-02T12:00:00.000' in UTC (1 visible, 1 uses)
            Projection: leaf.count AS count
              TableScan: leaf"#]],
    );
    check(
        "SELECT MIN(day) + INTERVAL '1 month' AS a, INTERVAL '90 minutes' + MAX(day) AS b FROM orders",
        expect![[r#"
            0: [] by [orders.day] in UTC (1 visible, 1 uses)
            Projection: min(leaf.day) + IntervalMonthDayNano("IntervalMonthDayNano { months: 1, days: 0, nanoseconds: 0 }") AS a, IntervalMonthDayNano("IntervalMonthDayNano { months: 0, days: 0, nanoseconds: 5400000000000 }") + CAST(max(leaf.day) AS Timestamp(µs)) AS b
              Aggregate: groupBy=[[]], aggr=[[min(leaf.day), max(leaf.day)]]
                TableScan: leaf"#]],
    );
    check(
        "SELECT DATEADD(day, price, day) FROM orders",
        expect!["DATEADD of a number that is no constant (write t + INTERVAL '…') is not supported"],
    );
    check(
        "SELECT DATEADD(fortnight, 1, day) FROM orders",
        expect!["the unit fortnight of a date function is not supported"],
    );
    check(
        "SELECT DATEDIFF(week, DATE '2024-03-03', DATE '2024-03-04') AS weeks",
        expect![[r#"
        Projection: Int64(1) AS weeks
          EmptyRelation: rows=1"#]],
    );
    check(
        "SELECT DATEDIFF('year', '2023-12-31', '2024-01-01') AS years",
        expect![[r#"
        Projection: Int64(1) AS years
          EmptyRelation: rows=1"#]],
    );
    check(
        "SELECT DATEDIFF(day, MIN(day), MAX(day)) AS days FROM orders",
        expect![[r#"
        0: [] by [orders.day] in UTC (1 visible, 1 uses)
        Projection: datediff(Utf8("day"), CAST(min(leaf.day) AS Timestamp(µs)), CAST(max(leaf.day) AS Timestamp(µs))) AS days
          Aggregate: groupBy=[[]], aggr=[[min(leaf.day), max(leaf.day)]]
            TableScan: leaf"#]],
    );
}

#[test]
fn times_from_texts() {
    check(
        "SELECT TO_TIMESTAMP('2024-03-07 15:04', 'YYYY-MM-DD HH24:MI') AS t, TO_DATE('03/2024', 'MM/YYYY') AS d",
        expect![[r#"
        Projection: TimestampMicrosecond(1709823840000000, None) AS t, Date32("2024-03-01") AS d
          EmptyRelation: rows=1"#]],
    );
    check(
        "SELECT TO_DATE('2024-03-07') AS d, TO_TIMESTAMP(DATE '2024-03-07') AS t",
        expect![[r#"
        Projection: Date32("2024-03-07") AS d, TimestampMicrosecond(1709769600000000, None) AS t
          EmptyRelation: rows=1"#]],
    );
    check(
        "SELECT TO_DATE(status, 'YYYY') FROM orders WHERE TO_DATE('2024', 'Mon YYYY') > day",
        expect![[r#"
        0: [] ungrouped [orders.status, orders.day] in UTC (2 visible, 1 uses)
        Projection: to_date(leaf.status, Utf8("YYYY")) AS to_date(orders.status,Utf8("YYYY"))
          Filter: to_date(Utf8("2024"), Utf8("Mon YYYY")) > leaf.day
            TableScan: leaf"#]],
    );
    check(
        "SELECT TO_TIMESTAMP('2024', 'YYYY-MM') AS t",
        expect![[r#"
        Projection: to_timestamp(Utf8("2024"), Utf8("YYYY-MM")) AS t
          EmptyRelation: rows=1"#]],
    );
    check(
        "SELECT TO_DATE('soon') AS d",
        expect![[r#"
        Projection: to_date(Utf8("soon")) AS d
          EmptyRelation: rows=1"#]],
    );
    check(
        "SELECT TO_TIMESTAMP(5) AS t",
        expect![[r#"
        Execution error: Function 'to_timestamp' user-defined coercion failed with: Error during planning: TO_TIMESTAMP takes a text, and perhaps a pattern. No function matches the given name and argument types 'to_timestamp(Int64)'. You might need to add explicit type casts.
        	Candidate functions:
        	to_timestamp(UserDefined)"#]],
    );
}

#[test]
fn functions_by_other_names() {
    check(
        "SELECT {fn MOD(7, 4) } AS a, MOD(2 + 3, 1 + 1) AS b, {fn LOCATE('l', 'hello')} AS c, {fn SPACE(2)} || 'x' AS d, \
         IF(1 > 2, 'yes', 'no') AS e, IIF(NULL, 1, 2) AS f, {fn SIGN(-2)} AS g, {fn CEILING(1.5)} AS h, \
         {fn TRUNCATE(1.567, 2)} AS i, {fn CHAR(65)} AS j, {fn DATABASE()} AS k",
        expect![[r#"
            Projection: Int64(3) AS a, Int64(1) AS b, Int32(3) AS c, Utf8("  x") AS d, Utf8("no") AS e, Int64(2) AS f, Float64(-1) AS g, Float64(2) AS h, Float64(1.56) AS i, Utf8("A") AS j, Utf8("cube") AS k
              EmptyRelation: rows=1"#]],
    );
    check(
        "SELECT MOD(id, 3) AS m, COUNT(*) FROM orders GROUP BY 1",
        expect![[r#"
        0: [orders.count] by [orders.id] in UTC (2 visible, 1 uses)
        Projection: leaf.id % Int64(3) AS m, CASE WHEN __common_expr_1 IS NULL THEN Int64(0) ELSE __common_expr_1 END AS count(*)
          Projection: CAST(sum(leaf.count) AS Int64) AS __common_expr_1, leaf.id % Int64(3)
            Aggregate: groupBy=[[leaf.id % Int64(3)]], aggr=[[sum(CAST(leaf.count AS Decimal256(76, 0)))]]
              TableScan: leaf"#]],
    );
    check(
        "SELECT LOCATE('l', 'hello', 3)",
        expect![[r#"
            Invalid function 'locate'.
            Did you mean 'concat'?"#]],
    );
}

#[test]
fn where_a_client_is() {
    check(
        "SELECT current_schema(), current_database(), current_catalog()",
        expect![[r#"
        Projection: Utf8("public") AS current_schema(), Utf8("cube") AS current_database(), Utf8("cube") AS current_catalog()
          EmptyRelation: rows=1"#]],
    );
}

#[test]
fn what_would_mean_something_else() {
    check(
        "SELECT status FROM orders WHERE status SIMILAR TO 'a%'",
        expect!["SIMILAR TO (write LIKE or ~) is not supported"],
    );
    check(
        "SELECT DATE_FORMAT(createdAt, '%Y') FROM orders",
        expect![[r#"
        Invalid function 'date_format'.
        Did you mean 'date_part'?"#]],
    );
}
