"""The rest of ADBC's DB-API: partitions, other ways to fetch, options, and what a reading server refuses."""

import adbc_driver_flightsql
import pyarrow as pa
import pytest
from adbc_driver_flightsql import dbapi
from adbc_driver_manager import AdbcStatusCode

import tpch as figures

MODES = "SELECT shipmode, MEASURE(count) AS count FROM sales GROUP BY 1 ORDER BY 1"
BY_FLAG = "SELECT MEASURE(count) FROM sales WHERE returnflag = ?"
Options = adbc_driver_flightsql.StatementOptions


@pytest.fixture
def modes(tpch):
    """What MODES finds."""
    return figures.by(tpch.lines(), ["l_shipmode"], figures.count)


def test_a_partition_is_read_by_another_connection(cursor, demo, options, modes):
    partitions, schema = cursor.adbc_execute_partitions(MODES)
    assert (len(partitions), schema.names) == (1, ["shipmode", "count"])
    with dbapi.connect(demo.url, db_kwargs=options, autocommit=True) as other, other.cursor() as reader:
        reader.adbc_read_partition(partitions[0])
        assert reader.fetchall() == modes


def test_partitions_take_parameters(cursor, tpch):
    [partition], _ = cursor.adbc_execute_partitions(BY_FLAG, ("R",))
    cursor.adbc_read_partition(partition)
    assert cursor.fetchall() == [(sum(line["l_returnflag"] == "R" for line in tpch.lines()),)]


def test_a_partition_of_somebody_else_is_nobodys(cursor, with_users):
    [partition], _ = cursor.adbc_execute_partitions(MODES)
    login = {"username": "ann", "password": with_users.users["ann"]}
    with dbapi.connect(with_users.url, db_kwargs=login, autocommit=True) as other, other.cursor() as reader:
        with pytest.raises(dbapi.ProgrammingError, match="not valid here"):
            reader.adbc_read_partition(partition)
            reader.fetchall()


def test_rows_are_fetched_as_whatever_is_asked_for(cursor, modes):
    cursor.execute(MODES)
    assert [name for name, *_ in cursor.description] == ["shipmode", "count"]
    assert cursor.fetchallarrow().to_pylist() == [{"shipmode": mode, "count": count} for mode, count in modes]
    cursor.execute(MODES)
    assert pa.table(cursor.fetch_arrow()).num_rows == len(modes)
    cursor.execute(MODES)
    cursor.arraysize = 3
    assert cursor.fetchmany() == modes[:3]
    assert cursor.rownumber == 3


def test_columns_may_have_one_name(cursor, modes):
    cursor.execute("SELECT shipmode, shipmode, MEASURE(count), MEASURE(count) FROM sales GROUP BY 1, 2 ORDER BY 1")
    table = cursor.fetch_arrow_table()
    assert table.column_names == ["shipmode", "shipmode", "count", "count"]
    assert [column.to_pylist() for column in table.columns] == [[row[at] for row in modes] for at in (0, 0, 1, 1)]


def test_a_connection_executes_by_itself(connection, modes):
    with connection.execute(MODES) as cursor:
        assert cursor.fetchall() == modes


@pytest.mark.parametrize("option", [Options.TIMEOUT_QUERY, Options.TIMEOUT_FETCH])
def test_a_timeout_is_an_option_of_the_statement(connection, modes, option):
    with connection.cursor(adbc_stmt_kwargs={option.value: "0.00001"}) as cursor:
        with pytest.raises(dbapi.Error) as caught:
            cursor.execute(MODES)
            cursor.fetchall()
        assert caught.value.status_code == AdbcStatusCode.TIMEOUT
    with connection.cursor(adbc_stmt_kwargs={option.value: "60"}) as cursor:
        cursor.execute(MODES)
        assert cursor.fetchall() == modes


def test_what_writes_is_refused_and_the_cursor_goes_on(cursor, modes):
    for write in [
        lambda: cursor.executescript("DELETE FROM sales"),
        lambda: cursor.executemany(BY_FLAG, [("R",), ("A",)]),
        lambda: cursor.adbc_ingest("mine", pa.table({"a": [1]})),
        lambda: cursor.adbc_ingest("mine", pa.table({"a": [1]}), mode="append"),
    ]:
        with pytest.raises(dbapi.NotSupportedError, match="reads only|temporary table of the session only"):
            write()
    with pytest.raises(dbapi.NotSupportedError):
        cursor.callproc("anything", ())
    cursor.execute(MODES)
    assert cursor.fetchall() == modes
