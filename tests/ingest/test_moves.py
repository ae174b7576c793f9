"""Feeds that are led elsewhere: what is followed, adopted, merged, and taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network

import pytest
from sqlalchemy import BigInteger, case, func, select, text, type_coerce, update

from app.core.poll import LedgerRow
from app.core.schedule import Outcome
from app.core.types import Failure
from app.core.websub import NamedHubs
from app.errors import Conflict, NotFound
from app.net import AddressPolicy, HttpClients
from app.store.engine import Database
from app.store.feeds import FeedState, NewFeed, add_feed, get_feed
from app.store.ledger import list_fetches
from app.store.models import copies, feeds, hosts, stories
from app.store.moves import FeedMove, list_moves, revert_move
from app.store.subscriptions import subscriptions_of, want_subscription
from tests.databases import on_sqlite
from tests.ingest import servers
from tests.ingest.test_poller import Desk, rss
from tests.plans import NOW

FAR_MS = 2**42
DAY_MS = 86_400_000


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    loopback = AddressPolicy(allow=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
    async with HttpClients(loopback, shards=1, http2=False) as clients:
        yield Desk(database, clients)


@dataclass
class Site:
    """One server for all hosts of loopback: documents by path, and where other paths lead."""

    documents: dict[str, bytes] = field(default_factory=dict)
    leads: dict[str, tuple[int, str]] = field(default_factory=dict)
    server: servers.Server = None

    def answer(self, request: servers.Request) -> bytes:
        path = request.target
        if path in self.leads:
            status, to = self.leads[path]
            return servers.answer(status, b"", (("Location", to),))
        body = self.documents[path]
        etag = f'"{hash(body)}"'
        if request.header("If-None-Match") == etag.encode():
            return servers.answer(304, b"", (("ETag", etag),))
        kind = "text/html" if body.startswith(b"<!doctype") else "application/rss+xml"
        return servers.answer(200, body, (("ETag", etag), ("Content-Type", kind)))

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return self.server.url(path, host)

    def asked(self) -> list[str]:
        paths = [request.target for request in self.server.requests]
        self.server.requests.clear()
        return paths


@asynccontextmanager
async def site(**documents: bytes) -> AsyncIterator[Site]:
    made = Site(documents={f"/{name}": body for name, body in documents.items()})
    async with servers.serve(made.answer, host="0.0.0.0") as server:
        server.host = "127.0.0.1"
        made.server = server
        yield made


async def add(desk: Desk, url: str, host: str = "127.0.0.1", domain: str = "n.example") -> int:
    async with desk.database.write() as session:
        return await add_feed(session, NewFeed(url=url, host=host, domain=domain), NOW)


async def poll(desk: Desk, feed_id: int, *, days: float = 0.0) -> LedgerRow:
    """A poll of one feed, so long after the last."""
    past = timedelta(days=days) // timedelta(milliseconds=1)
    others = case((feeds.c.id == feed_id, 0), else_=type_coerce(FAR_MS, BigInteger))
    async with desk.database.write() as session:
        await session.execute(
            text("UPDATE feeds SET moving_since = moving_since - :past"), {"past": past}
        )
        await session.execute(update(feeds).values(next_poll_at=others))
        await session.execute(text("UPDATE hosts SET free_at = 0"))
    assert await desk.poller().run_once() == 1
    async with desk.database.read() as session:
        (last,) = await list_fetches(session, feed_id=feed_id, limit=1)
    return last.row


async def moves(desk: Desk, feed_id: int) -> list[FeedMove]:
    async with desk.database.read() as session:
        return list(await list_moves(session, feed_id))


async def address(desk: Desk, feed_id: int) -> tuple[str, str]:
    async with desk.database.read() as session:
        row = (
            await session.execute(select(feeds.c.url, feeds.c.host).where(feeds.c.id == feed_id))
        ).one()
        return row.url, row.host


async def held(desk: Desk) -> int:
    """Slots of hosts that are held, which must be none between polls."""
    async with desk.database.read() as session:
        counted = select(func.count()).where(hosts.c.holder.is_not(None))
        return (await session.execute(counted)).scalar_one()


async def four_days(desk: Desk, feed_id: int) -> list[LedgerRow]:
    return [await poll(desk, feed_id), *[await poll(desk, feed_id, days=1) for _ in range(3)]]


@pytest.mark.parametrize("status", [301, 308])
async def test_a_permanent_redirect_is_adopted_after_days(desk: Desk, status: int) -> None:
    async with site(old=rss("a", "b")) as its:
        old, new = its.url("/old"), its.url("/new", "localhost")
        feed = await add(desk, old)
        await poll(desk, feed)
        its.documents["/new"] = rss("a", "b", "c")
        its.leads["/old"] = (status, new)
        rows = await four_days(desk, feed)
        assert [row.outcome for row in rows] == [Outcome.NEW, *[Outcome.NOT_MODIFIED] * 3]
        assert rows[0].notes[-1].startswith(f"moved permanently to {new}, says its server")
        assert [row.notes for row in rows[1:3]] == [(), ()]
        why = "permanent redirects in 4 polls over 3 days, to the same feed"
        assert rows[3].notes == (f"moved to {new}: {why}",)
        assert await address(desk, feed) == (new, "localhost")
        (move,) = await moves(desk, feed)
        assert (move.from_url, move.to_url, move.why, move.at) == (old, new, why, rows[3].at)
        assert await held(desk) == 0
        its.asked()
        assert (await poll(desk, feed)).outcome is Outcome.NOT_MODIFIED  # its validators are good
        assert its.asked() == ["/new"]
        assert await held(desk) == 0
        assert await desk.count(stories) == [3]


@on_sqlite
@pytest.mark.parametrize("status", [302, 303, 307])
async def test_a_temporary_redirect_is_followed_and_forgotten(desk: Desk, status: int) -> None:
    async with site(new=rss("a")) as its:
        feed = await add(desk, its.url("/old"))
        its.leads["/old"] = (status, its.url("/new"))
        rows = await four_days(desk, feed) + await four_days(desk, feed)
        assert rows[0].outcome is Outcome.NEW
        assert await address(desk, feed) == (its.url("/old"), "127.0.0.1")
        assert await moves(desk, feed) == []


@on_sqlite
async def test_a_page_in_place_of_a_feed_is_never_adopted(desk: Desk) -> None:
    async with site(old=rss("a"), login=b"<!doctype html><title>Log in</title>") as its:
        feed = await add(desk, its.url("/old"))
        await poll(desk, feed)
        its.leads["/old"] = (301, its.url("/login"))
        for _ in range(6):
            row = await poll(desk, feed, days=1)
            assert (row.outcome, row.failure) == (Outcome.FAILED, Failure.HTML_PAGE)
        assert await address(desk, feed) == (its.url("/old"), "127.0.0.1")
        assert await moves(desk, feed) == []


@on_sqlite
async def test_a_feed_of_other_entries_is_never_adopted(desk: Desk) -> None:
    async with site(old=rss("a", "b"), other=rss("x", "y", "z")) as its:
        feed, other = await add(desk, its.url("/old")), its.url("/other")
        await poll(desk, feed)
        its.leads["/old"] = (301, other)
        first = await poll(desk, feed)
        assert first.notes == (f"led to {other}, a feed of other entries: its own address is kept",)
        its.documents["/other"] = rss("x", "y", "z", "w")  # mostly what is on record by now
        for row in await four_days(desk, feed) + await four_days(desk, feed):
            assert row.notes == ()
        assert await address(desk, feed) == (its.url("/old"), "127.0.0.1")
        assert await moves(desk, feed) == []


async def merging(desk: Desk, its: Site, *, domain: str = "n.example") -> tuple[int, int]:
    """Two feeds, the first of which leads to the second from now on, and has "a" before it."""
    first = await add(desk, its.url("/old"))
    its.documents["/new"] = rss("b", "c")
    second = await add(desk, its.url("/new", "localhost"), "localhost", domain)
    await poll(desk, second)
    await poll(desk, first)
    its.documents["/old"] = rss("b", "c")
    await poll(desk, first)  # "a" has left
    its.leads["/old"] = (301, its.url("/new", "localhost"))
    return first, second


async def copied(desk: Desk, feed_id: int) -> dict[str, bool]:
    """The guids of a feed's copies, and which of them are in its document."""
    async with desk.database.read() as session:
        rows = await session.execute(
            select(copies.c.guid, copies.c.last_seen_at).where(copies.c.feed_id == feed_id)
        )
        return {row.guid: row.last_seen_at is None for row in rows}


