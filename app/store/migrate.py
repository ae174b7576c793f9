"""Brings a database to the schema of this release."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

import app
from app.errors import Unavailable
from app.store.engine import Database


def migrations_folder() -> Path:
    """Inside an installed package, or beside it in a checkout."""
    package = Path(app.__file__).parent
    installed = package / "_migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


async def migrate(database: Database) -> str:
    """Upgrade to the newest revision and return it; safe to run from several processes at once.

    Raises Unavailable when the schema is newer than this release knows.
    """
    config = _config()
    async with database.writer.begin() as connection:
        try:
            await connection.run_sync(_upgrade, config)
        except CommandError as error:
            raise Unavailable(
                f"the database's schema is not one this release knows ({error}): "
                "install the release that made it, or a newer one"
            ) from error
    return ScriptDirectory.from_config(config).get_current_head() or "none"


async def schema_revision(database: Database) -> tuple[str | None, str | None]:
    """The revision of the database, and the one this release needs."""
    needed = ScriptDirectory.from_config(_config()).get_current_head()
    async with database.reader.connect() as connection:
        present = await connection.run_sync(
            lambda sync: MigrationContext.configure(sync).get_current_revision()
        )
    return present, needed


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection, config: Config) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
