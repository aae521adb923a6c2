"""What ADBC's DB-API shows of the data model: catalogs, schemas, tables, columns, types, and the server itself."""

import pyarrow as pa
import pytest
from adbc_driver_flightsql import dbapi
from adbc_driver_manager import AdbcStatusCode

CUBES = [
    "customer",
    "customer_nation",
    "lineitem",
    "nation",
    "orders",
    "part",
    "partsupp",
    "region",
    "supplier",
    "supplier_nation",
]
ORDERS = [
    pa.field("count", pa.int64(), nullable=False),
    pa.field("total_price", pa.decimal128(25, 2)),
    pa.field("min_price", pa.decimal128(15, 2)),
    pa.field("max_price", pa.decimal128(15, 2)),
    pa.field("customers", pa.int64(), nullable=False),
    pa.field("customers_approx", pa.int64(), nullable=False),
    pa.field("avg_order_value", pa.float64()),
    pa.field("orderkey", pa.int64()),
    pa.field("custkey", pa.int64()),
    pa.field("orderstatus", pa.string()),
    pa.field("orderpriority", pa.string()),
    pa.field("orderdate", pa.date32()),
    pa.field("clerk", pa.string()),
    pa.field("shippriority", pa.int64()),
    pa.field("order_price", pa.decimal128(15, 2)),
]


def objects(connection, **filters):
    """What get_objects finds: catalogs with schemas with tables."""
    return connection.adbc_get_objects(**filters).read_all().to_pylist()


def tables(connection, depth="tables", **filters):
    """The tables that get_objects finds, in its order."""
    [catalog] = objects(connection, depth=depth, **filters)
    return [table for schema in catalog["catalog_db_schemas"] for table in schema["db_schema_tables"]]


def names(connection, **filters):
    return [table["table_name"] for table in tables(connection, **filters)]


def test_there_is_one_catalog_with_one_schema(connection):
    assert objects(connection, depth="catalogs") == [{"catalog_name": "cube", "catalog_db_schemas": None}]
    schemas = [{"db_schema_name": "public", "db_schema_tables": None}]
    assert objects(connection, depth="db_schemas") == [{"catalog_name": "cube", "catalog_db_schemas": schemas}]


def test_cubes_are_tables_and_views_are_views(connection):
    found = {table["table_name"]: table["table_type"] for table in tables(connection)}
    assert found == {name: "TABLE" for name in CUBES} | {"sales": "VIEW"}
    assert all(table["table_columns"] is None for table in tables(connection))
    assert connection.adbc_get_table_types() == ["LOCAL TEMPORARY", "TABLE", "VIEW"]


def test_patterns_select_tables(connection):
    assert names(connection, table_name_filter="sales") == ["sales"]
    assert names(connection, table_name_filter="%nation") == ["customer_nation", "nation", "supplier_nation"]
    assert names(connection, table_name_filter="part____") == ["partsupp"]
    assert names(connection, table_name_filter="Sales") == []
    assert names(connection, table_types_filter=["VIEW"]) == ["sales"]
    assert names(connection, table_types_filter=["TABLE", "VIEW"]) == sorted([*CUBES, "sales"])
    assert names(connection, table_types_filter=["SYSTEM TABLE"]) == []
    assert names(connection, db_schema_filter="pub%", table_name_filter="r%") == ["region"]


def test_catalogs_and_schemas_that_are_not_there_hold_nothing(connection):
    for depth in ["catalogs", "db_schemas", "tables", "all"]:
        assert objects(connection, depth=depth, catalog_filter="none") == []
    assert objects(connection, depth="tables", db_schema_filter="none") == [
        {"catalog_name": "cube", "catalog_db_schemas": []}
    ]


def test_columns_come_in_the_order_of_the_model_with_their_types(connection):
    for depth in ["columns", "all"]:
        [table] = tables(connection, depth=depth, table_name_filter="orders")
        columns = table["table_columns"]
        assert [column["column_name"] for column in columns] == [field.name for field in ORDERS]
        assert [column["ordinal_position"] for column in columns] == list(range(1, len(ORDERS) + 1))
        types = {column["column_name"]: column["xdbc_data_type"] for column in columns}
        # JDBC's codes: BIGINT, DECIMAL, DATE, VARCHAR.
        assert (types["count"], types["total_price"]) == (-5, 3)
        assert (types["orderdate"], types["orderstatus"]) == (91, 12)
        # The driver passes no other words on, remarks among them.
        names = {column["column_name"]: column["xdbc_type_name"] for column in columns}
        assert (names["count"], names["total_price"], names["clerk"]) == ("BIGINT", "DECIMAL", "VARCHAR")