async def test_a_feed_led_onto_another_is_merged_and_keeps_its_copies(desk: Desk) -> None:
    async with site(old=rss("a", "b", "c")) as its:
        first, second = await merging(desk, its)
        rows = await four_days(desk, first)
        assert rows[-1].notes[-1].startswith(f"merged into feed {second} at ")
        async with desk.database.read() as session:
            merged = await get_feed(session, first)
        assert (merged.state, merged.url) == (FeedState.PAUSED, its.url("/old"))
        assert merged.next_poll_reasons[0].startswith(f"merged into feed {second}")
        assert await copied(desk, first) == {"a": False, "b": False, "c": False}
        assert await copied(desk, second) == {"a": False, "b": True, "c": True}
        (move,) = await moves(desk, first)
        assert (move.merged_into, move.to_url) == (second, its.url("/new", "localhost"))
        assert await held(desk) == 0
        its.documents["/new"] = rss("a", "b", "c", "d")
        again = await poll(desk, second)
        assert (again.new, again.changed) == (1, 0)
        assert await copied(desk, second) == {"a": True, "b": True, "c": True, "d": True}
        assert await desk.count(stories) == [4]


async def test_feeds_of_two_sources_keep_their_copies_apart(desk: Desk) -> None:
    async with site(old=rss("a", "b", "c")) as its:
        first, second = await merging(desk, its, domain="other.example")
        await four_days(desk, first)
        assert await copied(desk, first) == {"a": False, "b": False, "c": False}
        assert await copied(desk, second) == {"b": True, "c": True}
        assert [move.merged_into for move in await moves(desk, first)] == [second]


