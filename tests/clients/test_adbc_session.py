"""Sessions by the driver's options and by statements, and what errors carry beside their text."""

import adbc_driver_flightsql
import pyarrow as pa
import pytest
from adbc_driver_flightsql import dbapi
from adbc_driver_manager import AdbcStatusCode

OPTION = adbc_driver_flightsql.ConnectionOptions.OPTION_SESSION_OPTION_PREFIX.value
# A row of a cube without groups, which no pre-aggregation has.
ROWS = "SELECT orderkey FROM orders LIMIT 1"


def hour(cursor):
    cursor.execute("SELECT CAST(date_part('hour', now()) AS BIGINT)")
    [(hour,)] = cursor.fetchall()
    return hour


def road(cursor, sql):
    cursor.execute(f"EXPLAIN {sql}")
    return next(name for _, item, name, _ in cursor.fetchall() if item == "road")


def ahead(cursor, before):
    """Hours between two clocks; the hour may have turned meanwhile."""
    return (hour(cursor) - before) % 24


def test_options_of_the_driver_hold_for_the_connection(connection, cursor):
    before = hour(cursor)
    connection.adbc_connection.set_options(**{f"{OPTION}timezone": "Asia/Tokyo"})
    assert ahead(cursor, before) in (9, 10)
    with pytest.raises(dbapi.Error) as caught:
        connection.adbc_connection.set_options(**{f"{OPTION}timezone": "Mars"})
    assert caught.value.status_code == AdbcStatusCode.INVALID_ARGUMENT
    assert ahead(cursor, before) in (9, 10)


def test_statements_hold_for_the_connection(cursor):
    before = hour(cursor)
    cursor.execute("SET TIME ZONE 'Asia/Tokyo'")
    assert ahead(cursor, before) in (9, 10)
    cursor.execute("RESET timezone")
    assert ahead(cursor, before) in (0, 1)
    sql = "SELECT MEASURE(count) FROM orders"
    assert road(cursor, sql) == "rollup"
    cursor.execute("SET road = cube")
    assert road(cursor, sql) == "cube"


def test_texts_come_as_dictionaries_where_a_session_asks(connection, cursor):
    # Of a rollup, of Cube, an expression, and nothing.
    statements = [
        "SELECT shipmode, returnflag, MEASURE(revenue) FROM sales GROUP BY 1, 2 ORDER BY 1, 2",
        "SELECT orderkey, orderpriority, orderstatus FROM orders WHERE orderkey < 40000 ORDER BY 1",
        "SELECT UPPER(shipmode) AS mode, MEASURE(count) FROM sales GROUP BY 1 ORDER BY 1",
        "SELECT shipmode FROM sales WHERE 1 = 0 GROUP BY 1",
    ]
    plain = []
    for sql in statements:
        cursor.execute(sql)
        plain.append(cursor.fetch_arrow_table())
    connection.adbc_connection.set_options(**{f"{OPTION}text_encoding": "dictionary"})
    for sql, expected in zip(statements, plain):
        announced = cursor.adbc_execute_schema(sql)
        cursor.execute(sql)
        table = cursor.fetch_arrow_table()
        assert table.schema == announced
        for column, before in zip(table.columns, expected.columns):
            is_text = before.type == pa.string()
            assert column.type == (pa.dictionary(pa.int32(), pa.string()) if is_text else before.type)
            assert (column.cast(pa.string()) if is_text else column).equals(before)
            assert (column.to_pandas().dtype == "category") == is_text


def test_a_change_that_the_driver_would_forget_is_refused(cursor):
    # It does not read the answer to an update to its end, where it would look for the session.
    with pytest.raises(dbapi.NotSupportedError, match="run the statement as a query"):
        cursor.executescript("SET TIME ZONE 'Asia/Tokyo'")


def test_mistakes_in_statements_are_named_and_nothing_changes(cursor):
    with pytest.raises(dbapi.ProgrammingError, match="no session option `colour`"):
        cursor.execute("SET colour = red")
    with pytest.raises(dbapi.ProgrammingError, match="`sea` is no value of the session option `road`"):
        cursor.executescript("SET road = sea")
    cursor.execute("SELECT 1")
    assert cursor.fetchall() == [(1,)]


def test_errors_whose_codes_get_lost_say_what_to_do(cursor):
    # FAILED_PRECONDITION and RESOURCE_EXHAUSTED have no code of their own in ADBC.
    cursor.execute("SET road = rollup")
    with pytest.raises(dbapi.Error, match=r"no pre-aggregation answers the query.*FailedPrecondition"):
        cursor.execute(ROWS)
        cursor.fetchall()
    cursor.execute("RESET road")
    with pytest.raises(dbapi.Error, match=r"longer than the longest message.*ResourceExhausted"):
        cursor.execute("SELECT repeat('x', 5000000) AS text")
        cursor.fetchall()


def test_details_name_the_reason_and_the_member(cursor):
    with pytest.raises(dbapi.ProgrammingError) as caught:
        cursor.execute("SELECT MEASURE(revenu) FROM sales")
    status = b"".join(value for _, value in caught.value.details if isinstance(value, bytes))
    for word in [b"google.rpc.ErrorInfo", b"UNKNOWN_COLUMN", b"cubeflight", b"member", b"revenu", b"LocalizedMessage"]:
        assert word in status, caught.value.details
