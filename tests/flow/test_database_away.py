"""A database that goes away under load: restarted, and lost to a standby that takes its place.

`make failover` runs it with ten times the feeds and says what it measured.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text

from app.net import AsyncClient, HTTPError, plain_client
from app.store.engine import Database, check_database_url, open_database
from app.store.migrate import migrate
from tests.flow.cluster import SYNCHRONOUS, Node, database_url, new_node
from tests.flow.fleet import fleet, running
from tests.flow.test_fleet import (
    add_all,
    check_records,
    round_is_over,
    scalar,
    served_at,
    settings,
    start_round,
    until,
)

FEEDS = int(os.environ.get("FAILOVER_FEEDS", "30"))
ADMIN = {"Authorization": "Bearer a key for the fleet's tests"}
MAX_PAUSE_S = 5.0
"""Between the last write before a failure and the first one after the standby was promoted."""


@dataclass
class Writer:
    """Writes one small thing after another through the API, and remembers what it was told."""

    client: AsyncClient
    acknowledged: list[tuple[float, str]] = field(default_factory=list)  # when, id
    answers: set[int] = field(default_factory=set)
    without_retry_after: int = 0
    stopping: bool = False

    async def run(self) -> None:
        n = 0
        while not self.stopping:
            n += 1
            try:
                asked = {"name": f"write {n}", "scopes": ["read"]}
                answer = await self.client.post("/v1/admin/keys", json=asked, headers=ADMIN)
            except HTTPError:
                continue
            self.answers.add(answer.status_code)
            if answer.status_code == 201:
                self.acknowledged.append((time.monotonic(), answer.json()["data"]["id"]))
            else:
                self.without_retry_after += "retry-after" not in answer.headers
                await asyncio.sleep(0.02)

    async def wrote(self, count: int) -> None:
        """Wait until so many more are acknowledged."""
        wanted = len(self.acknowledged) + count

        async def enough() -> bool:
            return len(self.acknowledged) >= wanted

        await until(enough, f"{count} writes more")

    def longest_pause_s(self) -> float:
        times = [at for at, _ in self.acknowledged]
        return max(b - a for a, b in pairwise(times))

    async def lost(self, database: Database) -> set[str]:
        async with database.read() as session:
            rows = await session.execute(text("SELECT id FROM keys"))
        return {key for _, key in self.acknowledged} - {str(row.id) for row in rows}


@asynccontextmanager
async def writing(url: str) -> AsyncIterator[Writer]:
    async with plain_client(url, timeout_s=90) as client:
        writer = Writer(client)
        async with asyncio.TaskGroup() as group:
            group.create_task(writer.run())
            try:
                yield writer
            finally:
                writer.stopping = True


@asynccontextmanager
async def desk(url: str) -> AsyncIterator[Database]:
    database = open_database(check_database_url(url))
    try:
        await migrate(database)
        yield database
    finally:
        await database.close()


@pytest.mark.timeout(150 + FEEDS)
async def test_a_database_that_is_restarted_is_waited_for(tmp_path: Path) -> None:
    with new_node() as node:
        await node.start()
        await node.create("desk")
        url = database_url("desk", node)
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(desk(url))
            ships = await stack.enter_async_context(fleet(FEEDS))
            await add_all(database, ships)
            poller = await stack.enter_async_context(running(tmp_path, "poll", **patient(url)))
            server = await stack.enter_async_context(
                running(tmp_path, "serve", "--no-poll", "--port", "0", **patient(url))
            )
            await round_is_over(database)
            writer = await stack.enter_async_context(writing(await served_at(server)))
            await writer.wrote(5)
            await start_round(database, ships)
            await node.stop()

            async def refused() -> bool:
                return 503 in writer.answers

            await until(refused, "a 503 while the database is away")
            ready = await writer.client.get("/readyz")
            await node.start()
            await writer.wrote(5)
            await round_is_over(database)
            assert await failed_polls(database) == []
            await check_records(database, ships)
            assert ready.status_code == 503
            assert writer.answers == {201, 503}
            assert writer.without_retry_after == 0
            assert await writer.lost(database) == set()
            assert [await command.stop() for command in (poller, server)] == [0, 0]
            assert "Traceback" not in poller.text()
            assert "Traceback" not in server.text()


@pytest.mark.timeout(150 + FEEDS)
async def test_a_standby_takes_the_place_of_a_primary_that_is_killed(tmp_path: Path) -> None:
    with new_node() as primary:
        await primary.start()
        await primary.create("desk")
        standby = await primary.standby("second")
        await primary.stop()
        await primary.start(*SYNCHRONOUS)
        await standby.start()
        await in_step(primary)
        url = database_url("desk", primary, standby)
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(desk(url))
            ships = await stack.enter_async_context(fleet(FEEDS))
            await add_all(database, ships)
            poller = await stack.enter_async_context(running(tmp_path, "poll", **patient(url)))
            server = await stack.enter_async_context(
                running(tmp_path, "serve", "--no-poll", "--port", "0", **patient(url))
            )
            await round_is_over(database)
            writer = await stack.enter_async_context(writing(await served_at(server)))
            await writer.wrote(10)
            await start_round(database, ships)
            await writer.wrote(10)
            primary.kill()
            await standby.promote()
            await writer.wrote(10)
            await round_is_over(database)
            await start_round(database, ships)
            await round_is_over(database)
            assert await failed_polls(database) == []
            await check_records(database, ships)
            assert await writer.lost(database) == set()
            assert writer.longest_pause_s() <= MAX_PAUSE_S
            assert writer.without_retry_after == 0
            assert await scalar(database, "SELECT count(*) FROM feeds WHERE lease_until > 0") == 0
            assert [await command.stop() for command in (poller, server)] == [0, 0]
            sys.stderr.write(
                f"\n{FEEDS} feeds, {len(writer.acknowledged)} writes acknowledged, 0 lost; "
                f"longest pause {writer.longest_pause_s():.2f} s\n"
            )


async def failed_polls(database: Database) -> list[str]:
    """A database that is away is nothing that a feed has done."""
    async with database.read() as session:
        rows = await session.execute(text("SELECT detail FROM fetches WHERE outcome = 'failed'"))
        return list(rows.scalars())


def patient(url: str) -> dict[str, str]:
    """Settings by which a busy machine is no fault of a feed."""
    return settings(url) | {"fetch_deadline_s": "20", "parse_timeout_s": "20"}


async def in_step(primary: Node) -> None:
    async def follows() -> bool:
        return await primary.ask("SELECT sync_state FROM pg_stat_replication") == "sync"

    await until(follows, "a standby that is in step")