async def test_feeds_led_to_one_address_at_once_end_as_one(desk: Desk) -> None:
    async with site(new=rss("a")) as its:
        new = its.url("/new", "localhost")
        its.leads |= {"/one": (301, new), "/two": (301, new)}
        one = await add(desk, its.url("/one"))
        two = await add(desk, its.url("/two", "127.0.0.2"), "127.0.0.2")
        for feed in (one, two):
            await poll(desk, feed)
        async with desk.database.write() as session:
            seen = "moving_seen = 9, moving_since = moving_since - :past, next_poll_at = 0"
            await session.execute(text(f"UPDATE feeds SET {seen}"), {"past": 9 * DAY_MS})  # noqa: S608
            await session.execute(text("UPDATE hosts SET free_at = 0"))
        poller = desk.poller()
        while await poller.run_once():
            pass
        merged = [(await moves(desk, feed))[0].merged_into for feed in (one, two)]
        assert merged in ([None, one], [two, None])
        assert await held(desk) == 0


@on_sqlite
@pytest.mark.parametrize("fault", ["state = 'paused'", "failures = 1"])
async def test_no_feed_is_merged_into_one_that_brings_nothing(desk: Desk, fault: str) -> None:
    async with site(old=rss("a", "b", "c")) as its:
        first, second = await merging(desk, its)
        async with desk.database.write() as session:
            await session.execute(text(f"UPDATE feeds SET {fault} WHERE id = {second}"))  # noqa: S608
        rows = await four_days(desk, first)
        assert rows[-1].notes[-1].startswith(f"not merged into feed {second} at ")
        assert await moves(desk, first) == []
        async with desk.database.write() as session:
            await session.execute(text("UPDATE feeds SET state = 'active', failures = 0"))
        await poll(desk, first)
        assert [move.merged_into for move in await moves(desk, first)] == [second]


async def revert(desk: Desk, feed_id: int, move_id: int) -> FeedMove:
    async with desk.database.write() as session:
        return await revert_move(session, feed_id, move_id, NOW)


