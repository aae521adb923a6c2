"""pyarrow's Flight client with Flight SQL written by hand: statements, metadata, prepared statements."""

import datetime

import pyarrow as pa
import pyarrow.flight as flight
import pytest

import flightsql
import tpch as figures

FLAGS = "SELECT returnflag, MEASURE(revenue), MEASURE(count) FROM sales GROUP BY 1 ORDER BY 1"
BY_FLAG = "SELECT MEASURE(count) FROM sales WHERE returnflag = ? AND shipdate < ?"
TABLES = pa.schema(
    [
        pa.field("catalog_name", pa.string()),
        pa.field("db_schema_name", pa.string()),
        pa.field("table_name", pa.string(), nullable=False),
        pa.field("table_type", pa.string(), nullable=False),
    ]
)
FOREIGN_KEYS = pa.schema(
    [
        pa.field("pk_catalog_name", pa.string()),
        pa.field("pk_db_schema_name", pa.string()),
        pa.field("pk_table_name", pa.string(), nullable=False),
        pa.field("pk_column_name", pa.string(), nullable=False),
        pa.field("fk_catalog_name", pa.string()),
        pa.field("fk_db_schema_name", pa.string()),
        pa.field("fk_table_name", pa.string(), nullable=False),
        pa.field("fk_column_name", pa.string(), nullable=False),
        pa.field("key_sequence", pa.int32(), nullable=False),
        pa.field("fk_key_name", pa.string()),
        pa.field("pk_key_name", pa.string()),
        pa.field("update_rule", pa.uint8(), nullable=False),
        pa.field("delete_rule", pa.uint8(), nullable=False),
    ]
)


def rows(table):
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def test_a_statement_is_announced_with_one_ticket_and_its_schema(caller):
    descriptor = flight.FlightDescriptor.for_command(flightsql.query(FLAGS))
    info = caller.info(flightsql.query(FLAGS))
    assert info.descriptor == descriptor
    assert (info.total_records, info.total_bytes) == (-1, -1)
    [endpoint] = info.endpoints
    assert endpoint.locations == []
    assert caller.client.get_schema(descriptor, caller.options).schema.equals(info.schema)
    delivered = caller.client.do_get(endpoint.ticket, caller.options).read_all()
    assert delivered.schema.equals(info.schema, check_metadata=True)


def test_the_rows_are_those_of_the_source(caller, tpch):
    found = rows(caller.rows(flightsql.query(FLAGS)))
    assert found == figures.by(tpch.lines(), ["l_returnflag"], figures.revenue, figures.count)


def test_a_ticket_tells_nothing_and_gives_the_same_rows_each_time(caller):
    ticket = caller.ticket("SELECT now() AS n, MEASURE(revenue) FROM sales WHERE returnflag = 'R'")
    assert b"revenue" not in ticket and b"SELECT" not in ticket
    before = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    first = rows(caller.redeem(ticket))
    assert rows(caller.redeem(ticket)) == first
    assert first[0][0] < before


def test_no_message_is_longer_than_receivers_take_and_no_batch_is_empty(caller, tpch):
    sql = "SELECT orderkey, clerk, orderpriority, orderdate, order_price FROM orders"
    reader = caller.client.do_get(flight.Ticket(caller.ticket(sql)), caller.options)
    sizes = [(chunk.data.num_rows, chunk.data.nbytes) for chunk in reader]
    assert sum(size for size, _ in sizes) == len(tpch.rows("orders"))
    assert all(size > 0 and length < 4 << 20 for size, length in sizes)


