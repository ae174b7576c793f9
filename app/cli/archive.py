"""`copydesk export` and `copydesk import`: an installation as one file, from engine to engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, gzipped lines.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Write over one that is there.")] = False,
) -> None:
    """Write everything the database holds into one file, beside a running server if need be."""
    from app.cli.archiving import export_to  # noqa: PLC0415 - slow to import

    export_to(file, force=force)


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of copydesk export.")],
) -> None:
    """Bring an export into an empty database, on either engine, and index its stories."""
    from app.cli.archiving import import_from  # noqa: PLC0415 - slow to import

    import_from(file)
