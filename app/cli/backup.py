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
    """Copy the database as of one moment, beside a running server, and verify the copy."""
    from app.cli.backing import back_up  # noqa: PLC0415 - slow to import

    back_up(file, force=force)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of copydesk backup.")],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what the database holds.")
    ] = False,
) -> None:
    """Put a backup in the place of a database that nobody uses, verified, in today's schema."""
    from app.cli.backing import restore_from  # noqa: PLC0415 - slow to import

    restore_from(file, force=force)
