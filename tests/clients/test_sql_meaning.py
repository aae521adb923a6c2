"""What SQL means above the leaves, beside DuckDB: the same statement over the same rows."""

import datetime
import decimal
import math

import duckdb
import pytest

T = """(VALUES (1, 'a', 1.5, DATE '2024-01-31'), (2, NULL, -2.5, DATE '2024-02-29'),
(3, 'B', NULL, DATE '2023-12-31'), (NULL, 'a', 0.5, NULL)) AS t (n, s, d, x)"""
U = "(VALUES (1, 'a'), (2, 'b'), (2, NULL)) AS u (n, w)"

# One per line. DuckDB divides whole numbers to fractions, rounds where a fraction is cast to a whole number, and puts
# NULL last whichever way it sorts: those are left out.
EXPRESSIONS = """
n % 2
-7 % 3
MOD(7, -3)
ROUND(d)
ROUND(-2.5)
ROUND(1234, -2)
TRUNC(1.567, 2)
CAST('12' AS INT)
CAST(' 12 ' AS INT)
CAST('1e3' AS DOUBLE)
CAST(d AS VARCHAR)
CAST('t' AS BOOLEAN)
CAST('yes' AS BOOLEAN)
CAST(2.675 AS DECIMAL(10, 2))
s || n
CONCAT(s, 'x', n)
LENGTH(s)
SUBSTR('hello', 2, 3)
SUBSTRING('hello' FROM 0 FOR 3)
LEFT('hello', -2)
STRPOS('hello', 'l')
SPLIT_PART('a,b,c', ',', 9)
LPAD('5', 3, '0')
TRANSLATE('abc', 'ab', 'x')
REGEXP_REPLACE('abcabc', 'b', 'X')
REGEXP_REPLACE('abcabc', 'b', 'X', 'g')
GREATEST(n, 2)
LEAST(n, 2)
NULLIF(n, 2)
CASE WHEN n > 1 THEN 'x' END
CASE n WHEN 1 THEN 1.5 ELSE 2 END
SIGN(d)
LOG(2, 8)
n IN (1, NULL)
n NOT IN (1, NULL)
n NOT IN (1, 2)
n IN (1, NULL) AND n NOT IN (2, NULL)
n IN (1, 2, NULL) AND n IN (2, 3, NULL)
n IN (1, 2, NULL) AND n NOT IN (2, 3)
n NOT IN (1, 2, NULL) AND (n = 3 OR n IN (2, 4, NULL))
n NOT IN (1, NULL) OR n NOT IN (2, NULL)
NOT (n IN (1, NULL) OR n IN (2, 3))
n IN (NULL)
n NOT IN (NULL, 1 + NULL)
n IN (1, 1 + NULL) AND n NOT IN (2, NULLIF(1, 1))
n BETWEEN 1 AND 2
n IS DISTINCT FROM 2
n > 1 AND NULL
n > 1 OR s = 'a'
(n > 1) IS NOT TRUE
(n > 1) IS UNKNOWN
s LIKE 'a%'
s ILIKE 'b'
s NOT LIKE '%'
s ~ '^a'
s = 'b'
EXTRACT(DOW FROM x)
EXTRACT(ISODOW FROM x)
EXTRACT(WEEK FROM x)
EXTRACT(ISOYEAR FROM x)
EXTRACT(DOY FROM x)
EXTRACT(EPOCH FROM x)
DATE_TRUNC('week', x)
DATE_TRUNC('quarter', x)
x + INTERVAL '1 month'
x - INTERVAL '1 month'
x + INTERVAL '36 hours'
x + 1
x - DATE '2024-01-01'
x > '2024-01-15'
x = TIMESTAMP '2024-01-31 00:00:00'
DATEDIFF('month', x, DATE '2024-03-01')
d + n
d / n
n / 2.0
1 / 3.0
n & 1
1 << 3
"""

