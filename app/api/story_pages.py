"""A search, run: a page of it for any format, or all of it, page after page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final

from fastapi import Request
from xxhash import xxh3_128_hexdigest

from app.api.deps import Deps
from app.api.formats.page import PageFormat, Shape, StoryPage
from app.api.insights import coverage_shape
from app.api.listing import Include, Listing, origin_of, pick
from app.api.paging import make_cursor, place_items, place_of, read_cursor
from app.api.shapes import full_story_shape, highlights_shape, reprint_shape, story_shape
from app.core.search.conditions import Clause, wanted_clauses_of
from app.store.asking import story_languages
from app.store.coverage import coverage
from app.store.engine import ReadSession
from app.store.find import COUNT_BOUND, Place, count_clusters, count_stories, find_stories
from app.store.members import reprints_of
from app.store.stories import copies_of, load_stories

DEFAULT_LIMIT: Final = 20
STREAM_PAGE: Final = 200
"""Stories that a stream holds in memory at a time."""
NOT_THE_SEARCH: Final = frozenset({"q", "cursor", "limit", "include", "fields", "collapse"})


async def read_page(
    request: Request, session: ReadSession, deps: Deps, listing: Listing, form: PageFormat
) -> StoryPage:
    """The page asked for; raises Invalid for a cursor of another list."""
    asked, limit = listing.asked, listing.limit or DEFAULT_LIMIT
    after = None
    if listing.cursor is not None:
        after = place_of(read_cursor(deps.cursor_secret, listing.cursor, listing.bound_to))
    now = deps.clock()
    found = await find_stories(
        session, asked.search, after=after, limit=limit, now=now, collapse=listing.collapse
    )
    meta: dict[str, Any] = {}
    if form.counts:
        meta = await _counts(session, listing, now) | {"candidates": found.candidates}
    if Include.COVERAGE in listing.include:
        meta["coverage"] = coverage_shape(await coverage(session, asked.search, now=now))
    following = None
    if found.following is not None:
        following = make_cursor(deps.cursor_secret, place_items(found.following), listing.bound_to)
    return StoryPage(
        stories=await listed_shapes(session, found.ids, listing),
        search_id=f"urn:copydesk:search:{xxh3_128_hexdigest(listing.bound_to.encode())}",
        title=listing.title or _title(request),
        origin=origin_of(request),
        base=listing.base,
        path=_path(request, listing, form),
        parameters=[item for item in request.query_params.multi_items() if item[0] != "cursor"],
        cursor=listing.cursor,
        next_cursor=following,
        limit=limit,
        meta=meta,
    )


async def _counts(session: ReadSession, listing: Listing, now: datetime) -> dict[str, Any]:
    """How many there are of what the list holds: stories, or clusters and stories alone."""
    if listing.collapse:
        total, more = await count_clusters(session, listing.asked.search, COUNT_BOUND, now)
    else:
        counted = await count_stories(session, listing.asked.search, COUNT_BOUND + 1, now)
        total, more = min(counted, COUNT_BOUND), counted > COUNT_BOUND
    return {"total": total, "total_relation": "gte" if more else "eq"}


async def read_stretch(
    session: ReadSession, listing: Listing, *, after: Place | None, now: datetime
) -> tuple[Sequence[Shape], Place | None]:
    """The next stories of everything that matches, and where the rest begins; None at the end."""
    found = await find_stories(
        session,
        listing.asked.search,
        after=after,
        limit=STREAM_PAGE,
        now=now,
        collapse=listing.collapse,
    )
    return await listed_shapes(session, found.ids, listing), found.following


async def further_stretches(
    deps: Deps, listing: Listing, *, after: Place | None, now: datetime
) -> AsyncIterator[Sequence[Shape]]:
    """All that follows a place, a stretch at a time.

    Each is read in a session of its own: one that stayed open for as long as a slow reader takes
    would keep PostgreSQL and SQLite from tidying up, and a place in the pool from others.
    """
    while after is not None:
        async with deps.database.read() as session:
            stories, after = await read_stretch(session, listing, after=after, now=now)
        yield stories


async def listed_shapes(
    session: ReadSession, ids: tuple[int, ...], listing: Listing
) -> list[dict[str, Any]]:
    """The stories with what was asked for of each, in the order of their ids."""
    highlight = None
    if listing.highlights:
        highlight = wanted_clauses_of(listing.asked.search, await story_languages(session))
    shapes = await story_shapes(session, ids, body=listing.loads_body, highlight=highlight)
    if Include.CLUSTER in listing.include:
        reprints = await reprints_of(session, ids)
        shapes = [
            {**shape, "cluster": [reprint_shape(row) for row in reprints[story_id]]}
            for story_id, shape in zip(ids, shapes, strict=True)
        ]
    if listing.fields is None:
        return shapes
    return [pick(shape, listing.columns) for shape in shapes]


async def story_shapes(
    session: ReadSession,
    ids: tuple[int, ...],
    *,
    body: bool,
    highlight: Sequence[Clause] | None = None,
) -> list[dict[str, Any]]:
    """Stories as callers see them, in the order of their ids."""
    rows = await load_stories(session, ids, body=body or highlight is not None)
    if body:
        copies = await copies_of(session, ids)
        shapes = [full_story_shape(row, copies[row.id]) for row in rows]
    else:
        shapes = [story_shape(row) for row in rows]
    if highlight is None:
        return shapes
    # A page of long stories and 64 words takes seconds: in a thread, so that others are answered.
    marked = await asyncio.to_thread(lambda: [highlights_shape(row, highlight) for row in rows])
    return [{**shape, "highlights": found} for shape, found in zip(shapes, marked, strict=True)]


def _path(request: Request, listing: Listing, form: PageFormat) -> str:
    """Where this form of the list is to be had whatever a reader's Accept says; the service's own
    JSON stays where it was asked for.
    """
    here = str(request.scope["path"])
    return here if form.counts else f"{listing.base}{form.suffix}"


def _title(request: Request) -> str:
    """A feed's name: what it searches for, as the caller wrote it."""
    asked = request.query_params
    filters = [
        f"{name}={value}" for name, value in asked.multi_items() if name not in NOT_THE_SEARCH
    ]
    said = " ".join([*asked.getlist("q"), *filters]).strip()
    return f"Copydesk: {said or 'all stories'}"