def test_a_pattern_selects_columns(connection):
    [table] = tables(connection, depth="all", table_name_filter="orders", column_name_filter="%price")
    assert [column["column_name"] for column in table["table_columns"]] == [
        "total_price",
        "min_price",
        "max_price",
        "order_price",
    ]


def test_every_table_has_the_columns_that_its_schema_says(connection):
    for table in tables(connection, depth="all"):
        schema = connection.adbc_get_table_schema(table["table_name"])
        assert [column["column_name"] for column in table["table_columns"]] == schema.names


def test_a_table_schema_has_every_public_member_and_says_what_it_means(connection):
    schema = connection.adbc_get_table_schema("orders")
    assert schema.equals(pa.schema(ORDERS))
    said = schema.field("total_price").metadata
    assert said[b"ARROW:FLIGHT:SQL:REMARKS"] == b"Order value"
    assert said[b"ARROW:FLIGHT:SQL:TABLE_NAME"] == b"orders"
    assert said[b"ARROW:FLIGHT:SQL:TYPE_NAME"] == b"DECIMAL"
    assert (said[b"ARROW:FLIGHT:SQL:PRECISION"], said[b"ARROW:FLIGHT:SQL:SCALE"]) == (b"25", b"2")
    assert (said[b"CUBE:MEMBER_KIND"], said[b"CUBE:MEMBER_TYPE"]) == (b"measure", b"sum")
    searchable = {field.name: field.metadata[b"ARROW:FLIGHT:SQL:IS_SEARCHABLE"] for field in schema}
    assert (searchable["total_price"], searchable["clerk"]) == (b"0", b"1")
    sales = connection.adbc_get_table_schema("sales")
    remarks = sales.field("order_value").metadata[b"ARROW:FLIGHT:SQL:REMARKS"]
    assert remarks == b"Order value: Value of the orders that the line items belong to"
    assert sales.field("late").type == pa.bool_()


def test_members_that_are_not_public_are_not_shown(connection):
    assert "orderkey" not in connection.adbc_get_table_schema("lineitem").names
    with connection.cursor() as cursor, pytest.raises(dbapi.ProgrammingError, match="no column `orderkey`"):
        cursor.execute("SELECT orderkey FROM lineitem")


def test_a_table_schema_is_found_by_its_full_name_only(connection):
    schema = connection.adbc_get_table_schema("nation", catalog_filter="cube", db_schema_filter="public")
    assert schema.names == ["count", "name"]
    for table, filters in [
        ("none", {}),
        ("nation", {"catalog_filter": "none"}),
        ("nation", {"db_schema_filter": "none"}),
    ]:
        with pytest.raises(dbapi.ProgrammingError) as caught:
            connection.adbc_get_table_schema(table, **filters)
        assert caught.value.status_code == AdbcStatusCode.NOT_FOUND


@pytest.mark.parametrize("table", [*CUBES, "sales"])
def test_every_column_that_is_shown_can_be_selected(connection, table):
    schema = connection.adbc_get_table_schema(table)
    with connection.cursor() as cursor:
        for field in schema:
            column = f'"{field.name}"'
            grouped = field.metadata[b"CUBE:MEMBER_KIND"] != b"measure"
            asked = f'SELECT {column if grouped else f"MEASURE({column})"} FROM cube.public."{table}"'
            found = cursor.adbc_execute_schema(f"{asked} GROUP BY {column}" if grouped else asked)
            assert found.field(0).equals(field.remove_metadata())


def test_the_server_says_what_it_is(connection):
    info = connection.adbc_get_info()
    assert info["vendor_name"] == "Cubeflight"
    assert all(part.isdigit() for part in info["vendor_version"].split("."))
    assert info["driver_name"] == "ADBC Flight SQL Driver - Go"


def test_there_is_nothing_to_commit(demo, options):
    with (
        pytest.warns(dbapi.Warning, match="Cannot disable autocommit"),
        dbapi.connect(demo.url, db_kwargs=options) as connection,
    ):
        connection.commit()
        connection.rollback()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchall() == [(1,)]


def test_there_is_one_catalog_with_one_schema_to_be_in(connection):
    for option, only in [("adbc_current_catalog", "cube"), ("adbc_current_db_schema", "public")]:
        assert getattr(connection, option) == only
        setattr(connection, option, only)
        with pytest.raises(dbapi.Error) as caught:
            setattr(connection, option, "elsewhere")
        assert caught.value.status_code == AdbcStatusCode.INVALID_ARGUMENT
        assert getattr(connection, option) == only
    assert connection.adbc_get_table_types() == ["LOCAL TEMPORARY", "TABLE", "VIEW"]
