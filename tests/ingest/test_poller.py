"""One poll from claim to ledger, whatever comes, and the loop that never stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from sqlalchemy import select, text

from app.core.schedule import Outcome
from app.core.types import Failure, FetchPolicy
from app.ingest.offload import OffloadFailed
from app.ingest.pipeline import Pipeline, Polled
from app.ingest.poller import Poller, PollerPolicy
from app.net import AddressPolicy, HttpClients
from app.store.engine import Database
from app.store.feeds import NewFeed, add_feed, get_feed
from app.store.ledger import Fetch, list_fetches
from app.store.models import changes, feeds, revisions, stories
from app.store.plans import Applied
from tests.api.conftest import InProcess
from tests.ingest import servers
from tests.plans import NOW


def rss(*titles: str, extra: str = "") -> bytes:
    items = "".join(
        f"<item><title>{t}</title><link>https://n.example/{t}</link><guid>{t}</guid></item>"
        for t in titles
    )
    return f"<rss version='2.0'><channel><title>N</title>{extra}{items}</channel></rss>".encode()


@dataclass
class Desk:
    """A poller over a database and a scripted server."""

    database: Database
    clients: HttpClients
    polled: list[Polled] = field(default_factory=list)
    offload: Any = field(default_factory=InProcess)

    def poller(self, **policy: Any) -> Poller:
        pipeline = Pipeline(
            database=self.database,
            clients=self.clients,
            offload=self.offload,
            fetch_policy=FetchPolicy(deadline_s=5),
            max_entries=100,
            host_gap_s=0,
        )
        given = {"owner": "here", "drain_s": 5.0} | policy
        return Poller(pipeline, PollerPolicy(**given), self.polled.append)

    async def add(self, url: str, host: str = "127.0.0.1") -> int:
        async with self.database.write() as session:
            return await add_feed(session, NewFeed(url=url, host=host, domain="n.example"), NOW)

    async def poll(self) -> Fetch:
        """Make the feed due, poll it, and read the ledger's row."""
        async with self.database.write() as session:
            await session.execute(text("UPDATE feeds SET next_poll_at = 0"))
        assert await self.poller().run_once() == 1
        async with self.database.read() as session:
            return (await list_fetches(session, limit=1))[0]

    async def count(self, *tables: Any) -> list[int]:
        async with self.database.read() as session:
            return [len((await session.execute(select(table))).all()) for table in tables]


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    loopback = AddressPolicy(allow=(ip_network("127.0.0.0/8"),))
    async with HttpClients(loopback, shards=1, http2=False) as clients:
        yield Desk(database, clients)


@asynccontextmanager
async def scripted(*answers: bytes) -> AsyncIterator[servers.Server]:
    """A server that gives these answers in turn, the last one for ever."""
    left = list(answers)

    def next_answer(_request: servers.Request) -> bytes:
        return left.pop(0) if len(left) > 1 else left[0]

    async with servers.serve(next_answer) as server:
        yield server


OK = servers.answer
ETAG = (("ETag", '"1"'), ("Content-Type", "application/rss+xml"))


async def test_new_changed_unchanged_same_body_and_not_modified(desk: Desk) -> None:
    answers = (
        OK(200, rss("a")),
        OK(200, rss("a", "b"), ETAG),
        OK(304, b""),
        OK(200, rss("a", "b")),
        OK(200, rss("a", "b", extra="<copyright>2026</copyright>")),
        OK(200, rss("a", "b").replace(b"<title>a</title>", b"<title>a, corrected</title>")),
    )
    async with scripted(*answers) as server:
        await desk.add(server.url())
        rows = [(await desk.poll()).row for _ in answers]
        conditional = [r.header("if-none-match") for r in server.requests]
    assert [row.outcome for row in rows] == [
        Outcome.NEW,
        Outcome.NEW,
        Outcome.NOT_MODIFIED,
        Outcome.SAME_BODY,
        Outcome.UNCHANGED,
        Outcome.CHANGED,
    ]
    assert [(row.entries, row.new, row.changed) for row in rows] == [
        (1, 1, 0),
        (2, 1, 0),
        (0, 0, 0),
        (0, 0, 0),
        (2, 0, 0),
        (2, 0, 1),
    ]
    assert conditional == [None, None, b'"1"', b'"1"', None, None]
    assert await desk.count(stories, revisions, changes) == [2, 1, 4], (
        "and the log tells of the feed"
    )
    assert all(row.next_poll.at > row.at and row.next_poll.reasons for row in rows)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (OK(404, b""), Failure.NOT_FOUND),
        (OK(410, b""), Failure.GONE),
        (OK(429, b"", (("Retry-After", "7200"),)), Failure.RATE_LIMITED),
        (OK(500, b""), Failure.HTTP_SERVER),
        (OK(200, b""), Failure.EMPTY),
        (OK(200, b"<html><body>hello</body></html>"), Failure.HTML_PAGE),
        (OK(200, b"<opml version='2.0'><body/></opml>"), Failure.NOT_A_FEED),
        (OK(302, b"", (("Location", "http://10.0.0.1/"),)), Failure.BLOCKED),
    ],
    ids=lambda value: value.value if isinstance(value, Failure) else "",
)
async def test_a_failed_poll_is_on_record_and_comes_again(
    desk: Desk, answer: bytes, failure: Failure
) -> None:
    async with scripted(answer, OK(200, rss("a"))) as server:
        feed_id = await desk.add(server.url())
        row = (await desk.poll()).row
        assert (row.outcome, row.failure) == (Outcome.FAILED, failure)
        assert row.detail
        assert row.next_poll.at > row.at
        async with desk.database.read() as session:
            feed = await get_feed(session, feed_id)
        assert (feed.failures, feed.failure) == (1, failure)
        if failure is Failure.RATE_LIMITED:
            assert row.next_poll.at >= row.at + timedelta(seconds=7200)
        assert (await desk.poll()).row.outcome is Outcome.NEW, "and it works again"
        async with desk.database.read() as session:
            assert (await get_feed(session, feed_id)).failures == 0


