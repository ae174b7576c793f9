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

import pytest
from sqlalchemy import select, text

from app.core.slots import BUDGET
from app.core.types import FetchPolicy
from app.core.urls import registrable_domain
from app.ingest.pipeline import Pipeline
from app.ingest.poller import Poller, PollerPolicy
from app.net import AddressPolicy, HttpClients
from app.store.clock import database_now
from app.store.engine import Database
from app.store.feeds import NewFeed, add_feed
from app.store.hosts import learn_addresses
from app.store.models import hosts
from tests.api.conftest import InProcess
from tests.ingest import servers
from tests.plans import NOW

ENDINGS = ("com", "net", "org", "edu")
AT_ONCE = 3
"""A request is answered when so many are under way, as there are addresses, or after a while."""

WHILE_S = 0.5


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
            fetch_policy=FetchPolicy(deadline_s=60),
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


async def test_no_host_domain_or_address_sees_two_requests_at_once(
    database: Database, fleet: Fleet
) -> None:
    names = [f"h{n}.example.{ENDINGS[n // 2]}" for n in range(8)] * 2
    await add(database, fleet, names)
    async with pollers(database) as running:
        polled = await asyncio.gather(*(poller.run_once() for poller in running))
    assert sum(polled) == len(names)
    together = fleet.most.pop("all")
    assert together > 1, "different ones are asked at the same time"
    assert {slot: n for slot, n in fleet.most.items() if n > 1} == {}


@pytest.mark.parametrize("shared", ["host", "domain", "address"])
async def test_none_sees_an_early_request(database: Database, fleet: Fleet, shared: str) -> None:
    names = {
        "host": ["h1.example.com", "h1.example.com"],
        "domain": ["h1.example.com", "h2.example.com"],
        "address": ["h1.example.com", "h4.example.net"],
    }[shared]
    await add(database, fleet, names)
    gap_s = 0.7
    async with pollers(database, gap_s=gap_s) as running:
        await asyncio.gather(*(poller.run_once() for poller in running))
    (first, second) = fleet.spans["all"]
    assert second[0] - first[1] >= gap_s - 0.002


async def test_a_host_that_feeds_lead_to_is_asked_one_at_a_time(
    database: Database, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ingest.entrance.WAIT_S", 60.0)
    names = [f"h{3 * n}.d{n}.example" for n in range(4)]  # all lead to one that is elsewhere
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


class _Leap:
    """A clock that leaps once, after the first look at it: the process stood still."""

    def __init__(self) -> None:
        self.looks = 0

    def monotonic(self) -> float:
        self.looks += 1
        return 0.0 if self.looks == 1 else 10_000.0


async def test_a_process_that_stood_still_after_its_claim_asks_nobody_under_it(
    database: Database, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(database, fleet, ["h1.example.com"])
    monkeypatch.setattr("app.work.leased.time", _Leap())
    async with pollers(database) as (poller, _):
        assert await poller.run_once() == 2, "given back, and claimed anew"
    assert len(fleet.spans["all"]) == 1
    assert await database_attempts(database) == 0


async def database_attempts(database: Database) -> int:
    async with database.read() as session:
        return int((await session.execute(text("SELECT attempts FROM feeds"))).scalar_one())
