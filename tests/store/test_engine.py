"""The two engines behind one face: times, sessions, one writer, one owner."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.errors import Conflict
from app.store import engine
from app.store.engine import EPOCH, READ_TIMEOUT_S, SQLITE, Database, from_ms, to_ms
from app.store.ownership import owned, owner_path, read_owner
from tests.conftest import ROOT
from tests.databases import on_postgresql


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_come_back_to_the_millisecond(at: datetime) -> None:
    there = from_ms(to_ms(at))
    assert timedelta(0) <= at - there < timedelta(milliseconds=1)
    assert to_ms(there) == to_ms(at)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        to_ms(datetime(2026, 1, 1))  # noqa: DTZ001 - the fault itself


def test_milliseconds_are_exact() -> None:
    assert to_ms(EPOCH + timedelta(seconds=1, milliseconds=1)) == 1001


async def test_a_read_session_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError):
        async with database.read() as session:
            await session.execute(text("UPDATE log_head SET seq = 7"))
    async with database.read() as session:
        seq = await session.execute(text("SELECT seq FROM log_head"))
        assert seq.scalar_one() == 0


@on_postgresql
async def test_a_reading_that_takes_too_long_ends(database: Database) -> None:
    async with database.read() as session:
        limit = (await session.execute(text("SHOW statement_timeout"))).scalar_one()
    assert limit == f"{READ_TIMEOUT_S}s"


@on_postgresql
async def test_a_writer_that_is_frozen_in_a_transaction_loses_its_locks(
    migrated_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def frozen(held: asyncio.Event, over: asyncio.Event) -> None:
        async with short.write() as session:
            await session.lock(1)
            held.set()
            await over.wait()

    monkeypatch.setattr(engine, "IDLE_TIMEOUT_S", 0.2)
    short = engine.open_database(migrated_url)
    held, over = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(frozen(held, over))
    await held.wait()
    async with database.write() as session:
        await session.lock(1)  # it waits for the other to lose it
    over.set()
    with pytest.raises(DBAPIError):
        await task
    await short.close()


async def test_a_write_session_that_raises_leaves_nothing(database: Database) -> None:
    async def write_and_break() -> None:
        async with database.write() as session:
            await session.execute(text("UPDATE log_head SET seq = 7"))
            raise ConnectionError("in the middle")

    with pytest.raises(ConnectionError):
        await write_and_break()
    async with database.read() as session:
        assert (await session.execute(text("SELECT seq FROM log_head"))).scalar_one() == 0


async def test_what_a_statement_was_given_is_not_in_its_error(database: Database) -> None:
    """Errors are logged, and a feed's address may hold a password."""
    given = {"name": "https://reader:secret@news.example/"}
    statement = text("INSERT INTO keys (id, name) VALUES (1, :name)")
    for opened in (database.write, database.read):
        with pytest.raises(DBAPIError) as raised:
            async with opened() as session:
                await session.execute(statement, given)
        assert "keys" in str(raised.value)
        assert "parameters hidden" in str(raised.value)


async def test_many_writers_at_once_are_never_told_that_it_is_locked(database: Database) -> None:
    async def raise_it(_n: int) -> None:
        async with database.write() as session:
            seq = (
                await session.execute(
                    text(
                        "SELECT seq FROM log_head FOR UPDATE"
                        if database.dialect != SQLITE
                        else "SELECT seq FROM log_head"
                    )
                )
            ).scalar_one()
            await session.execute(text("UPDATE log_head SET seq = :seq"), {"seq": seq + 1})

    await asyncio.gather(*(raise_it(n) for n in range(60)))
    async with database.read() as session:
        assert (await session.execute(text("SELECT seq FROM log_head"))).scalar_one() == 60


def test_deferred_transactions_would_be_refused(tmp_path: Path) -> None:
    """The counter-proof: reading first and writing then, on two connections, is "locked"."""
    one, two = (sqlite3.connect(tmp_path / "x.db", isolation_level=None) for _ in range(2))
    one.execute("PRAGMA journal_mode=WAL")
    one.execute("CREATE TABLE t (n)")
    one.execute("BEGIN")
    one.execute("SELECT * FROM t").fetchall()
    two.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        one.execute("INSERT INTO t VALUES (2)")
    one.close()
    two.close()


def test_one_process_owns_a_file_and_says_where_it_serves(tmp_path: Path) -> None:
    file = str(tmp_path / "x.db")
    assert read_owner(file) is None
    with owned(file) as ownership:
        ownership.announce(url="http://127.0.0.1:1", key="k")
        owner = read_owner(file)
        assert owner is not None
        assert (owner.url, owner.key) == ("http://127.0.0.1:1", "k")
        assert owner_path(file).stat().st_mode & 0o077 == 0, "for this user only"
        with pytest.raises(Conflict, match="PostgreSQL"), owned(file):
            pass
        assert read_owner(file) == owner, "and the refused one has changed nothing"
    assert read_owner(file) is None
    with owned(file):
        pass


def test_the_lock_goes_with_its_process_however_that_ends(tmp_path: Path) -> None:
    file = str(tmp_path / "x.db")
    script = (
        "import sys; from app.store.ownership import owned\n"
        "with owned(sys.argv[1]):\n    print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Conflict, match=f"process {holder.pid}"), owned(file):
            pass
        holder.kill()
        holder.wait()
    with owned(file):
        pass
