"""A server of this process: from its socket to its end."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI
from rich.text import Text

from app.cli.inside import start_logging
from app.cli.opening import explained, own, settings_of
from app.cli.outcome import on_stop, run
from app.cli.server import Server, address_of, bind, server_of
from app.cli.show import console
from app.main import create_app
from app.process import Service
from app.settings import Settings
from app.store.feed_list import list_feeds

log = structlog.get_logger()


def serve_until_stopped(**options: Any) -> None:  # noqa: ANN401 - checked by the settings
    """Serve with these settings in place of the environment's."""
    settings = settings_of(**options)
    start_logging(settings)
    uvloop = uvicorn.Config("", loop="auto", log_config=None).get_loop_factory()
    run(_serve(settings), loop_factory=uvloop)


async def _serve(settings: Settings) -> None:
    """Until told to stop. An SQLite file is owned first and left last, whatever happens between."""
    key = secrets.token_urlsafe(32)
    app = create_app(settings, local_key=key)
    server = server_of(app)
    async with AsyncExitStack() as stack:
        ownership = own(stack, settings)
        listening = stack.enter_context(bind(settings.host, settings.port))
        url = address_of(listening)
        if ownership is not None:  # a command that calls too early is answered a moment later
            ownership.announce(url=url, key=key)
        stack.enter_context(on_stop(lambda: _stop(app, server)))
        with explained(settings):
            await stack.enter_async_context(app.router.lifespan_context(app))
        log.info("serving", url=url, polls=settings.poll)
        await _greet(app.state.service, url)
        await server.serve(sockets=[listening])
    log.info("stopped")


def _stop(app: FastAPI, server: Server) -> None:
    """Ready no more, polling no more; requests and polls under way are ended side by side."""
    log.info("stopping")
    service: Service | None = getattr(app.state, "service", None)
    if service is not None:
        service.stop()
    server.stop()


async def _greet(service: Service, url: str) -> None:
    """Say where everything is, the first key once, and what to do first."""
    async with service.database.read() as session:
        is_empty = not await list_feeds(session, limit=1)
    lines = [
        ("stories", f"{url}/v1/stories"),
        ("API docs", f"{url}/docs"),
        ("console", f"{url}/admin"),
        ("admin endpoint", f"{url}/v1/admin/status"),
        *_key_lines(service),
    ]
    if not service.settings.poll:
        lines.append(("polling", "off in this process; copydesk poll polls"))
    if is_empty:
        lines.append(("no feeds yet", "copydesk feeds import --starter, or copydesk feeds add URL"))
    out = console()
    out.print(Text(f"Copydesk serves on {url}", style="bold"), soft_wrap=True)
    for name, said in lines:
        out.print(Text.assemble((f"  {name:16}", "dim"), said), soft_wrap=True)
    out.file.flush()


def _key_lines(service: Service) -> list[tuple[str, str]]:
    if service.first_key is not None:
        return [
            ("first admin key", service.first_key),
            ("", "keep it: it is not stored, and shown this once"),
        ]
    if service.settings.admin_key is not None:
        return [("admin key", "the one that COPYDESK_ADMIN_KEY sets")]
    return [("admin key", "made earlier; another: copydesk keys create NAME --scope admin")]
