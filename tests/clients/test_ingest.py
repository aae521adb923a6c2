"""Rows of the caller's own as temporary tables, by `adbc_ingest` and by what is built on it, joined with cubes."""

import datetime
from decimal import Decimal

import pandas
import polars
import pyarrow
import pytest
from adbc_driver_flightsql import dbapi

WANTED = pyarrow.table({"shipmode": ["AIR", "RAIL", "BY HAND"], "weight": pyarrow.array([2, 3, 5], pyarrow.int32())})
REVENUE = "SELECT shipmode, MEASURE(revenue) AS revenue FROM sales GROUP BY 1"


def rows(cursor, sql):
    cursor.execute(sql)
    return cursor.fetchall()


def connected(demo, options):
    return dbapi.connect(demo.url, db_kwargs=options, autocommit=True)


def test_rows_come_back_with_their_types(cursor):
    moment = datetime.datetime(2024, 2, 29, 12, 30, 1, 123456)
    sent = pyarrow.table(
        {
            "small": pyarrow.array([1, None], pyarrow.int8()),
            "share": pyarrow.array([0.5, None], pyarrow.float32()),
            "price": pyarrow.array([Decimal("12.50"), None], pyarrow.decimal128(9, 2)),
            "Text": pyarrow.array(["ä", None], pyarrow.string()),
            "truth": pyarrow.array([True, None]),
            "day": pyarrow.array([datetime.date(2024, 2, 29), None]),
            "moment": pyarrow.array([moment, None], pyarrow.timestamp("us")),
            "bytes": pyarrow.array([b"\x00\xff", None], pyarrow.binary()),
        }
    )
    assert cursor.adbc_ingest("kept", sent, temporary=True) == 2
    cursor.execute("SELECT * FROM kept")
    found = cursor.fetch_arrow_table()
    assert found.schema.remove_metadata().types == sent.schema.types
    assert found.schema.names == sent.schema.names
    assert found.to_pylist() == sent.to_pylist()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lambda: WANTED, id="table"),
        pytest.param(lambda: WANTED.to_batches()[0], id="batch"),
        pytest.param(lambda: WANTED.to_reader(max_chunksize=1), id="reader"),
        pytest.param(lambda: pyarrow.Table.from_pandas(WANTED.to_pandas()), id="pandas"),
        pytest.param(lambda: polars.from_arrow(WANTED).to_arrow(), id="polars"),
        pytest.param(
            lambda: WANTED.set_column(0, "shipmode", WANTED["shipmode"].dictionary_encode()), id="dictionary"
        ),
    ],
)
def test_a_list_of_any_library_is_joined_with_a_cube(cursor, data):
    assert cursor.adbc_ingest("wanted", data(), temporary=True) == 3
    revenue = dict(rows(cursor, REVENUE))
    joined = "SELECT w.shipmode, w.weight * s.revenue FROM wanted w JOIN ({}) s ON s.shipmode = w.shipmode"
    found = rows(cursor, joined.format(REVENUE) + " ORDER BY 1")
    assert found == [("AIR", 2 * revenue["AIR"]), ("RAIL", 3 * revenue["RAIL"])]
    # The cube itself, grouped by a column of the list, from a rollup.
    sql = "SELECT w.weight, MEASURE(s.revenue) FROM sales s JOIN wanted w ON s.shipmode = w.shipmode GROUP BY 1"
    assert sorted(rows(cursor, sql)) == [(2, revenue["AIR"]), (3, revenue["RAIL"])]
    explained = rows(cursor, "EXPLAIN " + sql)
    assert [name for _, item, name, _ in explained if item == "road"] == ["rollup"]
    assert [(name, detail.split(",")[0]) for _, item, name, detail in explained if item == "temporary"] == [
        ("wanted", "3 rows")
    ]


def test_modes(connection, cursor):
    def ingest(mode):
        return cursor.adbc_ingest("wanted", WANTED, mode=mode, temporary=True)

    def count():
        return rows(cursor, "SELECT COUNT(*) FROM wanted")[0][0]

    with pytest.raises(dbapi.Error, match="there is no temporary table `wanted`.*NotFound"):
        ingest("append")
    assert (ingest("create"), count()) == (3, 3)
    with pytest.raises(dbapi.Error, match="there is a temporary table `wanted` already.*AlreadyExists"):
        ingest("create")
    assert (ingest("append"), count()) == (3, 6)
    assert (ingest("create_append"), count()) == (3, 9)
    assert (ingest("replace"), count()) == (3, 3)
    cursor.execute("DROP TABLE wanted")
    assert (ingest("create_append"), count()) == (3, 3)
    # The driver keeps what a cursor has ingested.
    with connection.cursor() as another:
        another.executescript("DROP TABLE temporary.wanted")
    assert (ingest("replace"), count()) == (3, 3)
    with pytest.raises(dbapi.Error, match="the table has the columns `shipmode` Utf8, `weight` Int32, and `a` Int64"):
        cursor.adbc_ingest("wanted", pyarrow.table({"a": [1]}), mode="append", temporary=True)
    assert count() == 3


