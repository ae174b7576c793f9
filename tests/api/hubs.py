"""A scripted WebSub hub on loopback: what it was sent is on record, what it says is set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.cli.server import address_of, bind, server_of

Verify = Callable[[dict[str, str]], Awaitable[None]]


@dataclass
class Hub:
    """`asked` are the forms that it was sent; `before` is awaited with each before it answers."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    agents: list[str | None] = field(default_factory=list)
    status: int = 202
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    moved_to: str | None = None  # what is sent to /old is answered with a 308 to here
    before: Verify | None = None

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        if request.url.path == "/old" and self.moved_to is not None:
            return Response(status_code=308, headers={"Location": self.moved_to})
        form = dict(parse_qsl(body.decode(), strict_parsing=True))
        self.asked.append(form)
        self.agents.append(request.headers.get("user-agent"))
        if self.before is not None:
            await self.before(form)
        return Response(self.body, status_code=self.status, headers=self.headers)


@asynccontextmanager
async def hub_on_loopback() -> AsyncIterator[Hub]:
    hub = Hub()
    paths = ("/", "/old", "/other")
    app = Starlette(routes=[Route(path, hub.answer, methods=["POST"]) for path in paths])
    server = server_of(app)
    with bind("127.0.0.1", 0) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        hub.url = address_of(listening)
        try:
            yield hub
        finally:
            server.stop()
            await serving
