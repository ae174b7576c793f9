"""A story's tags edited by hand: the edit, the story as it is by it, and the change in the log, all
in one transaction.

The story is made between reading and writing, without a transaction, by whoever edits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from app.core.make import Made
from app.core.story import StoryStatus
from app.core.tagging.hand import MAX_EDITS, HandEdits
from app.errors import Conflict, NotFound
from app.store.engine import ReadSession, WriteSession
from app.store.models import entries, stories
from app.store.renewal import StoredEntry, holds_still, renew_stories, stored_entry
from app.store.story_tag_edits import DatedEdit, dated_edits, write_edits


@dataclass(frozen=True, slots=True, kw_only=True)
class HandTags:
    """A story's tags as they are kept, and what was done to them by hand."""

    story_id: int
    tags: Sequence[dict[str, object]]
    edits: Sequence[DatedEdit]


async def read_hand_tags(session: ReadSession, story_id: int) -> HandTags:
    """Raises NotFound."""
    found = await session.execute(select(stories.c.tags).where(stories.c.id == story_id))
    row = found.one_or_none()
    if row is None:
        raise NotFound(f"there is no story {story_id}")
    return HandTags(story_id=story_id, tags=row.tags, edits=await dated_edits(session, story_id))


async def story_to_edit(session: ReadSession, story_id: int) -> StoredEntry:
    """What the story is made from. Raises NotFound, Conflict for one that has no tags to edit."""
    row = await session.execute(
        select(stories.c.status, entries.c.story_id.label("entry"))
        .outerjoin(entries, entries.c.story_id == stories.c.id)
        .where(stories.c.id == story_id)
    )
    found = row.one_or_none()
    if found is None:
        raise NotFound(f"there is no story {story_id}")
    if found.status == StoryStatus.KILLED.value:
        raise Conflict(f"story {story_id} was withdrawn, and has no tags")
    stored = None if found.entry is None else await stored_entry(session, story_id)
    if stored is None:
        raise Conflict(
            f"what story {story_id} was made from is not kept, so that it cannot be made again: "
            "it is once its feed tells it in other words"
        )
    return stored


def check_room(edits: HandEdits) -> None:
    """Raises Conflict where a story would have more than MAX_EDITS."""
    if len(edits) > MAX_EDITS:
        raise Conflict(
            f"{MAX_EDITS} tags of the story are edited, which is all there may be: take some back"
        )


async def write_hand_tags(
    session: WriteSession, read: StoredEntry, edits: HandEdits, made: Made, at: datetime
) -> bool:
    """Keep the edits, and write the story that was made by them; False where it has changed since
    it was read: nothing was written. Must be the last of its transaction.
    """
    if not await holds_still(session, read):
        return False
    await write_edits(session, read.story_id, edits, at)
    after = replace(read, making=replace(read.making, edits=edits))
    await renew_stories(session, [(after, made)], at)
    return True
