"""pandas and DuckDB on ADBC's connection: frames with the types of the model, and local SQL over a stream of rows."""

import datetime
from decimal import Decimal

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from adbc_driver_flightsql import dbapi

import tpch as figures

SALES = """
    SELECT returnflag, MEASURE(quantity) AS quantity, MEASURE(count) AS count, MEASURE(avg_price) AS mean,
           MAX(last_shipdate) AS last
    FROM sales GROUP BY 1 ORDER BY 1
"""


@pytest.fixture
def sales(tpch):
    """What SALES finds."""

    def mean(rows):
        return pytest.approx(float(figures.revenue(rows)) / len(rows), rel=1e-12)

    def last(rows):
        return max(row["l_shipdate"] for row in rows)

    return figures.by(tpch.lines(), ["l_returnflag"], figures.quantity, figures.count, mean, last)


def test_a_pandas_frame_has_the_values(connection, sales):
    found = pd.read_sql(SALES, connection)
    assert list(found.itertuples(index=False, name=None)) == sales
    assert str(found["count"].dtype) == "int64" and str(found["mean"].dtype) == "float64"


def test_a_pandas_frame_of_arrow_has_the_types_too(connection, sales):
    found = pd.read_sql(SALES, connection, dtype_backend="pyarrow")
    assert [dtype.pyarrow_dtype for dtype in found.dtypes] == [
        pa.string(),
        pa.decimal128(25, 2),
        pa.int64(),
        pa.float64(),
        pa.date32(),
    ]
    assert list(found.itertuples(index=False, name=None)) == sales


def test_pandas_reads_a_table_by_its_name(connection, tpch):
    found = pd.read_sql_table("orders", connection, columns=["orderkey", "order_price"])
    expected = {row["o_orderkey"]: row["o_totalprice"] for row in tpch.rows("orders")}
    assert dict(found.itertuples(index=False, name=None)) == expected


def test_pandas_keeps_what_is_unknown(cursor):
    cursor.execute("SELECT CAST(NULL AS BIGINT) AS n, CAST(NULL AS TIMESTAMP) AS t, CAST(NULL AS VARCHAR) AS s")
    [row] = cursor.fetch_df().itertuples(index=False, name=None)
    assert all(pd.isna(value) for value in row)


def test_pandas_writes_no_table_that_lasts(connection):
    with pytest.raises(pd.errors.DatabaseError) as caught:
        pd.DataFrame({"a": [1]}).to_sql("mine", connection)
    assert isinstance(caught.value.__cause__, dbapi.NotSupportedError)
    assert "temporary table of the session only" in str(caught.value.__cause__)


def test_duckdb_reads_the_stream(connection, tpch):
    with connection.cursor() as cursor, duckdb.connect() as local:
        cursor.execute("SELECT orderpriority, orderdate, order_price FROM orders")
        local.register("orders", cursor.fetch_record_batch())
        found = local.sql(
            "SELECT orderpriority, max(orderdate), sum(order_price) FROM orders GROUP BY 1 ORDER BY 1"
        ).fetchall()

    def last(rows):
        return max(row["o_orderdate"] for row in rows)

    def price(rows):
        return sum(row["o_totalprice"] for row in rows)

    assert found == figures.by(tpch.rows("orders"), ["o_orderpriority"], last, price)
    assert isinstance(found[0][1], datetime.date) and isinstance(found[0][2], Decimal)


def test_duckdb_joins_the_rows_to_its_own(connection):
    with connection.cursor() as cursor, duckdb.connect() as local:
        cursor.execute("SELECT shipmode, MEASURE(count) AS n FROM sales GROUP BY 1")
        local.register("sales", cursor.fetch_arrow_table())
        local.sql("CREATE TABLE modes AS SELECT * FROM (VALUES ('AIR', 'fast'), ('SHIP', 'slow')) AS m(shipmode, pace)")
        found = local.sql("SELECT pace, n > 1000 FROM sales JOIN modes USING (shipmode) ORDER BY 1").fetchall()
    assert found == [("fast", True), ("slow", True)]
