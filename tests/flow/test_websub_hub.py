"""A hub of others' making tells of a story: discovered, subscribed, verified, pushed, searched."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.cli.server import address_of, bind, server_of
from app.net import plain_client
from tests.api.conftest import Api, running
from tests.api.publisher import Item, Publisher, atom, publisher
from tests.conftest import ROOT
from tests.ingest import servers

PYTHON = ROOT / ".venv-hub" / "bin" / "python"
HUB = Path(__file__).parent / "websub_hub" / "hub.py"
WAIT_S = 30.0
FERRY = Item(title="Ferry back in service")
BRIDGE = Item(title="Bridge closed for a week", day=2)

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="the hub is not installed: make hub")


@pytest.fixture
def hub_url(tmp_path: Path) -> Iterator[str]:
    command = [PYTHON, HUB, tmp_path / "hub.db"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as hub:
        assert hub.stdout is not None
        port = int(hub.stdout.readline())
        yield f"http://127.0.0.1:{port}/hub"
        hub.terminate()


@asynccontextmanager
async def desk_on_loopback(database_url: str) -> AsyncIterator[Api]:
    """The service with its loops, where the hub can reach it."""
    with bind("127.0.0.1", 0) as listening:
        given = {"read_auth": "open", "poll": True, "public_url": address_of(listening)}
        async with running(database_url, **given) as api:
            server = server_of(api.app)
            serving = asyncio.create_task(server.serve([listening]))
            try:
                yield api
            finally:
                server.stop()
                await serving


async def until(holds: Any, *, every_s: float = 0.005) -> Any:
    """What `holds` gives once it gives anything; it fails after a while."""
    async with asyncio.timeout(WAIT_S):
        while not (found := await holds()):  # noqa: ASYNC110 - others' state, which tells nobody
            await asyncio.sleep(every_s)
    return found


def publish(harbour: Publisher, hub_url: str, *items: Item) -> None:
    link = f'<{hub_url}>; rel="hub", <{harbour.url()}>; rel="self"'
    headers = (("Link", link), ("Content-Type", "application/atom+xml"))
    harbour.pages["/feed"] = servers.answer(200, atom(*items).encode(), headers=headers)


async def test_a_story_that_is_pushed_by_a_hub_can_be_searched(
    migrated_url: str, hub_url: str, record_property: Any
) -> None:
    async with (
        publisher() as harbour,
        desk_on_loopback(migrated_url) as desk,
        plain_client(hub_url.removesuffix("/hub")) as pinging,
    ):
        publish(harbour, hub_url, FERRY)
        feed_id = await desk.add_feed(harbour.url())
        feed = f"/v1/admin/feeds/{feed_id}"

        async def is_verified() -> bool:
            stands = (await desk.admin.get(feed)).json()["data"]["websub"]
            return stands is not None and stands["state"] == "verified"

        await until(is_verified)
        assert await desk.titles() == [FERRY.title]
        asked = len(harbour.asked)

        publish(harbour, hub_url, BRIDGE, FERRY)
        ping = {"hub.mode": "publish", "hub.topic": harbour.url()}
        assert (await pinging.post("/hub", data=ping)).status_code == 202

        async def was_fetched() -> bool:
            return len(harbour.asked) > asked

        await until(was_fetched, every_s=0.001)
        fetched = time.perf_counter()

        async def is_found() -> list[str]:
            return await desk.titles(q="bridge")

        assert await until(is_found, every_s=0.05) == [BRIDGE.title]
        took_s = time.perf_counter() - fetched
        record_property("push_to_story_s", round(took_s, 3))
        print(f"from the hub's fetch to the story: {took_s * 1000:.0f} ms")  # noqa: T201 - a figure
        row = (await desk.admin.get(f"{feed}/fetches")).json()["data"][0]
        assert (row["notes"][0], row["new"]) == ("pushed by hub", 1)
        assert len(harbour.asked) == asked + 1, "the hub's own fetch"

        await desk.admin.delete(feed)

        async def is_left() -> bool:
            async with desk.service.database.read() as session:
                found = await session.execute(text("SELECT state FROM subscriptions"))
                return found.scalar_one() == "left"

        assert await until(is_left)
