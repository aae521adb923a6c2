"""polars: from a query to a frame."""

import os
import pathlib
import re
import subprocess
import sys

import polars as pl
import pytest
from adbc_driver_flightsql import dbapi
from polars.testing import assert_frame_equal

SALES = """
    SELECT returnflag, linestatus, MEASURE(quantity) AS quantity, MEASURE(revenue) AS revenue, MEASURE(count) AS count
    FROM sales GROUP BY 1, 2 ORDER BY 1, 2
"""
README = pathlib.Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="session")
def lines(demo):
    """The source's line items, lazily."""
    return pl.scan_parquet(demo.tables / "lineitem.parquet")


@pytest.fixture(scope="session")
def sales(lines):
    """What SALES finds, as polars adds it up."""
    sums = lines.group_by(returnflag="l_returnflag", linestatus="l_linestatus").agg(
        quantity=pl.col("l_quantity").sum().cast(pl.Decimal(25, 2)),
        revenue=pl.col("l_extendedprice").sum().cast(pl.Decimal(25, 2)),
        count=pl.len().cast(pl.Int64),
    )
    return sums.sort("returnflag", "linestatus").collect()


def test_the_lines_of_the_readme_print_the_figures_of_the_source(demo, lines):
    program = README.read_text().split("<<'PYTHON'\n")[1].split("\nPYTHON\n")[0]
    assert "grpc://127.0.0.1:31337" in program
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program.replace("grpc://127.0.0.1:31337", demo.url)],
        env=os.environ | {"TOKEN": demo.token},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "shape: (7, 3)" in done.stdout
    expected = lines.group_by("l_shipmode").agg(pl.col("l_extendedprice").sum()).sort("l_shipmode").collect()
    assert re.findall(r"│ ([A-Z ]+?) +┆ ([0-9.]+) +┆", done.stdout) == [
        (mode, str(revenue)) for mode, revenue in expected.iter_rows()
    ]


def test_a_frame_has_the_figures_and_types_of_the_source(connection, sales):
    found = pl.read_database(SALES, connection)
    assert_frame_equal(found, sales)
    assert found.schema == {
        "returnflag": pl.String,
        "linestatus": pl.String,
        "quantity": pl.Decimal(25, 2),
        "revenue": pl.Decimal(25, 2),
        "count": pl.Int64,
    }


def test_a_cursor_gives_a_frame_too(cursor, sales):
    assert_frame_equal(cursor.execute(SALES).fetch_polars(), sales)


def test_truths_times_and_fractions_keep_their_types(connection, lines):
    found = pl.read_database(
        """SELECT late, date_trunc('quarter', shipdate) AS quarter, MEASURE(avg_price) AS mean
           FROM sales GROUP BY 1, 2 ORDER BY 1, 2""",
        connection,
    )
    expected = (
        lines.group_by(
            late=pl.col("l_receiptdate") > pl.col("l_commitdate"),
            quarter=pl.col("l_shipdate").dt.truncate("1q").cast(pl.Datetime("us")),
        )
        .agg(mean=pl.col("l_extendedprice").cast(pl.Float64).mean())
        .sort("late", "quarter")
        .collect()
    )
    assert_frame_equal(found, expected)


def test_dates_keep_their_type(connection, demo):
    found = pl.read_database("SELECT MIN(orderdate) AS first, MAX(orderdate) AS last FROM orders", connection)
    orders = pl.read_parquet(demo.tables / "orders.parquet")
    expected = orders.select(first=pl.col("o_orderdate").min(), last=pl.col("o_orderdate").max())
    assert_frame_equal(found, expected)


def test_parameters_are_passed_on(connection, lines):
    statement = "SELECT shipmode, MEASURE(count) AS count FROM sales WHERE returnflag = ? GROUP BY 1 ORDER BY 1"
    found = pl.read_database(statement, connection, execute_options={"parameters": ("R",)})
    expected = (
        lines.filter(pl.col("l_returnflag") == "R")
        .group_by(shipmode="l_shipmode")
        .agg(count=pl.len().cast(pl.Int64))
        .sort("shipmode")
        .collect()
    )
    assert_frame_equal(found, expected)


def test_a_frame_without_rows_keeps_its_types(connection):
    found = pl.read_database("SELECT returnflag, shipdate, line_price FROM sales WHERE returnflag = 'none'", connection)
    assert found.shape == (0, 3)
    assert found.schema == {"returnflag": pl.String, "shipdate": pl.Date, "line_price": pl.Decimal(15, 2)}


def test_many_rows_come_in_batches_and_none_is_lost(connection, demo):
    batches = pl.read_database("SELECT orderkey, clerk FROM orders", connection, iter_batches=True, batch_size=4000)
    found = pl.concat(batches).sort("orderkey")
    orders = pl.read_parquet(demo.tables / "orders.parquet", columns=["o_orderkey", "o_clerk"])
    assert_frame_equal(found, orders.rename({"o_orderkey": "orderkey", "o_clerk": "clerk"}).sort("orderkey"))


def test_a_wrong_query_says_what_is_wrong(connection):
    with pytest.raises(dbapi.ProgrammingError, match="did you mean `revenue`"):
        pl.read_database("SELECT MEASURE(revenu) FROM sales", connection)


# polars opens the connection by itself, without autocommit.
@pytest.mark.filterwarnings("ignore:Cannot disable autocommit")
def test_where_everybody_is_let_in_a_uri_is_enough(open_to_all, sales):
    uri = open_to_all.replace("grpc://", "flightsql://") + "?transport=tcp"
    assert_frame_equal(pl.read_database_uri(SALES, uri, engine="adbc"), sales)
