"""ADBC's DB-API in Python: logging in, statements, parameters, errors."""

import datetime
import threading
from decimal import Decimal

import pyarrow as pa
import pytest
from adbc_driver_flightsql import dbapi
from adbc_driver_manager import AdbcStatusCode

import tpch as figures

PRICING = """
    SELECT returnflag, linestatus, MEASURE(quantity), MEASURE(revenue), MEASURE(discounted_revenue),
           MEASURE(charge), MEASURE(count)
    FROM sales GROUP BY 1, 2 ORDER BY 1, 2
"""
STATEMENTS = [
    PRICING,
    "SELECT MEASURE(avg_price), MIN(min_price), MAX(max_price), MAX(last_shipdate) FROM sales",
    "SELECT shipdate, SUM(quantity), COUNT(*) FROM lineitem WHERE shipdate < DATE '1992-02-01' GROUP BY 1",
    "SELECT date_trunc('month', orderdate) AS month, MEASURE(customers) FROM orders GROUP BY 1 ORDER BY 1",
    "SELECT part_size, CASE WHEN part_size > 25 THEN 'big' END AS c FROM sales GROUP BY 1 ORDER BY 1 DESC LIMIT 3",
    "SELECT orderkey, orderdate, order_price, clerk FROM orders ORDER BY orderkey LIMIT 5",
    "SELECT a.n, b.m FROM (SELECT returnflag AS n FROM sales GROUP BY 1) a JOIN (SELECT returnflag AS m FROM sales "
    "GROUP BY 1) b ON a.n = b.m",
    "SELECT name FROM nation UNION ALL SELECT name FROM region",
    "SELECT returnflag, RANK() OVER (ORDER BY MEASURE(revenue)) AS r FROM sales GROUP BY 1",
    "SELECT 1 AS one, 'x' AS text, now() AS n, TRUE AS yes, NULL AS nothing, CAST(1 AS DECIMAL(5, 1)) AS d",
    "SELECT * FROM orders LIMIT 3",
    "SELECT * FROM sales LIMIT 3",
    "EXPLAIN SELECT MEASURE(count) FROM sales",
]


def status(caught):
    return caught.value.status_code


def test_a_token_gets_the_sums_of_the_source_rows_to_the_last_digit(cursor, tpch):
    cursor.execute(PRICING)
    measures = [figures.quantity, figures.revenue, figures.discounted_revenue, figures.charge, figures.count]
    assert cursor.fetchall() == figures.by(tpch.lines(), ["l_returnflag", "l_linestatus"], *measures)


def decimal(name, precision, scale):
    """A field that says its digits for drivers that cannot read them off its type."""
    digits = {"ARROW:FLIGHT:SQL:PRECISION": str(precision), "ARROW:FLIGHT:SQL:SCALE": str(scale)}
    return pa.field(name, pa.decimal128(precision, scale), metadata=digits)


def test_columns_have_the_types_of_the_model(cursor):
    cursor.execute(PRICING)
    assert cursor.fetch_arrow_table().schema.equals(
        pa.schema(
            [
                pa.field("returnflag", pa.string()),
                pa.field("linestatus", pa.string()),
                decimal("quantity", 25, 2),
                decimal("revenue", 25, 2),
                decimal("discounted_revenue", 27, 4),
                decimal("charge", 27, 6),
                pa.field("count", pa.int64(), nullable=False),
            ]
        ),
        check_metadata=True,
    )


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_announced_schema_is_the_delivered_one(cursor, statement):
    announced = cursor.adbc_execute_schema(statement)
    cursor.execute(statement)
    delivered = cursor.fetch_arrow_table()
    assert delivered.schema.equals(announced, check_metadata=True)
    assert delivered.num_rows > 0
    delivered.validate(full=True)


def test_an_empty_result_keeps_its_schema(cursor):
    statement = "SELECT returnflag, shipdate, SUM(quantity) AS q FROM sales WHERE returnflag = 'none' GROUP BY 1, 2"
    cursor.execute(statement)
    assert cursor.description[0][0] == "returnflag"
    empty = cursor.fetch_arrow_table()
    assert empty.num_rows == 0
    assert empty.schema.names == ["returnflag", "shipdate", "q"]
    assert empty.schema.types[:2] == [pa.string(), pa.date32()]
    assert pa.types.is_decimal(empty.schema.types[2]) and empty.schema.types[2].scale == 2


