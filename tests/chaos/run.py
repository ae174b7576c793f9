"""One run: publishers misbehave, pollers are killed and frozen, and then comes the reckoning."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Self

from sqlalchemy import text

from app.store.engine import Database, open_database
from app.store.feeds import NewFeed, add_feed
from tests.chaos import checks
from tests.chaos.keeping import TICK_S, Keeper
from tests.chaos.network import hosts_of_feeds
from tests.chaos.nursery import Nursery
from tests.chaos.plan import Plan, Report, settings_of
from tests.chaos.pollers import Poller, complaints, processes_left
from tests.chaos.publisher import Publisher, published
from tests.chaos.script import desks


async def run(plan: Plan, database_url: str, folder: Path) -> Report:
    """Play the whole of it on a migrated, empty PostgreSQL database."""
    publisher = make_publisher(plan)
    database = open_database(database_url)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        await stack.enter_async_context(published(publisher))
        play = await stack.enter_async_context(
            Play(plan, publisher, database, database_url, folder)
        )
        return await play.played()


def make_publisher(plan: Plan) -> Publisher:
    """The publisher of a plan: each desk with its script, each feed with its host."""
    chance = Random(f"{plan.seed}/hosts")
    made = desks(plan.feeds, plan.seed)
    hosts = hosts_of_feeds(plan.feeds, chance)
    liars = {feed for desk in made if chance.random() < 0.05 for feed in desk.feeds}
    return Publisher(made, hosts, plan.seed, liars=frozenset(liars))


class Play:
    """A run under way."""

    def __init__(
        self, plan: Plan, publisher: Publisher, database: Database, url: str, folder: Path
    ) -> None:
        self.plan = plan
        self.publisher = publisher
        self.database = database
        self.ids: dict[int, int] = {}
        self.report = Report()
        self.chance = Random(f"{plan.seed}/violence")
        settings = settings_of(plan, url)
        self.nursery = Nursery(folder)
        self.pollers = [
            Poller(n, self.nursery, folder, settings, plan.without) for n in range(plan.pollers)
        ]
        self.folder = folder
        self.keeper = Keeper(plan, publisher, database, self.ids)
        self._late: list[str] = []  # what was not on record when the time was over
        self._left: list[int] = []
        self._thawing: set[asyncio.Task[None]] = set()

    async def played(self) -> Report:
        started = time.monotonic()
        await self.add_feeds()
        for poller in self.pollers:
            await poller.start()
        keeping = asyncio.create_task(self.keeper.run(), name="keep going")
        self.publisher.misbehaving, self.publisher.honest = self.plan.misbehaving, False
        await self._violence()
        await asyncio.gather(*self._thawing)
        self.publisher.honest = True
        quiet = time.monotonic()
        settled = await self._settle()
        self._late = await self.keeper.late()
        self.report.settled_s = time.monotonic() - quiet
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await self.stop()
        self.report.seconds = time.monotonic() - started
        await self.reckon(settled)
        return self.report

    async def __aenter__(self) -> Self:
        await self.nursery.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._thawing:
            task.cancel()
        await asyncio.gather(*(poller.kill() for poller in self.pollers))
        await self.nursery.__aexit__()

    async def stop(self) -> None:
        """Ask all pollers to stop, and see that nothing of them is left."""
        await asyncio.gather(*(poller.stop() for poller in self.pollers))
        await self.nursery.__aexit__()
        self._left = processes_left(self.folder)

    async def add_feeds(self) -> None:
        now = datetime.now(UTC)
        async with self.database.write() as session:
            for desk in self.publisher.desks:
                for feed in desk.feeds:
                    new = NewFeed(
                        url=self.publisher.url(feed),
                        host=self.publisher.hosts[feed],
                        domain=f"desk{desk.n}.example",
                        min_interval_s=1 if self.plan.hurried else None,
                        max_interval_s=self.plan.interval_s if self.plan.hurried else None,
                    )
                    self.ids[feed] = await add_feed(session, new, now)

    # --- violence -------------------------------------------------------------------------------

    async def _violence(self) -> None:
        pause_s = self.plan.minutes * 60 / max(self.plan.kills, 1)
        deadline = time.monotonic() + self.plan.minutes * 60
        while self.report.kills < self.plan.kills and time.monotonic() < deadline:
            await asyncio.sleep(self.chance.uniform(0.2, 1.2) * min(pause_s, 4.0))
            poller = self.chance.choice(self.pollers)
            if not poller.running:
                self.report.breaches.append(f"{poller.name} ended by itself ({poller.code})")
                await poller.start()
            if poller.frozen or not self._at_work(poller):
                continue
            awake = sum(not each.frozen for each in self.pollers)
            if self.chance.random() < 0.3 and awake > len(self.pollers) // 2:
                self._freeze(poller)
            else:
                await self._kill(poller)

    def _at_work(self, poller: Poller) -> bool:
        """Whether it has got as far as asking for a feed; now and then one that starts will do."""
        asked = any(seen.poller == poller.name for seen in self.publisher.last.values())
        return asked or self.chance.random() < 0.05

    async def _kill(self, poller: Poller) -> None:
        await poller.kill()
        self.report.kills += 1
        await poller.start()

    def _freeze(self, poller: Poller) -> None:
        poller.freeze()
        self.report.freezes += 1
        task = asyncio.create_task(self._thaw_late(poller), name=f"thaw {poller.name}")
        self._thawing.add(task)
        task.add_done_callback(self._thawing.discard)

    async def _thaw_late(self, poller: Poller) -> None:
        """Wake it once all that it held has run out, and others had time to take it over."""
        async with self.database.read() as session:
            lease_s = (await session.execute(text(LONGEST_LEASE))).scalar_one() or 0
        await asyncio.sleep(float(lease_s) + self.chance.uniform(1, 4))
        poller.thaw()

    # --- the end --------------------------------------------------------------------------------

    async def _settle(self) -> bool:
        """Wait until all that was published is on record, now that nothing is in the way.

        A slow machine has all the time it needs, as long as it gets on.
        """
        most, since = 0, time.monotonic()
        while time.monotonic() - since < self.plan.settle_minutes * 60:
            there = len(await self.keeper.on_record())
            if there == len(self.publisher.desks):
                return True
            if there > most:
                most, since = there, time.monotonic()
            await asyncio.sleep(TICK_S)
        return False

    async def reckon(self, settled: bool) -> None:
        report, publisher = self.report, self.publisher
        breaches = report.breaches
        workers = {pid: name for each in self.pollers for pid, name in each.workers.items()}
        if not settled:
            breaches += self._late
        async with self.database.read() as session:
            breaches += await checks.records(session, publisher)
            breaches += await checks.presence(session, publisher, self.ids)
            breaches += await checks.ledger(session, publisher, self.ids, workers)
            breaches += await checks.retry_after(session, publisher, self.ids)
            breaches += await checks.leases(session)
            report.rows = (await session.execute(text("SELECT count(*) FROM fetches"))).scalar_one()
        known = self.keeper.addresses_known or time.time()
        breaches += checks.politeness(publisher, self.plan.gap_s, known + 2)
        breaches += checks.back_offs(publisher, self.keeper.backed_off)
        report.resumed = self.keeper.resumed
        report.back_offs = len(self.keeper.backed_off)
        exits = [code for poller in self.pollers for code in poller.exits]
        if exits != [0] * len(self.pollers):
            breaches.append(f"pollers that were asked to stop ended with {exits}")
        if self._left:
            breaches.append(f"{len(self._left)} processes left behind: {self._left}")
        report.requests = len(publisher.seen)
        report.faults = Counter(seen.fault.value for seen in publisher.seen if seen.fault)
        scripted = [story for desk in publisher.desks for story in desk.stories]
        report.stories = len(scripted)
        report.revisions = sum(len(story.told) - 1 for story in scripted)
        report.complaints = complaints(self.folder)


LONGEST_LEASE = """SELECT (max(lease_until) - extract(epoch FROM clock_timestamp()) * 1000) / 1000
    FROM feeds"""
