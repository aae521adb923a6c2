"""The pages of `docs/clients`: each example is run as it stands, and prints what the page says that it prints.

`UPDATE_EXPECT=1` writes the outputs anew.
"""

import os
import pathlib
import re
import shutil
import sys

import pytest

import toolchain

PAGES = pathlib.Path(__file__).parents[2] / "docs" / "clients"
GO = pathlib.Path(__file__).parent / "go"
MAVEN = pathlib.Path.home() / ".m2" / "repository"
ADDRESS = "127.0.0.1:31337"
EXAMPLE = re.compile(r"```(python|go|java)\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)


def examples():
    """Every example that says what it prints: its page, its place there, its language."""
    for page in sorted(PAGES.glob("*.md")):
        for place, found in enumerate(EXAMPLE.finditer(page.read_text())):
            yield pytest.param(page, place, id=f"{page.stem} {found[1]} {place}")


def python(source, _):
    """The command that runs a text in Python."""
    source = source.rename(source.with_suffix(".py"))
    return [sys.executable, source], source.parent


def go(source, home):
    """The command that runs a text in Go, as a program of a module with the libraries of the tests."""
    shutil.copy(GO / "go.sum", home)
    (home / "go.mod").write_text((GO / "go.mod").read_text())
    source.rename(home / "main.go")
    return ["go", "run", "."], home


def java(source, _):
    """The command that runs a text in Java."""
    source = source.rename(source.with_suffix(".java"))
    [version] = re.findall(r"<driver.version>(.*)</", (pathlib.Path(__file__).parent / "jdbc" / "pom.xml").read_text())
    name = "flight-sql-jdbc-driver"
    jar = MAVEN / "org" / "apache" / "arrow" / name / version / f"{name}-{version}.jar"
    if not jar.exists():
        toolchain.checked(["mvn", "-B", "-q", "dependency:get", f"-Dartifact=org.apache.arrow:{name}:{version}"])
    return ["java", "--add-opens=java.base/java.nio=ALL-UNNAMED", "-cp", jar, source], source.parent


def test_there_are_examples_of_every_language():
    languages = [found[1] for page in PAGES.glob("*.md") for found in EXAMPLE.finditer(page.read_text())]
    assert {"python", "go", "java"} == set(languages)


@pytest.mark.parametrize(("page", "place"), list(examples()))
def test_an_example_prints_what_its_page_says(demo, tmp_path, page, place):
    found = list(EXAMPLE.finditer(page.read_text()))[place]
    language, text, printed = found.groups()
    assert ADDRESS in text
    source = tmp_path / "example"
    source.write_text(text.replace(ADDRESS, demo.url.removeprefix("grpc://")))
    arguments, directory = {"python": python, "go": go, "java": java}[language](source, tmp_path)
    done = toolchain.run(arguments, environment={"CUBEFLIGHT_TOKEN": demo.token}, cwd=directory)
    assert done.returncode == 0, done.stdout + done.stderr
    if os.environ.get("UPDATE_EXPECT") == "1":
        at, end = found.span(3)
        page.write_text(page.read_text()[:at] + done.stdout + page.read_text()[end:])
    else:
        assert done.stdout == printed


def test_every_page_is_linked():
    listed = (PAGES / "README.md").read_text()
    for page in PAGES.glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in listed
        for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
            assert link.startswith("http") or (page.parent / link).exists(), f"{page.name}: {link}"