def test_a_measure_over_no_rows_is_null_and_a_count_is_zero(cursor):
    cursor.execute("SELECT MEASURE(revenue), MEASURE(count) FROM sales WHERE returnflag = 'none'")
    assert cursor.fetchall() == [(None, 0)]


def test_rows_come_one_by_one_in_portions_and_by_iteration(cursor, tpch):
    expected = figures.by(tpch.lines(), ["l_shipmode"], figures.count)
    cursor.execute("SELECT shipmode, COUNT(*) FROM sales GROUP BY 1 ORDER BY 1")
    assert cursor.fetchone() == expected[0]
    assert cursor.fetchmany(2) == expected[1:3]
    assert list(cursor) == expected[3:]
    assert cursor.fetchone() is None
    assert cursor.rowcount == -1


def test_a_result_of_many_batches_arrives_whole(cursor, tpch):
    cursor.execute("SELECT orderkey, order_price FROM orders ORDER BY orderkey")
    expected = sorted((row["o_orderkey"], row["o_totalprice"]) for row in tpch.rows("orders"))
    assert cursor.fetchall() == expected


def test_a_reader_dropped_midway_leaves_the_connection_usable(connection, tpch):
    with connection.cursor() as cursor:
        cursor.execute("SELECT orderkey, clerk FROM orders")
        reader = cursor.fetch_record_batch()
        assert reader.read_next_batch().num_rows > 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT MEASURE(count) FROM orders")
        assert cursor.fetchall() == [(len(tpch.rows("orders")),)]


def test_parameters_select_the_rows(cursor, tpch):
    statement = """
        SELECT shipmode, MEASURE(count), MEASURE(revenue) FROM sales
        WHERE returnflag = ? AND shipdate >= ? AND part_size < ? AND line_discount <= ? GROUP BY 1 ORDER BY 1
    """
    for flag, day, size, discount in [
        ("R", datetime.date(1993, 7, 1), 20, Decimal("0.05")),
        ("N", datetime.date(1997, 2, 28), 50, Decimal("0.10")),
    ]:
        rows = [
            row
            for row in tpch.lines()
            if row["l_returnflag"] == flag
            and row["l_shipdate"] >= day
            and row["p_size"] < size
            and row["l_discount"] <= discount
        ]
        cursor.execute(statement, (flag, day, size, discount))
        assert cursor.fetchall() == figures.by(rows, ["l_shipmode"], figures.count, figures.revenue)


def test_null_as_a_parameter_equals_nothing(cursor):
    cursor.execute("SELECT MEASURE(count) FROM sales WHERE returnflag = ?", (None,))
    assert cursor.fetchall() == [(0,)]


def test_a_text_as_a_parameter_is_never_read_as_sql(cursor):
    cursor.execute("SELECT MEASURE(count) FROM sales WHERE returnflag = ?", ("R' OR '1' = '1",))
    assert cursor.fetchall() == [(0,)]
    cursor.execute("SELECT ? AS text", ("Ünï'\"\\%_☃",))
    assert cursor.fetchall() == [("Ünï'\"\\%_☃",)]


def test_prepare_tells_the_types_of_parameters(cursor, tpch):
    statement = "SELECT MEASURE(count) FROM sales WHERE returnflag = ? AND shipdate < ? AND part_size > ?"
    schema = cursor.adbc_prepare(statement)
    assert schema.names == ["$1", "$2", "$3"]
    assert schema.types == [pa.string(), pa.date32(), pa.int64()]
    cursor.execute(statement, ("A", datetime.date(1994, 1, 1), 40))
    wanted = [
        row
        for row in tpch.lines()
        if row["l_returnflag"] == "A" and row["l_shipdate"] < datetime.date(1994, 1, 1) and row["p_size"] > 40
    ]
    assert cursor.fetchall() == [(len(wanted),)]