AGGREGATES = """
COUNT(n)
COUNT(*)
COUNT(DISTINCT s)
SUM(d)
SUM(DISTINCT n)
AVG(n)
MIN(s)
MAX(x)
STDDEV(n)
VAR_POP(n)
MEDIAN(n)
BOOL_AND(n > 0)
BOOL_OR(n > 2)
SUM(n) FILTER (WHERE n > 1)
COUNT(*) FILTER (WHERE s = 'a')
SUM(n) * 1.0 / COUNT(*)
"""

WINDOWS = """
ROW_NUMBER() OVER (ORDER BY n)
RANK() OVER (ORDER BY s)
DENSE_RANK() OVER (ORDER BY s)
PERCENT_RANK() OVER (ORDER BY n)
CUME_DIST() OVER (ORDER BY n)
NTILE(2) OVER (ORDER BY n)
LAG(n) OVER (ORDER BY n)
LEAD(n, 1, 0) OVER (ORDER BY n)
LAST_VALUE(n) OVER (ORDER BY n)
NTH_VALUE(n, 2) OVER (ORDER BY n)
SUM(n) OVER (ORDER BY s)
SUM(n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
SUM(n) OVER (ORDER BY x RANGE BETWEEN INTERVAL '40 days' PRECEDING AND CURRENT ROW)
AVG(n) OVER (PARTITION BY s)
"""

STATEMENTS = [
    f"SELECT n FROM {T} WHERE n IN (SELECT n FROM {U})",
    f"SELECT n FROM {T} WHERE n NOT IN (SELECT n FROM {U})",
    f"SELECT n FROM {T} WHERE n NOT IN (SELECT n FROM {T})",
    f"SELECT n FROM {T} WHERE EXISTS (SELECT 1 FROM {U} WHERE u.n = t.n)",
    f"SELECT n FROM {T} WHERE n > ALL (SELECT n FROM {U})",
    f"SELECT n FROM {T} WHERE n = ANY (SELECT n FROM {U})",
    f"SELECT n, (SELECT MAX(w) FROM {U} WHERE u.n = t.n) AS m FROM {T}",
    f"SELECT s, COUNT(*) FROM {T} GROUP BY s HAVING COUNT(*) > 1",
    f"SELECT s, n, GROUPING(s), SUM(n) FROM {T} GROUP BY ROLLUP (s, n)",
    f"SELECT s, n, SUM(n) FROM {T} GROUP BY CUBE (1, 2)",
    f"SELECT s, SUM(n) FROM {T} GROUP BY GROUPING SETS ((s), ())",
    f"SELECT COUNT(*), SUM(n) FROM {T} WHERE FALSE",
    f"SELECT s, COUNT(*) FROM {T} WHERE FALSE GROUP BY s",
    f"SELECT UPPER(s) AS s, COUNT(*) FROM {T} GROUP BY UPPER(s)",
    f"SELECT n, n, s FROM {T}",
    *(f"SELECT n FROM {T} {both} SELECT n FROM {U}" for both in ("UNION", "UNION ALL", "INTERSECT", "EXCEPT ALL")),
    *(
        f"SELECT {columns} FROM {T} {join} JOIN {U} {condition}"
        for join in ("", "LEFT", "RIGHT", "FULL")
        for columns, condition in (
            ("*", "USING (n)"),
            ("n, w", "USING (n)"),
            ("t.n, u.n, w", "USING (n)"),
            ("n, s", "USING (n) WHERE n IS NOT NULL"),
            ("*", "ON t.n = u.n"),
        )
    ),
    f"SELECT n, COUNT(*) FROM {T} FULL JOIN {U} USING (n) GROUP BY n",
    f"SELECT * FROM {T} NATURAL RIGHT JOIN {U}",
]

