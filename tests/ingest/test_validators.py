"""Polls of servers whose validators are honest, or not: what is asked, what is found, and when."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network

import pytest
from sqlalchemy import select, text

from app.core.poll import LedgerRow
from app.core.schedule import Outcome
from app.core.trust import DISTRUST, SAMPLE_LEAST, SURPRISES
from app.net import AddressPolicy, HttpClients
from app.store.engine import Database
from app.store.feeds import get_feed
from app.store.finish import kept_body
from app.store.models import copies, feeds
from tests.databases import on_sqlite
from tests.ingest import servers
from tests.ingest.test_poller import Desk

DAY_MS = 86_400_000


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    loopback = AddressPolicy(allow=(ip_network("127.0.0.0/8"),))
    async with HttpClients(loopback, shards=1, http2=False) as clients:
        yield Desk(database, clients)


@dataclass
class Publisher:
    """A feed on loopback, and how its server answers conditions: honestly, if not told else."""

    items: list[str] = field(default_factory=lambda: ["first"])
    version: int = 1
    etag: str | None = None  # one that never changes
    modified: str | None = None
    always_304: bool = False
    mute_304: bool = False  # without its ETag
    deltas: bool = False
    stamp: bool = False  # a comment that is another in each answer
    since: dict[str, int] = field(default_factory=dict)  # ETag → items that it had
    server: servers.Server = None

    def publish(self, *items: str) -> None:
        self.items += items
        self.version += 1

    def document(self, items: list[str]) -> bytes:
        told = "".join(
            f"<item><title>Story {i}</title><link>https://n.example/{i}</link><guid>{i}</guid>"
            "<pubDate>Mon, 23 Nov 2026 06:00:00 GMT</pubDate></item>"
            for i in items
        )
        stamp = f"<!-- {len(self.server.requests)} -->" if self.stamp else ""
        date = "<lastBuildDate>Mon, 23 Nov 2026 06:00:00 GMT</lastBuildDate>"
        return (
            f"<rss version='2.0'><channel><title>N</title>{date}{told}</channel>{stamp}</rss>"
        ).encode()

    def answer(self, request: servers.Request) -> bytes:
        etag = self.etag or f'"v{self.version}"'
        headers = (("Last-Modified", self.modified),) if self.modified else (("ETag", etag),)
        asked = request.header("If-None-Match")
        if self.modified:
            unchanged = request.header("If-Modified-Since") == self.modified.encode()
        else:
            unchanged = asked is not None and (self.always_304 or asked.decode() == etag)
        if unchanged:
            return servers.answer(304, b"", () if self.mute_304 else headers)
        if self.deltas and request.header("A-IM") == b"feed" and asked:
            fresh = self.items[self.since[asked.decode()] :]
            self.since[etag] = len(self.items)
            im = (*headers, ("IM", "feed"))
            return servers.answer(226, self.document(fresh), im)
        self.since[etag] = len(self.items)
        return servers.answer(200, self.document(self.items), headers)


@asynccontextmanager
async def published(desk: Desk, **given: object) -> AsyncIterator[Publisher]:
    publisher = Publisher(**given)
    async with servers.serve(publisher.answer) as server:
        publisher.server = server
        await desk.add(server.url())
        yield publisher


async def poll(desk: Desk, *, days: float = 0.0) -> LedgerRow:
    """A poll so long after the last: all that was noted of the feed is so much older."""
    past = int(days * DAY_MS)
    async with desk.database.write() as session:
        await session.execute(
            text(
                "UPDATE feeds SET whole_at = whole_at - :past,"
                " distrusted_at = distrusted_at - :past, moving_since = moving_since - :past"
            ),
            {"past": past},
        )
    return (await desk.poll()).row


def conditional(publisher: Publisher) -> list[bool]:
    """Which requests had conditions, since the last call."""
    names = ("If-None-Match", "If-Modified-Since")
    asked = [any(r.header(n) for n in names) for r in publisher.server.requests]
    publisher.server.requests.clear()
    return asked


async def sampled(desk: Desk) -> LedgerRow:
    """The poll that asks for the whole document, after as few answers of 304 as may be."""
    for _ in range(SAMPLE_LEAST):
        assert (await poll(desk)).outcome is Outcome.NOT_MODIFIED
    return await poll(desk, days=1)


@pytest.mark.parametrize(
    ("given", "lie"),
    [
        ({"etag": '"same"'}, "its ETag stayed the same over another document"),
        ({"etag": 'W/"same"'}, "its ETag stayed the same over another document"),
        (
            {"modified": "Sun, 01 Nov 2026 06:00:00 GMT"},
            "its Last-Modified stayed the same over another document",
        ),
    ],
)
async def test_validators_that_lie_are_found_and_not_sent_for_a_month(
    desk: Desk, given: dict[str, str], lie: str
) -> None:
    async with published(desk, **given) as publisher:
        await poll(desk)
        publisher.publish("hidden")
        found = await sampled(desk)
        assert (found.outcome, found.new) == (Outcome.NEW, 1)
        assert found.notes == (
            "asked for the whole document, after 8 answers without one",
            f"its validators are not sent for 30 days: {lie}",
        )
        assert conditional(publisher) == [False, *[True] * SAMPLE_LEAST, False]  # one request each
        publisher.publish("told at once")
        at_once = await poll(desk)
        assert (at_once.outcome, at_once.new, at_once.notes) == (Outcome.NEW, 1, ())
        assert (await poll(desk)).outcome is Outcome.SAME_BODY
        assert conditional(publisher) == [False, False]
        trial = await poll(desk, days=DISTRUST.days)
        assert (trial.outcome, trial.notes) == (
            Outcome.NOT_MODIFIED,
            ("its validators are believed again, on trial",),
        )
        assert conditional(publisher) == [True]


@on_sqlite
async def test_a_304_that_names_the_next_etag_is_a_lie_too(desk: Desk) -> None:
    async with published(desk, always_304=True) as publisher:
        await poll(desk)
        publisher.publish("hidden")
        found = await sampled(desk)
        assert (found.new, len(found.notes)) == (1, 2)


async def test_a_server_that_says_304_to_every_condition_is_found(desk: Desk) -> None:
    async with published(desk, always_304=True, mute_304=True) as publisher:
        await poll(desk)
        for n in range(SURPRISES):
            publisher.publish(f"hidden {n}")
            last = await sampled(desk)
            assert last.new == 1
        assert last.notes[-1] == (
            "its validators are not sent for 30 days: 3 documents in a row had news that no "
            "condition let through"
        )
        conditional(publisher)
        await poll(desk)
        assert conditional(publisher) == [False]


async def test_an_honest_server_is_sampled_now_and_then_and_believed(desk: Desk) -> None:
    async with published(desk) as publisher:
        await poll(desk)
        for n in range(SURPRISES + 1):
            assert (await sampled(desk)).outcome is Outcome.SAME_BODY
            publisher.publish(f"news {n}")
            assert (await poll(desk)).new == 1
        asked = conditional(publisher)
        assert asked.count(False) == 1 + SURPRISES + 1
        assert (await poll(desk)).outcome is Outcome.NOT_MODIFIED


@on_sqlite
async def test_a_document_whose_stories_are_the_same_is_no_lie(desk: Desk) -> None:
    """Servers put the time of generation into a document, under an ETag of what it tells."""
    async with published(desk, etag='W/"same"', stamp=True) as publisher:
        await poll(desk)
        found = await sampled(desk)
        assert found.outcome is Outcome.UNCHANGED
        conditional(publisher)
        assert (await poll(desk)).outcome is Outcome.NOT_MODIFIED
        assert conditional(publisher) == [True]


@on_sqlite
async def test_a_document_of_the_same_date_is_read(desk: Desk) -> None:
    """The dates that a feed gives itself and its entries say nothing of whether it has news."""
    async with published(desk) as publisher:
        await poll(desk)
        publisher.publish("of the same date")
        assert (await poll(desk)).new == 1


async def test_what_a_delta_leaves_out_has_not_left(desk: Desk) -> None:
    async with published(desk, deltas=True, items=["a", "b"]) as publisher:
        first = await poll(desk)
        body = publisher.document(publisher.items)
        publisher.publish("c")
        second = await poll(desk)
        third = await poll(desk)
        assert [(r.status, r.new, r.entries) for r in (first, second)] == [(200, 2, 2), (226, 1, 1)]
        assert third.outcome is Outcome.NOT_MODIFIED
        async with desk.database.read() as session:
            left = await session.execute(
                select(copies.c.guid).where(copies.c.last_seen_at.is_not(None))
            )
            assert left.all() == []
            feed = await get_feed(session, 1)
            assert feed.last_success_at == third.at
            assert await kept_body(session, 1) == body
            kept = (await session.execute(select(feeds.c.body_hash, feeds.c.unchanged))).one()
            assert kept.body_hash is None
            assert kept.unchanged == 2  # both brought less than the whole


async def test_the_whole_document_says_what_deltas_do_not(desk: Desk) -> None:
    async with published(desk, deltas=True, items=["a", "b"]) as publisher:
        await poll(desk)
        publisher.publish("c")
        await poll(desk)
        publisher.items.remove("a")
        for _ in range(SAMPLE_LEAST - 1):
            assert (await poll(desk)).outcome is Outcome.NOT_MODIFIED
        assert (await poll(desk, days=1)).entries == 2
        async with desk.database.read() as session:
            left = await session.execute(
                select(copies.c.guid).where(copies.c.last_seen_at.is_not(None))
            )
            assert left.scalars().all() == ["a"]
        conditional(publisher)
        await poll(desk, days=timedelta(hours=1) / timedelta(days=1))
        assert conditional(publisher) == [True]
