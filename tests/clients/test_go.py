"""ADBC's Flight SQL driver in Go: runs the tests of `go/` against gateways of this session, one case each."""

import json
import pathlib

import toolchain

MODULE = pathlib.Path(__file__).parent / "go"


def test_the_driver(demo, with_users, tls, subtests):
    told = toolchain.gateways(demo, with_users, tls)
    done = toolchain.run(["go", "test", "-json", "-count=1", "-vet=all", "./..."], told, cwd=MODULE)
    cases = toolchain.go(done.stdout)
    toolchain.report(done, cases, subtests)
    assert len(cases) > 300
