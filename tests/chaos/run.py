"""One run: publishers misbehave, pollers are killed and frozen, and then comes the reckoning."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from sqlalchemy import text

from app.core.plan import body_hash
from app.store.engine import Database, open_database
from app.store.feeds import NewFeed, add_feed
from tests.chaos import checks
from tests.chaos.checks import BackedOff
from tests.chaos.network import hosts_of_feeds
from tests.chaos.pollers import Poller, complaints, processes_left
from tests.chaos.publisher import Publisher, Seen, published
from tests.chaos.script import Desk, desks

TICK_S = 0.5
BACK_OFF_S = 5.0
"""After so long a back-off of a host is lifted, as an operator may who knows better."""

POLLS_A_SECOND = 20
"""What the run asks of the pollers in all; each feed is due that often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    feeds: int
    pollers: int
    kills: int
    seed: int
    minutes: float  # of misbehaviour, at most: what is left of the kills is left out then
    settle_minutes: float = 5.0
    gap_s: float = 0.3
    misbehaving: float = 0.2
    without: str | None = None  # a guard that the pollers do without
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def interval_s(self) -> int:
        return max(2, self.feeds // POLLS_A_SECOND)


@dataclass(slots=True, kw_only=True)
class Report:
    kills: int = 0
    freezes: int = 0
    resumed: int = 0  # feeds that were quarantined, and that the operator took out again
    back_offs: int = 0  # of whole hosts
    requests: int = 0
    rows: int = 0
    stories: int = 0
    revisions: int = 0
    seconds: float = 0.0
    settled_s: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    complaints: dict[str, int] = field(default_factory=dict)
    breaches: list[str] = field(default_factory=list)


async def run(plan: Plan, database_url: str, folder: Path) -> Report:
    """Play the whole of it on a migrated, empty PostgreSQL database."""
    publisher = make_publisher(plan)
    database = open_database(database_url)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        await stack.enter_async_context(published(publisher))
        play = Play(plan, publisher, database, database_url, folder)
        stack.push_async_callback(play.end)
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
        self.pollers = [Poller(n, folder, settings, plan.without) for n in range(plan.pollers)]
        self.folder = folder
        self._hold: dict[int, float] = {}  # desk → when it takes its next step
        self._backing_off: dict[str, float] = {}  # host → since when it was seen to
        self.backed_off: list[BackedOff] = []
        self.addresses_known = 0.0  # since when the address of each host is on record
        self._thawing: set[asyncio.Task[None]] = set()

    async def played(self) -> Report:
        started = time.monotonic()
        await self.add_feeds()
        await asyncio.gather(*(poller.start() for poller in self.pollers))
        keeping = asyncio.create_task(self._keep_going(), name="keep going")
        self.publisher.misbehaving, self.publisher.honest = self.plan.misbehaving, False
        await self._violence()
        await asyncio.gather(*self._thawing)
        self.publisher.honest = True
        quiet = time.monotonic()
        settled = await self._settle()
        self.report.settled_s = time.monotonic() - quiet
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await asyncio.gather(*(poller.stop() for poller in self.pollers))
        self.report.seconds = time.monotonic() - started
        await self.reckon(settled)
        return self.report

    async def end(self) -> None:
        for task in self._thawing:
            task.cancel()
        await asyncio.gather(*(poller.kill() for poller in self.pollers))

    async def add_feeds(self) -> None:
        now = datetime.now(UTC)
        async with self.database.write() as session:
            for desk in self.publisher.desks:
                for feed in desk.feeds:
                    new = NewFeed(
                        url=self.publisher.url(feed),
                        host=self.publisher.hosts[feed],
                        domain=f"desk{desk.n}.example",
                        min_interval_s=1,
                        max_interval_s=self.plan.interval_s,
                    )
                    self.ids[feed] = await add_feed(session, new, now)

    # --- the script goes on ---------------------------------------------------------------------

    async def _keep_going(self) -> None:
        """Desks take their steps, feeds that would wait long are asked for, and none is left."""
        while True:
            await asyncio.sleep(TICK_S)
            if not self.publisher.honest:
                for desk in await self.on_record():
                    self._step(desk)
            async with self.database.write() as session:
                await session.execute(text(HURRY), {"ids": self._impatient()})
                resumed = await session.execute(text(RESUME))
                self.report.resumed += resumed.rowcount
            await self._look_at_hosts()

    async def on_record(self) -> list[Desk]:
        """Desks whose present document is on record for each of their feeds."""
        async with self.database.read() as session:
            rows = (await session.execute(text("SELECT id, body_hash FROM feeds"))).all()
        hashes = {row.id: row.body_hash for row in rows}
        return [
            desk
            for desk in self.publisher.desks
            if {hashes[self.ids[feed]] for feed in desk.feeds} == {body_hash(desk.document)}
        ]

    def _step(self, desk: Desk) -> None:
        now = time.monotonic()
        if desk.n not in self._hold:
            wait_s = self.chance.uniform(0, 1.5) * self.plan.interval_s
            self._hold[desk.n] = now + wait_s
        elif now >= self._hold[desk.n]:
            del self._hold[desk.n]
            desk.advance()

    def _impatient(self) -> list[int]:
        """Feeds that nobody has asked for in a while, though their servers do not forbid it."""
        now = time.time()
        found = []
        for feed, seen in self.publisher.last.items():
            due = max(seen.not_before + 0.5, seen.end + self.plan.interval_s * 1.5)
            if seen.end and now > due:
                found.append(self.ids[feed])
        return found

    async def _look_at_hosts(self) -> None:
        """Keep which hosts back off, and lift it after a while: it would last for minutes."""
        async with self.database.write() as session:
            asked_at = time.time()
            rows = (await session.execute(text(BACKING_OFF))).all()
            for row in rows:
                self._backing_off.setdefault(row.host, asked_at)
            lifted = [
                host
                for host, since in self._backing_off.items()
                if asked_at - since > BACK_OFF_S
                and all(seen.not_before < asked_at for seen in self._last_of(host))
            ]
            await session.execute(text(LIFT), {"hosts": lifted})
            if not self.addresses_known:
                unknown = (await session.execute(text(NO_ADDRESS))).scalar_one()
                self.addresses_known = 0.0 if unknown else asked_at
        there = {row.host: row.refused_until / 1000 for row in rows}
        for host in list(self._backing_off):
            if host in lifted or host not in there:
                since = self._backing_off.pop(host)
                until = min(there.get(host, since), asked_at)
                self.backed_off.append(BackedOff(host, since, until))

    def _last_of(self, host: str) -> list[Seen]:
        return [seen for seen in self.publisher.last.values() if seen.host == host]

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
        """Wait until all that was published is on record, now that nothing is in the way."""
        deadline = time.monotonic() + self.plan.settle_minutes * 60
        while time.monotonic() < deadline:
            if len(await self.on_record()) == len(self.publisher.desks):
                return True
            await asyncio.sleep(TICK_S)
        return False

    async def reckon(self, settled: bool) -> None:
        report, publisher = self.report, self.publisher
        breaches = report.breaches
        workers = {pid: name for each in self.pollers for pid, name in each.workers.items()}
        if not settled:
            on_record = {desk.n for desk in await self.on_record()}
            late = [desk.n for desk in publisher.desks if desk.n not in on_record]
            breaches.append(f"not on record when the time was over: desks {late}")
        async with self.database.read() as session:
            breaches += await checks.records(session, publisher)
            breaches += await checks.presence(session, publisher, self.ids)
            breaches += await checks.ledger(session, publisher, self.ids, workers)
            breaches += await checks.retry_after(session, publisher, self.ids)
            breaches += await checks.leases(session)
            report.rows = (await session.execute(text("SELECT count(*) FROM fetches"))).scalar_one()
        known = self.addresses_known or time.time()
        breaches += checks.politeness(publisher, self.plan.gap_s, known + 2)
        breaches += checks.back_offs(publisher, self.backed_off)
        report.back_offs = len(self.backed_off)
        exits = [code for poller in self.pollers for code in poller.exits]
        if exits != [0] * len(self.pollers):
            breaches.append(f"pollers that were asked to stop ended with {exits}")
        if left := processes_left(self.folder):
            breaches.append(f"{len(left)} processes left behind: {left}")
        report.requests = len(publisher.seen)
        report.faults = Counter(seen.fault.value for seen in publisher.seen if seen.fault)
        scripted = [story for desk in publisher.desks for story in desk.stories]
        report.stories = len(scripted)
        report.revisions = sum(len(story.told) - 1 for story in scripted)
        report.complaints = complaints(self.folder)


def settings_of(plan: Plan, url: str) -> dict[str, str]:
    """Short leases and small limits, so that what goes wrong goes wrong often."""
    return {
        "database_url": url,
        "allow_private_networks": "127.0.0.0/8",
        "host_gap_s": str(plan.gap_s),
        "min_interval_s": "1",
        "max_interval_s": "60",
        "concurrency": "12",
        "parse_workers": "1",
        "fetch_deadline_s": "1.5",
        "parse_timeout_s": "3",
        "max_body_bytes": "100000",
        "max_wire_bytes": "150000",
        "log_format": "json",
        **plan.settings,
    }


HURRY = """UPDATE feeds SET next_poll_at = 0
    WHERE id = ANY(:ids) AND lease_until IS NULL AND state = 'active' AND next_poll_at > 0"""
BACKING_OFF = """SELECT host, refused_until FROM hosts
    WHERE refusals > 0 AND refused_until > extract(epoch FROM clock_timestamp()) * 1000"""
LIFT = "UPDATE hosts SET refusals = 0, refused_until = NULL WHERE host = ANY(:hosts)"
NO_ADDRESS = """SELECT count(*) FROM hosts WHERE address_slot IS NULL
    AND host IN (SELECT host FROM feeds)"""
RESUME = "UPDATE feeds SET state = 'active', attempts = 0 WHERE state = 'quarantined'"
LONGEST_LEASE = """SELECT (max(lease_until) - extract(epoch FROM clock_timestamp()) * 1000) / 1000
    FROM feeds"""
