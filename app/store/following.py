"""The change log as one follows it: all of it, or what concerns the stories of a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final, TypeAlias

from sqlalchemy import Row

from app.core.search.search import Search
from app.store.changes import (
    Change,
    ChangeType,
    Entry,
    EventType,
    FeedEvent,
    last_seq,
    read_changes,
)
from app.store.engine import ReadSession
from app.store.find import matching_of
from app.store.revisions import stories_at
from app.store.stories import StoryCopy, copies_of

MAX_SCANNED: Final = 5_000
"""Entries of the log that are looked through at a time for those that are asked for."""

StoryRow: TypeAlias = Row[Any] | SimpleNamespace
"""A story with its source, as it is or as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What is wanted of the log: of which stories, which entries, and what of each."""

    search: Search = field(default_factory=Search)
    types: frozenset[EventType] = frozenset()  # none: all that tell of stories
    compact: bool = False  # of each story and feed only its latest entry
    body: bool = False

    @property
    def filters(self) -> bool:
        """Whether not every story is wanted."""
        return self.search != Search(field=self.search.field)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An entry for who follows: with the story as it was at that revision, if it matches now.

    One that does not match may have matched before: who has the story drops it. `copies` are there
    where the body was asked for.
    """

    change: Entry
    matches: bool
    story: StoryRow | None
    copies: Sequence[StoryCopy] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The next entries; the log was looked through up to `scanned`, and goes on if `more`."""

    told: tuple[Told, ...]
    scanned: int
    more: bool
    last_seq: int


async def read_on(
    session: ReadSession,
    wanted: Following,
    after: int,
    limit: int,
    now: datetime,
    *,
    until: int | None = None,
) -> Stretch:
    """The next entries that are asked for, `limit` at most, out of MAX_SCANNED; none beyond
    `until`, where the log ends for this reader.
    """
    last, scanned = await last_seq(session), after
    last = last if until is None else min(last, until)
    until = min(last, after + MAX_SCANNED)
    found: list[tuple[Entry, bool]] = []
    while len(found) < limit and scanned < until:
        room = limit - len(found)
        read = await read_changes(
            session, scanned, room, until=until, types=wanted.types, compact=wanted.compact
        )
        scanned = read[-1].seq if len(read) == room else until
        found += await _concerning(session, wanted, read, now)
    told = await _with_stories(session, found, body=wanted.body)
    return Stretch(told=told, scanned=scanned, more=scanned < last, last_seq=last)


async def _concerning(
    session: ReadSession, wanted: Following, read: Sequence[Entry], now: datetime
) -> list[tuple[Entry, bool]]:
    """The entries that concern who asks, each with whether its story matches now.

    A story that is new and does not match never did, as far as this consumer has been told. Feeds
    are not among what a search finds.
    """
    if not wanted.filters or not read:
        return [(change, True) for change in read]
    if not (of_stories := [change for change in read if isinstance(change, Change)]):
        return []
    ids = list({change.story_id for change in of_stories})
    matching = await matching_of(session, wanted.search, ids, now)
    return [
        (change, change.story_id in matching)
        for change in of_stories
        if change.story_id in matching or change.type is not ChangeType.CREATED
    ]


async def _with_stories(
    session: ReadSession, found: Sequence[tuple[Entry, bool]], *, body: bool
) -> tuple[Told, ...]:
    pairs = {
        (change.story_id, change.revision)
        for change, matches in found
        if matches and isinstance(change, Change)
    }
    rows = await stories_at(session, pairs, body=body)
    copies = await copies_of(session, list({n for n, _ in pairs})) if body else {}
    return tuple(
        Told(change=change, matches=matches, story=None)
        if isinstance(change, FeedEvent)
        else Told(
            change=change,
            matches=matches,
            story=rows.get((change.story_id, change.revision)) if matches else None,
            copies=copies.get(change.story_id, ()),
        )
        for change, matches in found
    )
