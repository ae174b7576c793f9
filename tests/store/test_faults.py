"""A database that is away is told from a statement that is wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError

from app.store.engine import Database, check_database_url, open_database
from app.store.faults import is_away


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
