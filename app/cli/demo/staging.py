"""What the demo needs around it: a database, a server, a publisher, a caller."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

from app.cli.calling import TIMEOUT_S, Api
from app.cli.demo.play import play
from app.cli.demo.publisher import publishing
from app.cli.demo.stage import Stage
from app.cli.opening import explained, own, settings_of
from app.cli.outcome import on_stop, run
from app.cli.server import address_of, bind, server_of
from app.cli.show import console
from app.main import create_app
from app.net import plain_client
from app.settings import Settings
from app.telemetry import configure_logging


def show(*, serves: bool, port: int, database_url: str | None) -> None:
    """Play it all; with `serves`, serve on until told to stop."""
    configure_logging("error", as_json=False)
    with TemporaryDirectory(prefix="copydesk-demo-") as folder:
        settings = settings_of(
            database_url=database_url or f"sqlite:///{Path(folder, 'demo.db')}",
            allow_private_networks="127.0.0.0/8",
            host="127.0.0.1",
            port=port,
            read_auth="open",
            host_gap_s=0,
        )
        run(_show(settings, serves=serves))


async def _show(settings: Settings, *, serves: bool) -> None:
    out, key = console(), f"cdk_demo_{secrets.token_urlsafe(24)}"
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        publishing() as publisher,
        _serving(settings, key) as url,
        plain_client(url, headers=headers, timeout_s=TIMEOUT_S) as client,
    ):
        await play(Stage(api=Api(client), out=out), publisher)
        out.print("\nAll of this was as it should be.", style="bold green")
        if serves:
            await _stay(out, url, key)


async def _stay(out: Console, url: str, key: str) -> None:
    stopping = asyncio.Event()
    with on_stop(stopping.set):
        out.print(f"It serves on, on {url}, until Ctrl-C.", style="bold")
        for name, said in (("API docs", f"{url}/docs"), ("admin key", key)):
            out.print(Text.assemble((f"  {name:16}", "dim"), said), soft_wrap=True)
        out.file.flush()
        await stopping.wait()


@asynccontextmanager
async def _serving(settings: Settings, key: str) -> AsyncIterator[str]:
    """The service on a port of its own, where `key` administers; its address."""
    app = create_app(settings, poll=False, local_key=key, makes_key=False, works=False)
    server = server_of(app)
    async with AsyncExitStack() as stack:
        ownership = own(stack, settings)
        listening = stack.enter_context(bind(settings.host, settings.port))
        url = address_of(listening)
        with explained(settings):
            await stack.enter_async_context(app.router.lifespan_context(app))
        if ownership is not None:
            ownership.announce(url=url, key=key)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        group.create_task(server.serve(sockets=[listening]), name="server")
        stack.callback(server.stop)
        yield url
