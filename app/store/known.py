"""What the database has about the entries of one document."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TypeVar

from sqlalchemy import ColumnElement, select

from app.core.identity import Lookup
from app.core.known import Known, KnownCopy, KnownStory
from app.core.poll import ClaimedFeed
from app.store.engine import ReadSession
from app.store.models import copies, entries, stories

Key = TypeVar("Key", int, str)

CHUNK = 2000
"""Values in one IN list; both engines take some 32,000 parameters at most."""


_owner_has_it = (
    select(copies.c.ident)
    .where(
        copies.c.story_id == stories.c.id,
        copies.c.feed_id == stories.c.owner_feed_id,
        copies.c.last_seen_at.is_(None),
    )
    .exists()
)


async def read_known(session: ReadSession, feed: ClaimedFeed, lookup: Lookup) -> Known:
    """The copies of this feed and the stories of its source that the entries may turn out to be."""
    found = await _copies(session, feed.id, lookup)
    return Known(
        copies={copy.ident: copy for copy in found},
        stories=await _stories(session, feed.source_id, lookup, {copy.story_id for copy in found}),
    )


def chunks(values: Collection[Key]) -> Iterator[list[Key]]:
    """The values in sorted lists that fit one statement; sorted, so that locks are in one order."""
    ordered = sorted(values)
    return (ordered[n : n + CHUNK] for n in range(0, len(ordered), CHUNK))


async def read_packed(session: ReadSession, story_ids: Collection[int]) -> dict[int, bytes]:
    """What stories are made from, packed."""
    found: dict[int, bytes] = {}
    for chunk in chunks(story_ids):
        rows = await session.execute(
            select(entries.c.story_id, entries.c.packed).where(entries.c.story_id.in_(chunk))
        )
        found |= {row.story_id: row.packed for row in rows}
    return found


async def _copies(session: ReadSession, feed_id: int, lookup: Lookup) -> list[KnownCopy]:
    found: dict[int, KnownCopy] = {}
    conditions: list[ColumnElement[bool]] = [copies.c.last_seen_at.is_(None)]
    conditions += [copies.c.ident.in_(chunk) for chunk in chunks(lookup.idents)]
    conditions += [copies.c.url_hash.in_(chunk) for chunk in chunks(lookup.url_hashes)]
    for condition in conditions:
        rows = await session.execute(
            select(
                copies.c.ident,
                copies.c.story_id,
                copies.c.entry_hash,
                copies.c.url_hash,
                copies.c.last_seen_at.is_(None).label("present"),
                copies.c.guid,
            ).where(copies.c.feed_id == feed_id, condition)
        )
        for row in rows:
            found[row.ident] = KnownCopy(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return list(found.values())


async def _stories(
    session: ReadSession, source_id: int, lookup: Lookup, ids: Iterable[int]
) -> dict[int, KnownStory]:
    found: dict[int, KnownStory] = {}
    conditions: list[ColumnElement[bool]] = [
        stories.c.identity.in_(chunk) for chunk in chunks(lookup.identities)
    ]
    conditions += [stories.c.url_hash.in_(chunk) for chunk in chunks(lookup.url_hashes)]
    conditions += [stories.c.id.in_(chunk) for chunk in chunks(set(ids))]
    for condition in conditions:
        rows = await session.execute(
            select(
                stories.c.id,
                stories.c.url_hash,
                stories.c.identity,
                stories.c.title_hash,
                stories.c.published_at,
                stories.c.content_hash,
                stories.c.revision,
                stories.c.owner_feed_id,
                _owner_has_it.label("owner_has_it"),
                stories.c.word_count,
            ).where(stories.c.source_id == source_id, condition)
        )
        for row in rows:
            found[row.id] = KnownStory(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return found
