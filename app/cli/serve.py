"""`copydesk serve`, `poll` and `migrate`: the parts of the service as commands."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    *,
    host: Annotated[
        str | None, typer.Option(help="The address to listen on, in place of COPYDESK_HOST.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(help="The port, in place of COPYDESK_PORT; 0 takes a free one."),
    ] = None,
    poll: Annotated[
        bool | None,
        typer.Option("--poll/--no-poll", help="Poll in this process, in place of COPYDESK_POLL."),
    ] = None,
) -> None:
    """Serve the API, and poll the feeds."""
    from app.cli.serving import serve_until_stopped  # noqa: PLC0415 - slow to import

    serve_until_stopped(host=host, port=port, poll=poll)


def poll(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Poll what is due now, say what came of it, and end.")
    ] = False,
) -> None:
    """Poll the feeds and serve nothing; several may run on one PostgreSQL."""
    from app.cli.polling import poll_once, poll_until_stopped  # noqa: PLC0415 - slow to import

    if once:
        poll_once()
    else:
        poll_until_stopped()


def migrate() -> None:
    """Bring the database to the schema of this release."""
    from app.cli.polling import upgrade  # noqa: PLC0415 - slow to import

    upgrade()
