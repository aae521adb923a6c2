"""The gateway's own binary as a child process, and tokens for it."""

import base64
import hashlib
import hmac
import json
import os
import re
import signal
import subprocess
import time

# A first start writes the TPC-H tables and builds every pre-aggregation.
START_SECONDS = 120
STOP_SECONDS = 20


def binary():
    """The path of the binary under test; None when there is none."""
    path = os.environ.get("CUBEFLIGHT_BIN", "")
    return os.path.abspath(path) if os.access(path, os.X_OK) else None


def environment():
    """The surroundings without anything that the gateway would read as a setting."""
    foreign = ("CUBEFLIGHT_", "CUBEJS_", "CUBESQL_", "NODE_ID")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


class Gateway:
    """A running gateway. Leaving the context stops it with SIGTERM and checks that it went in peace."""

    def __init__(self, arguments, log, memory=None):
        self._arguments = [binary(), *map(str, arguments)]
        if memory is not None:
            # Bytes of address space, so that what goes wrong here spares the machine.
            self._arguments = ["sh", "-c", f'ulimit -v {memory >> 10}; exec "$@"', "sh", *self._arguments]
        self._log = log
        self._process = None

    def __enter__(self):
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                self._arguments, env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the gateway did not stop:\n{self.log()}") from None
        assert code == 0, f"the gateway ended with {code}:\n{self.log()[-3000:]}"
        panics = re.findall(r"panicked at .*\n.*", self.log())
        assert not panics, panics

    def log(self):
        """Everything that it has said so far."""
        return self._log.read_text(errors="replace")

    def said(self, pattern):
        """The first group of `pattern`, as soon as the gateway says it."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            ended = self._process.poll() is not None
            if found := re.search(pattern, self.log(), re.MULTILINE):
                return found[1]
            assert not ended, f"the gateway ended while it started:\n{self.log()}"
            time.sleep(0.05)
        raise AssertionError(f"the gateway never said {pattern!r}:\n{self.log()}")


def token(data_dir, claims=None, ttl=3600):
    """What `cubeflight token --demo` prints."""
    arguments = ["token", "--demo", "--data-dir", str(data_dir), "--ttl", str(ttl)]
    if claims is not None:
        arguments += ["--claims", json.dumps(claims)]
    done = subprocess.run([binary(), *arguments], env=environment(), check=True, capture_output=True, text=True)
    return done.stdout.strip()


def jwt(secret, claims, header=None):
    """A token signed with HS256, whatever its header says."""
    parts = [header or {"alg": "HS256", "typ": "JWT"}, claims]
    signed = b".".join(_base64(json.dumps(part).encode()) for part in parts)
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + _base64(signature)).decode()


def _base64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")