def test_a_prepared_statement_is_bound_run_and_closed(caller, tpch):
    body = caller.act("CreatePreparedStatement", flightsql.command("ActionCreatePreparedStatementRequest", BY_FLAG))
    created = flightsql.unwrapped(body, "ActionCreatePreparedStatementResult")
    [handle], [dataset], [parameters] = created[1], created[2], created[3]
    assert b"SELECT" not in handle
    assert pa.ipc.read_schema(pa.py_buffer(dataset)).equals(pa.schema([pa.field("count", pa.int64(), False)]))
    expected = pa.schema([("$1", pa.string()), ("$2", pa.date32())])
    assert pa.ipc.read_schema(pa.py_buffer(parameters)).equals(expected)

    day = datetime.date(1994, 6, 1)
    row = pa.record_batch([pa.array(["R"]), pa.array([day])], schema=expected)
    bound = caller.bind(handle, row)
    wanted = [line for line in tpch.lines() if line["l_returnflag"] == "R" and line["l_shipdate"] < day]
    for _ in range(2):
        assert rows(caller.rows(flightsql.prepared_query(bound))) == [(len(wanted),)]
    with pytest.raises(pa.ArrowInvalid, match="2 parameters, 0 were given"):
        caller.rows(flightsql.prepared_query(handle))
    for each in (bound, handle):
        request = flightsql.command("ActionClosePreparedStatementRequest", each)
        assert caller.act("ClosePreparedStatement", request) is None


def test_there_is_one_catalog_with_one_schema_and_two_types_of_tables(caller):
    catalogs = caller.rows(flightsql.command("CommandGetCatalogs"))
    assert catalogs.schema == pa.schema([pa.field("catalog_name", pa.string(), nullable=False)])
    assert rows(catalogs) == [("cube",)]
    schemas = caller.rows(flightsql.command("CommandGetDbSchemas", "cube", "pu_lic"))
    assert schemas.schema.names == ["catalog_name", "db_schema_name"]
    assert rows(schemas) == [("cube", "public")]
    types = caller.rows(flightsql.command("CommandGetTableTypes"))
    assert types.schema == pa.schema([pa.field("table_type", pa.string(), nullable=False)])
    assert rows(types) == [("LOCAL TEMPORARY",), ("TABLE",), ("VIEW",)]


def test_tables_come_with_their_schema_when_asked(caller):
    without = caller.rows(flightsql.tables(table="%region", include_schema=False))
    assert without.schema == TABLES
    assert rows(without) == [("cube", "public", "region", "TABLE")]
    found = caller.rows(flightsql.tables(catalog="cube", schema="public", types=["VIEW"], include_schema=True))
    assert found.schema == TABLES.append(pa.field("table_schema", pa.binary(), nullable=False))
    [(_, _, name, kind, data)] = rows(found)
    assert (name, kind) == ("sales", "VIEW")
    schema = pa.ipc.read_schema(pa.py_buffer(data))
    assert schema.field("revenue").type == pa.decimal128(25, 2)
    assert schema.names[0] == "count" and schema.names[-2:] == ["late", "returned"]


def test_the_table_of_exactly_that_name_comes_before_those_that_match_it_as_a_pattern(caller):
    assert rows(caller.rows(flightsql.tables(table="part")))[0][2] == "part"
    found = [row[2] for row in rows(caller.rows(flightsql.tables(table="%part%")))]
    assert sorted(found) == ["part", "partsupp"]


def test_primary_keys_are_those_of_cubes_as_far_as_they_are_public(caller):
    def keys(*asked):
        return rows(caller.rows(flightsql.command("CommandGetPrimaryKeys", *asked)))

    assert keys(None, None, "orders") == [("cube", "public", "orders", "orderkey", None, 1)]
    assert keys("cube", "public", "orders") == keys(None, None, "orders")
    assert keys("none", None, "orders") == keys(None, "none", "orders") == []
    assert keys(None, None, "lineitem") == keys(None, None, "sales") == keys(None, None, "none") == []


def test_foreign_keys_are_joins_on_primary_keys(caller):
    key = ("cube", "public", "customer", "custkey", "cube", "public", "orders", "custkey", 1, "orders.customer", None)
    for command, asked, expected in [
        ("CommandGetImportedKeys", (None, None, "orders"), [(*key, 3, 3)]),
        ("CommandGetImportedKeys", ("cube", "public", "orders"), [(*key, 3, 3)]),
        ("CommandGetExportedKeys", (None, None, "customer"), [(*key, 3, 3)]),
        ("CommandGetCrossReference", (None, None, "customer", "cube", "public", "orders"), [(*key, 3, 3)]),
        ("CommandGetCrossReference", (None, None, "orders", None, None, "customer"), []),
        ("CommandGetImportedKeys", ("none", None, "orders"), []),
        ("CommandGetExportedKeys", (None, "none", "customer"), []),
        # What the key of a line item is made of is not public.
        ("CommandGetExportedKeys", (None, None, "orders"), []),
        ("CommandGetImportedKeys", (None, None, "none"), []),
    ]:
        found = caller.rows(flightsql.command(command, *asked))
        assert found.schema == FOREIGN_KEYS
        assert rows(found) == expected, (command, asked)


