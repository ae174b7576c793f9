"""Several pollers and servers on one PostgreSQL: each feed once a round, and none lost to a kill.

`FLEET_FEEDS=1000` makes it as large as you like; `make fleet` does.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from app.net import plain_client
from app.store.engine import Database, open_database
from app.store.feeds import NewFeed, add_feed
from tests.flow.fleet import Command, Fleet, address, fleet, running
from tests.plans import NOW, forget_additions

FEEDS = int(os.environ.get("FLEET_FEEDS", "60"))
PATIENCE_S = 60 + FEEDS * 0.3


@pytest.fixture
async def postgres(
    new_postgres_database: Callable[..., str], migrated_template: str
) -> AsyncIterator[tuple[str, Database]]:
    url = new_postgres_database(migrated_template)
    database = open_database(url)
    yield url, database
    await database.close()


def settings(url: str) -> dict[str, str]:
    return {
        "database_url": url,
        "allow_private_networks": "127.0.0.0/8",
        "host_gap_s": "0",
        "concurrency": "16",
        "parse_workers": "1",
        "fetch_deadline_s": "2",
        "parse_timeout_s": "2",
        "admin_key": "a key for the fleet's tests",
        "log_format": "json",
    }


async def add_all(database: Database, ships: Fleet) -> None:
    async with database.write() as session:
        for n in range(ships.count):
            new = NewFeed(url=ships.url(n), host=address(n), domain=f"site{n}.example")
            await add_feed(session, new, NOW)
        await session.execute(text(ALL_DUE))
    await forget_additions(database)


async def scalar(database: Database, query: str) -> int:
    async with database.read() as session:
        return int((await session.execute(text(query))).scalar_one())


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Ask again until it holds: other processes do the work, so there is nothing to await."""
    for _ in range(int(PATIENCE_S / 0.05)):
        if await condition():
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"not within {PATIENCE_S:.0f} s: {what}")


async def start_round(database: Database, ships: Fleet) -> None:
    ships.next_round()
    async with database.write() as session:
        await session.execute(text(ALL_DUE))


async def round_is_over(database: Database) -> None:
    async def none_due() -> bool:
        query = "SELECT count(*) FROM feeds WHERE next_poll_at = 0 OR lease_until IS NOT NULL"
        return await scalar(database, query) == 0

    await until(none_due, "every due feed polled and every lease ended")


async def check_records(database: Database, ships: Fleet) -> None:
    """Every story once, every correction a revision, and a log without gap or double."""
    assert await scalar(database, "SELECT count(*) FROM stories") == ships.stories
    assert await scalar(database, "SELECT count(DISTINCT url) FROM stories") == ships.stories
    assert await scalar(database, "SELECT count(*) FROM copies") == ships.stories
    assert await scalar(database, "SELECT count(*) FROM story_index") == ships.stories
    corrected = ships.count * ships.round
    assert await scalar(database, "SELECT count(*) FROM revisions") == corrected
    async with database.read() as session:
        log = (await session.execute(text("SELECT seq, type, story_id FROM changes"))).all()
    assert sorted(row.seq for row in log) == list(range(1, ships.stories + corrected + 1))
    created = Counter(row.story_id for row in log if row.type == "story.created")
    assert len(created) == ships.stories
    assert set(created.values()) == {1}
    assert ships.most_at_once == 1, "no host ever saw two requests at once"


async def served_at(server: Command) -> str:
    """The address on a server's banner."""

    async def announced() -> bool:
        return re.search(r"http://127\.0\.0\.1:\d+", server.text()) is not None

    await until(announced, "the server's banner")
    found = re.search(r"http://127\.0\.0\.1:\d+", server.text())
    assert found is not None
    return found[0]


@pytest.mark.timeout(60 + FEEDS)
async def test_two_pollers_and_two_servers_share_one_postgresql(
    postgres: tuple[str, Database], tmp_path: Path
) -> None:
    url, database = postgres
    async with AsyncExitStack() as stack:
        ships = await stack.enter_async_context(fleet(FEEDS))
        await add_all(database, ships)
        pollers = [
            await stack.enter_async_context(running(tmp_path, "poll", **settings(url)))
            for _ in range(2)
        ]
        api = [
            await stack.enter_async_context(
                running(tmp_path, "serve", "--no-poll", "--port", "0", **settings(url))
            )
            for _ in range(2)
        ]
        await round_is_over(database)
        assert set(ships.asked.values()) == {1}, "each due feed was asked once"
        assert len(ships.asked) == FEEDS
        await check_records(database, ships)
        for _ in range(2):
            await start_round(database, ships)
            await round_is_over(database)
            assert set(ships.asked.values()) == {1}
            await check_records(database, ships)
        workers = await scalar(database, "SELECT count(DISTINCT worker) FROM fetches")
        assert workers == 2, "both pollers took part"
        answers = []
        for server in api:
            async with plain_client(await served_at(server)) as client:
                answer = await client.get("/v1/stories", params={"q": "correction"})
                answers.append(answer.json()["meta"]["total"])
        assert answers == [FEEDS, FEEDS], "both servers tell the same"
        assert [await command.stop() for command in (*pollers, *api)] == [0, 0, 0, 0]
    assert await scalar(database, "SELECT count(*) FROM feeds WHERE lease_until IS NOT NULL") == 0


@pytest.mark.timeout(120 + FEEDS)
async def test_a_poller_killed_in_mid_round_loses_nothing_and_doubles_nothing(
    postgres: tuple[str, Database], tmp_path: Path
) -> None:
    url, database = postgres
    async with AsyncExitStack() as stack:
        ships = await stack.enter_async_context(fleet(FEEDS))
        await add_all(database, ships)
        victim = await stack.enter_async_context(running(tmp_path, "poll", **settings(url)))
        survivor = await stack.enter_async_context(running(tmp_path, "poll", **settings(url)))
        await round_is_over(database)
        await start_round(database, ships)

        async def under_way() -> bool:
            return len(ships.asked) >= FEEDS // 4

        await until(under_way, "a quarter of the round")
        ships.held.clear()  # every poller now waits in the middle of its polls

        async def both_wait() -> bool:
            async with database.read() as session:
                leased = (await session.execute(text(LEASED))).all()
            waiting = {row.lease_owner for row in leased if ships.in_flight[address(row.id - 1)]}
            return len(waiting) == 2

        await until(both_wait, "both pollers in the middle of a poll")
        victim.kill()
        await victim.process.wait()
        orphans = await scalar(database, "SELECT count(*) FROM feeds WHERE lease_until > 0")
        ships.held.set()
        assert orphans > 0, "the kill came in the middle of polls"
        await round_is_over(database)
        await check_records(database, ships)
        assert len(ships.asked) == FEEDS
        again = [n for n, times in ships.asked.items() if times > 1]
        assert again, "what the dead one had claimed was polled again"
        assert len(again) <= orphans
        assert await survivor.stop() == 0


ALL_DUE = "UPDATE feeds SET next_poll_at = 0"
LEASED = "SELECT id, lease_owner FROM feeds WHERE lease_until IS NOT NULL"
