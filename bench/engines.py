"""Migrated, empty databases of both engines, for as long as a measurement takes."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.store.engine import Database, open_database
from app.store.migrate import migrate
from tests.postgres import running_server


@asynccontextmanager
async def both_engines() -> AsyncIterator[dict[str, Database]]:
    """A file of SQLite and a database of a PostgreSQL server of our own, by name."""
    with (
        tempfile.TemporaryDirectory(prefix="copydesk-bench-") as folder,
        running_server() as server,
    ):
        url = server.create()
        file = Path(folder) / "bench.db"
        databases = {
            "SQLite": open_database(f"sqlite+aiosqlite:///{file}"),
            "PostgreSQL": open_database(url),
        }
        try:
            for database in databases.values():
                await migrate(database)
            yield databases
        finally:
            for database in databases.values():
                await database.close()
            server.drop(url)