def test_what_the_server_is_and_can_is_told_in_full_or_by_key(caller):
    everything = dict(rows(caller.rows(flightsql.command("CommandGetSqlInfo"))))
    assert {*range(12), *range(500, 577)} <= everything.keys()
    assert everything[0] == "Cubeflight"
    assert (everything[3], everything[4], everything[5]) == (True, True, False)
    assert everything[504] == '"'
    asked = caller.rows(flightsql.command("CommandGetSqlInfo", [0, 8]))
    assert rows(asked) == [(0, "Cubeflight"), (8, 0)]


def test_types_have_their_names_and_codes(caller):
    found = caller.rows(flightsql.command("CommandGetXdbcTypeInfo")).to_pylist()
    codes = {row["type_name"]: row["data_type"] for row in found}
    assert codes == {
        "BOOLEAN": -7,
        "BIGINT": -5,
        "DECIMAL": 3,
        "INTEGER": 4,
        "SMALLINT": 5,
        "REAL": 7,
        "DOUBLE": 8,
        "VARCHAR": 12,
        "DATE": 91,
        "TIME": 92,
        "TIMESTAMP": 93,
    }
    # SQL_DATETIME, and which one.
    datetimes = {row["type_name"]: row["datetime_subcode"] for row in found if row["sql_data_type"] == 9}
    assert datetimes == {"DATE": 1, "TIME": 2, "TIMESTAMP": 3}
    one = caller.rows(flightsql.command("CommandGetXdbcTypeInfo", 91)).to_pylist()
    assert [row["type_name"] for row in one] == ["DATE"]


def test_every_action_that_is_listed_is_served(caller):
    listed = {action.type for action in caller.client.list_actions(caller.options)}
    assert listed == {
        "CreatePreparedStatement",
        "ClosePreparedStatement",
        "SetSessionOptions",
        "GetSessionOptions",
        "CloseSession",
        "CancelFlightInfo",
        "CancelQuery",
        "RenewFlightEndpoint",
    }
    for action in listed - {"CloseSession"}:
        try:
            caller.act(action, b"")
        except pa.ArrowInvalid as error:
            # Nothing was asked for, which is said where something has to be.
            assert "request" in str(error), error
    # SessionResult.CLOSED
    assert flightsql.fields(caller.act("CloseSession", b"")) == {1: [1]}


class InMessages(flight.ClientAuthHandler):
    """Logs in by the messages of a handshake, as clients did before there was a header for it."""

    def __init__(self, user, password):
        super().__init__()
        self.user, self.password, self.token = user, password, b""

    def authenticate(self, outgoing, incoming):
        outgoing.write(flight.BasicAuth(self.user.encode(), self.password.encode()).serialize())
        self.token = incoming.read()

    def get_token(self):
        return self.token


def test_a_handshake_by_messages_gives_a_token_too(with_users):
    for user, password in with_users.users.items():
        with flight.connect(with_users.url) as client:
            client.authenticate(InMessages(user, password))
            command = flight.FlightDescriptor.for_command(flightsql.query("SELECT 1 AS one"))
            [endpoint] = client.get_flight_info(command).endpoints
            assert client.do_get(endpoint.ticket).read_all().to_pylist() == [{"one": 1}]
        with flight.connect(with_users.url) as client, pytest.raises(flight.FlightUnauthenticatedError):
            client.authenticate(InMessages(user, "wrong"))


def test_a_handshake_gives_a_token_that_is_good_for_calls(with_users, connect, tpch):
    for user, password in with_users.users.items():
        client = flight.connect(with_users.url)
        name, value = client.authenticate_basic_token(user, password)
        assert name == b"authorization" and value.startswith(b"Bearer ")
        caller = connect(with_users.url, value.removeprefix(b"Bearer ").decode())
        expected = figures.by(tpch.lines(), ["l_returnflag"], figures.revenue, figures.count)
        assert rows(caller.rows(flightsql.query(FLAGS))) == expected
