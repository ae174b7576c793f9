"""A consumer that follows the log while four write at once ends with what the database has."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from app import process
from app.core.poll import ClaimedFeed
from app.core.types import Entry
from app.store import plans as plans_module
from app.store.changes import NewChange
from app.store.engine import Database, WriteSession
from app.store.leases import claim_feed
from app.store.models import changes, log_head
from app.store.plans import Applied, apply_plan
from tests.api.conftest import ADMIN, Api, InProcess, running
from tests.plans import INTERVALS, NOW, add, entry, plan

WRITERS = 4
ROUNDS = 12
SUBJECTS = "anchor beacon capstan derrick estuary fathom gangway harbour".split()


@dataclass
class Mirror:
    """What a consumer keeps, with the place that it has saved; it may die between the two."""

    stories: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    saved: int = 0
    seen: set[int] = field(default_factory=set)
    deaths: int = 0

    def take(self, change: dict[str, Any]) -> None:
        self.seen.add(change["seq"])
        if change["story"] is not None:
            self.stories[change["story_id"]] = shown(change["story"])


def shown(story: dict[str, Any]) -> tuple[Any, ...]:
    tags = tuple(sorted(tag["tag"] for tag in story["tags"]))
    return story["revision"], story["status"], story["title"], tags


@pytest.fixture
async def api(
    new_postgres_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Api]:
    monkeypatch.setattr(process, "Offload", InProcess)
    async with running(new_postgres_database(), read_auth="open") as started:
        yield started


async def follow(api: Api, mirror: Mirror, done: asyncio.Event, chance: random.Random) -> None:
    """Follow to the end of the log, dying now and then after some of a page."""
    while True:
        finished = done.is_set()
        page = (
            await api.reader.get(
                "/v1/changes", params={"after": mirror.saved, "limit": 7, "wait": 0.2}
            )
        ).json()
        if "data" not in page:
            raise LookupError(page["detail"])
        taken: Sequence[dict[str, Any]] = page["data"]
        dies = chance.random() < 0.2
        for change in taken[: chance.randrange(len(taken) + 1) if dies else None]:
            mirror.take(change)
        if dies:
            mirror.deaths += 1
            continue
        mirror.saved = int(page["page"]["next_cursor"])
        if finished and not taken and not page["page"]["has_more"]:
            return


async def write(api: Api, number: int, feed_id: int, chance: random.Random) -> None:
    """One source's poller: it publishes, corrects, withdraws, is undone; its stories are tagged."""
    database = api.service.database
    site = f"https://source{number}.example"
    now, told = NOW, dict[str, Entry]()
    for _ in range(ROUNDS):
        now += timedelta(minutes=5)
        for name in chance.sample(SUBJECTS, 3):
            told[name] = version(f"{name}{number}", site, chance)
        await poll(database, feed_id, list(told.values()), now, chance)
        await tag_one(api, number, chance)


def version(name: str, site: str, chance: random.Random) -> Entry:
    said = entry(
        name,
        site=site,
        title=f"The {name} at {chance.randrange(50)}",
        body=f"The {name} was seen by {chance.randrange(1000)} people near the pier at noon.",
        categories=tuple(chance.sample(["Ports", "Weather", "Trade"], chance.randrange(3))),
    )
    return replace(said, pub_status="canceled") if chance.random() < 0.1 else said


class Undone(Exception):
    """Rolls a transaction back."""


async def poll(
    database: Database,
    feed_id: int,
    entries: Sequence[Entry],
    now: datetime,
    chance: random.Random,
) -> None:
    """Until it is applied; a transaction that has written everything may be undone at its end."""
    while True:
        planned = await plan(database, await claim(database, feed_id), *entries, now=now)
        try:
            async with database.write() as session:
                applied = await apply_plan(session, planned, gap_s=0)
                if chance.random() < 0.25:
                    raise Undone  # noqa: TRY301 - it is what rolls back
        except Undone:
            continue
        if applied is Applied.APPLIED:
            return


async def claim(database: Database, feed_id: int) -> ClaimedFeed:
    while True:
        async with database.write() as session:
            found = await claim_feed(session, feed_id, owner="test", lease_s=0.05, policy=INTERVALS)
        if found is not None:
            return found
        await asyncio.sleep(0.02)  # until the lease of what was undone is over


async def tag_one(api: Api, number: int, chance: random.Random) -> None:
    stories = await api.data("/v1/stories", source=f"source{number}.example", limit=100)
    if stories:
        story = chance.choice(stories)["id"]
        path = f"/v1/admin/stories/{story}/tags/label:{chance.choice('abc')}"
        answer = await api.admin.request(chance.choice(["PUT", "DELETE"]), path)
        assert answer.status_code in (200, 409), answer.text


async def mirrored(api: Api, seed: int) -> Mirror:
    """What a consumer has at the end of so much writing."""
    done, mirror = asyncio.Event(), Mirror()
    feeds = [  # before anybody follows: this sets the log back
        await add(api.service.database, f"feed{number}", domain=f"source{number}.example")
        for number in range(WRITERS)
    ]
    following = asyncio.create_task(follow(api, mirror, done, random.Random(seed)))
    try:
        async with asyncio.TaskGroup() as group:
            for number, feed_id in enumerate(feeds):
                chance = random.Random(seed * 100 + number)
                group.create_task(write(api, number, feed_id, chance))
    finally:
        done.set()
    await following
    return mirror


async def in_database(api: Api) -> dict[str, tuple[Any, ...]]:
    """Every story as it is shown by itself."""
    async with api.service.database.read() as session:
        ids = set((await session.execute(select(changes.c.story_id))).scalars())
    found = {}
    for story_id in ids:
        answer: httpx.Response = await api.admin.get(f"/v1/stories/{story_id}", headers=ADMIN)
        found[str(story_id)] = shown(answer.json()["data"])
    return found


async def test_a_mirror_is_the_database_whoever_writes_and_whatever_is_undone(api: Api):
    mirror = await mirrored(api, seed=1)
    assert mirror.stories == await in_database(api)
    assert mirror.seen == set(range(1, max(mirror.seen) + 1)), "no hole"
    kinds = {change["type"] for change in await api.data("/v1/changes", limit=1000)}
    assert {"story.created", "story.updated", "story.killed", "story.retagged"} <= kinds
    assert mirror.deaths > 3
    assert len(mirror.stories) > 10


async def test_without_the_order_of_commits_the_mirror_misses_something(
    api: Api, monkeypatch: pytest.MonkeyPatch
):
    """The same, with numbers that are taken before the work, as a sequence would give them."""
    database = api.service.database
    chance = random.Random(2)

    async def early(session: WriteSession, news: Sequence[NewChange], at: datetime) -> None:
        if not news:
            return
        async with database.write() as other:
            taken = await other.execute(
                update(log_head).values(seq=log_head.c.seq + len(news)).returning(log_head.c.seq)
            )
            first = int(taken.scalar_one()) - len(news) + 1
        await session.execute(
            changes.insert(),
            [
                {
                    "seq": first + n,
                    "type": new.type.value,
                    "at": at,
                    "story_id": new.story_id,
                    "revision": new.revision,
                }
                for n, new in enumerate(news)
            ],
        )
        await asyncio.sleep(chance.random() / 10)  # a transaction that has more to do

    monkeypatch.setattr(plans_module, "append_changes", early)
    try:
        mirror = await mirrored(api, seed=2)
    except* LookupError:  # the log did not know any more how far it had been read
        pass
    else:
        assert mirror.stories != await in_database(api) or mirror.seen != set(
            range(1, max(mirror.seen) + 1)
        )
