"""The fixtures keep their own promises."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from tests import postgres
from tests.conftest import ROOT, NetworkForbidden, stays_here
from tests.postgres import Server, database_name


async def value(url: str, statement: str) -> object:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        answer = await connection.execute(text(statement))
        found = answer.scalar() if answer.returns_rows else None
    await engine.dispose()
    return found


async def test_postgres_is_real_and_flushes_what_it_acknowledges(postgres_url: str):
    assert str(await value(postgres_url, "SHOW server_version")) >= "18"
    assert await value(postgres_url, "SHOW synchronous_commit") == "on"
    assert await value(postgres_url, "SHOW server_encoding") == "UTF8"


@pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="the server is not ours")
async def test_postgres_listens_on_loopback_only_and_wants_its_password(postgres_url: str):
    assert await value(postgres_url, "SHOW listen_addresses") == "127.0.0.1"
    with pytest.raises(Exception, match="password authentication failed"):
        await value(postgres_url.replace("postgres:", "postgres:x"), "SELECT 1")


async def test_each_database_is_new_and_empty(new_postgres_database: Callable[..., str]):
    one, two = new_postgres_database(), new_postgres_database()
    await value(one, "CREATE TABLE t (n int)")
    assert await value(one, "SELECT count(*) FROM pg_class WHERE relname = 't'") == 1
    assert await value(two, "SELECT count(*) FROM pg_class WHERE relname = 't'") == 0


async def test_a_template_is_copied_with_its_rows(new_postgres_database: Callable[..., str]):
    filled = new_postgres_database()
    await value(filled, "CREATE TABLE t AS SELECT 7 AS n")
    assert await value(new_postgres_database(database_name(filled)), "SELECT n FROM t") == 7


async def test_a_database_can_be_dropped_under_a_connection(postgres_server: Server):
    url = postgres_server.create()
    engine = create_async_engine(url)
    async with engine.connect():
        postgres_server.drop(url)
    await engine.dispose()
    with pytest.raises(Exception, match="does not exist"):
        await value(url, "SELECT 1")


async def test_database_url_is_empty_on_either_engine(database_url: str):
    tables = (
        "SELECT count(*) FROM sqlite_master"
        if database_url.startswith("sqlite")
        else "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    )
    assert await value(database_url, tables) == 0


KILLED = """
import sys
from tests.postgres import running_server
with running_server() as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="the server is not ours")
def test_the_server_goes_when_its_owner_is_killed():
    owner = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with owner:
        assert owner.stdout is not None
        url = make_url(owner.stdout.readline().strip())
        socket.create_connection((url.host, url.port)).close()
        owner.kill()
    deadline = time.monotonic() + 20
    while listens(url.port):
        assert time.monotonic() < deadline, "the server is still there"
        time.sleep(0.02)


def listens(port: int | None) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as somebody else")
@pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="the server is not ours")
async def test_programs_where_their_user_may_not_go_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    programs = postgres._copy(postgres.binaries(), hidden)
    monkeypatch.setattr(postgres, "binaries", lambda: programs)
    with postgres.running_server() as server:
        assert not server.psql.is_relative_to(hidden)
        assert await value(server.url, "SELECT 1") == 1


# --- no network beyond loopback ---------------------------------------------------------------


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"])
async def test_no_connection_leaves_this_machine(host: str):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as plain, pytest.raises(NetworkForbidden):
        plain.connect((host, 9))
    with pytest.raises(NetworkForbidden):
        await asyncio.open_connection(host, 9)


async def test_no_datagram_and_no_name_leaves_this_machine():
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams, pytest.raises(NetworkForbidden):
        datagrams.sendto(b"x", ("192.0.2.1", 9))
    with pytest.raises(NetworkForbidden):
        await asyncio.get_running_loop().getaddrinfo("news.example", 80)


def test_loopback_is_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()[:2]).close()


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", True),
        ("localhost", True),
        (b"localhost", True),
        (None, True),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("fe80::1%eth0", False),
        ("localhost.example", False),
    ],
)
def test_what_counts_as_this_machine(host: object, here: bool):
    assert stays_here(host) is here


# --- names of tests ---------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"\x1f\x8b made now", b"\x1f\x8b made later", b"plain"])
def test_binary_parameters_are_named_by_their_place(request: pytest.FixtureRequest, body: bytes):
    name = request.node.callspec.id
    assert name == "plain" if body.isascii() else name.startswith("body")
