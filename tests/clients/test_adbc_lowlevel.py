"""ADBC's own objects, without the DB-API on top: statements that are not prepared, binding, partitions, refusals."""

import adbc_driver_flightsql
import adbc_driver_manager as adbc
import pyarrow as pa
import pytest
from adbc_driver_manager._reader import AdbcRecordBatchReader

import tpch as figures

FLAGS = "SELECT returnflag, MEASURE(revenue), MEASURE(count) FROM sales GROUP BY 1 ORDER BY 1"
BY_FLAG = "SELECT MEASURE(count) FROM sales WHERE returnflag = ? AND part_size <= ?"
INCREMENTAL = adbc.StatementOptions.INCREMENTAL.value
TIMEOUT = adbc_driver_flightsql.StatementOptions.TIMEOUT_FETCH.value
REQUEST_ID = adbc_driver_flightsql.StatementOptions.RPC_CALL_HEADER_PREFIX.value + "x-request-id"


@pytest.fixture
def raw(demo, options):
    """An AdbcConnection."""
    with (
        adbc_driver_flightsql.connect(demo.url, db_kwargs=options) as database,
        adbc.AdbcConnection(database) as connection,
    ):
        yield connection


@pytest.fixture
def statement(raw):
    """An AdbcStatement."""
    with adbc.AdbcStatement(raw) as statement:
        yield statement


def imported(handle):
    """All rows of a stream, by the reader whose errors have ADBC's codes and details."""
    with AdbcRecordBatchReader._import_from_c(handle.address) as reader:
        return reader.read_all()


def run(statement):
    """The rows of a statement that is ready to run."""
    handle, affected = statement.execute_query()
    assert affected == -1
    return imported(handle)


def rows(table):
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def one_row(**values):
    """A row of parameters."""
    return pa.record_batch({name: [value] for name, value in values.items()})


@pytest.fixture
def flags(tpch):
    """What FLAGS finds."""
    return figures.by(tpch.lines(), ["l_returnflag"], figures.revenue, figures.count)


def by_flag(tpch, flag, size):
    return [(sum(row["l_returnflag"] == flag and row["p_size"] <= size for row in tpch.lines()),)]


def test_a_statement_runs_without_being_prepared(statement, flags):
    statement.set_sql_query(FLAGS)
    assert rows(run(statement)) == flags


def test_a_prepared_statement_runs_as_often_as_it_is_asked_to(statement, flags):
    statement.set_sql_query(FLAGS)
    statement.prepare()
    for _ in range(3):
        assert rows(run(statement)) == flags


def test_the_schema_is_the_same_asked_for_announced_and_delivered(raw):
    for prepared in (False, True):
        with adbc.AdbcStatement(raw) as statement:
            statement.set_sql_query(FLAGS)
            if prepared:
                statement.prepare()
            announced = pa.schema(statement.execute_schema())
            assert run(statement).schema.equals(announced, check_metadata=True)
            assert announced.names == ["returnflag", "revenue", "count"]
            assert announced.types == [pa.string(), pa.decimal128(25, 2), pa.int64()]


def test_parameters_are_bound_anew_for_every_run(statement, tpch):
    statement.set_sql_query(BY_FLAG)
    statement.prepare()
    parameters = pa.schema(statement.get_parameter_schema())
    assert parameters.types == [pa.string(), pa.int64()]
    for flag, size in [("R", 10), ("A", 50), ("none", 50)]:
        statement.bind(one_row(a=flag, b=size))
        assert rows(run(statement)) == by_flag(tpch, flag, size)


@pytest.mark.parametrize(
    ("flag", "size"),
    [
        (pa.string(), pa.int8()),
        (pa.large_string(), pa.uint64()),
        (pa.string_view(), pa.int32()),
        (pa.string(), pa.float64()),
        (pa.string(), pa.decimal128(22, 3)),
        (pa.dictionary(pa.int8(), pa.string()), pa.int64()),
    ],
)
def test_parameters_of_any_fitting_type_are_understood(statement, tpch, flag, size):
    statement.set_sql_query(BY_FLAG)
    statement.prepare()
    batch = pa.record_batch([pa.array(["R"], flag), pa.array([25]).cast(size)], names=["a", "b"])
    statement.bind(batch)
    assert rows(run(statement)) == by_flag(tpch, "R", 25)


def test_a_number_is_compared_as_it_is_and_comes_as_a_stream_too(statement, tpch):
    statement.set_sql_query(BY_FLAG)
    statement.prepare()
    batch = one_row(a="R", b=24.9)
    empty = batch.slice(0, 0)
    statement.bind_stream(pa.RecordBatchReader.from_batches(batch.schema, [empty, batch, empty]))
    assert rows(run(statement)) == by_flag(tpch, "R", 24)


@pytest.mark.parametrize(
    "batch",
    [
        pa.record_batch({"a": ["R"]}),
        pa.record_batch({"a": ["R"], "b": [1], "c": [2]}),
        pa.record_batch({"a": ["R"], "b": ["many"]}),
        pa.record_batch({"a": ["R"], "b": [[1, 2]]}),
        pa.record_batch({"a": pa.array([], pa.string()), "b": pa.array([], pa.int64())}),
    ],
    ids=["too few", "too many", "no number", "a list", "no row"],
)
def test_parameters_that_do_not_fit_are_refused_and_others_then_taken(statement, tpch, batch):
    statement.set_sql_query(BY_FLAG)
    statement.prepare()
    statement.bind(batch)
    with pytest.raises(adbc.Error, match="parameter") as caught:
        run(statement)
    assert caught.value.status_code == adbc.AdbcStatusCode.INVALID_ARGUMENT
    statement.bind(one_row(a="A", b=3))
    assert rows(run(statement)) == by_flag(tpch, "A", 3)


