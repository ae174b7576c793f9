"""What runs in this process: its logs, and the application that a command calls itself."""

from __future__ import annotations

import secrets
import sys
from contextlib import AsyncExitStack

from app.cli.opening import explained
from app.main import create_app
from app.net import AsyncClient, asgi_client
from app.settings import LogFormat, Settings
from app.telemetry import configure_logging


def start_logging(settings: Settings) -> None:
    """Log as set; by default in words on a terminal, else as JSON."""
    if settings.log_format is None:
        as_json = not sys.stderr.isatty()
    else:
        as_json = settings.log_format is LogFormat.JSON
    configure_logging(settings.log_level, as_json=as_json)


async def enter_application(
    stack: AsyncExitStack, settings: Settings, *, works: bool = False
) -> AsyncClient:
    """A client of the application, opened until the stack ends, with a key that nobody else has.

    `works`: see to jobs meanwhile.
    """
    configure_logging("warning", as_json=False)
    key = secrets.token_urlsafe(32)
    application = create_app(settings, poll=False, local_key=key, makes_key=False, works=works)
    with explained(settings):
        await stack.enter_async_context(application.router.lifespan_context(application))
    client = await stack.enter_async_context(asgi_client(application))
    client.headers["Authorization"] = f"Bearer {key}"
    return client