async def test_a_server_that_is_not_there_is_a_failure_like_any_other(desk: Desk) -> None:
    async with scripted(OK(200, rss("a"))) as server:
        url = server.url()
    await desk.add(url)
    assert (await desk.poll()).row.failure is Failure.CONNECT


class Killed(InProcess):
    """Workers that die of everything they are given."""

    async def run(self, *_given: Any, **_named: Any) -> Any:
        return OffloadFailed(kind=Failure.PARSE_CRASHED, detail="the worker died")


async def test_a_worker_that_dies_is_on_record_and_counted(desk: Desk) -> None:
    desk.offload = Killed()
    async with scripted(OK(200, rss("a"))) as server:
        await desk.add(server.url())
        for _ in range(5):
            row = (await desk.poll()).row
            assert row.failure is Failure.PARSE_CRASHED
        assert "quarantined" in (row.detail or "")
        assert await desk.poller().run_once() == 0


class Faulty(InProcess):
    async def run(self, *_given: Any, **_named: Any) -> Any:
        raise RuntimeError("a fault of ours")


async def test_a_fault_of_ours_is_on_record_and_the_feed_comes_again(desk: Desk) -> None:
    desk.offload = Faulty()
    async with scripted(OK(200, rss("a"))) as server:
        await desk.add(server.url())
        row = (await desk.poll()).row
        assert (row.outcome, row.failure) == (Outcome.FAILED, Failure.INTERNAL)
        assert "a fault of ours" not in (row.detail or ""), "the log has it, not the ledger"
        desk.offload = InProcess()
        assert (await desk.poll()).row.outcome is Outcome.NEW


async def test_the_loop_polls_what_is_added_and_stops_when_told(desk: Desk) -> None:
    async with scripted(OK(200, rss("a"))) as server:
        poller = desk.poller()
        first_poll = asyncio.Event()
        desk.polled = Noted(first_poll)
        poller = desk.poller()
        async with asyncio.TaskGroup() as group:
            group.create_task(poller.run())
            await desk.add(server.url())
            poller.wake()
            await asyncio.wait_for(first_poll.wait(), 10)
            poller.stop()
    assert [p.applied for p in desk.polled] == [Applied.APPLIED]


class Noted(list[Polled]):
    def __init__(self, event: asyncio.Event) -> None:
        super().__init__()
        self._event = event

    def append(self, polled: Polled) -> None:
        super().append(polled)
        self._event.set()


@asynccontextmanager
async def stuck() -> AsyncIterator[tuple[servers.Server, asyncio.Event]]:
    """A server that takes requests and answers none."""
    asked = asyncio.Event()

    async def never() -> AsyncIterator[bytes]:
        asked.set()
        await asyncio.Event().wait()
        yield b""

    async with servers.serve(lambda _request: never()) as server:
        yield server, asked


async def test_a_stop_gives_back_the_leases_of_polls_that_do_not_end(desk: Desk) -> None:
    async with stuck() as (server, asked):
        feed_id = await desk.add(server.url())
        poller = desk.poller(drain_s=0.05)
        async with asyncio.TaskGroup() as group:
            group.create_task(poller.run())
            await asyncio.wait_for(asked.wait(), 10)
            poller.stop()
    async with desk.database.read() as session:
        row = (
            await session.execute(
                select(feeds.c.lease_until, feeds.c.attempts).where(feeds.c.id == feed_id)
            )
        ).one()
        busy = await session.execute(text("SELECT count(*) FROM hosts WHERE busy_until > 0"))
        assert busy.scalar_one() == 0
    assert tuple(row) == (None, 0)


async def test_no_more_than_so_many_at_once(desk: Desk) -> None:
    at_once, most = 0, 0
    release = asyncio.Event()
    full = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        if at_once == 3:
            full.set()
        await release.wait()
        at_once -= 1
        yield OK(200, rss("a"))

    async with servers.serve(lambda _request: slow()) as server:
        for n in range(7):
            await desk.add(f"http://127.0.0.1:{server.port}/{n}", host=f"h{n}")
        poller = desk.poller(concurrency=3)
        async with asyncio.TaskGroup() as group:
            polls = group.create_task(poller.run_once())
            await asyncio.wait_for(full.wait(), 10)
            assert poller.in_flight == 3
            release.set()
        assert polls.result() == 7
        assert poller.in_flight == 0
    assert most == 3


