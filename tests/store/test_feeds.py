"""Feeds under the hands of several operators at once."""

from __future__ import annotations

import asyncio

import pytest

from app.errors import NotFound, PreconditionFailed
from app.store.engine import Database
from app.store.feeds import NewFeed, add_feed, change_feed, get_feed
from tests.plans import NOW


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
