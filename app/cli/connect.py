"""What the administering commands share: the options that say which API they call."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from app.cli.outcome import run

if TYPE_CHECKING:
    from app.cli.calling import Api

T = TypeVar("T")

Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="COPYDESK_URL",
        help="A server elsewhere, such as https://news.example; its key is read from COPYDESK_KEY.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, one line for each.")]


def with_api(
    url: str | None, work: Callable[[Api], Coroutine[Any, Any, T]], *, works: bool = False
) -> T:
    """What the work makes of the API; ends the command where the API refuses.

    `works`: see to jobs, where the database is opened in this process.
    """
    from app.cli.calling import own_api, server_api  # noqa: PLC0415 - slow to import
    from app.cli.opening import settings_of  # noqa: PLC0415 - slow to import

    reached = (
        server_api(url, os.environ.get("COPYDESK_KEY"))
        if url
        else own_api(settings_of(), works=works)
    )

    async def opened() -> T:
        async with reached as api:
            return await work(api)

    return run(opened())
