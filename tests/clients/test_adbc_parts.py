"""Answers in parts, which the driver reads at once, and which its callers may hand to others."""

import adbc_driver_flightsql
import pytest
from adbc_driver_flightsql import dbapi

OPTION = adbc_driver_flightsql.ConnectionOptions.OPTION_SESSION_OPTION_PREFIX.value
BY_DAY = "SELECT shipdate, shipmode, MEASURE(min_price) AS low FROM sales GROUP BY 1, 2"


@pytest.fixture
def opened(with_users):
    """Opens connections of ann's, with options of the session."""
    connections = []

    def opened(**options):
        login = {"username": "ann", "password": with_users.users["ann"]}
        connection = dbapi.connect(with_users.url, db_kwargs=login, autocommit=True)
        connections.append(connection)
        connection.adbc_connection.set_options(**{f"{OPTION}{name}": value for name, value in options.items()})
        return connection

    yield opened
    for connection in connections:
        connection.close()


def rows(connection, sql=BY_DAY, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, *parameters)
        return sorted(cursor.fetchall())


@pytest.mark.parametrize("location", ["none", "reuse"])
def test_all_parts_are_read(opened, location):
    expected = rows(opened())
    assert len(expected) > 1000
    connection = opened(endpoints="8", endpoint_location=location)
    assert rows(connection) == expected
    filtered = BY_DAY.replace("GROUP", "WHERE shipmode = ? GROUP")
    assert rows(connection, filtered, ("AIR",)) == [row for row in expected if row[1] == "AIR"]


def test_parts_are_partitions_that_any_connection_reads(opened):
    with opened(endpoints="8").cursor() as cursor:
        partitions, schema = cursor.adbc_execute_partitions(BY_DAY)
    assert len(partitions) == 8 and schema.names == ["shipdate", "shipmode", "low"]
    found = []
    for partition in partitions:
        with opened().cursor() as cursor:
            cursor.adbc_read_partition(partition)
            found.append(cursor.fetchall())
    assert all(found)
    assert sorted(row for part in found for row in part) == rows(opened())


def test_one_part_is_what_is_announced_unless_asked(opened):
    with opened().cursor() as cursor:
        assert len(cursor.adbc_execute_partitions(BY_DAY)[0]) == 1
    with opened(endpoints="8").cursor() as cursor:
        assert len(cursor.adbc_execute_partitions(f"{BY_DAY} ORDER BY 1, 2")[0]) == 1
