"""A poller that wakes when its feeds are another's writes nothing; without fencing it would."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from app.store.engine import open_database
from tests.chaos.network import address
from tests.chaos.plan import Plan
from tests.chaos.pollers import Poller
from tests.chaos.publisher import Publisher, published
from tests.chaos.run import Play
from tests.chaos.script import desks

FEEDS = 6
PATIENCE_S = 90.0


@pytest.mark.timeout(2 * PATIENCE_S + 60)
@pytest.mark.parametrize("without", [None, "fencing"])
async def test_a_poller_that_wakes_late_writes_nothing(
    without: str | None,
    new_postgres_database: Callable[..., str],
    migrated_template: str,
    tmp_path: Path,
) -> None:
    plan = Plan(
        feeds=FEEDS,
        pollers=2,
        kills=0,
        seed=1,
        minutes=0,
        gap_s=0,
        without=without,
        settings={"fetch_deadline_s": "60"},
    )
    url = new_postgres_database(migrated_template)
    made = Publisher(desks(FEEDS, plan.seed), [address(n) for n in range(FEEDS)], plan.seed)
    async with AsyncExitStack() as stack:
        database = open_database(url)
        stack.push_async_callback(database.close)
        publisher = await stack.enter_async_context(published(made))
        play = await stack.enter_async_context(Play(plan, publisher, database, url, tmp_path))
        await _play(play, publisher)
        await play.reckon(settled=True)
    if without is None:
        assert play.report.breaches == []
    else:
        assert any("revisions, not" in line for line in play.report.breaches)


async def _play(play: Play, publisher: Publisher) -> None:
    sleeper, other = play.pollers
    await play.add_feeds()
    await sleeper.start()
    await _until(lambda: _told(play), "the first step")
    for feed in play.ids:
        publisher.held[feed] = asyncio.Event()
    await _step(play)
    await _until(lambda: _asks(publisher, sleeper), "each feed asked for, and no answer given")
    sleeper.freeze()
    for event in publisher.held.values():
        event.set()
    await _run_out(play)
    await other.start()
    await _until(lambda: _told(play), "the second step, told by the other")
    await _step(play)
    await _until(lambda: _told(play), "the third step, told by the other")
    sleeper.thaw()
    await _until(lambda: _woken(sleeper), "the late one is done with what it had")
    await _until(lambda: _told(play), "the third step, whatever the late one wrote")
    await play.stop()


async def _step(play: Play) -> None:
    for desk in play.publisher.desks:
        desk.advance()
    async with play.database.write() as session:
        await session.execute(text("UPDATE feeds SET next_poll_at = 0"))


async def _told(play: Play) -> bool:
    return len(await play.keeper.on_record()) == len(play.publisher.desks)


async def _asks(publisher: Publisher, poller: Poller) -> bool:
    return publisher.under_way(poller.name) == FEEDS


async def _run_out(play: Play) -> None:
    """Its leases end now, as if it had slept for as long as they last."""
    async with play.database.write() as session:
        await session.execute(text("UPDATE feeds SET lease_until = 1 WHERE lease_until > 1"))
        await session.execute(text("UPDATE hosts SET busy_until = 1 WHERE busy_until > 1"))


async def _woken(poller: Poller) -> bool:
    return poller.log().count("feed_polled") >= 2 * FEEDS


async def _until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Other processes do the work, so there is nothing to await."""
    for _ in range(int(PATIENCE_S / 0.05)):
        if await condition():
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"not within {PATIENCE_S:.0f} s: {what}")
