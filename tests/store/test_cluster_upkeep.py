"""Clusters kept up through anything that may happen to stories are those made anew from them."""

from __future__ import annotations

import random
import struct
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import reprints
from app.core.facts import Facts
from app.core.identity import story_id
from app.core.reprints import Sets
from app.core.syndicate import NOTHING, Sketch, Sketched, are_reprints, band_keys
from app.store import bands as bands_module
from app.store.changes import NewChange
from app.store.clusters import cluster_stories
from app.store.engine import Database
from app.store.feeds import NewFeed, add_feed
from app.store.models import bands, members, sketches, stories
from tests.plans import NOW

SOURCES = 3


def sketch(chance: random.Random) -> Sketch:
    """A text that is like every other, unless its numbers are others; under two keys at most that
    others are under, too. A title that tells what another's does not parts two as well.
    """
    lead = [number if number % 4 else chance.getrandbits(32) for number in range(60)]
    for band in (0, 4):
        if chance.random() < 0.7:
            lead[band] = chance.choice([1, 2])
    told = frozenset(chance.choice([{101}, {102}, set()]))
    facts = Facts(numbers=frozenset(chance.choice([{1, 2}, {3, 4}])), told=told, lead=told)
    return Sketch(shingles=50, lead_shingles=50, lead=struct.pack("<60I", *lead), facts=facts)


def with_other_facts(before: Sketch, chance: random.Random) -> Sketch:
    """The same words under another title."""
    return replace(before, facts=sketch(chance).facts)


async def write(database: Database, sketched: dict[int, Sketch], new: set[int]) -> list[NewChange]:
    async with database.write() as session:
        for number in new:
            await session.execute(stories.insert().values(**row(number)))
        return await cluster_stories(session, sketched, new)


def row(number: int) -> dict[str, object]:
    """A story of which nothing matters but its id and its source."""
    return {
        "id": number,
        "source_id": 1 + number % SOURCES,
        "identity": number,
        "title": "",
        "title_hash": 0,
        "authors": [],
        "published_at": NOW,
        "published_from": "published",
        "published_rule": "iso8601",
        "updated_at": NOW,
        "ingested_at": NOW,
        "revised_at": NOW,
        "enclosures": [],
        "tags": [],
        "word_count": 0,
        "revision": 1,
        "content_hash": 0,
    }


async def kept(database: Database) -> dict[int, int]:
    async with database.read() as session:
        rows = await session.execute(select(members.c.story_id, members.c.cluster_id))
        return {found.story_id: found.cluster_id for found in rows}


def made_anew(sketched: dict[int, Sketch], reach: int) -> dict[int, int]:
    """By definition: components of what is compared, by the order of ids under each key."""
    known = {n: Sketched(id=n, source_id=1 + n % SOURCES, sketch=s) for n, s in sketched.items()}
    by_key = defaultdict(list)
    for number in sorted(known):
        for key in band_keys(known[number].sketch):
            by_key[key].append(number)
    sets = Sets()
    for listed in by_key.values():
        for n, one in enumerate(listed):
            for other in listed[n + 1 : n + 1 + reach]:
                if are_reprints(known[one], known[other]):
                    sets.join(one, other)
    groups = sets.joined(known)
    return {n: cluster for cluster, group in groups.items() for n in group if len(group) > 1}


@pytest.mark.parametrize("reach", [50, 1, 2])
async def test_clusters_are_those_that_would_be_made_anew(
    database: Database, reach: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New stories one by one and several at once, at any time; others with new words, and with
    fewer than can be compared. Where more are alike than are compared, who comes between two may
    part them, and who goes may bring them together.
    """
    for module in (reprints, bands_module):
        monkeypatch.setattr(module, "REACH", reach)
    async with database.write() as session:
        for n in range(SOURCES):
            new = NewFeed(url=f"https://{n}.example/", host=f"{n}.example", domain=f"{n}.example")
            await add_feed(session, new, NOW)
    chance = random.Random(reach)
    sketched: dict[int, Sketch] = {}
    for _ in range(60 if database.dialect == "sqlite" else 12):
        before = await kept(database)
        new = {
            story_id(NOW - timedelta(minutes=chance.randint(0, 15_000)), chance.getrandbits(20))
            for _ in range(chance.choice([1, 1, 1, 3]))
        }
        old = set(chance.sample(sorted(sketched), min(len(sketched), chance.choice([0, 0, 1, 2]))))
        now = {number: sketch(chance) for number in new | old}
        for number in old:
            kind = chance.random()
            if kind < 0.4:
                now[number] = with_other_facts(sketched[number], chance)
            elif kind < 0.6:
                now[number] = NOTHING
        sketched |= now
        changes = await write(database, now, new - old)
        after = await kept(database)
        assert after == made_anew(sketched, reach)
        told = {c.story_id for c in changes}
        moved = {n for n in sketched if before.get(n) != after.get(n)}
        assert told == moved - new
        assert len(told) == len(changes)
    await nothing_is_left_behind(database, sketched)


async def nothing_is_left_behind(database: Database, sketched: dict[int, Sketch]) -> None:
    async with database.read() as session:
        rows = (await session.execute(select(bands))).all()
        kept_of = set((await session.execute(select(sketches.c.story_id))).scalars())
    assert {tuple(found) for found in rows} == {
        (key, number) for number, sketch in sketched.items() for key in band_keys(sketch)
    }
    assert kept_of == {number for number, sketch in sketched.items() if sketch != NOTHING}


async def test_the_same_words_again_are_no_work(database: Database) -> None:
    async with database.write() as session:
        await add_feed(session, NewFeed(url="https://a.example/", host="a", domain="a"), NOW)
    number = story_id(NOW, 3)
    words = sketch(random.Random(1))
    assert await write(database, {number: words}, {number}) == []
    async with database.write() as session:
        asked: list[str] = []
        session.lock = lambda _: asked.append("lock")  # type: ignore[method-assign,assignment,return-value] - it must not be taken
        assert await cluster_stories(session, {number: words}) == []
    assert asked == []


async def test_keys_that_one_story_has_alone_are_looked_up_no_further(database: Database) -> None:
    """Most of the hundred thousand keys that a first poll brings."""
    chance = random.Random(9)
    one, other = story_id(NOW, 1), story_id(NOW, 2)
    alone = replace(sketch(chance), lead=struct.pack("<60I", *range(60)))
    beside = replace(alone, lead=struct.pack("<60I", *range(4), *range(100, 156)))
    async with database.write() as session:
        await add_feed(
            session,
            NewFeed(url="https://0.example/", host="0.example", domain="0.example"),
            NOW,
        )
        await session.execute(stories.insert(), [row(one) | {"source_id": 1}])
        await session.execute(stories.insert(), [row(other) | {"source_id": 1}])
        moves = await bands_module.keep_sketches(session, {one: alone}, {one})
        assert await bands_module.bands_around(session, moves) == []
        moves = await bands_module.keep_sketches(session, {other: beside}, {other})
        (found,) = await bands_module.bands_around(session, moves)
    assert (found.stories, found.came) == ([one, other], {other})