async def test_a_poll_by_hand_waits_for_a_busy_feed_only_so_long(desk: Desk) -> None:
    async with stuck() as (server, asked):
        feed_id = await desk.add(server.url())
        poller = desk.poller(drain_s=0.05)
        async with asyncio.TaskGroup() as group:
            group.create_task(poller.run())
            await asyncio.wait_for(asked.wait(), 10)
            assert await poller.poll_now(feed_id, timeout_s=0.3) is None
            poller.stop()


async def test_the_loop_outlives_a_database_that_goes_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.ingest import poller as module

    monkeypatch.setattr("app.work.loop.RETRY_S", 0.01)
    real: Callable[..., Any] = module.claim_due
    faults: list[Exception] = [ConnectionRefusedError("away"), RuntimeError("a fault of ours")]

    async def claim(*given: Any, **named: Any) -> Any:
        if faults:
            raise faults.pop()
        return await real(*given, **named)

    monkeypatch.setattr(module, "claim_due", claim)
    polled = asyncio.Event()
    desk.polled = Noted(polled)
    async with scripted(OK(200, rss("a"))) as server:
        await desk.add(server.url())
        poller = desk.poller()
        async with asyncio.TaskGroup() as group:
            group.create_task(poller.run())
            await asyncio.wait_for(polled.wait(), 10)
            poller.stop()
    assert not faults


class Busy(InProcess):
    """Workers that take a task only when they are let."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.free = asyncio.Event()

    async def run(self, *given: Any, **named: Any) -> Any:
        self.asked.set()
        await self.free.wait()
        return await super().run(*given, **named)


async def test_a_poll_that_waits_for_a_worker_keeps_its_lease(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.ingest import poller as module

    renewed = asyncio.Event()
    real: Callable[..., Any] = module.renew_lease

    async def renew(session: Any, feed: Any, lease_s: float) -> None:
        await real(session, feed, lease_s)
        assert lease_s == 0.3
        renewed.set()

    monkeypatch.setattr(module, "renew_lease", renew)
    desk.offload = workers = Busy()
    async with scripted(OK(200, rss("a"))) as server:
        await desk.add(server.url())
        poller = desk.poller(lease_s=0.3)
        async with asyncio.TaskGroup() as group:
            polls = group.create_task(poller.run_once())
            for _ in range(6):  # twice the lease's own time
                await asyncio.wait_for(renewed.wait(), 10)
                renewed.clear()
                async with desk.database.read() as session:
                    row = await session.execute(select(feeds.c.lease_token, feeds.c.attempts))
                    assert tuple(row.one()) == (1, 1)
            workers.free.set()
        assert polls.result() == 1
    assert [p.applied for p in desk.polled] == [Applied.APPLIED]


async def test_plans_that_are_stale_for_ever_end_in_a_fault_on_record(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def changed(*_given: Any) -> bool:
        return False

    monkeypatch.setattr("app.store.plans._still_holds", changed)
    async with scripted(OK(200, rss("a"))) as server:
        await desk.add(server.url())
        row = (await desk.poll()).row
    assert (row.outcome, row.failure) == (Outcome.FAILED, Failure.INTERNAL)
    assert await desk.count(stories) == [0]


async def test_a_poll_by_hand_that_is_given_up_gives_its_lease_back(desk: Desk) -> None:
    async with stuck() as (server, asked):
        feed_id = await desk.add(server.url())
        poller = desk.poller()
        task = asyncio.create_task(poller.poll_now(feed_id, 30))
        await asyncio.wait_for(asked.wait(), 10)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with desk.database.read() as session:
        row = await session.execute(select(feeds.c.lease_until, feeds.c.attempts))
        assert tuple(row.one()) == (None, 0)


async def test_a_database_that_goes_away_in_a_poll_is_no_fault_of_the_feed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.ingest import pipeline as module

    monkeypatch.setattr("app.work.leased.RETRY_S", 0.01)
    real: Callable[..., Any] = module.apply_plan
    polled = asyncio.Event()
    desk.polled = Noted(polled)
    faults: list[Exception] = [ConnectionResetError("gone in the middle")]

    async def apply(*given: Any, **named: Any) -> Any:
        if faults:
            raise faults.pop()
        return await real(*given, **named)

    monkeypatch.setattr(module, "apply_plan", apply)
    async with scripted(OK(200, rss("a"))) as server:
        await desk.add(server.url())
        poller = desk.poller()
        async with asyncio.TaskGroup() as group:
            group.create_task(poller.run())
            await asyncio.wait_for(polled.wait(), 10)
            poller.stop()
    assert not faults
    assert [p.applied for p in desk.polled] == [Applied.APPLIED]
    async with desk.database.read() as session:
        (row,) = await list_fetches(session, limit=9)
    assert (row.row.outcome, row.row.failure) == (Outcome.NEW, None)
