"""The change log as one follows it: all of it, or what concerns the stories of a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final, TypeAlias

from sqlalchemy import Row

from app.core.search.search import Search
from app.store.changes import Change, ChangeType, last_seq, read_changes
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
    types: frozenset[ChangeType] = frozenset()  # none: all
    compact: bool = False  # of each story only its latest entry
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

    change: Change
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
    session: ReadSession, wanted: Following, after: int, limit: int, now: datetime
) -> Stretch:
    """The next entries that are asked for, `limit` at most, out of MAX_SCANNED."""
    last, scanned = await last_seq(session), after
    found: list[tuple[Change, bool]] = []
    while len(found) < limit and scanned < min(last, after + MAX_SCANNED):
        room = limit - len(found)
        read = await read_changes(
            session, scanned, room, types=wanted.types, compact=wanted.compact
        )
        end = read[-1].seq if read else scanned
        scanned = end if len(read) == room else max(end, last)
        found += await _concerning(session, wanted, read, now)
    told = await _with_stories(session, found, body=wanted.body)
    return Stretch(told=told, scanned=scanned, more=scanned < last, last_seq=last)


async def _concerning(
    session: ReadSession, wanted: Following, read: Sequence[Change], now: datetime
) -> list[tuple[Change, bool]]:
    """The entries that concern who asks, each with whether its story matches now.

    A story that is new and does not match never did, as far as this consumer has been told.
    """
    if not wanted.filters or not read:
        return [(change, True) for change in read]
    ids = list({change.story_id for change in read})
    matching = await matching_of(session, wanted.search, ids, now)
    return [
        (change, change.story_id in matching)
        for change in read
        if change.story_id in matching or change.type is not ChangeType.CREATED
    ]


async def _with_stories(
    session: ReadSession, found: Sequence[tuple[Change, bool]], *, body: bool
) -> tuple[Told, ...]:
    pairs = {(change.story_id, change.revision) for change, matches in found if matches}
    rows = await stories_at(session, pairs, body=body)
    copies = await copies_of(session, list({n for n, _ in pairs})) if body else {}
    return tuple(
        Told(
            change=change,
            matches=matches,
            story=rows.get((change.story_id, change.revision)) if matches else None,
            copies=copies.get(change.story_id, ()),
        )
        for change, matches in found
    )
