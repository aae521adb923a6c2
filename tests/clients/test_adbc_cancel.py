"""Cancelling through ADBC: the query ends, and the connection goes on."""

import threading
import time

import adbc_driver_manager as adbc
import pytest

import tpch as figures

# Every order beside every nation and flag: more than a million rows.
MANY = """
    SELECT o.orderkey, o.clerk, f.customer_nation, f.returnflag
    FROM (SELECT orderkey, clerk FROM orders) AS o
    CROSS JOIN (SELECT customer_nation, returnflag FROM sales GROUP BY 1, 2) AS f
"""
# What takes long before its first row.
SLOW = f"SELECT reverse(repeat(concat(clerk, customer_nation), 150)) AS text FROM ({MANY}) AS m ORDER BY 1 LIMIT 1"


@pytest.fixture
def goes_on(connection, tpch):
    """After the test, the connection answers as it always does."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT shipmode, COUNT(*) FROM sales GROUP BY 1 ORDER BY 1")
        assert cursor.fetchall() == figures.by(tpch.lines(), ["l_shipmode"], figures.count)


@pytest.mark.usefixtures("goes_on")
def test_a_million_rows_arrive_whole_when_nobody_cancels(cursor, tpch):
    cursor.execute(MANY)
    rows = keys = 0
    for batch in cursor.fetch_record_batch():
        rows += batch.num_rows
        keys += sum(batch.column(0).to_pylist())
    orders = tpch.rows("orders")
    assert (rows, keys) == (len(orders) * 75, sum(row["o_orderkey"] for row in orders) * 75)


@pytest.mark.usefixtures("goes_on")
def test_a_stream_ends_when_it_is_cancelled(cursor):
    cursor.execute(MANY)
    assert cursor.fetchone() is not None
    cursor.adbc_cancel()
    with pytest.raises(adbc.OperationalError) as caught:
        cursor.fetchall()
    assert caught.value.status_code == adbc.AdbcStatusCode.CANCELLED


@pytest.mark.usefixtures("goes_on")
def test_a_query_without_rows_yet_ends_when_it_is_cancelled(cursor):
    timer = threading.Timer(0.3, cursor.adbc_cancel)
    timer.start()
    began = time.monotonic()
    with pytest.raises(adbc.OperationalError) as caught:
        cursor.execute(SLOW)
        cursor.fetchall()
    timer.join()
    assert caught.value.status_code == adbc.AdbcStatusCode.CANCELLED
    assert time.monotonic() - began < 10
