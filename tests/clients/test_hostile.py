"""Statements that want more than there is, each against a gateway of its own: refused, and the gateway lives."""

import concurrent.futures
import socket

import pyarrow as pa
import pyarrow.flight as flight
import pytest

import flightsql

GROWING = [
    "SELECT repeat(clerk, 1000000) FROM orders",
    "SELECT repeat('x', 100000000) FROM orders",
    "SELECT rpad(clerk, 100000000, 'y') FROM orders",
    "SELECT length(repeat('x', 500000000))",
    "SELECT length(replace(repeat('a', 1000000), 'a', repeat('b', 100000)))",
    "SELECT orderkey FROM (SELECT a.orderkey, b.clerk FROM orders a, orders b) AS c ORDER BY clerk LIMIT 100000000",
]
# Values that SQL has no result for: the statement's fault, not the gateway's.
VALUES = [
    "SELECT CAST(MEASURE(revenue) AS DECIMAL(5, 2)) FROM sales",
    "SELECT DATE '2024-01-31' + INTERVAL '100000000 months'",
    "SELECT abs(-9223372036854775808)",
    "SELECT chr(1114112)",
    "SELECT make_date(2024, 2, 30)",
    "SELECT to_timestamp(9223372036854775807)",
    "SELECT regexp_replace(clerk, '(', '') FROM orders",
    "SELECT MEASURE(count) + 9223372036854775807 FROM sales",
    "SELECT MEASURE(count) * 9223372036854775807 FROM sales",
]


@pytest.mark.parametrize("statement", GROWING)
def test_a_result_larger_than_memory_is_refused(apart, demo, connect, statement):
    caller = connect(apart, demo.token)
    with pytest.raises((pa.ArrowInvalid, flight.FlightError, KeyboardInterrupt)) as caught:
        caller.rows(flightsql.query(statement))
    # An interrupt is how pyarrow tells that the server dropped the call.
    assert not isinstance(caught.value, KeyboardInterrupt)
    assert not isinstance(caught.value, (flight.FlightUnavailableError, flight.FlightInternalError))
    assert caller.rows(flightsql.query("SELECT 1 AS one")).to_pylist() == [{"one": 1}]


@pytest.mark.parametrize("statement", VALUES)
def test_a_value_that_does_not_exist_is_an_invalid_argument(caller, statement):
    with pytest.raises(pa.ArrowInvalid, match="invalid argument"):
        caller.rows(flightsql.query(statement))


def test_what_is_too_long_for_a_message_is_said_to_be(caller):
    with pytest.raises(pa.ArrowInvalid, match="too large"):
        caller.info(flightsql.query("SELECT '" + "x" * (5 << 20) + "'"))
    handle = caller.prepared("SELECT ? AS text")
    with pytest.raises(pa.ArrowInvalid, match="bytes or 1100 messages of parameters are not taken"):
        caller.bind(handle, pa.record_batch({"text": ["x" * (5 << 20)]}))
    with pytest.raises(pa.ArrowInvalid, match="too large"):
        caller.bind(handle, pa.record_batch({"text": ["x" * (18 << 20)]}))
    with pytest.raises(pa.ArrowInvalid, match="resource exhausted.* longer than the longest message"):
        caller.rows(flightsql.query("SELECT repeat('x', 5000000) AS text"))


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_compressed_parameters_are_refused(caller, demo, codec):
    handle = caller.prepared("SELECT ? AS text")
    caller.options = flight.FlightCallOptions(
        headers=[(b"authorization", f"Bearer {demo.token}".encode())],
        write_options=pa.ipc.IpcWriteOptions(compression=codec),
    )
    with pytest.raises(pa.ArrowInvalid, match="compressed Arrow data is not taken"):
        caller.bind(handle, pa.record_batch({"text": ["x" * 1000]}))


def test_bytes_that_are_no_grpc_harm_nobody(demo, caller):
    host, port = demo.url.removeprefix("grpc://").split(":")
    junk = [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", bytes(1000), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 500, b""]
    for data in junk:
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(data)
    assert caller.rows(flightsql.query("SELECT 1 AS one")).to_pylist() == [{"one": 1}]


def test_many_callers_at_once_are_all_answered_alike(demo, connect):
    sql = flightsql.query("SELECT shipmode, MEASURE(revenue) FROM sales WHERE part_size > 3 GROUP BY 1 ORDER BY 1")
    callers = [connect(demo.url, demo.token) for _ in range(32)]
    with concurrent.futures.ThreadPoolExecutor(len(callers)) as pool:
        answers = list(pool.map(lambda caller: caller.rows(sql), callers * 4))
    assert len(answers) == 128
    assert all(answer.num_rows == 7 and answer.equals(answers[0]) for answer in answers)
