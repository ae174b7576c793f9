"""A database that is away is told from a statement that is wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from app.store.engine import Database, check_database_url, open_database
from app.store.faults import has_clashed, is_away, is_busy
from tests.databases import on_postgresql


class Said(Exception):
    def __init__(self, sqlstate: str | None = None) -> None:
        self.sqlstate = sqlstate


def fault(kind: type[DBAPIError], state: str | None = None, **given: Any) -> DBAPIError:
    return kind("SELECT 1", None, Said(state), **given)


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (ConnectionRefusedError(), True),
        (ConnectionResetError(), True),
        (TimeoutError(), False),
        (fault(InterfaceError), True),
        (fault(OperationalError, "57P01"), True),
        (fault(DBAPIError, "57P03"), True),
        (fault(DBAPIError, "25006"), True),
        (fault(DBAPIError, connection_invalidated=True), True),
        (fault(OperationalError, "55P03"), False),
        (fault(IntegrityError, "23505"), False),
        (RuntimeError("a fault of ours"), False),
    ],
)
def test_what_says_that_a_database_is_away(error: Exception, away: bool):
    assert is_away(error) is away


@pytest.mark.parametrize(
    ("error", "busy"),
    [
        (fault(DBAPIError, "57014"), True),
        (fault(DBAPIError, "55P03"), True),
        (fault(DBAPIError, "40P01"), True),
        (fault(DBAPIError, "40001"), True),
        (TimeoutError(), True),
        (NoConnection("QueuePool limit reached"), True),
        (OperationalError("SELECT 1", None, Exception("database is locked")), True),
        (fault(OperationalError, "57P01"), False),
        (fault(IntegrityError, "23505"), False),
        (RuntimeError("a fault of ours"), False),
    ],
)
def test_what_says_that_a_database_was_too_busy(error: Exception, busy: bool):
    assert is_busy(error) is busy


@on_postgresql
@pytest.mark.parametrize("setting", ["statement_timeout", "lock_timeout"])
async def test_a_statement_or_a_wait_that_is_ended_is_no_fault_of_ours(
    database: Database, setting: str
):
    async with database.write() as first:
        await first.execute(text("LOCK TABLE hosts"))
        async with database.write() as second:
            await second.execute(text(f"SET LOCAL {setting} = '50ms'"))
            with pytest.raises(DBAPIError) as caught:
                await second.execute(text("LOCK TABLE hosts"))
    assert is_busy(caught.value)
    assert not is_away(caught.value)
    assert not has_clashed(caught.value)


@on_postgresql
async def test_of_two_that_wait_for_each_other_one_may_try_again(database: Database):
    async def lock(first: str, then: str) -> None:
        async with database.write() as session:
            await session.execute(text(f"LOCK TABLE {first}"))
            await both.wait()
            await session.execute(text(f"LOCK TABLE {then}"))

    both = asyncio.Barrier(2)
    ended = await asyncio.gather(
        lock("hosts", "pages"), lock("pages", "hosts"), return_exceptions=True
    )
    (caught,) = (error for error in ended if error is not None)
    assert isinstance(caught, DBAPIError)
    assert has_clashed(caught)


async def test_a_statement_that_is_wrong_says_nothing_of_the_database(database: Database):
    with pytest.raises(DBAPIError) as caught:
        async with database.read() as session:
            await session.execute(text("SELECT nothing FROM nowhere"))
    assert not is_away(caught.value)


async def test_a_server_that_is_not_there_is_away():
    listening = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    url = f"postgresql://a:b@/desk?host=127.0.0.1:{port}&host=127.0.0.1:1"
    database = open_database(check_database_url(url + "&target_session_attrs=read-write"))
    for opened in (database.read, database.write):
        with pytest.raises((DBAPIError, OSError)) as caught:
            async with opened():
                pass
        assert is_away(caught.value)
    await database.close()
    listening.close()
