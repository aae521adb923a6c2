"""Connections that the server lets begin anew, as it does every few minutes so that replicas share the load."""

import time

import pyarrow.flight as flight
import pytest
from adbc_driver_flightsql import DatabaseOptions, dbapi

import conftest
import flightsql

SECONDS = 3
COUNT = "SELECT MEASURE(count) FROM orders"


@pytest.fixture
def short(demo, tmp_path):
    """The url of a gateway whose connections live for a fifth of a second."""
    with conftest.serving(demo, tmp_path, 'flight.max_connection_age = "200ms"') as url:
        yield url


def again(ask):
    """Asks for some seconds; how often."""
    until, times = time.monotonic() + SECONDS, 0
    while time.monotonic() < until:
        assert ask() == 15000
        times += 1
    return times


def test_a_driver_in_go_loses_no_call(short, demo):
    options = {DatabaseOptions.AUTHORIZATION_HEADER.value: f"Bearer {demo.token}"}
    with dbapi.connect(short, db_kwargs=options, autocommit=True) as connection, connection.cursor() as cursor:

        def ask():
            cursor.execute(COUNT)
            return cursor.fetchone()[0]

        assert again(ask) > 20


def test_a_client_in_cpp_loses_no_call(short, demo):
    headers = flight.FlightCallOptions(headers=[(b"authorization", f"Bearer {demo.token}".encode())])
    with flight.connect(short) as client:

        def ask():
            descriptor = flight.FlightDescriptor.for_command(flightsql.query(COUNT))
            [endpoint] = client.get_flight_info(descriptor, headers).endpoints
            return client.do_get(endpoint.ticket, headers).read_all().column(0)[0].as_py()

        assert again(ask) > 20
