"""Which stories answer a search, in which order: pages of ids, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text

from app.core.search.search import Search, Sort
from app.store.asking import Asked, ask, id_list, story_languages
from app.store.collapse import count_collapsed, first_of_clusters, one_of_each
from app.store.engine import ReadSession
from app.store.relevance import Frame, most_relevant
from app.store.tag_edits import with_merges
from app.store.walk import count_found, in_order

COUNT_BOUND: Final = 10_000
"""Totals are exact up to here."""

_COLUMNS: Final = {Sort.INGESTED: "ingested_at", Sort.UPDATED: "updated_at"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ended: the last story's sort value (milliseconds, a score, or 0 where the id
    alone orders) and id; for relevance, also what its scores rest on.
    """

    value: int
    id: int
    frame: Frame | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Ids in order, and where the next page begins; None at the end.

    `candidates`: how many were ranked, the newest that match, where not all were.
    """

    ids: tuple[int, ...]
    following: Place | None
    candidates: int | None = None


async def find_stories(
    session: ReadSession,
    search: Search,
    *,
    after: Place | None,
    limit: int,
    now: datetime,
    collapse: bool = False,
) -> Page:
    """One page of the live stories that match, keyset-paged: nothing is skipped or doubled.

    With `collapse`, of each cluster only the story that comes first in this order, of those that
    match.
    """
    if search.sort is Sort.RELEVANCE:
        return await _by_relevance(session, search, after, limit, now, collapse=collapse)
    asked = await asked_of(session, search, now)
    column = _COLUMNS.get(search.sort)
    place = None if after is None else (after.value, after.id)
    if collapse:
        return _page(await first_of_clusters(session, asked, column, place, limit + 1), limit)
    return _page(await in_order(session, asked, column, place, limit + 1), limit)


async def count_stories(session: ReadSession, search: Search, bound: int, now: datetime) -> int:
    """How many live stories match, counted no further than `bound`."""
    return await count_found(session, await asked_of(session, search, now), bound)


async def count_clusters(
    session: ReadSession, search: Search, bound: int, now: datetime
) -> tuple[int, bool]:
    """How many stories `find_stories` finds with `collapse`, as far as the first `bound` that match
    tell, and whether more match.
    """
    return await count_collapsed(session, await asked_of(session, search, now), bound)


async def matching_of(
    session: ReadSession, search: Search, ids: Sequence[int], now: datetime
) -> set[int]:
    """Those of some stories that a search finds."""
    source, parameters = (await asked_of(session, search, now)).sql(folded=True)
    among, listed = id_list(session.dialect, ids)
    found = await session.execute(
        text(f"SELECT hit.id {source} AND hit.id {among}"),
        {**parameters, "ids": listed},
    )
    return set(found.scalars())


async def asked_of(session: ReadSession, search: Search, now: datetime) -> Asked:
    """The search as the database is asked, with the stems of all languages that it holds."""
    search = await with_merges(session, search)
    languages = await story_languages(session) if search.text is not None else []
    return ask(session.dialect, search, languages, now)


async def _by_relevance(
    session: ReadSession,
    search: Search,
    after: Place | None,
    limit: int,
    now: datetime,
    *,
    collapse: bool,
) -> Page:
    languages = await story_languages(session)
    search = await with_merges(session, search)
    asked = ask(session.dialect, search, languages, now)
    frame = None if after is None else after.frame
    ranked = await most_relevant(session, asked, search, languages, frame=frame, now=now)
    stories = await one_of_each(session, ranked.stories) if collapse else ranked.stories
    found = [place for place in stories if after is None or place < (after.value, after.id)]
    return _page(found, limit, frame=ranked.frame, candidates=ranked.candidates)


def _page(
    found: Sequence[tuple[int, int]],
    limit: int,
    *,
    frame: Frame | None = None,
    candidates: int | None = None,
) -> Page:
    """A page out of one story more than it holds, if there is a next page."""
    shown = found[:limit]
    following = None
    if len(found) > limit:
        value, last = shown[-1]
        following = Place(value=value, id=last, frame=frame)
    return Page(
        ids=tuple(story_id for _, story_id in shown), following=following, candidates=candidates
    )