# Both zeros of floating point, which are one number.
Z = """(SELECT CAST(v AS DOUBLE) * -1 AS z, k FROM (VALUES (0, 1), (1, 2), (NULL, 3)) AS t (v, k)
UNION ALL SELECT CAST(0 AS DOUBLE), 4)"""
ZEROS = """
SELECT k, z IN (0, 1, 2, 3) AS v FROM {0} AS t
SELECT k, z NOT IN (0, 1, 2, 3) AS v FROM {0} AS t
SELECT k, z IN (0, 1, 2, 3) AND z NOT IN (1, 2, 3, 4) AS v FROM {0} AS t
SELECT k FROM {0} AS t WHERE z = 0 OR z = 1 OR z = 2 OR z = 3 OR z = 4
SELECT k FROM {0} AS t WHERE z BETWEEN 0 AND 0
SELECT k, CASE z WHEN 0 THEN 'none' WHEN -1 THEN 'one' WHEN 2 THEN 'two' WHEN 3 THEN 'three' ELSE '' END AS v FROM {0} AS t
SELECT k, NULLIF(z, 0) AS v FROM {0} AS t
SELECT k FROM {0} AS t WHERE z IN (SELECT CAST(0 AS DOUBLE))
SELECT z, COUNT(*) AS n FROM {0} AS t GROUP BY z
SELECT COUNT(DISTINCT z) AS n FROM {0} AS t
SELECT DISTINCT z FROM {0} AS t
SELECT z FROM {0} AS t INTERSECT SELECT CAST(0 AS DOUBLE)
SELECT z FROM {0} AS t EXCEPT SELECT CAST(0 AS DOUBLE)
SELECT a.k AS one, b.k AS other FROM {0} AS a JOIN {0} AS b ON a.z = b.z
SELECT k, RANK() OVER (ORDER BY z) AS v FROM {0} AS t WHERE z IS NOT NULL
SELECT k, SUM(k) OVER (ORDER BY z) AS v FROM {0} AS t WHERE z IS NOT NULL
SELECT k, SUM(k) OVER (PARTITION BY z) AS v FROM {0} AS t
SELECT k, ROW_NUMBER() OVER (ORDER BY z DESC, k) AS v FROM {0} AS t WHERE z IS NOT NULL
SELECT k FROM {0} AS t WHERE z IS NOT NULL ORDER BY z, k DESC LIMIT 2
SELECT k FROM {0} AS t WHERE z IS NOT NULL ORDER BY z DESC, k LIMIT 1
SELECT STRING_AGG(CAST(k AS VARCHAR), ',' ORDER BY z, k DESC) AS v FROM {0} AS t WHERE z IS NOT NULL
"""


def lines(text):
    return text.strip().splitlines()


def value(found):
    """Numbers by their value and dates as times, since the engines have them in different types."""
    match found:
        case bool():
            return found
        case int() | float() | decimal.Decimal():
            return "NaN" if math.isnan(found) else round(float(found), 9) + 0.0
        case datetime.datetime():
            return found.replace(tzinfo=None)
        case datetime.date():
            return datetime.datetime(found.year, found.month, found.day)
    return found


def rows(cursor):
    found = [tuple(map(value, row)) for row in cursor.fetchall()]
    return sorted(found, key=repr)


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param([f"SELECT n AS k, {text} AS v FROM {T}" for text in lines(EXPRESSIONS)], id="expressions"),
        pytest.param([f"SELECT {text} AS v FROM {T}" for text in lines(AGGREGATES)], id="aggregates"),
        pytest.param([f"SELECT s, {text} AS v FROM {T} GROUP BY s" for text in lines(AGGREGATES)], id="groups"),
        pytest.param([f"SELECT n AS k, {text} AS v FROM {T}" for text in lines(WINDOWS)], id="windows"),
        pytest.param(STATEMENTS, id="statements"),
        pytest.param([text.format(Z) for text in lines(ZEROS)], id="zeros"),
    ],
)
def test_a_statement_means_what_it_means_in_duckdb(cursor, subtests, statements):
    with duckdb.connect() as other:
        for statement in statements:
            with subtests.test(statement):
                cursor.execute(statement)
                assert rows(cursor) == rows(other.execute(statement))
