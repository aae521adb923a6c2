"""A demo gateway over a little TPC-H, and beside it gateways with settings of their own that read its store and API."""

import contextlib
import json
import pathlib
from types import SimpleNamespace

import pytest
from adbc_driver_flightsql import DatabaseOptions, dbapi

import gateway
import toolchain
from caller import Caller
from tpch import Tpch

SCALE = "0.01"
MODEL = pathlib.Path(__file__).parents[2] / "crates" / "embedded" / "demo" / "model"
TICKET_SECONDS = 4

# Argon2id at its cheapest; the passwords are in USERS. With their names they are of all lengths that base64 knows.
HASHES = {
    "ann": "$argon2id$v=19$m=1024,t=1,p=1$xRahDGKmJAboCLp0EAFa0A$cViEq/zaAMn+T2srwuvLeVpsmOzKwysaRVQqgfduz20",
    "bob": "$argon2id$v=19$m=1024,t=1,p=1$ws9ju4JMm3MrWFKHaARsdA$4CgCtMdmE9m2OIV9poAHQSjav1bToZ3YCZDeE7LiwTg",
    "dan": "$argon2id$v=19$m=1024,t=1,p=1$ljhzTyv6HF2acc/1ekOeng$1VLbf2tbh6lDNbNBf4+qZnIOxutdyAcYrRyWknptpZE",
    "gil": "$argon2id$v=19$m=1024,t=1,p=1$ArOxaytqDq9H71lJe01a5A$MqAtoIQBMeP7K1KwC4wnzaI5ET2/TXePnHDmBS5lg50",
}
USERS = {"ann": "correct horse", "bob": "p:ä ss", "dan": "secret", "gil": "12345"}


def pytest_configure():
    """Nothing here means anything without the binary."""
    if gateway.binary() is None:
        pytest.exit("CUBEFLIGHT_BIN must name the cubeflight binary", returncode=2)


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """`cubeflight demo`: its url, its data directory, its secret and a token."""
    home = tmp_path_factory.mktemp("demo")
    data_dir = home / "data"
    arguments = ["demo", "--scale", SCALE, "--port", 0, "--admin-port", 0, "--data-dir", data_dir]
    with gateway.Gateway(arguments, home / "log") as process:
        yield SimpleNamespace(
            url=process.said(r"^Flight SQL +(grpc://\S+)"),
            store_url=process.said(r"^CubeStore +(ws://\S+)"),
            cube_url=process.said(r"^Cube API +(http://\S+)"),
            tables=next(data_dir.glob("scale-*/source")),
            manifest=next(data_dir.glob("scale-*/rollups/*/manifest.json")),
            data_dir=data_dir,
            secret=(data_dir / "secret").read_text().strip(),
            token=gateway.token(data_dir),
            process=process,
        )


@contextlib.contextmanager
def serving(demo, home, settings="", memory=None, rollups=True):
    """`cubeflight serve` over the demo's store and API, with more settings; its url."""
    tables = f"tables.manifest = {json.dumps(str(demo.manifest))}" if rollups else ""
    (home / "config.toml").write_text(f"""
        log_format = "json"
        model.path = {json.dumps(str(MODEL))}
        access.rules = "model"
        {tables}
        store.url = "{demo.store_url}"
        cube.url = "{demo.cube_url}"
        auth.jwt_secret = "{demo.secret}"
        flight.listen = "127.0.0.1:0"
        admin.listen = "127.0.0.1:0"
        {settings}
    """)
    arguments = ["serve", "--config", home / "config.toml"]
    with gateway.Gateway(arguments, home / "log", memory) as process:
        address = process.said(r'"serving Flight SQL","address":"([^"]+)"')
        yield f"grpc://{address}"


def users():
    """Settings that let USERS in."""
    return "\n".join(f"auth.users.{name}.password_hash = '{HASHES[name]}'" for name in USERS)


@pytest.fixture(scope="session")
def with_users(demo, tmp_path_factory):
    """A gateway for people with passwords, whose tickets live shortly and who may ask for answers in small parts."""
    settings = f'flight.ticket_ttl = "{TICKET_SECONDS}s"\nflight.endpoint_rows = 1000\n{users()}'
    with serving(demo, tmp_path_factory.mktemp("with_users"), settings) as url:
        yield SimpleNamespace(url=url, users=USERS, ticket_seconds=TICKET_SECONDS)


@pytest.fixture(scope="session")
def tls(demo, tmp_path_factory):
    """A gateway that speaks TLS alone, for tokens and for people; its host and port, and its certificate's file."""
    home = tmp_path_factory.mktemp("tls")
    certificate, key = toolchain.certificate(home)
    settings = f"""
        flight.tls_certificate = {json.dumps(str(certificate))}
        flight.tls_key = {json.dumps(str(key))}
        {users()}
    """
    with serving(demo, home, settings) as url:
        yield SimpleNamespace(address=url.removeprefix("grpc://"), certificate=certificate)


@pytest.fixture
def apart(demo, tmp_path):
    """The url of a gateway for one test alone, which has little memory."""
    with serving(demo, tmp_path, 'limits.memory = "256 MiB"', memory=8 << 30) as url:
        yield url


@pytest.fixture(scope="session")
def by_cube_alone(demo, tmp_path_factory):
    """The url of a gateway that knows of no rollup's tables."""
    with serving(demo, tmp_path_factory.mktemp("by_cube_alone"), rollups=False) as url:
        yield url


@pytest.fixture
def open_to_all(demo, tmp_path):
    """The url of a gateway that asks nobody who they are."""
    with serving(demo, tmp_path, "auth.insecure_no_auth = true") as url:
        yield url


@pytest.fixture(scope="session")
def tpch(demo):
    """The rows under the demo's figures."""
    return Tpch(demo.tables)


@pytest.fixture(scope="session")
def options(demo):
    """What lets an ADBC client in."""
    return {DatabaseOptions.AUTHORIZATION_HEADER.value: f"Bearer {demo.token}"}


@pytest.fixture
def connection(demo, options):
    """A DB-API connection to the demo."""
    with dbapi.connect(demo.url, db_kwargs=options, autocommit=True) as connection:
        yield connection


@pytest.fixture
def cursor(connection):
    """A cursor of the connection."""
    with connection.cursor() as cursor:
        yield cursor


@pytest.fixture
def connect():
    """Makes Flight callers."""
    callers = []

    def connected(url, token):
        callers.append(Caller(url, token))
        return callers[-1]

    yield connected
    for caller in callers:
        caller.client.close()


@pytest.fixture
def caller(demo, connect):
    """A Flight caller of the demo."""
    return connect(demo.url, demo.token)
