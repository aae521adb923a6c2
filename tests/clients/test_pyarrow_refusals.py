"""pyarrow's Flight client in careless or hostile hands: each call is refused by a code that says why."""

import random
import time

import pyarrow as pa
import pyarrow.flight as flight
import pytest

import flightsql
import gateway

FLAGS = "SELECT returnflag, MEASURE(revenue) FROM sales GROUP BY 1 ORDER BY 1"


@pytest.fixture
def alive(caller):
    """After the test, the caller's next query answers as it always does."""
    before = caller.rows(flightsql.query(FLAGS))
    yield
    assert caller.rows(flightsql.query(FLAGS)).equals(before)


@pytest.fixture
def handle(caller):
    """A prepared statement's handle."""
    return caller.prepared(FLAGS)


def refused(error, call, *arguments, message=None):
    """Calls, and wants that error; what it said."""
    with pytest.raises(error, match=message) as caught:
        call(*arguments)
    said = str(caught.value)
    assert "panic" not in said and ".rs:" not in said
    return said


@pytest.mark.usefixtures("alive")
def test_without_a_token_nothing_is_served(demo, connect):
    nobody = connect(demo.url, None)
    wanted = (flight.FlightUnauthenticatedError, "a credential is required")
    for call, argument in [
        (nobody.info, flightsql.query(FLAGS)),
        (nobody.info, flightsql.command("CommandGetCatalogs")),
        (nobody.info, b"nonsense"),
        (nobody.redeem, flightsql.command("CommandGetCatalogs")),
        (nobody.redeem, b"nonsense"),
    ]:
        refused(wanted[0], call, argument, message=wanted[1])
    # pyarrow tells the codes of GetSchema in words only.
    refused(OSError, nobody.schema, flightsql.query(FLAGS), message="unauthenticated.*" + wanted[1])
    refused(wanted[0], nobody.act, "CreatePreparedStatement", b"", message=wanted[1])
    refused(wanted[0], nobody.bind, b"", pa.record_batch({"a": [1]}), message=wanted[1])
    refused(wanted[0], lambda: list(nobody.client.list_actions(nobody.options)), message=wanted[1])


@pytest.mark.usefixtures("alive")
def test_bad_and_expired_tokens_are_refused_alike(demo, connect):
    hour = time.time() + 3600
    said = {
        refused(flight.FlightUnauthenticatedError, connect(demo.url, token).info, flightsql.query(FLAGS))
        for token in [
            "nonsense",
            "a.b.c",
            gateway.jwt("x" * 40, {"sub": "demo", "exp": hour}),
            gateway.jwt(demo.secret, {"sub": "demo", "exp": 1}),
            gateway.jwt(demo.secret, {"sub": "demo", "exp": hour}, header={"alg": "none"}),
        ]
    }
    assert len(said) == 1
    assert "the credential is not accepted" in said.pop()


@pytest.mark.usefixtures("alive")
def test_a_wrong_password_is_refused_at_the_handshake(with_users):
    client = flight.connect(with_users.url)
    for user, password in [("ann", "wrong"), ("eve", "correct horse"), ("", ""), ("ann", "")]:
        refused(flight.FlightUnauthenticatedError, client.authenticate_basic_token, user, password)


@pytest.mark.usefixtures("alive")
def test_tickets_and_handles_are_good_for_their_owner_only(demo, connect, caller, handle):
    hour = int(time.time()) + 3600
    others = [{"sub": "somebody else", "exp": hour}, {"sub": "demo", "exp": hour, "tenant": 7}, {"exp": hour}]
    ticket = caller.ticket(FLAGS)
    for claims in others:
        other = connect(demo.url, gateway.jwt(demo.secret, claims))
        assert other.rows(flightsql.query(FLAGS)).num_rows == 3
        refused(KeyError, other.redeem, ticket, message="not valid here")
        refused(KeyError, other.info, flightsql.prepared_query(handle), message="not valid here")
        refused(KeyError, other.bind, handle, pa.record_batch({"a": [1]}), message="not valid here")
    assert caller.redeem(ticket).num_rows == 3


@pytest.mark.usefixtures("alive")
def test_tickets_of_another_gateway_are_not_taken(demo, with_users, connect, caller):
    elsewhere = connect(with_users.url, demo.token)
    refused(KeyError, elsewhere.redeem, caller.ticket(FLAGS), message="not valid here")
    refused(KeyError, caller.redeem, elsewhere.ticket(FLAGS), message="not valid here")


