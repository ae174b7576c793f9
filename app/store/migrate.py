"""Brings a database to the schema of this release, beside processes of the release before.

What a migration may do, so that those go on meanwhile: docs/decisions/0024.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import DBAPIError

import app
from app.errors import Unavailable
from app.store.engine import Database
from app.store.models import meta

SERVES: Final = "0008"
"""The oldest schema whose release runs on the schema of this one. It is raised by a release whose
migrations take away or tighten something, and by no other."""

MARK: Final = "schema_serves"
"""Under this name the database itself holds SERVES, for releases that do not know its schema."""

GIVEN_WAY: Final = frozenset({"55P03", "40P01"})
"""PostgreSQL's lock_not_available and deadlock_detected: a migration that stood in the way."""

TRIES: Final = 20
PAUSE_S: Final = 1.0


def migrations_folder() -> Path:
    """Inside an installed package, or beside it in a checkout."""
    package = Path(app.__file__).parent
    installed = package / "_migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


async def migrate(database: Database) -> str:
    """Upgrade to the newest revision, and return the one that the database then has; safe to run
    from several processes at once, and beside processes of the release before.

    A newer schema that serves this release is left as it is. On PostgreSQL, a migration that waits
    for somebody's lock for as long as migrations/env.py allows is undone and tried again, since all
    others would queue behind it. Raises Unavailable when the schema is newer than this release may
    use, and when no try of TRIES got its locks.
    """
    for _ in range(TRIES):
        try:
            return await _migrate(database)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in GIVEN_WAY:
                raise
        await asyncio.sleep(PAUSE_S)
    raise Unavailable(
        "tables to be changed were in use at every try: end what uses them for long (a dump, an "
        "idle transaction; see pg_stat_activity) and run copydesk migrate again"
    )


async def _migrate(database: Database) -> str:
    config = _config()
    needed = ScriptDirectory.from_config(config).get_current_head() or "none"
    async with database.writer.begin() as connection:
        try:
            await connection.run_sync(_upgrade, config)
        except CommandError as error:
            present = await connection.run_sync(_present)
            if present is not None and await connection.run_sync(_serves, config):
                return present
            raise Unavailable(
                f"the database's schema is not one this release knows ({error}): "
                "install the release that made it, or a newer one"
            ) from error
        await connection.run_sync(_mark)
    return needed


async def schema_revision(database: Database) -> tuple[str | None, str | None]:
    """The revision of the database, and the one this release needs; where the database has a newer
    one that serves this release, that.
    """
    config = _config()
    needed = ScriptDirectory.from_config(config).get_current_head()
    async with database.reader.connect() as connection:
        present = await connection.run_sync(_present)
        if present not in {None, needed} and await connection.run_sync(_serves, config):
            return present, present
    return present, needed


def needed_revision() -> str | None:
    """The revision that this release needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_known(revision: str) -> bool:
    """Whether this release can bring a database of that revision to its own."""
    try:
        return ScriptDirectory.from_config(_config()).get_revision(revision) is not None
    except CommandError:
        return False


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection, config: Config) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _present(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _serves(connection: Connection, config: Config) -> bool:
    """Whether the schema is a newer one that is made for this release as well."""
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if _present(connection) in known:
        return False
    oldest = connection.execute(select(meta.c.value).where(meta.c.name == MARK)).scalar()
    return oldest in known


def _mark(connection: Connection) -> None:
    marked = connection.execute(select(meta.c.value).where(meta.c.name == MARK)).scalar()
    if marked != SERVES:
        connection.execute(delete(meta).where(meta.c.name == MARK))
        connection.execute(insert(meta).values(name=MARK, value=SERVES))
