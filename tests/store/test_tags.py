"""Tags are found and ordered alike on both engines."""

from __future__ import annotations

from sqlalchemy import event

from app.store.engine import SQLITE, Database
from app.store.tag_counts import TagCount, TagsAsked, count_tags
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