@pytest.mark.parametrize("values", [("R", "A"), ("R", 3, 4), (datetime.date(1994, 1, 1),)])
def test_parameters_that_do_not_fit_are_refused(cursor, values):
    with pytest.raises(dbapi.ProgrammingError, match="parameter") as caught:
        cursor.execute("SELECT MEASURE(count) FROM sales WHERE returnflag = ? AND part_size = ?", values)
        cursor.fetchall()
    assert status(caught) == AdbcStatusCode.INVALID_ARGUMENT
    cursor.execute("SELECT 1")
    assert cursor.fetchall() == [(1,)]


def test_a_statement_runs_once_for_every_row_of_its_parameters(cursor):
    statement = "SELECT MEASURE(count) FROM sales WHERE returnflag = ?"

    def count(flag):
        cursor.execute(statement, (flag,))
        return cursor.fetchall()

    expected = count("R") + count("none") + count("A")
    cursor.execute(statement, pa.table({"1": ["R", "none", "A"]}))
    assert cursor.fetchall() == expected
    cursor.execute(statement, pa.table({"1": pa.array(["R", "none", "A"]).dictionary_encode()}))
    assert cursor.fetchall() == expected
    with pytest.raises(dbapi.ProgrammingError, match="at most 1000 rows"):
        cursor.execute(statement, pa.table({"1": ["R"] * 1001}))
    with pytest.raises(dbapi.NotSupportedError, match="reads only"):
        cursor.executemany(statement, [("R",), ("A",)])
    assert count("none") == [(0,)]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELEC 1", "SELEC"),
        ("-- nothing", "expected one statement, found 0"),
        ("SELECT 1; SELECT 2", "expected one statement, found 2"),
        ("SELECT revenu FROM sales", "there is no column `revenu`; did you mean `revenue`"),
        ("SELECT MEASURE(count) FROM sale", "there is no table `sale`; did you mean `sales`"),
        ("SELECT returnflag, revenue FROM sales GROUP BY 1", r"write MEASURE\(revenue\)"),
        ("SELECT MEASURE(returnflag) FROM sales", "`returnflag` is none"),
        ("SELECT 1 / 0", "division by zero"),
        ("DELETE FROM sales", "DELETE is not supported"),
        ("SELECT CAST(returnflag AS BIGINT) FROM sales GROUP BY 1", "cannot be cast"),
    ],
)
def test_what_is_wrong_with_a_statement_is_said_and_the_cursor_goes_on(cursor, statement, message):
    with pytest.raises(dbapi.ProgrammingError, match=message) as caught:
        cursor.execute(statement)
        cursor.fetchall()
    assert status(caught) == AdbcStatusCode.INVALID_ARGUMENT
    assert "InvalidArgument" in str(caught.value)
    cursor.execute("SELECT 1")
    assert cursor.fetchall() == [(1,)]


def test_explain_names_the_rollup_and_its_table(cursor):
    cursor.execute("EXPLAIN SELECT returnflag, linestatus, MEASURE(revenue) FROM sales GROUP BY 1, 2")
    said = {}
    for leaf, item, name, detail in cursor.fetchall():
        said.setdefault(item, []).append((leaf, name, detail))
    assert said["road"] == [(0, "rollup", None)]
    assert [name for _, name, _ in said["rollup"]] == ["lineitem.pricing"]
    assert "lineitem_pricing_" in said["table"][0][1]
    assert "lineitem.shipping" in {name for _, name, _ in said["refused"]}


def test_a_clone_and_several_threads_share_one_database(connection, tpch):
    expected = figures.by(tpch.lines(), ["l_shipmode"], figures.quantity)
    found = []

    def ask():
        with connection.adbc_clone() as clone, clone.cursor() as cursor:
            for _ in range(5):
                cursor.execute("SELECT shipmode, MEASURE(quantity) FROM sales GROUP BY 1 ORDER BY 1")
                found.append(cursor.fetchall())

    with pytest.warns(dbapi.Warning, match="autocommit"):
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [expected] * 20


def test_a_closed_cursor_and_a_closed_connection_ask_nothing(demo, options):
    connection = dbapi.connect(demo.url, db_kwargs=options, autocommit=True)
    cursor = connection.cursor()
    cursor.execute("SELECT 1")
    cursor.close()
    cursor.close()
    with pytest.raises(dbapi.Error):
        cursor.execute("SELECT 1")
    connection.close()
    connection.close()
    with pytest.raises(dbapi.Error):
        connection.cursor().execute("SELECT 1")
