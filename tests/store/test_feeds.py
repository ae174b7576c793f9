"""Feeds under the hands of several operators at once."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from app.errors import NotFound, PreconditionFailed
from app.store.engine import Database
from app.store.feeds import NewFeed, add_feed, change_feed, delete_feed, get_feed
from app.store.hosts import know_hosts
from app.store.models import feeds, sources
from app.store.plans import Applied
from tests.databases import on_postgresql
from tests.plans import NOW, add, apply, claim, claim_one, plan


async def a_feed(database: Database, name: str = "harbour") -> int:
    new = NewFeed(url=f"https://{name}.example/rss", host=f"{name}.example", domain="n.example")
    async with database.write() as session:
        return await add_feed(session, new, NOW)


async def change(database: Database, feed_id: int, title: str, version: int) -> bool:
    """Whether the change was let through."""
    try:
        async with database.write() as session:
            await change_feed(session, feed_id, {"title": title}, version=version)
    except PreconditionFailed:
        return False
    return True


async def test_of_changes_to_one_version_one_is_let_through(database: Database) -> None:
    feed_id = await a_feed(database)
    for _ in range(5):
        async with database.read() as session:
            seen = await get_feed(session, feed_id)
        titles = [f"{seen.version} {n}" for n in range(4)]
        let = await asyncio.gather(*(change(database, feed_id, t, seen.version) for t in titles))
        async with database.read() as session:
            kept = await get_feed(session, feed_id)
        assert [title for title, ok in zip(titles, let, strict=True) if ok] == [kept.title]
        assert kept.version == seen.version + 1


async def test_a_feed_that_is_gone_cannot_be_changed(database: Database) -> None:
    with pytest.raises(NotFound):
        await change(database, 7, "gone", 1)


async def test_a_poll_keeps_its_host_though_its_feed_is_deleted(database: Database) -> None:
    """The request is under way: another would be the host's second."""
    async with database.write() as session:
        for n in range(3):
            new = NewFeed(url=f"https://h.example/{n}", host="h.example", domain="h.example")
            await add_feed(session, new, NOW)
    polled = await claim_one(database)
    planned = await plan(database, polled)
    async with database.write() as session:
        await delete_feed(session, polled.id)
    assert await claim(database) == [], "not before it has ended"
    assert await apply(database, planned) is Applied.LEASE_LOST
    assert len(await claim(database)) == 1


@on_postgresql
async def test_a_deletion_waits_for_what_its_source_is_being_given(database: Database) -> None:
    """A poll of another feed of the source may be writing to the same stories."""
    feed_id = await add(database)
    async with database.write() as session:
        await session.execute(select(sources).with_for_update(key_share=True))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5), database.write() as other:
                await delete_feed(other, feed_id)
    async with database.write() as session:
        await delete_feed(session, feed_id)


@on_postgresql
async def test_a_deletion_locks_its_feed_first(database: Database) -> None:
    """As polls do: a poll that has the feed and comes for the source finds it free."""
    feed_id = await add(database)

    async def deletion() -> None:
        async with database.write() as session:
            await delete_feed(session, feed_id)

    async with database.write() as session:
        await session.execute(select(feeds).with_for_update(key_share=True))
        deleting = asyncio.create_task(deletion())
        await asyncio.wait([deleting], timeout=0.5)
        await session.execute(select(sources).with_for_update(key_share=True, nowait=True))
    await deleting


@on_postgresql
async def test_a_feed_that_is_added_locks_its_source_before_it_has_a_host(
    database: Database,
) -> None:
    """As polls do: one that has the source puts hosts on record beside it, and waits for nobody."""
    await add(database, domain="d.example")
    new = NewFeed(url="https://new.example/", host="new.example", domain="d.example", country="NO")

    async def adding() -> None:
        async with database.write() as session:
            await add_feed(session, new, NOW)

    async with database.write() as session:
        await session.execute(select(sources).with_for_update(key_share=True))
        added = asyncio.create_task(adding())
        await asyncio.wait([added], timeout=0.5)
        assert not added.done(), "it waits for the source"
        async with asyncio.timeout(5):
            await know_hosts(session, {"new.example"})
    await added
