"""Runs the migrations over a connection that `app/store/migrate.py` hands in.

Under the `alembic` command, which hands in none, the address comes from the settings.
"""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection, text

import app.store.models  # noqa: F401 - fills the metadata
from app.settings import load_settings
from app.store.engine import POSTGRESQL, Instant, Json, metadata, open_database

MIGRATION_LOCK = 0x636F707964

LOCK_TIMEOUT_S = 3
"""How long a migration waits for a table that is in use: all who want it next wait behind."""


def render_item(kind: str, item: object, _autogen: object) -> str | bool:
    """Migrations name plain types, so that they do not change with the code."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, Json):
        return "sa.Text()"
    return False


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """The search index is made by hand and has a form of its own on each engine."""
    return not (kind == "table" and name is not None and name.startswith("story_index"))


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        include_name=include_name,
        render_as_batch=connection.dialect.name != POSTGRESQL,
    )
    with context.begin_transaction():
        if connection.dialect.name == POSTGRESQL:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'"))
        context.run_migrations()


async def run_by_settings() -> None:
    database = open_database(load_settings().database_url)
    async with database.writer.begin() as connection:
        await connection.run_sync(run)
    await database.close()


handed_in = context.config.attributes.get("connection")
if handed_in is not None:
    run(handed_in)
else:
    asyncio.run(run_by_settings())
