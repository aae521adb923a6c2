"""Arrow's Flight SQL JDBC driver: runs the Java tests of `jdbc/` against gateways of this session, one case each."""

import pathlib
import re
import struct

import pyarrow as pa
import pytest
from adbc_driver_flightsql import dbapi

import toolchain
from test_adbc import STATEMENTS
from test_bi import SHAPES, statements

PROJECT = pathlib.Path(__file__).parent / "jdbc"
VERSIONS = ["18.3.0"]
# What has another answer each time.
MOVING = re.compile(r"\bnow\(\)|current_(date|timestamp)|^(?!.*order by).*\blimit\b", re.IGNORECASE | re.DOTALL)


@pytest.fixture(scope="module")
def answers(demo, options, tmp_path_factory):
    """A directory with statements and their answers through ADBC, as `AnswersTest` writes them."""
    directory = tmp_path_factory.mktemp("answers")
    asked = {f"adbc{number:02}": sql for number, sql in enumerate(STATEMENTS)}
    for path in SHAPES:
        asked |= {f"{path.stem}{number:02}": sql for number, (_, sql) in enumerate(statements(path))}
    with dbapi.connect(demo.url, db_kwargs=options, autocommit=True) as connection, connection.cursor() as cursor:
        for name, sql in asked.items():
            if MOVING.search(sql):
                continue
            try:
                cursor.execute(sql)
                found = cursor.fetch_arrow_table()
            except dbapi.Error:
                continue
            (directory / f"{name}.sql").write_text(sql)
            (directory / f"{name}.answer").write_text(written(found))
    return directory


def written(table):
    """A line of names, then a line per row."""
    columns = [[cell(value, field.type) for value in table.column(i)] for i, field in enumerate(table.schema)]
    lines = [table.schema.names, *zip(*columns, strict=True)]
    return "".join("\t".join(line) + "\n" for line in lines)


def cell(scalar, kind):
    """A value, as both languages write it."""
    value = scalar.as_py()
    if value is None:
        return "NULL"
    if pa.types.is_floating(kind):
        return f"{struct.unpack('<Q', struct.pack('<d', value))[0]:x}"
    if pa.types.is_decimal(kind):
        return f"{value:f}"
    if pa.types.is_timestamp(kind):
        return value.isoformat(timespec="microseconds")
    if pa.types.is_boolean(kind):
        return str(value).lower()
    return str(value).replace("\n", "\\n").replace("\t", "\\t")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_driver(demo, with_users, tls, answers, tmp_path, subtests, version):
    store = tmp_path / "trust.p12"
    toolchain.checked(
        ["keytool", "-importcert", "-noprompt", "-file", tls.certificate, "-keystore", store, "-storepass", "changeit"]
    )
    told = toolchain.gateways(demo, with_users, tls) | {"trust_store": store, "answers": answers}
    toolchain.tool("java")
    maven = ["mvn", "--batch-mode", "--no-transfer-progress", "--quiet", "--file", PROJECT / "pom.xml"]
    done = toolchain.run([*maven, f"-Dbuild.to={tmp_path}", f"-Ddriver.version={version}", "test"], told)
    cases = toolchain.junit(tmp_path / "surefire-reports")
    toolchain.report(done, cases, subtests)
    assert len(cases) > 200
