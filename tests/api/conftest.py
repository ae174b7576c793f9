"""The application over each database, driven in-process, with a publisher to poll."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
import structlog
from fastapi import FastAPI
from starlette.routing import BaseRoute

from app import main, process
from app.main import create_app
from app.net import asgi_client
from app.process import Service
from app.settings import Settings
from tests.api.publisher import Publisher, publisher
from tests.databases import copied, migrated_file, migrated_template, on_both, on_sqlite
from tests.plans import forget_additions

__all__ = ["migrated_file", "migrated_template", "on_both", "on_sqlite"]

ADMIN_KEY = "administrator-of-these-tests"
ADMIN = {"Authorization": f"Bearer {ADMIN_KEY}"}


class InProcess:
    """Stands in for the pool of worker processes: the same work, done at once, here."""

    def __init__(self, **_policy: object) -> None: ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None: ...

    async def run(self, work: Callable[..., Any], *given: Any, **named: Any) -> Any:
        return work(*given, **named)


@dataclass
class Api:
    """The running application and its callers."""

    app: FastAPI
    service: Service
    reader: httpx.AsyncClient  # sends no key
    admin: httpx.AsyncClient

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.reader.get(path, params=params)

    async def data(self, path: str, **params: Any) -> Any:
        answer = await self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def titles(self, **params: Any) -> list[str]:
        return [story["title"] for story in await self.data("/v1/stories", **params)]

    async def add_feed(self, url: str, **given: Any) -> str:
        """A feed's id; it is not tried, and the log does not tell of it."""
        added = await self.admin.post("/v1/admin/feeds", json={"url": url, "probe": False, **given})
        assert added.status_code == 201, added.text
        await forget_additions(self.service.database)
        return str(added.json()["data"]["id"])

    async def refresh(self, feed_id: str) -> Any:
        polled = await self.admin.post(f"/v1/admin/feeds/{feed_id}:refresh?wait=true")
        assert polled.status_code == 200, polled.text
        return polled.json()["data"]

    async def poll(self, url: str, **given: Any) -> str:
        """Add a feed and poll it; its id."""
        feed_id = await self.add_feed(url, **given)
        assert (await self.refresh(feed_id))["failure"] is None
        return feed_id

    async def key(self, **asked: Any) -> dict[str, Any]:
        made = await self.admin.post("/v1/admin/keys", json={"name": "test", **asked})
        assert made.status_code == 201, made.text
        data: dict[str, Any] = made.json()["data"]
        return data


def settings(database_url: str, **given: Any) -> Settings:
    fixed: dict[str, Any] = {
        "database_url": database_url,
        "admin_key": ADMIN_KEY,
        "poll": False,
        "push": False,
        "host_gap_s": 0,
        "allow_private_networks": "127.0.0.0/8",
    }
    return Settings(_env_file=None, **(fixed | given))


ROUTES: list[BaseRoute] = []
"""Of the first application that was made here: FastAPI works out what each of them takes when it
first looks for one, which costs more than most of these tests. They hold nothing of their
application's."""


@pytest.fixture(autouse=True, scope="session")
def _routes_once() -> Iterator[None]:
    include = main._include_routes

    def include_once(app: FastAPI) -> None:
        own = len(app.router.routes)
        if not ROUTES:
            include(app)
            ROUTES.extend(app.router.routes[own:])
        else:
            app.router.routes.extend(ROUTES)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(main, "_include_routes", include_once)
        yield


async def _migrated(_database: object) -> None:
    """For a start over a database that has been migrated: looking again costs 35 ms."""


@asynccontextmanager
async def running(database_url: str, **given: Any) -> AsyncIterator[Api]:
    local_key = given.pop("local_key", None)
    app = create_app(settings(database_url, **given), local_key=local_key, works=False)
    async with (
        app.router.lifespan_context(app),
        asgi_client(app) as reader,
        asgi_client(app) as admin,
    ):
        admin.headers.update(ADMIN)
        yield Api(app=app, service=app.state.service, reader=reader, admin=admin)


@pytest.fixture(autouse=True)
def _short_tracebacks() -> Iterator[None]:
    """In the log, as the service has them: the default shows every local variable, for seconds."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _work_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "Offload", InProcess)
    monkeypatch.setattr(process, "migrate", _migrated)


@pytest.fixture(params=["sqlite"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a migrated, empty database.

    On SQLite, since most of what these tests promise depends on no engine. On PostgreSQL too are
    those marked with `on_both`: for what is locked, awaited, ordered, compared or typed, and so
    many others that no line of the store is run on one engine alone.
    """
    return copied(request, tmp_path)


@pytest.fixture
async def api(migrated_url: str) -> AsyncIterator[Api]:
    """Reading is open."""
    async with running(migrated_url, read_auth="open") as started:
        yield started


@pytest.fixture
async def locked(migrated_url: str) -> AsyncIterator[Api]:
    """Reading needs a key."""
    async with running(migrated_url, read_auth="required") as started:
        yield started


@pytest.fixture
async def harbour() -> AsyncIterator[Publisher]:
    async with publisher() as started:
        yield started
