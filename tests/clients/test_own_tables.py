"""The gateway's own tables: what there is, and what each caller asked."""

import time
import uuid

from adbc_driver_flightsql import DatabaseOptions, dbapi

import gateway


def rows(cursor, sql):
    cursor.execute(sql)
    return cursor.fetch_arrow_table().to_pylist()


def test_information_schema_has_what_get_objects_has(connection, cursor):
    objects = connection.adbc_get_objects(depth="columns").read_all().to_pylist()
    tables = [table for schema in objects[0]["catalog_db_schemas"] for table in schema["db_schema_tables"]]
    expected = {
        (table["table_name"], column["column_name"], column["ordinal_position"])
        for table in tables
        for column in table["table_columns"]
    }
    found = rows(
        cursor,
        """SELECT table_name, column_name, ordinal_position FROM information_schema.columns
           WHERE table_schema = 'public'""",
    )
    assert {tuple(row.values()) for row in found} == expected
    listed = rows(cursor, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    assert {row["table_name"] for row in listed} == {table["table_name"] for table in tables}


def test_a_column_of_each_type(cursor):
    found = rows(
        cursor,
        """SELECT column_name, data_type, numeric_precision, numeric_scale, is_nullable, member_kind, member_type
           FROM information_schema.columns WHERE table_name = 'sales'
           AND column_name IN ('count', 'revenue', 'avg_price', 'shipdate', 'shipmode', 'late') ORDER BY 1""",
    )
    assert [tuple(row.values()) for row in found] == [
        ("avg_price", "double precision", 53, None, "YES", "measure", "number"),
        ("count", "bigint", 64, 0, "NO", "measure", "count"),
        ("late", "boolean", None, None, "YES", "segment", None),
        ("revenue", "numeric", 25, 2, "YES", "measure", "sum"),
        ("shipdate", "date", None, None, "YES", "dimension", "time"),
        ("shipmode", "character varying", None, None, "YES", "dimension", "string"),
    ]


def test_what_was_built(cursor):
    found = rows(
        cursor,
        """SELECT partition_granularity, tables > 50 AS partitions, rows > 1000 AS counted
           FROM system.pre_aggregations WHERE pre_aggregation = 'lineitem.sales_daily'""",
    )
    assert found == [{"partition_granularity": "month", "partitions": True, "counted": True}]


def test_callers_see_their_own_queries(demo, cursor):
    mark = f"mark {uuid.uuid4()}"
    asked = rows(cursor, f"SELECT shipmode, MEASURE(count) FROM sales WHERE part_type = '{mark}' GROUP BY 1")
    assert asked == []
    of_mark = f"FROM system.queries WHERE sql LIKE '%{mark}%' AND sql NOT LIKE '%system%'"
    seen = rows(cursor, f"SELECT road, status, rows, took_ms > 0 AS took {of_mark}")
    assert seen == [{"road": "cube", "status": "ok", "rows": 0, "took": True}]
    why = rows(
        cursor,
        f"""SELECT DISTINCT code FROM system.refusals
            WHERE request_id IN (SELECT request_id {of_mark}) AND pre_aggregation = 'lineitem.shipping'""",
    )
    assert why == [{"code": "member_missing"}]
    other = gateway.jwt(demo.secret, {"sub": "somebody else", "exp": time.time() + 60})
    options = {DatabaseOptions.AUTHORIZATION_HEADER.value: f"Bearer {other}"}
    with dbapi.connect(demo.url, db_kwargs=options, autocommit=True) as theirs, theirs.cursor() as stranger:
        assert rows(stranger, f"SELECT sql {of_mark}") == []
        assert {row["sql"] for row in rows(stranger, "SELECT sql FROM system.queries")} == {
            f"SELECT sql {of_mark}"
        }


def test_settings_have_no_addresses(demo, cursor):
    found = {row["name"]: row["value"] for row in rows(cursor, "SELECT * FROM system.settings")}
    assert found["timezone"] == "UTC" and found["access.rules"] == "model"
    assert not any(demo.store_url in str(value) for value in found.values())