def test_a_statement_with_parameters_does_not_run_without_them(statement):
    statement.set_sql_query(BY_FLAG)
    with pytest.raises(adbc.ProgrammingError, match="2 parameters, 0 were given"):
        run(statement)


def test_a_result_has_one_partition_that_any_connection_of_the_caller_reads(raw, demo, options, flags):
    with adbc.AdbcStatement(raw) as statement:
        statement.set_sql_query(FLAGS)
        partitions, schema, affected = statement.execute_partitions()
        assert (len(partitions), affected) == (1, -1)
        assert pa.schema(schema).names == ["returnflag", "revenue", "count"]
    with (
        adbc_driver_flightsql.connect(demo.url, db_kwargs=options) as database,
        adbc.AdbcConnection(database) as other,
    ):
        assert rows(imported(other.read_partition(partitions[0]))) == flags
        assert rows(imported(other.read_partition(partitions[0]))) == flags


def test_info_says_who_serves_and_what_it_can(raw):
    found = dict(rows(imported(raw.get_info())))
    assert found[adbc.AdbcInfoCode.VENDOR_NAME] == "Cubeflight"
    assert found[adbc.AdbcInfoCode.DRIVER_NAME] == "ADBC Flight SQL Driver - Go"
    assert rows(imported(raw.get_info([adbc.AdbcInfoCode.VENDOR_NAME]))) == [(0, "Cubeflight")]


def test_table_types_and_schemas_are_told(raw):
    assert rows(imported(raw.get_table_types())) == [("LOCAL TEMPORARY",), ("TABLE",), ("VIEW",)]
    schema = pa.schema(raw.get_table_schema("cube", "public", "region"))
    assert schema.equals(pa.schema([pa.field("count", pa.int64(), nullable=False), pa.field("name", pa.string())]))


def test_objects_are_found_at_every_depth(raw):
    def found(depth):
        [catalog] = imported(raw.get_objects(depth, table_name="region")).to_pylist()
        return catalog

    depths = adbc.GetObjectsDepth
    assert found(depths.CATALOGS) == {"catalog_name": "cube", "catalog_db_schemas": None}
    assert found(depths.DB_SCHEMAS)["catalog_db_schemas"] == [{"db_schema_name": "public", "db_schema_tables": None}]
    for depth, columns in [(depths.TABLES, []), (depths.ALL, ["count", "name"])]:
        [schema] = found(depth)["catalog_db_schemas"]
        [table] = schema["db_schema_tables"]
        assert (table["table_name"], table["table_type"]) == ("region", "TABLE")
        assert [column["column_name"] for column in table["table_columns"] or []] == columns


def test_nothing_writes(statement):
    statement.set_sql_query("DELETE FROM sales")
    with pytest.raises(adbc.NotSupportedError, match="reads only"):
        statement.execute_update()
    statement.set_options(**{adbc.INGEST_OPTION_TARGET_TABLE: "sales"})
    statement.bind(one_row(a=1))
    with pytest.raises(adbc.NotSupportedError, match="temporary table of the session only"):
        statement.execute_update()
    with pytest.raises(adbc.Error):
        statement.set_substrait_plan(b"plan")
        statement.prepare()


def test_what_is_not_served_is_refused_and_the_connection_goes_on(raw, flags):
    with pytest.raises(adbc.NotSupportedError):
        raw.set_autocommit(False)
    with pytest.raises(adbc.NotSupportedError):
        raw.get_statistics()
    with adbc.AdbcStatement(raw) as statement:
        statement.set_sql_query(FLAGS)
        assert rows(run(statement)) == flags


def test_a_query_that_is_polled_is_complete_at_once(raw, flags):
    with adbc.AdbcStatement(raw) as statement:
        statement.set_options(**{INCREMENTAL: "true"})
        statement.set_sql_query(FLAGS)
        partitions, _, _ = statement.execute_partitions()
        [partition] = partitions
        assert rows(imported(raw.read_partition(partition))) == flags
        # Nothing is left to wait for.
        assert statement.execute_partitions()[0] == []


def test_a_timeout_ends_the_query_and_not_the_connection(raw, flags):
    with adbc.AdbcStatement(raw) as statement:
        statement.set_options(**{TIMEOUT: 0.00001})
        statement.set_sql_query(FLAGS)
        with pytest.raises(adbc.Error) as caught:
            run(statement)
        assert caught.value.status_code == adbc.AdbcStatusCode.TIMEOUT
        statement.set_options(**{TIMEOUT: 30.0})
        assert rows(run(statement)) == flags


@pytest.mark.parametrize("wrong", ["SELECT nothing FROM sales", "SELECT AVG(revenue) FROM sales", "SELECT 1 / 0"])
def test_an_error_names_the_id_that_the_caller_sent(raw, wrong):
    with adbc.AdbcStatement(raw) as statement:
        statement.set_options(**{REQUEST_ID: "my-own-id-7"})
        statement.set_sql_query(wrong)
        with pytest.raises(adbc.ProgrammingError) as caught:
            run(statement)
    assert dict(caught.value.details).get(b"x-request-id") == b"my-own-id-7"
