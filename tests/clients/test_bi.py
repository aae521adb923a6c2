"""Statements in the shapes that tools write: what each one asks, over which road, and its rows.

The files of `tests/bi` hold the statements, and beside each file lies what is expected of them; `UPDATE_EXPECT=1` writes
that anew. Every statement is also answered by Cube alone, with the same rows.
"""

import datetime
import os
import pathlib
import re

import adbc_driver_manager
import pytest
from adbc_driver_flightsql import dbapi

SHAPES = sorted((pathlib.Path(__file__).parents[1] / "bi").glob("*.sql"))
SHOWN_ROWS = 4


@pytest.fixture(scope="module")
def roads(demo, by_cube_alone, options):
    """A cursor of a gateway with rollups, and one of a gateway without."""
    with (
        dbapi.connect(demo.url, db_kwargs=options, autocommit=True) as both,
        dbapi.connect(by_cube_alone, db_kwargs=options, autocommit=True) as cube,
        both.cursor() as first,
        cube.cursor() as second,
    ):
        yield first, second


def statements(path):
    """Their titles and texts."""
    for part in path.read_text().split(";\n"):
        if part.strip():
            title, sql = part.strip().split("\n", 1)
            yield title.removeprefix("-- "), sql


def rows(cursor, sql):
    """The names of the columns and the rows, or the error that the caller reads."""
    try:
        cursor.execute(sql)
        table = cursor.fetch_arrow_table()
    except adbc_driver_manager.Error as error:
        return re.sub(r" \(\w+; .*", "", str(error), flags=re.DOTALL)
    return [f"{field.name}: {field.type}" for field in table.schema], table.to_pylist()


def plan(cursor, sql):
    """The leaves, and the rollup or the road of each."""
    cursor.execute(f"EXPLAIN {sql}")
    for row in cursor.fetch_arrow_table().to_pylist():
        match row["item"], row["name"]:
            case "query", None:
                # What NOW() stands for is another time in every run.
                yield "leaf: " + re.sub(r"'20[2-9]\d-[^']*'", "'now'", row["detail"])
            case "road", "cube":
                yield "road: cube"
            case "rollup", name:
                yield f"road: rollup {name}"


def is_any(sql):
    """Whether its rows may be others the next time."""
    return "LIMIT" in sql.upper() and "ORDER BY" not in sql.upper()


def text(value):
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def shown(title, sql, cursor):
    """What is expected of a statement, as text."""
    answer = rows(cursor, sql)
    if isinstance(answer, str):
        return f"-- {title}\n{answer}\n"
    columns, values = answer
    if is_any(sql):
        values = []
    lines = [*plan(cursor, sql), ", ".join(columns)]
    lines += [" | ".join(text(value) for value in row.values()) for row in values[:SHOWN_ROWS]]
    if len(values) > SHOWN_ROWS:
        lines.append(f"... {len(values)} rows")
    return "\n".join([f"-- {title}", *lines, ""])


def exact(values):
    """Rows without the last digits of floats, in an order of their own."""
    digits = lambda value: float(f"{value:.9g}") if isinstance(value, float) else value
    return sorted(repr([digits(value) for value in row.values()]) for row in values)


@pytest.mark.parametrize("path", SHAPES, ids=lambda path: path.stem)
def test_shapes_of(path, roads):
    found = "\n".join(shown(title, sql, roads[0]) for title, sql in statements(path))
    expected = path.with_suffix(".expected")
    if os.environ.get("UPDATE_EXPECT"):
        expected.write_text(found)
    assert found == expected.read_text()


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param(sql, id=f"{path.stem}: {title}")
        for path in SHAPES
        for title, sql in statements(path)
        if not is_any(sql)
    ],
)
def test_both_roads_agree_on(sql, roads):
    answer, by_cube = (rows(cursor, sql) for cursor in roads)
    if isinstance(answer, str) or isinstance(by_cube, str):
        assert answer == by_cube or "cannot be asked of Cube" in by_cube, by_cube
        return
    assert answer[0] == by_cube[0]
    assert exact(answer[1]) == exact(by_cube[1])
