"""What the server says of its SQL is so."""

import pyarrow as pa

import flightsql

# The arguments of functions that do not take a number.
ARGUMENTS = {
    "('a')": "ASCII BTRIM CHARACTER_LENGTH CHAR_LENGTH INITCAP LCASE LENGTH LOWER LTRIM OCTET_LENGTH REVERSE RTRIM "
    "TRIM UCASE UPPER",
    "('a', 2)": "LEFT LPAD REPEAT RIGHT RPAD SUBSTR SUBSTRING",
    "('a', 'b')": "CONCAT LOCATE STARTS_WITH STRPOS",
    "('a' IN 'b')": "POSITION",
    "('a', 'a', 'b')": "REPLACE",
    "('a-b', '-', 1)": "SPLIT_PART",
    "(5, 3)": "ATAN2 COALESCE GREATEST IFNULL LEAST MOD NULLIF NVL POWER",
    "(2024, 2, 29)": "MAKE_DATE",
    "()": "CURDATE CURRENT_DATABASE CURRENT_SCHEMA CURTIME DATABASE NOW PI RAND",
    "": "CURRENT_DATE CURRENT_TIMESTAMP LOCALTIMESTAMP",
    "(now())": "DAY DAYOFMONTH DAYOFWEEK DAYOFYEAR HOUR MINUTE MONTH QUARTER SECOND WEEK YEAR",
    "(YEAR FROM now())": "EXTRACT",
    "('year', now())": "DATE_PART DATE_TRUNC",
    "(day, 1, now())": "DATEADD TIMESTAMPADD",
    "(day, now(), now())": "DATEDIFF",
    "(now(), 'YYYY')": "TO_CHAR",
}

# What JDBC asks about, and a statement that has it.
SUPPORTED = {
    "ColumnAliasing": "SELECT name AS n FROM nation",
    "CorrelatedSubqueries": """
        SELECT name FROM nation AS n WHERE EXISTS (SELECT 1 FROM region AS r WHERE r.name = n.name)
    """,
    "ExpressionsInOrderBy": "SELECT name FROM nation ORDER BY upper(name)",
    "FullOuterJoins": """
        SELECT a FROM (SELECT name AS a FROM nation) AS n FULL JOIN (SELECT name FROM region) AS r ON a = name
    """,
    "GroupByUnrelated": "SELECT MEASURE(count) FROM sales GROUP BY shipmode",
    "LikeEscapeClause": "SELECT name FROM nation WHERE name LIKE 'A!%' ESCAPE '!'",
    "NullPlusNonNullIsNull": "SELECT 1 + CAST(NULL AS BIGINT)",
    "OrderByUnrelated": "SELECT MEASURE(count) FROM sales GROUP BY shipmode ORDER BY shipmode",
    "QuotedIdentifiers": 'SELECT "n"."name" FROM "cube"."public"."nation" AS "n"',
    "SubqueriesInComparisons": "SELECT MEASURE(count) > (SELECT MEASURE(count) FROM region) FROM nation",
    "SubqueriesInExists": "SELECT name FROM nation WHERE EXISTS (SELECT name FROM region)",
    "SubqueriesInIns": "SELECT name FROM nation WHERE name IN (SELECT customer_nation FROM sales GROUP BY 1)",
    "SubqueriesInQuantifieds": "SELECT name FROM nation WHERE name = ANY (SELECT name FROM region)",
    "TableCorrelationNames": "SELECT n.name FROM nation AS n",
    "Union": "SELECT name FROM nation UNION SELECT name FROM region",
    "UnionAll": "SELECT name FROM nation UNION ALL SELECT name FROM region",
}


def test_every_function_that_is_announced_is_there(caller):
    calls = {name: arguments for arguments, names in ARGUMENTS.items() for name in names.split()}
    info = caller.rows(flightsql.command("CommandGetSqlInfo", [509, 510, 511, 512])).to_pylist()
    announced = [name for row in info for name in row["value"]]
    assert calls.keys() <= set(announced)
    missing = {}
    for name in announced:
        arguments = calls.get(name, "(1)")
        call = f"{name}{arguments}"
        # Words between the arguments, or no arguments at all, are no call to the parser of ODBC's escapes.
        is_call = arguments and " IN " not in arguments and " FROM " not in arguments
        for text in (call, f"{{fn {call}}}") if is_call else (call,):
            try:
                caller.rows(flightsql.query(f"SELECT {text} AS found"))
            except pa.ArrowInvalid as error:
                missing[text] = str(error).splitlines()[0]
    assert missing == {}


def test_what_is_said_to_be_supported_is(caller):
    for said, sql in SUPPORTED.items():
        found = caller.rows(flightsql.query(sql))
        assert found.num_columns == 1, said
