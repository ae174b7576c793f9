"""Migrated databases in a few milliseconds: each engine is migrated once, then copied."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.store.engine import Database, open_database
from app.store.migrate import migrate
from tests.postgres import Server, database_name

on_sqlite = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
"""For what depends on no engine, and for what only one of them has."""
on_both = pytest.mark.parametrize("migrated_url", ["sqlite", "postgresql"], indirect=True)
"""For what depends on the engine, where tests run on SQLite unless they say so."""


async def _migrate(url: str) -> None:
    database = open_database(url)
    await migrate(database)
    await database.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "migrated.db"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres_server: Server) -> Iterator[str]:
    """The name of a migrated PostgreSQL database that others are copied from."""
    url = postgres_server.create()
    asyncio.run(_migrate(url))
    yield database_name(url)
    postgres_server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a migrated, empty database; the test runs once on each engine."""
    return copied(request, tmp_path)


def copied(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a copy of the migrated database on the engine that is the parameter."""
    if request.param == "sqlite":
        path = tmp_path / "copydesk.db"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        return f"sqlite+aiosqlite:///{path}"
    create: Callable[..., str] = request.getfixturevalue("new_postgres_database")
    return create(request.getfixturevalue("migrated_template"))


@pytest_asyncio.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """A migrated, empty database; the test runs once on each engine."""
    opened = open_database(migrated_url)
    yield opened
    await opened.close()
