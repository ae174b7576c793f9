"""Reading stories: lists in order, single ones with their copies and revisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, text

from app.core.identity import first_id_at
from app.core.query import Search, Sort, conditions
from app.errors import NotFound
from app.store.engine import ReadSession
from app.store.models import copies, feeds, revisions, sources, stories, texts
from app.store.search import count_matches, matching
from app.store.states import STATE_FIELDS, unpacked_state

MAX_ID = (1 << 63) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ended: the last story's sort value in milliseconds (0 for the id) and id."""

    value_ms: int
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Ids in order, and where the next page begins; None at the end."""

    ids: tuple[int, ...]
    following: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCopy:
    feed_id: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A state that a story has had, or has (the highest number)."""

    revision: int
    at: datetime
    state: dict[str, Any]


async def find_stories(
    session: ReadSession, search: Search, *, after: Place | None, limit: int
) -> Page:
    """One page of the live stories that match, keyset-paged: nothing is skipped or doubled."""
    if search.none:
        return Page(ids=(), following=None)
    statement, parameters = _statement(session.dialect, search, after)
    rows = (await session.execute(text(statement), {**parameters, "limit": limit + 1})).all()
    shown = rows[:limit]
    following = Place(value_ms=shown[-1].value, id=shown[-1].id) if len(rows) > limit else None
    return Page(ids=tuple(row.id for row in shown), following=following)


async def count_stories(session: ReadSession, search: Search, bound: int) -> int:
    """How many live stories match, counted no further than `bound`."""
    if search.none:
        return 0
    return await count_matches(session, conditions(search), _id_window(search), bound)


async def load_stories(session: ReadSession, ids: Sequence[int], *, body: bool) -> list[Row[Any]]:
    """The rows of stories in the order of `ids`, with their source; with `body` also their text."""
    query = _stories(body=body).where(stories.c.id.in_(ids))
    rows = {row.id: row for row in await session.execute(query)}
    return [rows[story_id] for story_id in ids if story_id in rows]


async def get_story(session: ReadSession, story_id: int) -> Row[Any]:
    """One story with its text; raises NotFound."""
    row = (await session.execute(_stories(body=True).where(stories.c.id == story_id))).one_or_none()
    if row is None:
        raise NotFound(f"there is no story {story_id}: GET /v1/stories lists them")
    return row


async def copies_of(session: ReadSession, ids: Sequence[int]) -> dict[int, list[StoryCopy]]:
    """Where each story was seen, first seen first; `last_seen_at` while it is still there is the
    last time its feed was read.
    """
    rows = await session.execute(
        select(
            copies.c.story_id,
            copies.c.feed_id,
            copies.c.first_seen_at,
            copies.c.last_seen_at,
            feeds.c.last_success_at,
        )
        .join(feeds, feeds.c.id == copies.c.feed_id)
        .where(copies.c.story_id.in_(ids))
        .order_by(copies.c.first_seen_at, copies.c.feed_id)
    )
    found: dict[int, list[StoryCopy]] = {story_id: [] for story_id in ids}
    for row in rows:
        seen = row.last_seen_at or row.last_success_at or row.first_seen_at
        found[row.story_id].append(
            StoryCopy(feed_id=row.feed_id, first_seen_at=row.first_seen_at, last_seen_at=seen)
        )
    return found


async def list_revisions(session: ReadSession, story_id: int) -> list[Revision]:
    """Every state of a story, newest first; raises NotFound."""
    row = await get_story(session, story_id)
    now = {name: row._mapping[name] for name in STATE_FIELDS}  # noqa: SLF001 - a public name
    kept = await session.execute(
        select(revisions)
        .where(revisions.c.story_id == story_id)
        .order_by(revisions.c.revision.desc())
    )
    return [
        Revision(revision=row.revision, at=row.revised_at, state=now),
        *(Revision(revision=r.revision, at=r.at, state=unpacked_state(r.state)) for r in kept),
    ]


def _statement(
    dialect: str, search: Search, after: Place | None
) -> tuple[str, dict[str, int | str]]:
    condition = conditions(search)
    column = {Sort.INGESTED: "s.ingested_at", Sort.UPDATED: "s.updated_at"}.get(search.sort)
    parameters: dict[str, int | str] = {}
    if condition is None:
        origin, id_ = "stories AS s", "s.id"
    else:
        origin, parameters = matching(dialect, condition)
        id_ = "hit.id"
        if column is not None:
            origin += " JOIN stories AS s ON s.id = hit.id"
    parameters["low"], parameters["high"] = _id_window(search)
    where = [f"{id_} >= :low", f"{id_} < :high"]
    if condition is None:
        where.append("s.status = 'live'")
    if after is not None and column is None:
        parameters["high"] = min(int(parameters["high"]), after.id)
    elif after is not None:
        where.append(f"({column}, {id_}) < (:value, :after)")
        parameters |= {"value": after.value_ms, "after": after.id}
    value, order = ("0", "") if column is None else (column, f"{column} DESC, ")
    return (
        f"SELECT {id_} AS id, {value} AS value FROM {origin}"  # noqa: S608 - built from constants
        f" WHERE {' AND '.join(where)} ORDER BY {order}{id_} DESC LIMIT :limit"
    ), parameters


def _id_window(search: Search) -> tuple[int, int]:
    """The ids from the first that may match to the first that may not, by publication time."""
    low = first_id_at(search.published_after) if search.published_after else 0
    high = first_id_at(search.published_before) if search.published_before else MAX_ID
    return low, high


def _stories(*, body: bool) -> Select[Any]:
    query = select(
        stories,
        sources.c.domain.label("source_domain"),
        sources.c.name.label("source_name"),
        sources.c.country.label("source_country"),
    ).join(sources, sources.c.id == stories.c.source_id)
    if body:
        query = query.add_columns(texts.c.text, texts.c.blocks, texts.c.html).join(
            texts, texts.c.story_id == stories.c.id
        )
    return query
