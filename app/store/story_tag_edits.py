"""What operators have done to the tags of single stories, as whoever makes stories reads it.

It is written under the lock of the story's source, which everybody takes who writes a story, and
who makes sure there that the story was made by what is on record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from app.core.tagging.hand import HandEdit, HandEdits
from app.core.tagging.rules import GivenTag
from app.store.engine import ReadSession, WriteSession
from app.store.known import chunks
from app.store.models import story_tag_edits


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedEdit:
    """An edit, and when it was made."""

    edit: HandEdit
    at: datetime


async def dated_edits(session: ReadSession, story_id: int) -> list[DatedEdit]:
    """A story's, the last one last."""
    return (await _read(session, [story_id])).get(story_id, [])


async def read_edits(session: ReadSession, story_ids: Collection[int]) -> Mapping[int, HandEdits]:
    """Of those stories that have any."""
    found = await _read(session, story_ids)
    return {story_id: tuple(one.edit for one in edits) for story_id, edits in found.items()}


async def write_edits(session: WriteSession, story_id: int, edits: HandEdits, at: datetime) -> None:
    """Have exactly these; those that were there keep their time."""
    times = {one.edit: one.at for one in await dated_edits(session, story_id)}
    await session.execute(delete(story_tag_edits).where(story_tag_edits.c.story_id == story_id))
    if edits:
        await session.execute(
            story_tag_edits.insert(),
            [
                {
                    "story_id": story_id,
                    "tag": edit.qcode,
                    "place": place,
                    "given": edit.given,
                    "name": edit.tag.name,
                    "at": times.get(edit, at),
                }
                for place, edit in enumerate(edits)
            ],
        )


async def _read(session: ReadSession, story_ids: Collection[int]) -> dict[int, list[DatedEdit]]:
    found: dict[int, list[DatedEdit]] = defaultdict(list)
    for chunk in chunks(story_ids):
        rows = await session.execute(
            select(story_tag_edits)
            .where(story_tag_edits.c.story_id.in_(chunk))
            .order_by(story_tag_edits.c.story_id, story_tag_edits.c.place)
        )
        for row in rows:
            scheme, _, code = row.tag.partition(":")
            tag = GivenTag(scheme=scheme, code=code, name=row.name)
            edit = HandEdit(tag=tag, given=row.given)
            found[row.story_id].append(DatedEdit(edit=edit, at=row.at))
    return found
