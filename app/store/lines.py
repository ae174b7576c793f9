"""Lines of sources' stories, as a poll and whoever makes stories again read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import select

from app.core.normal.repeats import WINDOW, Decided, LineState
from app.core.story import StoryStatus
from app.store.engine import ReadSession
from app.store.models import learned_lines, stories, texts


async def read_decided(session: ReadSession, source_id: int) -> Decided:
    """What has been decided of a source's lines."""
    rows = await session.execute(
        select(learned_lines.c.hash, learned_lines.c.state).where(
            learned_lines.c.source_id == source_id
        )
    )
    by_state: dict[bool, set[int]] = {True: set(), False: set()}
    for row in rows:
        by_state[row.state == LineState.REVERTED].add(row.hash)
    return Decided(gone=frozenset(by_state[False]), own=frozenset(by_state[True]))


async def read_lines(session: ReadSession, source_id: int) -> Mapping[int, bytes]:
    """The lines of a source's latest stories, newest first, packed, by story id."""
    rows = await session.execute(
        select(stories.c.id, texts.c.line_hashes)
        .join(texts, texts.c.story_id == stories.c.id)
        .where(stories.c.source_id == source_id, stories.c.status == StoryStatus.LIVE.value)
        .order_by(stories.c.id.desc())
        .limit(WINDOW)
    )
    return {row.id: row.line_hashes for row in rows if row.line_hashes}


async def learned_by_source(
    session: ReadSession, source_ids: Collection[int]
) -> Mapping[int, frozenset[int]]:
    """The hashes of the lines that go from the stories of each source, for those that have any."""
    rows = await session.execute(
        select(learned_lines.c.source_id, learned_lines.c.hash).where(
            learned_lines.c.source_id.in_(source_ids),
            learned_lines.c.state != LineState.REVERTED.value,
        )
    )
    found: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        found[row.source_id].add(row.hash)
    return {source_id: frozenset(hashes) for source_id, hashes in found.items()}
