"""Tests in other languages: their tools, what they are told about the gateways, and what their reports say."""

import json
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


def run(arguments, told=None, environment=None, cwd=None, timeout=900):
    """Runs a program and returns it with all that it said; `told` reaches it as environment variables of the tests'."""
    told = {PREFIX + name.upper(): str(value) for name, value in (told or {}).items()}
    return subprocess.run(
        [tool(arguments[0]), *map(str, arguments[1:])],
        env=os.environ | told | (environment or {}),
        cwd=cwd,
        timeout=timeout,
        capture_output=True,
        text=True,
    )


def checked(arguments):
    """The same, of a program that is to succeed."""
    done = run(arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def report(done, cases, subtests):
    """Makes each case a test of pytest's, which counts them; what failed outside of all cases fails as a whole."""
    for case in cases:
        with subtests.test(case.name):
            if case.failure is not None:
                pytest.fail(case.failure, False)
    if done.returncode != 0 and all(case.failure is None for case in cases):
        pytest.fail(done.stdout + done.stderr, False)


def junit(directory):
    """The cases of all JUnit reports below a directory."""
    cases = []
    for report in sorted(directory.glob("TEST-*.xml")):
        for case in xml.parse(report).getroot().iter("testcase"):
            problem = next((each for each in case if each.tag in ("failure", "error", "skipped")), None)
            name = f"{case.get('classname')}.{case.get('name')}"
            cases.append(Case(name, None if problem is None else problem.text or problem.tag))
    return cases


def go(output):
    """The cases of what `go test -json` printed."""
    cases, said = [], {}
    for event in map(json.loads, filter(lambda line: line.startswith("{"), output.splitlines())):
        name = event.get("Test")
        if event["Action"] == "output":
            said.setdefault(name, []).append(event["Output"])
        elif name is not None and event["Action"] in ("pass", "fail", "skip"):
            failure = None if event["Action"] == "pass" else "".join(said[name])
            cases.append(Case(name, failure))
    return cases


def gateways(demo, with_users, tls):
    """What tests are told of the gateways of this session."""
    address = {name: each.url.removeprefix("grpc://") for name, each in [("demo", demo), ("users", with_users)]}
    return address | {"token": demo.token, "tls": tls.address, "certificate": tls.certificate}


def certificate(directory):
    """A certificate of its own for 127.0.0.1, as files in PEM: certificate and key."""
    cert, key = directory / "certificate.pem", directory / "key.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2]
    name = ["-subj", "/CN=cubeflight", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    checked(["openssl", "req", "-x509", *kind, *name, "-keyout", key, "-out", cert])
    return cert, key
