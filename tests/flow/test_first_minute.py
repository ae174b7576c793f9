"""What the README promises: start it, add a feed, read its stories; on either database."""

from __future__ import annotations

import asyncio
import re
import signal
from pathlib import Path

import pytest

from app.net import AsyncClient, plain_client
from tests.flow.fleet import Command, running
from tests.ingest import servers

FEED = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ja">
  <title>港だより</title><id>urn:x:harbour</id><updated>2026-11-20T00:00:00Z</updated>
  <link href="https://minato.example/"/>
  <entry><id>urn:x:1</id><link href="https://minato.example/1"/>
    <title>連絡船が運航を再開</title><published>2026-11-20T09:00:00+09:00</published>
    <content type="html">&lt;p&gt;嵐で止まっていた連絡船が運航を再開した。&lt;/p&gt;</content>
  </entry>
</feed>""".encode()


async def banner(server: Command, pattern: str) -> str:
    """What the pattern's group finds in what the server has printed; it prints at its own pace."""
    for _ in range(600):
        found = re.search(pattern, server.text())
        if found:
            return found[1]
        await asyncio.sleep(0.05)
    pytest.fail(f"no {pattern} in:\n{server.text()}")


async def first_story(client: AsyncClient) -> dict:
    for _ in range(600):
        stories = (await client.get("/v1/stories")).json()["data"]
        if stories:
            return stories[0]
        await asyncio.sleep(0.05)
    pytest.fail("no story within 30 s")


async def test_serve_add_read_stop(migrated_url: str, tmp_path: Path) -> None:
    async with (
        servers.serve(servers.answer(200, FEED)) as publisher,
        running(
            tmp_path,
            "serve",
            "--port",
            "0",
            database_url=migrated_url,
            allow_private_networks="127.0.0.0/8",
            host_gap_s="0",
        ) as server,
    ):
        address = await banner(server, r"(http://127\.0\.0\.1:\d+)")
        key = await banner(server, r"(cdk_\S+)")
        assert await banner(server, r"(/docs)")
        assert await banner(server, r"(feeds import --starter)")
        async with plain_client(address) as client:
            admin = {"Authorization": f"Bearer {key}"}
            added = await client.post(
                "/v1/admin/feeds", json={"url": publisher.url()}, headers=admin
            )
            assert added.status_code == 201, added.text
            assert added.json()["found"]["entries"] == 1
            story = await first_story(client)
            assert story["title"] == "連絡船が運航を再開"
            assert story["language"] == "ja"
            assert story["source"]["domain"] == "minato.example"
            found = await client.get("/v1/stories", params={"q": "運航"})
            assert found.json()["meta"]["total"] == 1
            changes = (await client.get("/v1/changes")).json()["data"]
            assert [(c["seq"], c["type"]) for c in changes] == [(2, "story.created")], (
                "after the feed"
            )
            assert (await client.get("/readyz")).status_code == 200
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(server.process.wait(), 30) == 0
        assert "Traceback" not in server.text()
