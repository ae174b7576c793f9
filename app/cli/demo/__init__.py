"""`copydesk demo`: the whole way of a story, on this machine, without settings or internet."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    *,
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve on at the end, to play with, until Ctrl-C.")
    ] = False,
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.")] = 0,
    database_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="An empty database in place of a temporary one."),
    ] = None,
) -> None:
    """Show stories arriving, corrected, reprinted and found; needs no internet."""
    from app.cli.demo.staging import show  # noqa: PLC0415 - slow to import

    show(serves=serve, port=port, database_url=database_url)
