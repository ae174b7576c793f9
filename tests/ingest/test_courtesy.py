"""What servers see of two pollers on one database: never two requests at once, nor too many."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from itertools import pairwise

import pytest
from sqlalchemy import select, text

from app.core.slots import BUDGET
from app.core.types import FetchPolicy
from app.core.urls import registrable_domain
from app.ingest.pipeline import Pipeline
from app.ingest.poller import Poller, PollerPolicy
from app.net import AddressPolicy, HttpClients
from app.store.engine import Database
from app.store.feeds import NewFeed, add_feed
from app.store.hosts import database_now, learn_addresses
from app.store.models import hosts
from tests.api.conftest import InProcess
from tests.ingest import servers
from tests.plans import NOW

ENDINGS = ("com", "net", "org", "edu")
AT_ONCE = 3
"""A request is answered when so many are under way, as there are addresses, or after a while."""

WHILE_S = 0.2


def address_of(host: str) -> str:
    """Hosts of different domains share three addresses."""
    return f"127.0.0.{2 + int(host.split('.', maxsplit=1)[0][1:]) % 3}"


@dataclass
class Fleet:
    """One server under many names and addresses, which counts what it is asked at once."""

    port: int = 0
    now: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    spans: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    redirects: dict[str, str] = field(default_factory=dict)
    full: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(self, request: servers.Request) -> AsyncIterator[object]:
        host = (request.header("host") or b"").decode().partition(":")[0]
        domain = registrable_domain(host) or host
        return self._serve(request, ["all", host, f"domain {domain}", address_of(host)])

    async def _serve(self, request: servers.Request, slots: list[str]) -> AsyncIterator[object]:
        begun = time.monotonic()
        self.now.update(slots)
        self.most |= self.now
        if self.now["all"] >= AT_ONCE:
            self.full.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.full.wait(), WHILE_S)
        self.full.clear()
        self.now.subtract(slots)
        for slot in slots:
            self.spans[slot].append((begun, time.monotonic()))
        target = self.redirects.get(request.target)
        if target is not None:
            yield servers.answer(302, b"", (("Location", target), ("Connection", "close")))
        else:
            yield servers.answer(200, servers.RSS, (("Connection", "close"),))

    def gaps(self, slot: str) -> list[float]:
        return [later[0] - sooner[1] for sooner, later in pairwise(self.spans[slot])]


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    seen = Fleet()
    async with servers.serve(seen.answer, host="0.0.0.0") as server:
        seen.port = server.port
        yield seen


async def resolve(host: str, _port: int) -> Sequence[str]:
    return [address_of(host)]


@asynccontextmanager
async def pollers(
    database: Database, *, gap_s: float = 0.0, per_hour: int | None = None
) -> AsyncIterator[list[Poller]]:
    loopback = AddressPolicy(allow=(ip_network("127.0.0.0/8"),))
    async with HttpClients(loopback, shards=1, http2=False, resolver=resolve) as clients:
        pipeline = Pipeline(
            database=database,
            clients=clients,
            offload=InProcess(),
            fetch_policy=FetchPolicy(deadline_s=20),
            max_entries=100,
            host_gap_s=gap_s,
            requests_per_hour=per_hour,
        )
        yield [Poller(pipeline, PollerPolicy(owner=f"poller {n}")) for n in range(2)]


async def add(database: Database, fleet: Fleet, names: Sequence[str]) -> None:
    async with database.write() as session:
        for n, host in enumerate(names):
            url = f"http://{host}:{fleet.port}/{n}"
            await add_feed(session, NewFeed(url=url, host=host, domain=f"d{n}.example"), NOW)
            await session.execute(text("UPDATE feeds SET next_poll_at = 0"))
        await learn_addresses(session, tuple((host, address_of(host)) for host in set(names)))


async def test_no_host_domain_or_address_sees_two_requests_at_once_or_an_early_one(
    database: Database, fleet: Fleet
) -> None:
    names = [f"h{n}.example.{ENDINGS[n // 2]}" for n in range(8)] * 2
    await add(database, fleet, names)
    gap_s = 0.03
    async with pollers(database, gap_s=gap_s) as running:
        polled = await asyncio.gather(*(poller.run_once() for poller in running))
    assert sum(polled) == len(names)
    together = fleet.most.pop("all")
    assert together > 1, "different ones are asked at the same time"
    assert {slot: n for slot, n in fleet.most.items() if n > 1} == {}
    fleet.spans.pop("all")
    early = {slot: min(fleet.gaps(slot), default=gap_s) for slot in fleet.spans}
    assert {slot: gap for slot, gap in early.items() if gap < gap_s - 0.002} == {}


async def test_a_host_that_feeds_lead_to_is_asked_one_at_a_time(
    database: Database, fleet: Fleet
) -> None:
    names = [f"h{3 * n}.d{n}.example" for n in range(6)]  # all lead to one that is elsewhere
    await add(database, fleet, names)
    target = f"http://h1.example.com:{fleet.port}/feed"
    fleet.redirects = {f"/{n}": target for n in range(len(names))}
    async with database.write() as session:  # as if each had an address of its own
        await session.execute(text("UPDATE hosts SET address_slot = NULL"))
    async with pollers(database) as running:
        polled = await asyncio.gather(*(poller.run_once() for poller in running))
    assert sum(polled) == len(names)
    assert len(fleet.spans["h1.example.com"]) == len(names)
    assert fleet.most["h1.example.com"] == 1
    assert fleet.most["all"] > 1


async def test_all_that_is_due_at_once_leaves_at_the_rate_of_the_budget(
    database: Database, fleet: Fleet
) -> None:
    per_s, feeds = 20, 30
    await add(database, fleet, [f"h{n}.d{n}.example" for n in range(feeds)])
    async with database.write() as session:
        await session.execute(text("UPDATE hosts SET address_slot = NULL"))
    async with pollers(database, per_hour=per_s * 3600) as running:
        polled = await asyncio.gather(*(poller.run_once() for poller in running))
    assert sum(polled) == feeds
    begun = sorted(span[0] for span in fleet.spans["all"])
    assert begun[-1] - begun[0] >= 0.9 * (feeds - 1) / per_s
    within = [sum(at <= other < at + 1 for other in begun) for at in begun]
    assert max(within) <= 2 * per_s + 1, "what a stall has left is made up for one second's worth"


async def test_redirects_are_charged_to_the_budget(database: Database, fleet: Fleet) -> None:
    await add(database, fleet, ["h1.example.com"])
    fleet.redirects = {"/0": f"http://h2.example.net:{fleet.port}/a", "/a": "/b"}
    async with database.read() as session:
        begun_at = await database_now(session)
    async with pollers(database, per_hour=360) as (poller, _):
        assert await poller.run_once() == 1
    assert len(fleet.spans["all"]) == 3
    async with database.read() as session:
        paid = await session.execute(select(hosts.c.free_at).where(hosts.c.host == BUDGET))
    assert (paid.scalar_one() - begun_at).total_seconds() >= 29, "ten seconds for each"
