"""ADBC's ways to log in: a token in a header, a user with a password, and everything that is neither."""

import base64
import json
import time

import pytest
from adbc_driver_flightsql import DatabaseOptions, dbapi
from adbc_driver_manager import AdbcStatusCode

import gateway
from conftest import USERS

HEADER = DatabaseOptions.AUTHORIZATION_HEADER.value
CALL_HEADER = DatabaseOptions.RPC_CALL_HEADER_PREFIX.value
ORDERS = "SELECT MEASURE(count) FROM orders"


def orders(url, **options):
    """How many orders there are, on a connection of its own."""
    with dbapi.connect(url, db_kwargs=options, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(ORDERS)
        return cursor.fetchall()


def refusal(url, **options):
    """What a login that is not accepted is told."""
    with pytest.raises(dbapi.Error) as caught:
        orders(url, **options)
    assert caught.value.status_code == AdbcStatusCode.UNAUTHENTICATED
    return str(caught.value)


def test_a_token_is_taken_from_either_header_option(demo, tpch):
    expected = [(len(tpch.rows("orders")),)]
    assert orders(demo.url, **{HEADER: f"Bearer {demo.token}"}) == expected
    assert orders(demo.url, **{CALL_HEADER + "authorization": f"Bearer {demo.token}"}) == expected
    assert orders(demo.url, **{HEADER: f"bearer {demo.token}"}) == expected


@pytest.mark.parametrize("user", USERS)
def test_a_user_logs_in_with_the_own_password(with_users, tpch, user):
    assert orders(with_users.url, username=user, password=USERS[user]) == [(len(tpch.rows("orders")),)]


def test_a_user_may_send_the_password_with_every_call(with_users, tpch):
    basic = "Basic YW5uOmNvcnJlY3QgaG9yc2U="
    assert orders(with_users.url, **{HEADER: basic}) == [(len(tpch.rows("orders")),)]


def test_the_gateway_with_users_takes_tokens_of_the_shared_secret_too(demo, with_users, tpch):
    assert orders(with_users.url, **{HEADER: f"Bearer {demo.token}"}) == [(len(tpch.rows("orders")),)]


def test_a_wrong_password_and_an_unknown_user_are_told_the_same(with_users):
    wrong = refusal(with_users.url, username="ann", password="wrong horse")
    assert "the credential is not accepted" in wrong
    assert refusal(with_users.url, username="eve", password="correct horse") == wrong
    assert refusal(with_users.url, username="ann", password="") == wrong
    assert refusal(with_users.url, username="", password="correct horse") == wrong


def test_where_no_user_is_configured_no_password_is_accepted(demo):
    assert "the credential is not accepted" in refusal(demo.url, username="ann", password="correct horse")


def test_without_a_credential_one_is_asked_for(demo):
    assert "a credential is required" in refusal(demo.url)


def test_tokens_that_do_not_hold_are_all_told_the_same(demo):
    hour = time.time() + 3600
    sound = gateway.jwt(demo.secret, {"sub": "demo", "exp": hour})
    tokens = [
        gateway.jwt(demo.secret, {"sub": "demo", "exp": time.time() - 1}),
        gateway.jwt(demo.secret, {"sub": "demo", "exp": hour, "nbf": hour}),
        gateway.jwt(demo.secret, {"sub": "demo", "exp": "tomorrow"}),
        gateway.jwt("another secret of thirty-two bytes", {"sub": "demo", "exp": hour}),
        gateway.jwt(demo.secret, {"sub": "demo", "exp": hour}, header={"alg": "none"}),
        gateway.jwt(demo.secret, {"sub": "demo", "exp": hour}, header={"alg": "HS512"}),
        sound[:-1],
        sound + "x",
        sound.rsplit(".", 1)[0] + ".",
        "cubeflight1.AAAA",
        "",
        "x" * 4000,
    ]
    told = {refusal(demo.url, **{HEADER: f"Bearer {token}"}) for token in tokens}
    assert len(told) == 1
    assert "the credential is not accepted" in told.pop()


def test_headers_that_are_no_credential_are_refused(demo):
    for header in ["Bearer", demo.token, f"Digest {demo.token}", "Basic", "Basic !!!", "Basic YW5u", "Basic /w=="]:
        assert "the credential is not accepted" in refusal(demo.url, **{HEADER: header})


def test_a_token_that_the_command_line_printed_ends_when_it_says(demo, tpch):
    token = gateway.token(demo.data_dir, {"sub": "brief"}, ttl=5)
    assert orders(demo.url, **{HEADER: f"Bearer {token}"}) == [(len(tpch.rows("orders")),)]
    # A driver whose token ends between its calls cannot close what it has opened, so only the clock is asked.
    ends = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["exp"]
    assert ends <= time.time() + 5
    while time.time() < ends:
        time.sleep(0.05)
    assert "the credential is not accepted" in refusal(demo.url, **{HEADER: f"Bearer {token}"})


def test_refused_logins_leave_the_gateway_as_it_was(demo, options, tpch):
    for _ in range(20):
        refusal(demo.url, **{HEADER: "Bearer nobody"})
    assert orders(demo.url, **options) == [(len(tpch.rows("orders")),)]


def test_no_refusal_tells_the_secret_or_the_token(demo):
    bad = gateway.jwt(demo.secret, {"sub": "demo", "exp": 1})
    told = refusal(demo.url, **{HEADER: f"Bearer {bad}"})
    assert bad not in told and demo.secret not in told
    assert bad not in demo.process.log() and demo.secret not in demo.process.log()
