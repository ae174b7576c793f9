"""What goes wrong with one webhook, or one story, and keeps nothing from the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from app.core.search.index import Indexable, IndexTerms
from app.core.webhook import SLOW_MS, Attempt, Message
from app.push import match
from app.push.deliver import Deliverer
from app.push.match import Matcher
from app.push.sender import DeliveryPolicy, Receiver
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.api.test_webhooks import add, deliveries
from tests.databases import on_sqlite

pytestmark = on_sqlite

FERRY = Item(title="Ferry sails", text="The ferry sailed at noon.")
BRIDGE = Item(title="Bridge opens", text="The bridge opened to carts.")


class Receivers:
    """Stands in for the sender: receivers at /slow hold on until they are let go."""

    def __init__(self, full: int) -> None:
        self.full, self.is_full = full, asyncio.Event()
        self.let_go = asyncio.Event()
        self.holding = 0
        self.most = 0
        self.prompt = asyncio.Event()

    async def send(self, to: Receiver, _message: Message) -> tuple[Attempt, int | None]:
        taken = Attempt(
            at=datetime.now(UTC), ms=3, status=204, failure=None, detail=None, excerpt=None
        )
        if "slow" not in to.url:
            self.prompt.set()
            return taken, None
        self.holding += 1
        self.most = max(self.most, self.holding)
        if self.holding == self.full:
            self.is_full.set()
        await self.let_go.wait()
        self.holding -= 1
        return replace(taken, ms=SLOW_MS), None


async def log_told(api: Api) -> None:
    while await api.service.pushing.matcher.match_some() == 0:
        pass


async def test_receivers_that_are_slow_leave_room_for_the_others(api: Api, harbour: Publisher):
    slow = [(await add(api, f"https://desk.example/slow/{n}"))[0] for n in range(3)]
    policy = DeliveryPolicy(user_agent="test", concurrency=3, slow=2)
    receivers = Receivers(policy.slow)
    deliverer = Deliverer(api.service.database, receivers, policy, lambda: datetime.now(UTC))
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    await log_told(api)
    receivers.let_go.set()
    await deliverer.run_once()  # now they are known for what they are
    receivers.let_go.clear()
    receivers.is_full.clear()
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.refresh(feed)
    await log_told(api)
    running = asyncio.create_task(deliverer.run())
    async with asyncio.timeout(10):
        await receivers.is_full.wait()
        await add(api, "https://desk.example/prompt")
        harbour.pages["/feed"] = atom(FERRY, replace(BRIDGE, text="It opened to all."))
        await api.refresh(feed)
        await log_told(api)
        deliverer.wake()
        await receivers.prompt.wait()
    assert receivers.most == policy.slow
    receivers.let_go.set()
    deliverer.stop()
    await running
    rest = Deliverer(api.service.database, receivers, policy, lambda: datetime.now(UTC))
    await rest.run_once()
    for hook in slow:
        assert {d.state.value for d in (await deliveries(api, hook)).data} == {"done"}


class Reader:
    """Reads stories but for those that say so; `broken`: none at all."""

    def __init__(self, real: Matcher) -> None:
        self.real = real._index_terms
        self.broken = False
        self.asked = 0

    async def __call__(self, words: Sequence[Indexable]) -> Sequence[IndexTerms]:
        self.asked += 1
        if self.broken or any("Bridge" in one.title for one in words):
            raise RuntimeError("a worker died over it")
        return await self.real(words)


def matcher(api: Api, reader: Reader, unread: list[int]) -> Matcher:
    return Matcher(
        api.service.database,
        index_terms=reader,
        clock=lambda: datetime.now(UTC),
        on_unread=lambda: unread.append(1),
    )


async def followed(api: Api, harbour: Publisher) -> tuple[str, str]:
    """Webhooks of a search that finds both stories, and of all; the stories are in the log."""
    made = await api.admin.post(
        "/v1/searches", json={"name": "All", "query": {"q": "ferry OR bridge"}}
    )
    of_search, _ = await add(
        api, "https://desk.example/search", search_id=made.json()["data"]["id"]
    )
    of_all, _ = await add(api, "https://desk.example/all")
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.poll(harbour.url())
    return of_search, of_all


async def test_a_story_that_cannot_be_read_stops_no_other(api: Api, harbour: Publisher):
    of_search, of_all = await followed(api, harbour)
    unread: list[int] = []
    matching = matcher(api, Reader(api.service.pushing.matcher), unread)
    while await matching.match_some() == 0:
        pass
    titles = {s["id"]: s["title"] for s in await api.data("/v1/stories")}
    told = [
        [titles[one.story_id or ""] for one in (await deliveries(api, hook)).data]
        for hook in (of_search, of_all)
    ]
    assert (told[0], sorted(told[1])) == (["Ferry sails"], ["Bridge opens", "Ferry sails"])
    assert len(unread) == 1


async def test_where_nothing_can_be_read_it_is_tried_again_for_a_while(
    api: Api, harbour: Publisher, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(match, "GIVEN_UP", 3)
    of_search, _ = await followed(api, harbour)
    unread: list[int] = []
    reader = Reader(api.service.pushing.matcher)
    reader.broken = True
    matching = matcher(api, reader, unread)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await matching.match_some()
    assert not (await deliveries(api, of_search)).data
    assert await matching.match_some() == 0
    assert len(unread) == 2
    async with api.service.database.read() as session:
        head = await session.execute(text("SELECT seq FROM push_head"))
        assert head.scalar_one() == 2