async def test_a_move_that_is_taken_back_is_not_made_again(desk: Desk) -> None:
    async with site(new=rss("a")) as its:
        old, new = its.url("/old"), its.url("/new", "localhost")
        feed = await add(desk, old)
        its.leads["/old"] = (301, new)
        await four_days(desk, feed)
        (move,) = await moves(desk, feed)
        undone = await revert(desk, feed, move.id)
        assert (undone.reverted_at, undone.to_url) == (NOW, new)
        assert await address(desk, feed) == (old, "127.0.0.1")
        its.asked()
        for row in await four_days(desk, feed) + await four_days(desk, feed):
            assert row.outcome in (Outcome.SAME_BODY, Outcome.UNCHANGED, Outcome.NOT_MODIFIED)
            assert row.notes == ()
        assert await address(desk, feed) == (old, "127.0.0.1")
        with pytest.raises(Conflict, match="taken back already"):
            await revert(desk, feed, move.id)
        with pytest.raises(NotFound, match="no move 99"):
            await revert(desk, feed, 99)
        third = its.url("/third", "localhost")  # another move is no such thing
        its.documents["/third"], its.leads["/old"] = rss("a"), (301, third)
        assert (await poll(desk, feed)).outcome is Outcome.NOT_MODIFIED  # which tells nothing
        its.server.requests.clear()
        await four_days(desk, feed)
        assert its.server.requests[0].header("If-None-Match") is None
        assert await address(desk, feed) == (third, "localhost")


async def test_moves_are_taken_back_from_the_last(desk: Desk) -> None:
    async with site(old=rss("a")) as its:
        feed = await add(desk, its.url("/old"))
        await poll(desk, feed)
        for before, after in (("old", "new"), ("new", "newer")):
            its.documents[f"/{after}"] = rss("a")
            its.leads[f"/{before}"] = (301, its.url(f"/{after}"))
            await poll(desk, feed)
            await four_days(desk, feed)
        last, first = await moves(desk, feed)
        assert (last.from_url, last.to_url) == (its.url("/new"), its.url("/newer"))
        with pytest.raises(Conflict, match="take its later move back first"):
            await revert(desk, feed, first.id)
        await revert(desk, feed, last.id)
        await revert(desk, feed, first.id)
        assert await address(desk, feed) == (its.url("/old"), "127.0.0.1")


async def test_a_move_cannot_be_taken_back_to_an_address_that_is_taken(desk: Desk) -> None:
    async with site(new=rss("a")) as its:
        feed = await add(desk, its.url("/old"))
        its.leads["/old"] = (301, its.url("/new", "localhost"))
        await four_days(desk, feed)
        other = await add(desk, its.url("/old"))
        (move,) = await moves(desk, feed)
        with pytest.raises(Conflict, match=f"feed {other} is at"):
            await revert(desk, feed, move.id)
        assert (await moves(desk, feed))[0].reverted_at is None


async def test_a_merger_that_is_taken_back_is_not_made_again(desk: Desk) -> None:
    async with site(old=rss("a", "b", "c")) as its:
        first, _ = await merging(desk, its)
        await four_days(desk, first)
        (move,) = await moves(desk, first)
        await revert(desk, first, move.id)
        async with desk.database.read() as session:
            assert (await get_feed(session, first)).state is FeedState.ACTIVE
        for row in await four_days(desk, first) + await four_days(desk, first):
            assert row.outcome in (Outcome.UNCHANGED, Outcome.NOT_MODIFIED)
        async with desk.database.read() as session:
            assert (await get_feed(session, first)).state is FeedState.ACTIVE
        assert await copied(desk, first) == {"a": False, "b": True, "c": True}


async def test_a_feed_that_is_merged_is_pushed_no_more_until_it_is_polled_again(
    desk: Desk,
) -> None:
    async def state() -> str:
        async with desk.database.read() as session:
            return (await subscriptions_of(session, [first]))[first].state.value

    async with site(old=rss("a", "b", "c")) as its:
        first, _ = await merging(desk, its)
        named = NamedHubs(hubs=("https://hub.example/",), topic_url=its.url("/old"))
        async with desk.database.write() as session:
            await want_subscription(session, first, named)
            await session.execute(text("UPDATE subscriptions SET requested_at = 1"))
        await four_days(desk, first)
        (move,) = await moves(desk, first)
        assert await state() == "leaving"
        await revert(desk, first, move.id)
        assert await state() == "pending"
