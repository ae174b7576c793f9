"""Tags are found and ordered alike on both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from app.store import tag_counts
from app.store.engine import SQLITE, Database
from app.store.tag_counts import TagCount, TagsAsked, count_tags, newest_low
from tests.plans import add, entry, poll

NAMES = ("Zebra", "Éclair", "ÉCOLE", "Ærø", "Straße", "ΟΔΟΣ", "経済", "İzmir")


async def tagged(database: Database, *names: str) -> None:
    await add(database)
    await poll(database, entry("a", categories=names))


async def beginning(database: Database, prefix: str) -> set[str]:
    async with database.read() as session:
        asked = TagsAsked(scheme="category", prefix=prefix)
        found = await count_tags(session, asked, limit=50)
    return {tag.name for tag in found}


async def test_beginnings_in_any_case(database: Database) -> None:
    await tagged(database, *NAMES)
    expected = {
        "É": {"Éclair", "ÉCOLE"},
        "éco": {"ÉCOLE"},
        "Éco": {"ÉCOLE"},
        "ærØ": {"Ærø"},
        "STRASS": {"Straße"},
        "οδος": {"ΟΔΟΣ"},
        "zEB": {"Zebra"},
        "経": {"経済"},
        "i\u0307z": {"İzmir"},
        "%": set(),
    }
    assert {prefix: await beginning(database, prefix) for prefix in expected} == expected


async def test_pages_follow_the_characters_whatever_the_collation(database: Database) -> None:
    await tagged(database, "zebra", "éclair", "ärger", "apple", "øre")
    sent: list[str] = []

    @event.listens_for(database.reader.sync_engine, "before_cursor_execute")
    def _sent(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "FROM tags" in statement:
            sent.append(statement)

    found: list[TagCount] = []
    async with database.read() as session:
        while page := await count_tags(
            session,
            TagsAsked(scheme="category"),
            limit=2,
            after=found[-1] if found else None,
        ):
            found += page
    assert [tag.code for tag in found] == ["apple", "zebra", "ärger", "éclair", "øre"]
    if database.dialect != SQLITE:  # the order of its own may be that of any language
        order = 'counted.scheme COLLATE "C", counted.code COLLATE "C"'
        assert sent[0].count(order) == 1, "of the order"
        assert sent[1].count(order) == 2, "and of where it goes on"


async def test_only_the_newest_stories_are_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(database)
    for day in range(20, 24):
        published = f"2096-11-{day}T05:00:00Z"
        await poll(database, entry(f"d{day}", categories=("Lamp", f"c{day}"), published=published))
    monkeypatch.setattr(tag_counts, "COUNT_BOUND", 3)
    monkeypatch.setattr(tag_counts, "TAG_BOUND", 2)
    every, named = TagsAsked(scheme="category"), TagsAsked(scheme="category", prefix="LAM")
    async with database.read() as session:
        low = await newest_low(session, every)
        found = await count_tags(session, TagsAsked(scheme="category", low=low), limit=9)
        assert {tag.code: tag.stories for tag in found} == {"lamp": 3, "c23": 1, "c22": 1, "c21": 1}
        assert await newest_low(session, named) == 0, "what is named is looked for in all"
        (lamp,) = await count_tags(session, named, limit=9)
        assert (lamp.stories, lamp.more) == (2, True)
        monkeypatch.setattr(tag_counts, "COUNT_BOUND", 4)
        assert await newest_low(session, every) == 0
