"""A server killed between the sending of a message and its being marked: nothing is lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook as Verifier

from app.net import plain_client
from app.store.engine import Database
from app.store.feeds import NewFeed, add_feed
from tests.api.publisher import Item, Publisher, atom, publisher
from tests.databases import on_sqlite
from tests.flow.fleet import Command, running
from tests.flow.test_fleet import served_at, settings, until
from tests.ingest import servers
from tests.plans import NOW, forget_additions

ADMIN = {"Authorization": "Bearer a key for the fleet's tests"}
FIRST = [Item(title=f"Ferry, part {n}") for n in range(1, 5)]
LATER = [Item(title=f"Ferry, part {n}") for n in range(5, 8)]


@dataclass
class Receiver:
    """Kills whoever sends it the n-th message, for the n of `kills`, before it answers; where that
    is False it has not even kept the message: it fell together with its sender.
    """

    kills: dict[int, bool]
    victim: Command | None = None
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    root: str = ""

    async def answer(self, request: servers.Request) -> AsyncIterator[object]:
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        headers = {name: (request.header(name) or b"").decode() for name in names}
        self.came.append((headers, request.body))
        keeps = self.kills.get(len(self.came))
        if keeps is not None:
            assert self.victim is not None
            self.victim.kill()
            await self.victim.process.wait()
        if keeps is not False:
            self.kept.append(headers["webhook-id"])
        yield servers.answer(204, b"", (("Connection", "close"),))

    @property
    def seqs(self) -> list[int]:
        return [json.loads(body)["data"]["seq"] for _, body in self.came]


@dataclass
class Desk:
    """One installation and who is told by it; `module` is what runs as its server."""

    folder: Path
    database: Database
    url: str
    receiver: Receiver
    harbour: Publisher
    module: str = "app"
    hook: str = ""
    secret: str = ""

    async def run_until_killed(self) -> None:
        async with self._server() as server:
            await asyncio.wait_for(server.process.wait(), 100)
        async with self.database.write() as session:  # its leases run out
            await session.execute(
                text("UPDATE webhooks SET lease_until = 0 WHERE lease_until IS NOT NULL")
            )

    async def run_until_told(self, seq: int) -> None:
        async def all_marked() -> bool:
            query = "SELECT count(*) FROM deliveries WHERE state = 'done' AND seq <= :seq"
            async with self.database.read() as session:
                return (await session.execute(text(query), {"seq": seq})).scalar_one() == seq

        async with self._server():
            await until(all_marked, f"everything up to {seq} marked as taken")

    async def publish(self, *items: Item) -> None:
        """In the feed, which is due at once."""
        self.harbour.pages["/feed"] = atom(*items)
        async with self.database.write() as session:
            await session.execute(text("UPDATE feeds SET next_poll_at = 0"))

    @asynccontextmanager
    async def _server(self) -> AsyncIterator[Command]:
        given = settings(self.url) | {"fetch_deadline_s": "30", "parse_timeout_s": "60"}
        words = ("serve", "--port", "0")
        async with running(self.folder, *words, module=self.module, **given) as server:
            self.receiver.victim = server
            if not self.hook:
                await self._subscribe(await served_at(server))
            yield server

    async def _subscribe(self, address: str) -> None:
        async with plain_client(address, timeout_s=30) as client:
            asked = {"url": self.receiver.root}
            made = await client.post("/v1/webhooks", json=asked, headers=ADMIN)
        data = made.json()["data"]
        self.hook, self.secret = data["id"], data["secret"]
        async with self.database.write() as session:
            await session.execute(text("UPDATE feeds SET next_poll_at = 0"))


@pytest.fixture
async def desk(database: Database, migrated_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    told = Receiver(kills={})
    async with publisher() as harbour, servers.serve(told.answer) as server:
        told.root = server.url("/hook")
        harbour.pages["/feed"] = atom(*FIRST)
        async with database.write() as session:
            new = NewFeed(url=harbour.url(), host="127.0.0.1", domain="n.example")
            await add_feed(session, new, NOW)
            await session.execute(text("UPDATE feeds SET next_poll_at = 9999999999999"))
        await forget_additions(database)
        yield Desk(tmp_path, database, migrated_url, told, harbour)


@pytest.mark.timeout(240)
async def test_what_was_sent_but_not_marked_is_sent_again_under_its_id(desk: Desk):
    desk.receiver.kills = {2: False, 3: True, 6: True}
    for _ in desk.receiver.kills:
        await desk.run_until_killed()
    await desk.publish(*FIRST, *LATER)
    await desk.run_until_told(7)
    assert desk.receiver.seqs == [1, 2, 2, 2, 3, 4, 4, 5, 6, 7]
    assert desk.receiver.kept == [f"msg_{desk.hook}_{n}" for n in (1, 2, 2, 3, 4, 4, 5, 6, 7)]
    for headers, body in desk.receiver.came:
        told = Verifier(desk.secret).verify(body, headers)
        assert headers["webhook-id"] == f"msg_{desk.hook}_{told['data']['seq']}"
    assert len({body for _, body in desk.receiver.came}) == 7, "the same words each time"


@on_sqlite
@pytest.mark.timeout(120)
async def test_a_server_that_marked_first_would_lose_a_message(desk: Desk):
    desk.module = "tests.flow.marks_first"
    desk.receiver.kills = {2: False}
    await desk.run_until_killed()
    await desk.run_until_told(4)
    kept = desk.receiver.kept  # the last may be marked and not yet sent when the server is ended
    assert kept[:2] == [f"msg_{desk.hook}_{n}" for n in (1, 3)]
    assert f"msg_{desk.hook}_2" not in kept
