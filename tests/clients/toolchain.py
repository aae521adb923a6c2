"""Tests in other languages: their tools, what they are told about the gateways, and what their reports say."""

import os
import shutil
import subprocess
import xml.etree.ElementTree as xml
from dataclasses import dataclass

import pytest

PREFIX = "CUBEFLIGHT_TEST_"


@dataclass
class Case:
    """A test of another language, and what went wrong in it."""

    name: str
    failure: str | None


def tool(name):
    """The path of a program that the tests need; without it they fail, since a skipped test tells nobody anything."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"`{name}` is not there; CONTRIBUTING.md lists what the tests need", False)
    return path


def run(arguments, told=None, cwd=None, timeout=900):
    """Runs a program and returns it with all that it said; `told` reaches it as environment variables."""
    environment = os.environ | {PREFIX + name.upper(): str(value) for name, value in (told or {}).items()}
    arguments = [tool(arguments[0]), *map(str, arguments[1:])]
    return subprocess.run(
        arguments, env=environment, cwd=cwd, timeout=timeout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def checked(arguments):
    """The same, of a program that is to succeed."""
    done = run(arguments)
    assert done.returncode == 0, done.stdout


def report(cases, subtests):
    """Makes each case a test of pytest's, which counts them."""
    for case in cases:
        with subtests.test(case.name):
            if case.failure is not None:
                pytest.fail(case.failure, False)


def junit(directory):
    """The cases of all JUnit reports below a directory."""
    cases = []
    for report in sorted(directory.glob("TEST-*.xml")):
        for case in xml.parse(report).getroot().iter("testcase"):
            problem = next((each for each in case if each.tag in ("failure", "error", "skipped")), None)
            name = f"{case.get('classname')}.{case.get('name')}"
            cases.append(Case(name, None if problem is None else problem.text or problem.tag))
    return cases


def certificate(directory):
    """A certificate of its own for 127.0.0.1, as files in PEM: certificate and key."""
    cert, key = directory / "certificate.pem", directory / "key.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2]
    name = ["-subj", "/CN=cubeflight", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    checked(["openssl", "req", "-x509", *kind, *name, "-keyout", key, "-out", cert])
    return cert, key
