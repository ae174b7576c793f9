"""Reading stories: by their ids, single ones with their copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select

from app.core.story import StoryStatus
from app.errors import NotFound
from app.store.engine import ReadSession
from app.store.models import copies, feeds, members, sources, stories, texts


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCopy:
    feed_id: int
    first_seen_at: datetime
    last_seen_at: datetime


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


def _stories(*, body: bool) -> Select[Any]:
    """Stories that are served; those that were withdrawn are, without their words."""
    query = select(
        stories,
        sources.c.domain.label("source_domain"),
        sources.c.name.label("source_name"),
        sources.c.country.label("source_country"),
        members.c.cluster_id,
    )
    query = query.join(sources, sources.c.id == stories.c.source_id).outerjoin(
        members, members.c.story_id == stories.c.id
    )
    query = query.where(stories.c.status != StoryStatus.DROPPED.value)
    if body:
        query = query.add_columns(texts.c.text, texts.c.blocks, texts.c.html).join(
            texts, texts.c.story_id == stories.c.id
        )
    return query
