"""Servers and pollers replaced one by one under load: every request is answered, no lease stays."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.net import AsyncClient, HTTPError, plain_client
from app.store.engine import Database
from tests.flow.fleet import Command, fleet, running
from tests.flow.test_fleet import (
    FEEDS,
    add_all,
    check_records,
    postgres,
    round_is_over,
    scalar,
    served_at,
    settings,
    start_round,
)

__all__ = ["postgres"]

CALLERS = 4
PACE_S = 0.02  # between two requests of a caller: the processes that start need the processor too


@dataclass
class Balancer:
    """Callers over whichever servers are there; as a proxy does, one that does not answer at all
    is passed over, and only a request that nobody answers is lost.
    """

    client: AsyncClient
    servers: list[str]
    answers: Counter[int] = field(default_factory=Counter)
    passed_over: int = 0
    lost: int = 0
    stopping: bool = False

    async def run(self, caller: int) -> None:
        n = caller
        while not self.stopping:
            n += 1
            await self._ask("/v1/stories?q=correction" if n % 2 else "/v1/changes?limit=50", n)
            await asyncio.sleep(PACE_S)

    async def _ask(self, path: str, turn: int) -> None:
        there = list(self.servers)
        for k in range(len(there)):
            url = there[(turn + k) % len(there)]
            try:
                answer = await self.client.get(url + path)
            except HTTPError:
                self.passed_over += 1
                continue
            self.answers[answer.status_code] += 1
            return
        self.lost += 1


@pytest.mark.timeout(480 + FEEDS)
async def test_a_rolling_restart_drops_no_request_and_leaves_no_lease(
    postgres: tuple[str, Database], tmp_path: Path
) -> None:
    url, database = postgres
    given = settings(url) | {"fetch_deadline_s": "20", "parse_timeout_s": "20"}
    async with AsyncExitStack() as stack:

        async def start(*words: str) -> Command:
            return await stack.enter_async_context(running(tmp_path, *words, **given))

        ships = await stack.enter_async_context(fleet(FEEDS))
        await add_all(database, ships)
        serve = ("serve", "--no-poll", "--port", "0")
        servers = [await start(*serve) for _ in range(2)]
        pollers = [await start("poll") for _ in range(2)]
        await round_is_over(database)
        client = await stack.enter_async_context(plain_client("", timeout_s=90))
        client.headers["Connection"] = "close"  # a kept one that is closed as it is used says less
        balancer = Balancer(client, [await served_at(server) for server in servers])
        async with asyncio.TaskGroup() as group:
            for caller in range(CALLERS):
                group.create_task(balancer.run(caller))
            for n in range(2):
                await start_round(database, ships)
                assert await pollers[n].stop() == 0
                assert await leases_of_the_dead(database) == 0
                pollers[n] = await start("poll")
                fresh = await start(*serve)
                balancer.servers.append(await served_at(fresh))
                assert await servers[n].stop() == 0
                balancer.servers.pop(0)
                servers[n] = fresh
                await round_is_over(database)
            balancer.stopping = True
        await check_records(database, ships)
        assert balancer.lost == 0
        assert set(balancer.answers) == {200}
        assert [await command.stop() for command in (*pollers, *servers)] == [0, 0, 0, 0]
    assert await scalar(database, "SELECT count(*) FROM feeds WHERE lease_until IS NOT NULL") == 0


async def leases_of_the_dead(database: Database) -> int:
    """Leases whose holder has none younger: one poller of the two has just ended."""
    holders = "SELECT count(DISTINCT lease_owner) FROM feeds WHERE lease_until IS NOT NULL"
    return max(0, await scalar(database, holders) - 1)
