"""`copydesk backup` and `copydesk restore`: a database as its engine's own file, verified."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def backup(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="The file to write; what it holds is in FILE.json."),
    ],
    *,
    force: Annotated[bool, typer.Option("--force", help="Write over one that is there.")] = False,
) -> None:
    """Copy the database as of one moment, beside a running server, and verify the copy.

    An SQLite file of an SQLite database; of PostgreSQL what pg_dump writes (custom format).
    """
    from app.cli.backing import back_up  # noqa: PLC0415 - slow to import

    back_up(file, force=force)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of copydesk backup.")],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what the database holds.")
    ] = False,
) -> None:
    """Put a backup in the place of the database, verify it, and bring it to this release's schema.

    No server or poller may be using the database meanwhile.
    """
    from app.cli.backing import restore_from  # noqa: PLC0415 - slow to import

    restore_from(file, force=force)
