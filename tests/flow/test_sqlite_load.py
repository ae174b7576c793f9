"""SQLite with the API and the poller at full speed in one process: nobody waits for a lock in vain.

`SOAK_S=300` makes it as long as you like; `make soak-sqlite` does, and says what it measured.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from app.net import AsyncClient, plain_client
from tests.flow.fleet import Fleet, fleet, running
from tests.flow.test_fleet import served_at, settings

SOAK_S = float(os.environ.get("SOAK_S", "4"))
FEEDS = int(os.environ.get("SOAK_FEEDS", "20"))
ADMIN = {"Authorization": "Bearer a key for the fleet's tests"}
READS = ("/v1/stories?q=correction", "/v1/stories?limit=50", "/v1/changes?limit=100", "/v1/tags")


@dataclass
class Load:
    client: AsyncClient
    answers: Counter[int] = field(default_factory=Counter)
    stopping: bool = False

    async def call(self, method: str, path: str, **given: object) -> None:
        answer = await self.client.request(method, path, headers=ADMIN, **given)
        self.answers[answer.status_code] += 1

    async def over_and_over(self, ask: Callable[[int], tuple[str, str, dict[str, object]]]) -> None:
        for n in count():
            if self.stopping:
                return
            method, path, given = ask(n)
            await self.call(method, path, **given)


def read(n: int) -> tuple[str, str, dict[str, object]]:
    return "GET", READS[n % len(READS)], {}


def write(n: int) -> tuple[str, str, dict[str, object]]:
    return "POST", "/v1/admin/keys", {"json": {"name": f"load {n}", "scopes": ["read"]}}


def refresh(n: int) -> tuple[str, str, dict[str, object]]:
    """Each feed is due again at once, so the poller never rests."""
    return "POST", f"/v1/admin/feeds/{n % FEEDS + 1}:refresh", {}


async def news(ships: Fleet) -> None:
    """A new and a corrected story in each feed, again and again."""
    while True:
        await asyncio.sleep(0.5)
        ships.next_round()


@pytest.mark.timeout(120 + SOAK_S * 2)
async def test_the_database_is_never_locked(tmp_path: Path) -> None:
    given = settings(f"sqlite:///{tmp_path / 'desk.db'}") | {
        "fetch_deadline_s": "30",
        "parse_timeout_s": "60",
    }
    async with AsyncExitStack() as stack:
        ships = await stack.enter_async_context(fleet(FEEDS))
        server = await stack.enter_async_context(running(tmp_path, "serve", "--port", "0", **given))
        client = await stack.enter_async_context(
            plain_client(await served_at(server), timeout_s=90)
        )
        load = Load(client)
        for n in range(FEEDS):
            await load.call("POST", "/v1/admin/feeds", json={"url": ships.url(n), "probe": False})
        assert set(load.answers) == {201}
        async with asyncio.TaskGroup() as group:
            publishing = group.create_task(news(ships))
            for ask in (read, read, write, write, refresh):
                group.create_task(load.over_and_over(ask))
            began = time.monotonic()
            await asyncio.sleep(SOAK_S)  # the load itself, not a wait for something
            load.stopping = True
            publishing.cancel()
        status = (await client.get("/v1/admin/status", headers=ADMIN)).json()["data"]
        took_s = time.monotonic() - began
        polls = status["last_hour"]["polls"]
        assert await server.stop() == 0
    assert set(load.answers) <= {200, 201, 202}, load.answers
    assert polls.get("failed", 0) == 0
    assert sum(polls.values()) > 0, "the poller worked as well"
    assert "locked" not in server.text()
    assert "database_fault" not in server.text()
    sys.stderr.write(
        f"\n{took_s:.0f} s: {sum(load.answers.values())} requests, {sum(polls.values())} polls, "
        f"{status['last_seq']} changes; 0 times locked\n"
    )
