"""A polling process killed in the middle of fetching pages: each is fetched all the same, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from app.store.engine import Database, open_database
from app.store.feeds import NewFeed, add_feed
from tests.api.publisher import Item, atom
from tests.article_pages import LEDE, article
from tests.flow.fleet import running
from tests.ingest import servers
from tests.plans import NOW

STORIES = 3
SETTINGS = {
    "allow_private_networks": "127.0.0.0/8",
    "host_gap_s": "0",
    "parse_workers": "1",
    "admin_key": "a key for the tests of pages",
    "log_format": "json",
}
PATIENCE_S = 60


class Publisher:
    """A feed and its pages; pages wait while `held` is clear."""

    def __init__(self) -> None:
        self.held = asyncio.Event()
        self.asked = asyncio.Event()
        self.pages: list[str] = []
        self.at_once = self.most_at_once = 0
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counted = False
        try:
            while True:
                target = servers.Request(await reader.readuntil(b"\r\n\r\n")).target
                self.at_once += 1
                counted = True
                self.most_at_once = max(self.most_at_once, self.at_once)
                writer.write(await self._said(target))
                await writer.drain()
                self.at_once -= 1
                counted = False
        except (ConnectionError, asyncio.IncompleteReadError):
            self.at_once -= counted
        finally:
            writer.close()

    async def _said(self, target: str) -> bytes:
        if target == "/robots.txt":
            return servers.answer(404, b"")
        if target == "/feed":
            links = [f"http://127.0.0.1:{self.port}/{n}" for n in range(STORIES)]
            items = [
                Item(title=f"Ferry, part {n}", text=LEDE, link=at) for n, at in enumerate(links)
            ]
            return servers.answer(200, atom(*items).encode())
        self.pages.append(target)
        self.asked.set()
        await self.held.wait()
        return servers.answer(200, article().encode(), (("Content-Type", "text/html"),))


async def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    async with database.read() as session:
        return [tuple(row) for row in await session.execute(text(query))]


@pytest.mark.timeout(150)
async def test_what_a_killed_process_was_fetching_is_fetched_by_another(
    new_postgres_database: Callable[..., str], migrated_template: str, tmp_path: Path
):
    url = new_postgres_database(migrated_template)
    database = open_database(url)
    site = Publisher()
    server = await asyncio.start_server(site.answer, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    async with database.write() as session:
        new = NewFeed(
            url=f"http://127.0.0.1:{site.port}/feed",
            host="127.0.0.1",
            domain="n.example",
            full_text=True,
        )
        await add_feed(session, new, NOW)
    async with running(tmp_path, "poll", database_url=url, **SETTINGS) as victim:
        await asyncio.wait_for(site.asked.wait(), PATIENCE_S)
        victim.kill()
        await victim.process.wait()
    leased = "SELECT attempts, state FROM pages WHERE lease_until IS NOT NULL"
    assert await rows(database, leased) == [(1, "due")], "it was killed in the middle of a page"
    async with database.write() as session:  # its leases run out
        await session.execute(text("UPDATE pages SET lease_until = 0 WHERE lease_until > 0"))
        await session.execute(text("UPDATE hosts SET busy_until = 0"))
    site.held.set()
    async with running(tmp_path, "poll", "--once", database_url=url, **SETTINGS) as heir:
        assert await asyncio.wait_for(heir.process.wait(), PATIENCE_S) == 0, heir.text()
    assert (
        await rows(database, "SELECT state, outcome FROM pages")
        == [("done", "kept_page")] * STORIES
    )
    assert await rows(database, "SELECT DISTINCT revision FROM stories") == [(2,)]
    told = "SELECT count(*) FROM changes WHERE type IN ('story.created', 'story.updated')"
    assert await rows(database, told) == [(2 * STORIES,)]
    assert len(site.pages) == STORIES + 1, "only what the dead one had begun was asked for again"
    assert site.most_at_once == 1
    server.close()
    await database.close()