def test_refusals_name_what_to_do(connection, cursor):
    def refused(match, table="wanted", data=WANTED, **options):
        # The driver keeps the options of a cursor.
        with connection.cursor() as another, pytest.raises(dbapi.Error, match=match):
            another.adbc_ingest(table, data, **{"temporary": True, **options})

    refused(r"as a temporary table of the session only.*`temporary=True`", temporary=False)
    refused("`orders` is the name of a cube or view", table="Orders")
    refused("in the schema `temporary`, and `public` was asked for", db_schema_name="public")
    refused("in the catalog `cube`, and `other` was asked for", catalog_name="other")
    refused("the name of a temporary table has 1 to 255 bytes", table="x" * 256)
    refused("only flat types are read", data=pyarrow.table({"list": [[1]]}))
    refused("a value of column `t` does not fit", data=pyarrow.table({"t": pyarrow.array([1], pyarrow.timestamp("ns"))}))
    # One batch of 24 MiB, and many of as much as no session may have.
    wide = pyarrow.table({"a": pyarrow.array(range(3 << 20), pyarrow.int64())})
    refused("message.*too large|larger", data=wide)
    many = pyarrow.Table.from_batches(wide.to_batches(max_chunksize=1 << 16) * 3)
    refused("do not fit into the 67108864 bytes of `temporary.session_memory`", data=many)
    with pytest.raises(dbapi.Error, match="there is no table `wanted`"):
        cursor.execute("SELECT * FROM wanted")
    for sql in ["DROP TABLE orders", "DROP TABLE wanted"]:
        with pytest.raises(dbapi.Error, match="there is no temporary table"):
            cursor.execute(sql)
    cursor.execute("DROP TABLE IF EXISTS wanted")
    # What was too much is free again.
    assert cursor.adbc_ingest("wanted", WANTED, temporary=True, catalog_name="cube", db_schema_name="temporary") == 3


def test_a_table_is_its_connections_own(demo, options, cursor):
    cursor.adbc_ingest("wanted", WANTED, temporary=True)
    with connected(demo, options) as other, other.cursor() as stranger:
        with pytest.raises(dbapi.Error, match="there is no table `wanted`"):
            stranger.execute("SELECT * FROM wanted")
        assert "wanted" not in [name for _, _, name, _ in tables(other)]
        stranger.adbc_ingest("wanted", WANTED.slice(0, 1), temporary=True)
        assert rows(stranger, "SELECT COUNT(*) FROM wanted") == [(1,)]
    # The other one's end is not the end of this one.
    assert rows(cursor, "SELECT COUNT(*) FROM wanted") == [(3,)]


def tables(connection):
    for catalog in connection.adbc_get_objects().read_all().to_pylist():
        for schema in catalog["catalog_db_schemas"]:
            for table in schema["db_schema_tables"]:
                names = catalog["catalog_name"], schema["db_schema_name"]
                yield (*names, table["table_name"], table["table_type"])


def test_it_is_told_of(connection, cursor):
    assert connection.adbc_get_info()["driver_name"]
    before = set(tables(connection))
    cursor.adbc_ingest("wanted", WANTED, temporary=True)
    assert set(tables(connection)) - before == {("cube", "temporary", "wanted", "LOCAL TEMPORARY")}
    assert "LOCAL TEMPORARY" in connection.adbc_get_table_types()
    schema = connection.adbc_get_table_schema("wanted")
    assert schema.remove_metadata() == WANTED.schema
    sql = "SELECT table_schema, table_type FROM information_schema.tables WHERE table_name = 'wanted'"
    assert rows(cursor, sql) == [("temporary", "LOCAL TEMPORARY")]
    sql = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'wanted' ORDER BY 1"
    assert rows(cursor, sql) == [("shipmode", "character varying"), ("weight", "integer")]
    assert ("temporary",) in rows(cursor, "SELECT schema_name FROM information_schema.schemata")


def test_prepared_statements_and_parameters(cursor):
    cursor.adbc_ingest("wanted", WANTED, temporary=True)
    sql = "SELECT shipmode FROM wanted WHERE weight > ? ORDER BY 1"
    assert cursor.adbc_prepare(sql).types == [pyarrow.int32()]
    cursor.execute(sql, (2,))
    assert cursor.fetchall() == [("BY HAND",), ("RAIL",)]
    cursor.adbc_ingest("wanted", WANTED.slice(0, 2), mode="replace", temporary=True)
    cursor.execute(sql, (2,))
    assert cursor.fetchall() == [("RAIL",)]


def test_polars_writes_a_table(connection):
    frame = polars.from_arrow(WANTED)
    options = {"temporary": True}
    assert frame.write_database("wanted", connection, engine="adbc", engine_options=options) == 3
    found = polars.read_database("SELECT shipmode, weight FROM wanted ORDER BY weight", connection)
    assert found.equals(frame.sort("weight"))


def test_pandas_says_by_the_schema_that_a_table_is_temporary(connection):
    frame = WANTED.to_pandas()
    with pytest.raises(pandas.errors.DatabaseError) as caught:
        frame.to_sql("wanted", connection, index=False)
    assert "schema `temporary`" in str(caught.value.__cause__)
    for _ in range(2):
        written = frame.to_sql("wanted", connection, schema="temporary", index=False, if_exists="replace")
        assert written == 3
    found = pandas.read_sql("SELECT shipmode, weight FROM wanted ORDER BY weight", connection)
    assert found.values.tolist() == frame.sort_values("weight").values.tolist()
