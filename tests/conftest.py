"""What every test may ask for: databases, the shared test data, and no network beyond loopback."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.postgres import Server, running_server

ROOT = Path(__file__).parent.parent
SHARED_DATA = Path(os.environ.get("COPYDESK_TEST_DATA") or ROOT.parent / "shared" / "data")

for name in [name for name in os.environ if name.startswith("COPYDESK_")]:
    del os.environ[name]  # the settings of whoever runs the tests are not part of them

# --- no network beyond loopback ---------------------------------------------------------------

ALLOWED_HOSTS = {"", "localhost", make_url(os.environ.get("TEST_DATABASE_URL") or "x://").host}


class NetworkForbidden(RuntimeError):
    """A test reached for the outside; not an OSError, so that nobody takes it for an outage."""


def stays_here(host: object) -> bool:
    """Whether an address or a name leads to this machine; other names are not even looked up."""
    if host is None or (name := os.fsdecode(host).partition("%")[0]) in ALLOWED_HOSTS:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def refuse_network(event: str, args: tuple[object, ...]) -> None:
    """An audit hook: it sees what asyncio, libraries and plain sockets do in this process."""
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        target = args[1]
        host = target[0] if isinstance(target, tuple) else None  # else a path, or connected
    elif event == "socket.getaddrinfo" and not is_numeric(args[0]):
        host = args[0]
    else:
        return
    if not stays_here(host):
        raise NetworkForbidden(f"{event} {host!r}: tests reach nothing but this machine")


def is_numeric(host: object) -> bool:
    """Whether looking it up asks nobody."""
    try:
        ipaddress.ip_address(os.fsdecode(host or ""))
    except ValueError:
        return False
    return True


sys.addaudithook(refuse_network)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name binary parameters by their place, since every process of a run must find the same names;

    a gzip body, for one, holds the second in which it was made.
    """
    return argname if isinstance(val, bytes) and not val.isascii() else None


SLOW = ("tests/flow/", "tests/chaos/", "tests/console/", "tests/bench/", "tests/test_wheel.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After the shuffle: the slow ones first, so that no worker is left alone with one."""
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW))


# --- databases --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A real PostgreSQL, one for each pytest process (under xdist: for each worker)."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: Server) -> str:
    """The address of the server's `postgres` database, for `sqlalchemy.ext.asyncio`."""
    return postgres_server.url


@pytest.fixture
def new_postgres_database(postgres_server: Server) -> Iterator[Callable[..., str]]:
    """Makes databases: call it for the address of an empty one, or of a copy of `template=`.

    They are dropped after the test. For a template that a whole session shares, create one by
    `postgres_server.create()`, fill it, close its connections, and hand its `database_name`.
    """
    made: list[str] = []

    def create(template: str = "template0") -> str:
        made.append(postgres_server.create(template))
        return made[-1]

    yield create
    for url in made:
        postgres_server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database; the test runs once on each engine."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    create: Callable[..., str] = request.getfixturevalue("new_postgres_database")
    return create()


# --- data from outside the project ------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of large test data; tests that need it are skipped where it is missing."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no test data at {SHARED_DATA}: set COPYDESK_TEST_DATA to its folder")
    return SHARED_DATA
