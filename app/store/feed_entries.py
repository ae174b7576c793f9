"""What a feed's documents have held, entry by entry, and which story each became."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, literal, select, tuple_

from app.core.story import StoryStatus
from app.store.engine import Instant, ReadSession
from app.store.models import copies, feeds, stories
from app.store.models.operators import story_kills


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """An entry on record: `ident` tells it from the others of its feed. `told_by` is the feed whose
    words the story has; None where that feed is gone.
    """

    ident: int
    guid: str | None
    url: str | None
    title: str
    first_seen_at: datetime
    left_at: datetime | None  # when it was last seen, if it is in the document no more
    story_id: int
    revision: int
    revision_kind: str
    revised_at: datetime
    status: StoryStatus
    told_by: int | None
    reason: str | None  # of the operator who has killed the story
    read_at: datetime | None  # when the feed was last read


async def list_entries(
    session: ReadSession,
    feed_id: int,
    *,
    present: bool | None,
    before: tuple[datetime, int] | None,
    limit: int,
) -> list[FeedEntry]:
    """Entries of a feed, those first seen latest first, below a time and an `ident`; `present`:
    only those that are in its document now, or only those that are not.
    """
    query = (
        select(
            copies,
            stories.c.title,
            stories.c.revision,
            stories.c.revision_kind,
            stories.c.revised_at,
            stories.c.status,
            stories.c.owner_feed_id,
            story_kills.c.reason,
            feeds.c.last_success_at,
        )
        .join(stories, stories.c.id == copies.c.story_id)
        .join(feeds, feeds.c.id == copies.c.feed_id)
        .outerjoin(story_kills, story_kills.c.story_id == stories.c.id)
        .where(copies.c.feed_id == feed_id)
        .order_by(copies.c.first_seen_at.desc(), copies.c.ident.desc())
        .limit(limit)
    )
    if present is not None:
        left = copies.c.last_seen_at
        query = query.where(left.is_(None) if present else left.is_not(None))
    if before is not None:
        at, ident = before
        place = tuple_(copies.c.first_seen_at, copies.c.ident)
        query = query.where(place < tuple_(literal(at, Instant), literal(ident)))
    return [_entry(row) for row in await session.execute(query)]


def _entry(row: Row[Any]) -> FeedEntry:
    return FeedEntry(
        ident=row.ident,
        guid=row.guid,
        url=row.url,
        title=row.title,
        first_seen_at=row.first_seen_at,
        left_at=row.last_seen_at,
        story_id=row.story_id,
        revision=row.revision,
        revision_kind=row.revision_kind,
        revised_at=row.revised_at,
        status=StoryStatus(row.status),
        told_by=row.owner_feed_id,
        reason=row.reason,
        read_at=row.last_success_at,
    )