@pytest.mark.usefixtures("alive")
def test_a_ticket_is_good_for_a_while_only(demo, with_users, connect):
    brief = connect(with_users.url, demo.token)
    ticket = brief.ticket(FLAGS)
    assert brief.redeem(ticket).num_rows == 3
    deadline = time.monotonic() + with_users.ticket_seconds + 5
    while time.monotonic() < deadline:
        try:
            brief.redeem(ticket)
        except KeyError as error:
            assert "expired" in str(error)
            return
        time.sleep(0.1)
    raise AssertionError("the ticket never ended")


@pytest.mark.usefixtures("alive")
def test_no_flipped_bit_of_a_ticket_goes_unnoticed(caller):
    ticket = caller.ticket(FLAGS)
    for bit in range(0, len(ticket) * 8, 3):
        changed = bytearray(ticket)
        changed[bit // 8] ^= 1 << bit % 8
        refused((KeyError, pa.ArrowInvalid), caller.redeem, bytes(changed))


@pytest.mark.usefixtures("alive")
def test_no_piece_of_a_ticket_or_handle_is_one(caller, handle):
    ticket = caller.ticket(FLAGS)
    for length in range(0, len(ticket), 5):
        refused((KeyError, pa.ArrowInvalid), caller.redeem, ticket[:length])
    for length in range(0, len(handle), 5):
        refused(KeyError, caller.info, flightsql.prepared_query(handle[:length]))
    refused(KeyError, caller.redeem, flightsql.command("TicketStatementQuery", handle))
    sealed = flightsql.unwrapped(ticket, "TicketStatementQuery")[1][0]
    refused(KeyError, caller.info, flightsql.prepared_query(sealed))


@pytest.mark.usefixtures("alive")
def test_commands_that_are_none_are_invalid_arguments(caller):
    chance = random.Random(20)
    wrong = [
        b"",
        b"SELECT 1",
        b"\x00",
        b"\xff" * 40,
        b"\x0a\xff\xff\xff\xff\x0f",
        flightsql.query(FLAGS)[:-1],
        flightsql.message("type.googleapis.com/google.protobuf.Empty", b""),
        flightsql.message(flightsql.PREFIX + "CommandStatementQuery", b"\x0a\x02\xff\xfe"),
        flightsql.command("CommandNoSuchThing", "x"),
        flightsql.command("TicketStatementQuery", b"x"),
        *(chance.randbytes(chance.randrange(1, 200)) for _ in range(200)),
    ]
    for data in wrong:
        refused(pa.ArrowInvalid, caller.info, data)
        refused(pa.ArrowInvalid, caller.schema, data)
    for data in wrong:
        if data != flightsql.command("TicketStatementQuery", b"x"):
            refused(pa.ArrowInvalid, caller.redeem, data)
    path = flight.FlightDescriptor.for_path("sales")
    refused(pa.ArrowInvalid, caller.client.get_flight_info, path, caller.options, message="not a path")


@pytest.mark.usefixtures("alive")
def test_what_is_not_served_says_so(caller):
    for asked in [
        flightsql.command("CommandStatementUpdate", "DELETE FROM sales"),
        flightsql.command("CommandStatementSubstraitPlan", b""),
        flightsql.command("CommandStatementIngest"),
    ]:
        refused(pa.ArrowNotImplementedError, caller.info, asked)
        refused(pa.ArrowNotImplementedError, caller.put, asked, pa.record_batch({"a": [1]}))
    for action in ["BeginTransaction", "CreatePreparedSubstraitPlan"]:
        refused(pa.ArrowNotImplementedError, caller.act, action, b"")
    refused(pa.ArrowNotImplementedError, lambda: list(caller.client.list_flights(options=caller.options)))
    refused(pa.ArrowInvalid, caller.act, "NoSuchAction", b"", message="NoSuchAction")
    for body in [b"", b"nonsense", flightsql.query(FLAGS)]:
        refused(pa.ArrowInvalid, caller.act, "CreatePreparedStatement", body)
    refused(pa.ArrowInvalid, caller.put, flightsql.query(FLAGS), pa.record_batch({"a": [1]}))


@pytest.mark.usefixtures("alive")
def test_statements_that_are_too_long_or_too_deep_are_invalid_arguments(caller):
    for sql in [
        "SELECT " + "(" * 100_000 + "1" + ")" * 100_000,
        "SELECT 1" + " + 1" * 100_000,
        "SELECT '" + "x" * (2 << 20) + "'",
        "SELECT " + "CASE WHEN TRUE THEN " * 2_000 + "1" + " END" * 2_000,
        "SELECT 1" + " UNION ALL SELECT 1" * 20_000,
    ]:
        refused(pa.ArrowInvalid, caller.info, flightsql.query(sql))
