"""Settings and database of a command, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.cli.outcome import WRONG_USE, Stopped, fail
from app.errors import AppError
from app.settings import Settings, SettingsError, load_settings
from app.store.engine import DATABASE_FAULTS, sqlite_path
from app.store.ownership import Ownership, owned


def settings_of(**options: Any) -> Settings:  # noqa: ANN401 - checked by the settings
    """The settings; options of the command line go before those of the environment."""
    try:
        return load_settings(**options)
    except SettingsError as error:
        fail(str(error), WRONG_USE)


def own(stack: AsyncExitStack, settings: Settings) -> Ownership | None:
    """The lock of an SQLite file, held until the stack ends; Stopped while another has it."""
    path = sqlite_path(settings.database_url)
    if path is None:
        return None
    with explained(settings):
        return stack.enter_context(owned(path))


@contextmanager
def explained(settings: Settings) -> Iterator[None]:
    """What can go wrong with a database or while the service opens, as Stopped."""
    try:
        yield
    except AppError as error:
        raise Stopped(error.detail) from error
    except DATABASE_FAULTS as error:
        raise Stopped(
            f"the database {database_name(settings)} cannot be used: {_one_line(error)}; "
            "see COPYDESK_DATABASE_URL"
        ) from error
    except RuntimeError as error:  # a worker process that does not start
        raise Stopped(f"the service cannot start: {_one_line(error)}") from error


def database_name(settings: Settings) -> str:
    """The database as it may be shown: without user and password."""
    path = sqlite_path(settings.database_url)
    if path is not None:
        return path
    parts = urlsplit(settings.database_url)
    hosts = parse_qs(parts.query).get("host") or [f"{parts.hostname}:{parts.port or 5432}"]
    return f"{','.join(hosts)}{parts.path}"


def _one_line(error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    said = str(cause).strip() or type(cause).__name__
    return said.splitlines()[0]
